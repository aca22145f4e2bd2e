"""Reading offers on the web: who sees what, and how often the database is asked."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistance.models import Offer
from assistance.services.offer_values import OfferValues
from assistance.services.offers import offer_update
from tests.factories import (
    ContactFactory,
    MatchFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

from .reading import text_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
NEW = "/offers/new/"


DRAFT_READERS = {"editor", "focal_point"}
NETWORK_READERS = DRAFT_READERS | {"outsider", "state_focal_point", "expert", "observer", "secretariat"}
READERS = {
    ("draft", "public"): DRAFT_READERS,
    ("draft", "network"): DRAFT_READERS,
    ("ongoing", "public"): NETWORK_READERS | {"visitor", "newcomer"},
    ("ongoing", "network"): NETWORK_READERS,
    ("ongoing", "committee"): DRAFT_READERS | {"expert", "observer", "secretariat"},
    ("withdrawn", "network"): NETWORK_READERS,
}


@pytest.mark.parametrize(("status", "visibility"), sorted(READERS))
def test_each_page_and_list_shows_an_offer_to_its_readers_alone(signed_in, people, cicte, status, visibility):
    offer = OfferFactory(organization=cicte, status=status, visibility=visibility, title="Canary programme")
    for role, person in people.items():
        client = signed_in(person)
        reads = role in READERS[status, visibility]
        assert client.get(offer.get_absolute_url()).status_code == (200 if reads else 404), role
        listed = client.get("/offers/?status=any&q=canary&area=BIO").content.decode()
        assert ("Canary programme" in listed) == reads, role
        assert ("Canary programme" in client.get("/areas/BIO/").content.decode()) == (reads and status == "ongoing"), (
            role
        )


def test_a_missing_offer_and_an_invisible_one_are_the_same(signed_in, outsider, cicte):
    draft = OfferFactory(organization=cicte, status="draft")
    client = signed_in(outsider)
    for tail in ("", "edit/", "suspend/", "discard/"):
        assert client.get(f"{draft.get_absolute_url()}{tail}").status_code == 404
        assert client.get(f"/offers/OFF-1999-0001/{tail}").status_code == 404


def test_a_sourced_record_says_that_it_is_history(client, cicte):
    offer = OfferFactory(
        organization=cicte,
        provenance="public_source",
        visibility="public",
        source="Example report",
        confidence="medium",
        starts_on="2013-10-01",
        starts_precision="month",
        ends_on="2015-01-01",
        ends_precision="year",
    )
    page = text_of(client.get(offer.get_absolute_url()))
    assert "A historical record from public sources" in page
    assert "CICTE has not confirmed it" in page
    assert "October 2013 to 2015" in page
    assert "1 October 2013" not in page
    assert "Example report" in page
    assert "Medium" in page
    assert "Never confirmed" in page


def test_contacts_are_those_the_reader_may_read(signed_in, people, cicte):
    offer = OfferFactory(organization=cicte, visibility="public")
    ContactFactory(organization=cicte, name="Public desk", visibility="public")
    ContactFactory(organization=cicte, name="Network person", visibility="network")
    ContactFactory(organization=cicte, name="Committee person", visibility="committee")
    ended = TODAY() - timedelta(days=1)
    ContactFactory(organization=cicte, name="Former person", visibility="public", valid_until=ended)
    ContactFactory(organization=OrganizationFactory(acronym="OTHER"), name="Other person", visibility="public")
    expected = {
        "visitor": {"Public desk"},
        "newcomer": {"Public desk"},
        "outsider": {"Public desk", "Network person"},
        "expert": {"Public desk", "Network person", "Committee person"},
        "editor": {"Public desk", "Network person", "Committee person"},
    }
    names = ("Public desk", "Network person", "Committee person", "Former person", "Other person")
    for role, seen in expected.items():
        page = signed_in(people[role]).get(offer.get_absolute_url()).content.decode()
        assert {name for name in names if name in page} == seen, role


def test_matches_are_shown_to_the_committee_and_once_proposed_to_the_provider(signed_in, people, cicte):
    offer = OfferFactory(organization=cicte, visibility="public")
    asked = RequestFactory(title="Canary request", status="authenticated")
    match = MatchFactory(offer=offer, request=asked)

    def readers():
        return {
            role
            for role, person in people.items()
            if "Canary request" in signed_in(person).get(offer.get_absolute_url()).content.decode()
        }

    assert readers() == {"expert", "observer", "secretariat"}
    match.status, match.proposed_at = "proposed", timezone.now()
    match.save()
    assert readers() == {"expert", "observer", "secretariat", "editor", "focal_point"}


def test_history_is_for_the_provider_and_the_experts(signed_in, people, cicte, editor, posted):
    signed_in(editor).post(NEW, posted | {"publish": "1", "visibility": "public"})
    offer = Offer.objects.get()
    offer_update(by=editor, offer=offer, values=OfferValues.of(offer).__class__(**_plain(offer, title="Example, new")))
    seen = {
        role for role, person in people.items() if signed_in(person).get(offer.get_absolute_url()).context["history"]
    }
    assert seen == {"editor", "focal_point", "expert", "secretariat"}
    page = signed_in(editor).get(offer.get_absolute_url())
    assert "Changed: Title" in text_of(page)


def _plain(offer: Offer, **changes) -> dict:
    values = OfferValues.of(offer)
    return {name: getattr(values, name) for name in values.__slots__} | changes


# Speed


def queries_of(client, path) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(path).status_code == 200
    return len(found)


@pytest.mark.parametrize("role", ["visitor", "editor", "expert"])
def test_the_list_asks_the_database_as_often_for_30_rows_as_for_2(signed_in, people, role):
    def add(number):
        for _place in range(number):
            body = OrganizationFactory()
            MembershipFactory(organization=body)
            OfferFactory(
                visibility="public",
                coverage="selected",
                members_of=[body],
                states=[StateFactory()],
                areas=["BIO.LAB", "CHE"],
            )

    client = signed_in(people[role])
    add(2)
    queries_of(client, "/offers/")
    few = queries_of(client, "/offers/?q=example&area=BIO&sort=provider")
    add(28)
    assert queries_of(client, "/offers/?q=example&area=BIO&sort=provider") == few
    assert few <= 18


def test_the_page_of_an_offer_asks_as_often_with_many_relations_as_with_few(signed_in, editor, expert, cicte, posted):
    few = OfferFactory(organization=cicte, coverage="selected", states=[StateFactory()])
    MatchFactory(offer=few)
    ContactFactory(organization=cicte)
    many = OfferFactory(
        organization=cicte, coverage="selected", states=StateFactory.create_batch(9), areas=["BIO", "CHE", "NUC"]
    )
    for _number in range(9):
        MatchFactory(offer=many)
        many.partners.create(role="funder", organization=OrganizationFactory())
    few.partners.create(role="funder", organization=OrganizationFactory())
    for person in (editor, expert):
        client = signed_in(person)
        queries_of(client, few.get_absolute_url())
        assert queries_of(client, many.get_absolute_url()) == queries_of(client, few.get_absolute_url())
