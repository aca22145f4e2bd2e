"""Calls made up from the OpenAPI document, good and bad: no crash, and no answer that the document does not name."""

from __future__ import annotations

import logging
import os
import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpResponse
from hypothesis import HealthCheck, Phase
from schemathesis.checks import positive_data_acceptance
from schemathesis.generation import GenerationMode

from tests.factories import OfferFactory

from .conftest import Caller
from .contract import openapi
from .samples import PUBLIC

#: Enough to find what is easy to find. With SCHEMATHESIS_EXAMPLES set, every caller calls every address so many times.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
IS_LONG = "SCHEMATHESIS_EXAMPLES" in os.environ
CALLERS = ["visitor", "reader", "writer"]

#: Where a POST asks for something to be read.
READ_BY_POST = {"/api/v1/snapshots/"}

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
    portal = get_wsgi_application()

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Send all of an answer and close it, as a server does: some are files."""
        answered = portal(environ, start_response)
        try:
            return [b"".join(answered)]
        finally:
            answered.close()

    yield answer
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
    """In a short run each caller reads a third of the addresses, in turn; the writer makes all writes."""
    if IS_LONG:
        return operations
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


def described() -> list[tuple[str, dict[str, Any]]]:
    """Every address of the document, with something in place of its parameters, and its operations by method."""
    return [(re.sub(r"{\w*id}", "1", path), operations) for path, operations in openapi()["paths"].items()]


def ask(caller: Caller, method: str, path: str, *args: Any, **headers: str) -> HttpResponse:
    """Call an address of the document; the answer is read to its end, which closes it if it is a file."""
    answer = caller.send(method.upper(), re.sub(r"{\w+}", "nothing", path), *args, **headers)
    answer.getvalue()
    return answer


@pytest.mark.parametrize("who", CALLERS)
def test_methods_that_the_document_does_not_name_are_405_for_everyone(who, request):
    caller = request.getfixturevalue(who)
    for path, operations in described():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            if method.lower() not in operations:
                answer = ask(caller, method, path)
                assert answer.status_code == 405, (method, path)
                allowed = {one.strip() for one in answer.headers["Allow"].split(",")}
                assert allowed - {"HEAD"} == {one.upper() for one in operations}, path


def test_a_wrong_key_is_refused_at_every_address(visitor):
    wrong = {"Authorization": "Bearer n1540_abcdefgh_wrong"}
    for path, operations in described():
        for method in operations:
            assert ask(visitor, method, path, **wrong).status_code == 401, (method, path)


def test_visitors_are_refused_exactly_where_the_document_asks_for_a_key(visitor):
    for path, operations in described():
        for method, operation in operations.items():
            status = ask(visitor, method, path).status_code
            # Some addresses tell a visitor no more than that there is nothing for them.
            refused = status in (401, 404) if {} not in operation["security"] else status != 401
            assert refused, (method, path, status)


def test_a_key_that_only_reads_writes_nowhere(reader):
    for path, operations in described():
        for method in operations.keys() - {"get"} if path not in READ_BY_POST else ():
            assert ask(reader, method, path, {}).status_code in (403, 404), (method, path)
