"""A small network: two providers meet in Peru, a third helps everyone, Peru asks for what one of them gives."""

import pytest

from tests.factories import AreaFactory, OfferFactory, OrganizationFactory, RequestFactory, StateFactory


@pytest.fixture
def kenya(db):
    return StateFactory(
        iso3="KEN",
        iso2="KE",
        m49="404",
        name_en="Kenya",
        regional_group="African",
        m49_region="Africa",
        m49_subregion="Sub-Saharan Africa",
        m49_intermediate_region="Eastern Africa",
    )


@pytest.fixture
def offers(cicte, peru):
    """By name: two programmes made for Peru that meet in laboratories, and one open to all."""
    for code in ("BIO.LAB", "BIO.SEC", "BOR.CUS"):
        AreaFactory(code=code)
    other = OrganizationFactory(acronym="WHO", name="Example health organization")
    everyone = OrganizationFactory(acronym="VERTIC", name="Example verification centre")
    made = {"coverage": "selected", "states": [peru]}
    return {
        "broad": OfferFactory(organization=cicte, title="Broad biosafety programme", areas=["BIO"], **made),
        "narrow": OfferFactory(organization=other, title="Laboratory twinning", areas=["BIO.LAB"], capacity=2, **made),
        "global": OfferFactory(organization=everyone, title="Help for everyone", areas=["BIO.LAB"]),
    }


@pytest.fixture
def requests(offers, peru, kenya):
    """By name: a need within reach, one that nobody reaches, one not circulated."""
    return {
        "met": RequestFactory(state=peru, status="circulated", title="Laboratories of Peru"),
        "gap": RequestFactory(
            state=kenya, status="circulated", title="Customs of Kenya", needs=[("BOR.CUS", [], "high")]
        ),
        "held": RequestFactory(
            state=peru, status="authenticated", title="Held request", needs=[("BOR.CUS", [], "low")]
        ),
    }
