"""A small region: two States ask, two bodies help, and the expert plans."""

from __future__ import annotations

from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from assistance.matching.policy import DEFAULT_WEIGHTS
from meetings.services.conference_options import Hours, Options
from tests.factories import OfferFactory, OrganizationFactory, PolicyFactory, RequestFactory, StateFactory

REGION = "group:GRULAC"


def coming(days: int = 60) -> date:
    return timezone.localdate() + timedelta(days=days)


def hours(**changes) -> Hours:
    first = changes.pop("first", coming())
    given = {"last": first, "zone": "America/Panama", "begins": time(9), "ends": time(12), "minutes": 30, "tables": 2}
    return Hours(first=first, **(given | changes))


@pytest.fixture
def policy(db):
    return PolicyFactory(weights=dict(DEFAULT_WEIGHTS), threshold=20)


@pytest.fixture
def region(policy, cicte, peru):
    """Peru's request is circulated, Chile's only authenticated; CICTE and OPCW fit both."""
    chile = StateFactory(iso3="CHL", iso2="CL", m49="152", name_en="Chile")
    opcw = OrganizationFactory(acronym="OPCW", category="international")
    return SimpleNamespace(
        peru=peru,
        chile=chile,
        cicte=cicte,
        opcw=opcw,
        of_peru=RequestFactory(state=peru, status="circulated"),
        of_chile=RequestFactory(state=chile, status="authenticated"),
        by_cicte=OfferFactory(organization=cicte),
        by_opcw=OfferFactory(organization=opcw),
    )


def options(*requesters: str, providers: tuple[str, ...] = ("O-CICTE", "O-OPCW"), **changes) -> Options:
    adjustments = changes.pop("adjustments", None)
    given = {"adjustments": adjustments} if adjustments else {}
    return Options(hours(**changes), requesters or ("S-PER", "S-CHL"), providers, **given)
