"""Peru asks for training of laboratory staff; offers that fit, help little, or miss by one gate."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistance.matching.policy import DEFAULT_WEIGHTS
from tests.factories import OfferFactory, OrganizationFactory, PolicyFactory, RequestFactory


@pytest.fixture(autouse=True)
def policy(db) -> Any:
    return PolicyFactory(weights=dict(DEFAULT_WEIGHTS), threshold=40)


@pytest.fixture
def asked(peru) -> Any:
    return RequestFactory(
        state=peru,
        reference="REQ-2026-7001",
        status="submitted",
        needed_from=date(2027, 5, 1),
        title="Laboratory staff",
    )


def offered(**values: Any) -> Any:
    """An offer of an own provider that fits the request, unless `values` say otherwise."""
    values.setdefault("organization", OrganizationFactory())
    return OfferFactory(**values)


@pytest.fixture
def market(cicte) -> dict[str, Any]:
    """One offer of each kind, by name."""
    oas = OrganizationFactory(acronym="OAS")
    return {
        "fits": offered(organization=cicte, reference="OFF-2026-7001", title="Courses for laboratories"),
        "weak": offered(reference="OFF-2026-7002", title="A guide", types=["GUID"]),
        "full": offered(reference="OFF-2026-7003", title="Full course", capacity=0),
        "early": offered(reference="OFF-2026-7004", title="Early course", ends_on=date(2027, 3, 31)),
        "others": offered(reference="OFF-2026-7005", title="Members only", coverage="selected", members_of=[oas]),
        "suspended": offered(reference="OFF-2026-7006", title="Held course", status="suspended"),
        "elsewhere": offered(reference="OFF-2026-7007", title="Border posts", areas=["BOR.CUS"]),
        "two": offered(reference="OFF-2026-7008", title="Full and held", capacity=0, status="suspended"),
        "draft": offered(reference="OFF-2026-7009", title="Drafted course", status="draft"),
        "withdrawn": offered(reference="OFF-2026-7010", title="Withdrawn course", status="withdrawn"),
        "history": offered(reference="OFF-2026-7011", title="Past course", provenance="public_source"),
        "committee": offered(reference="OFF-2026-7012", title="Committee course", visibility="committee"),
    }
