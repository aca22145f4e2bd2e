"""What is going away is told in the document and in the answers to who still uses it. Today nothing is."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from django.urls import include, path

from assistance.api import OFFERS
from cooperation_portal import urls as portal_urls
from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.deprecation import Deprecation
from cooperation_portal.api.operations import described_filters
from cooperation_portal.api.schema import build
from cooperation_portal.api.urls import routes
from organizations.api import STATES
from tests.factories import OfferFactory, StateFactory

from .contract import openapi

pytestmark = pytest.mark.django_db

WHY = "https://portal.example/api/news"
WHOLE = Deprecation(since=date(2027, 1, 1), sunset=date(2028, 7, 1), link=WHY)
ONE_FIELD = Deprecation(since=date(2027, 6, 1), link=f"{WHY}#field")


def flagged(one, *fields, **values):
    """A copy of a resource, with `ONE_FIELD` on some of its fields."""
    marked = tuple(
        dataclasses.replace(field, deprecated=ONE_FIELD) if field.name in fields else field for field in one.fields
    )
    return dataclasses.replace(one, fields=marked, **values)


def _old_offers():
    writes = OFFERS.writes
    actions = tuple(
        dataclasses.replace(action, deprecated=WHOLE) if action.name == "publish" else action
        for action in writes.actions
    )
    return flagged(OFFERS, "capacity", "areas", writes=dataclasses.replace(writes, actions=actions))


OLD_STATES, OLD_OFFERS = flagged(STATES, deprecated=WHOLE), _old_offers()
urlpatterns = [
    path("api/v1/a/", include(([*routes(OLD_STATES), *routes(OLD_OFFERS)], "old"))),
    *portal_urls.urlpatterns,
]


@pytest.fixture(autouse=True)
def addresses_that_are_going_away(settings):
    settings.ROOT_URLCONF = __name__


@pytest.fixture(autouse=True)
def answers_keep_the_contract():
    """The document in use does not describe these addresses; `described` below does."""


@pytest.fixture(scope="module")
def described():
    return build(__name__)


def told(answer) -> tuple[str | None, str | None]:
    return answer.headers.get("Deprecation"), answer.headers.get("Sunset")


def test_every_answer_of_a_flagged_address_says_so(visitor):
    state = StateFactory()
    for address, status in (
        ("a/states/", 200),
        (f"a/states/{state.pk}/", 200),
        ("a/states/?limit=0", 400),
        ("a/states/999999/", 404),
    ):
        answer = visitor.get(f"/api/v1/{address}")
        assert answer.status_code == status
        assert told(answer) == ("@1798761600", "Sat, 01 Jul 2028 00:00:00 GMT")
        assert f'<{WHY}>; rel="deprecation"; type="text/html"' in answer.headers["Link"]
        assert f'<{WHY}>; rel="sunset"; type="text/html"' in answer.headers["Link"]
    tag = visitor.get("/api/v1/a/states/").headers["ETag"]
    unchanged = visitor.get("/api/v1/a/states/", headers={"If-None-Match": tag})
    assert (unchanged.status_code, told(unchanged)[0]) == (304, "@1798761600")


def test_the_address_of_the_next_page_stays_in_the_link_header(visitor):
    StateFactory(), StateFactory()
    answer = visitor.get("/api/v1/a/states/?limit=1")
    following, *others = answer.headers["Link"].split(", ")
    assert following == f'<{answer.json()["next"]}>; rel="next"'
    assert len(others) == 2


@pytest.mark.parametrize(
    "query", ["areas=BIO.LAB", "capacity__gte=3", "areas__in=BIO.LAB", "fields=title,capacity", "expand=areas"]
)
def test_who_asks_for_a_flagged_field_or_parameter_is_told(query, visitor):
    OfferFactory(visibility="public", areas=["BIO.LAB"])
    answer = visitor.get(f"/api/v1/a/offers/?{query}")
    assert answer.status_code == 200
    assert told(answer) == ("@1811808000", None)
    assert answer.headers["Link"] == f'<{WHY}#field>; rel="deprecation"; type="text/html"'


@pytest.mark.parametrize("query", ["", "title=x", "fields=title", "expand=organization", "q=capacity"])
def test_who_does_not_ask_for_it_is_not_bothered(query, visitor):
    OfferFactory(visibility="public")
    assert told(visitor.get(f"/api/v1/a/offers/?{query}")) == (None, None)


def test_who_sends_a_flagged_field_is_told(writer):
    assert told(writer.send("POST", "/api/v1/a/offers/", {"title": "Example", "capacity": 3}))[0] == "@1811808000"
    assert told(writer.send("POST", "/api/v1/a/offers/", {"title": "Example"}))[0] is None


def test_a_flagged_step_says_so_and_no_other(writer, cicte):
    offer = OfferFactory(organization=cicte, status="draft")
    for step, since in (("publish", "@1798761600"), ("withdraw", None)):
        answer = writer.send("POST", f"/api/v1/a/offers/{offer.pk}/{step}/", {})
        assert (answer.status_code, told(answer)[0]) == (428, since)


def test_the_document_marks_all_of_it(described):
    paths, schemas = described["paths"], described["components"]["schemas"]
    for address in ("/api/v1/a/states/", "/api/v1/a/states/{id}/", "/api/v1/a/offers/{id}/publish/"):
        assert all(operation["deprecated"] for operation in paths[address].values())
    offers = paths["/api/v1/a/offers/"]["get"]
    assert "deprecated" not in offers
    filters = described_filters(OLD_OFFERS).values()
    marked = {one["name"].partition("__")[0] for one in filters if one.get("deprecated")}
    assert marked == {"areas", "capacity"}
    assert schemas["OfferCreate"]["properties"]["capacity"]["deprecated"]
    assert "deprecated" not in schemas["OfferCreate"]["properties"]["title"]


def test_today_nothing_is_deprecated(visitor):
    assert not [one for one in resources().values() if one.deprecated or one.deprecations]
    assert not [one for of in openapi()["paths"].values() for one in of.values() if one.get("deprecated")]
    assert told(visitor.get("/api/v1/states/")) == (None, None)


def test_what_goes_away_works_for_a_year_at_least():
    with pytest.raises(ValueError, match="365"):
        Deprecation(since=date(2027, 1, 1), sunset=date(2027, 12, 31), link=WHY)
