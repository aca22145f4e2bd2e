"""What the tests of offers start from."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assistance.models import Offer
from assistance.services.offer_values import OfferValues
from assistance.services.offers import (
    offer_create,
)
from tests.factories import (
    AreaFactory,
    AssistanceTypeFactory,
    MembershipFactory,
    OrganizationFactory,
    StateFactory,
)

TODAY = timezone.localdate
NEW = "/offers/new/"


@pytest.fixture
def values(peru):
    """A complete offer."""
    return OfferValues(
        title="Example course on laboratory biosafety",
        summary="Two weeks for laboratory staff.",
        areas=[AreaFactory(code="BIO.LAB")],
        types=[AssistanceTypeFactory(code="TRNG")],
        weapon_types=["BW"],
        states=[peru],
        languages=["es", "en"],
        starts_on=TODAY() - timedelta(days=10),
        ends_on=TODAY() + timedelta(days=400),
        capacity=3,
    )


@pytest.fixture
def draft(editor, cicte):
    return offer_create(by=editor, provider=cicte, values=OfferValues(title="Example idea"))


@pytest.fixture
def published(editor, cicte, values):
    return offer_create(by=editor, provider=cicte, values=values, publish=True)


@pytest.fixture
def words(peru):
    """The vocabulary that a posted offer names."""
    AreaFactory(code="BIO.LAB", label="Laboratories")
    AssistanceTypeFactory(code="TRNG")


@pytest.fixture
def posted(words, cicte) -> dict:
    """What the browser sends for a complete offer with one partner."""
    return {
        "provider": "organization:CICTE",
        "kind": "programme",
        "title": "Example course on biosafety",
        "summary": "Two weeks for **laboratory staff**.",
        "areas": ["BIO.LAB"],
        "types": ["TRNG"],
        "weapon_types": ["BW"],
        "coverage": "selected",
        "states": ["PER"],
        "languages": ["en", "es"],
        "starts_on": (TODAY() - timedelta(days=3)).isoformat(),
        "ends_on": (TODAY() + timedelta(days=300)).isoformat(),
        "capacity": "4",
        "visibility": "network",
        "partners-TOTAL_FORMS": "3",
        "partners-INITIAL_FORMS": "0",
        "partners-0-role": "funder",
        "partners-0-name": "PER",
        "partners-1-role": "implementer",
        "partners-1-name": "Example laboratory",
        "partners-2-role": "funder",
        "partners-2-name": "",
    }


@pytest.fixture
def offer(editor, cicte, posted, signed_in) -> Offer:
    signed_in(editor).post(NEW, posted | {"publish": "1"})
    return Offer.objects.get()


@pytest.fixture
def world():
    """Peru and Chile (GRULAC), Mali (African); a body of Peru, a former and a suspended member, and a non-State."""
    peru, chile = StateFactory(iso3="PER", name_en="Peru"), StateFactory(iso3="CHL", name_en="Chile")
    mali = StateFactory(iso3="MLI", name_en="Mali", regional_group="African")
    body = OrganizationFactory(acronym="BODY")
    MembershipFactory(organization=body, state=peru)
    MembershipFactory(organization=body, state=chile, status="former")
    MembershipFactory(organization=body, state=mali, status="suspended")
    body.memberships.create(iso3="XKX")
    return {"peru": peru, "chile": chile, "mali": mali, "body": body}
