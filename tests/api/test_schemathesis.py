"""Calls made up from the OpenAPI document, good and bad: no crash, and no answer that the document does not name."""

from __future__ import annotations

import logging
import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from schemathesis.checks import positive_data_acceptance
from schemathesis.generation import GenerationMode

from tests.factories import OfferFactory

from .samples import PUBLIC

#: Enough to find what is easy to find; a long run sets SCHEMATHESIS_EXAMPLES.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
CALLERS = ["visitor", "reader", "writer"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def some_of_everything(cicte):
    for make in PUBLIC.values():
        make()
    OfferFactory(organization=cicte)


@pytest.fixture
def application(caplog):
    """The portal as a server runs it, but on the test's own database connection, and quiet about refusals."""
    caplog.set_level(logging.CRITICAL)
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in both:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("who", CALLERS)
def test_made_up_calls_get_documented_answers(who, mode, application, some_of_everything, request):
    key = request.getfixturevalue(who).key
    headers = {"Authorization": f"Bearer {key.plain}"} if key else {}
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operations = share_of(who, [found.ok() for found in document.get_all_operations()])
    called = sum(call_some(operation, mode, headers) for operation in operations)
    assert called >= len(operations)


def share_of(who: str, operations: list[schemathesis.APIOperation]) -> list[schemathesis.APIOperation]:
    """Each caller reads a third of the addresses, in turn; the writer makes all writes."""
    place = CALLERS.index(who)
    return [one for n, one in enumerate(operations) if n % 3 == place or (who == "writer" and one.method != "get")]


def names_of_keys(operation: schemathesis.APIOperation) -> list[str]:
    """Parameters whose values are keys of other records."""
    return [one.name for one in operation.query if "x-key-of" in one.definition.get("schema", {})]


def call_some(operation: schemathesis.APIOperation, mode: GenerationMode, headers: dict[str, str]) -> int:
    called = 0

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> Any:
        nonlocal called
        called += 1
        # A cursor cannot be made up, nor the codes of a filter, nor what a write needs: refusing them is right.
        if mode is GenerationMode.POSITIVE:
            for name in ("cursor", *names_of_keys(operation)):
                case.query.pop(name, None)
        is_read = operation.method == "get"
        case.call_and_validate(headers=headers, excluded_checks=[] if is_read else [positive_data_acceptance])

    try:
        call()
    except hypothesis.errors.Unsatisfiable:
        assert not operation.query
        assert not operation.body
    return called
