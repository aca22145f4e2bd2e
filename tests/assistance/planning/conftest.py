"""A small world for planning: Peru and Chile ask for training of laboratory staff; two bodies offer it."""

from __future__ import annotations

from typing import Any

import pytest

from assistance.matching import DEFAULT_POLICY
from assistance.models import MatchingPolicy
from tests.factories import OfferFactory, OrganizationFactory, RequestFactory, StateFactory


@pytest.fixture
def policy(db) -> MatchingPolicy:
    return MatchingPolicy.objects.create(**DEFAULT_POLICY.as_dict() | {"version": 1})


@pytest.fixture
def chile(db) -> Any:
    return StateFactory(iso3="CHL", iso2="CL", m49="152", name_en="Chile")


@pytest.fixture
def of_peru(peru) -> Any:
    """A need of high and one of medium priority."""
    return RequestFactory(
        state=peru,
        reference="REQ-2026-8001",
        title="Laboratory staff",
        needs=[("BIO.LAB", ["TRNG"], "high"), ("BOR.CUS", ["TRNG"], "medium")],
    )


@pytest.fixture
def of_chile(chile) -> Any:
    return RequestFactory(
        state=chile, reference="REQ-2026-8002", title="A laboratory", needs=[("BIO.LAB", ["TRNG"], "low")]
    )


@pytest.fixture
def laboratories(cicte) -> Any:
    """One place."""
    return OfferFactory(
        organization=cicte, reference="OFF-2026-8001", title="Laboratory courses", areas=["BIO.LAB"], capacity=1
    )


@pytest.fixture
def customs(db) -> Any:
    """No limit is stated."""
    return OfferFactory(
        organization=OrganizationFactory(acronym="WCO", category="international"),
        reference="OFF-2026-8002",
        title="Customs courses",
        areas=["BOR.CUS"],
    )
