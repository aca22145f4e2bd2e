"""The public offers as IATI activities."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from assistance.iati import codes
from assistance.models import OfferPartner
from assistance.services.offers import offer_suspend
from cooperation_portal.access.actors import SYSTEM
from tests.factories import ApiKeyFactory, ContactFactory, OfferFactory, OrganizationFactory, StateFactory

pytestmark = pytest.mark.django_db

SCHEMAS = Path(__file__).parent.parent / "data" / "iati"
PATH = "/iati/activities.xml"


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "iati-activities-schema.xsd"))


@pytest.fixture
def read(schema):
    """The root element of the file as a caller gets it, held against the official schema."""

    def fetch(query: str = "", client: Client | None = None) -> etree._Element:
        answer = (client or Client()).get(PATH + query)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/xml; charset=utf-8"
        root = etree.fromstring(b"".join(answer.streaming_content))
        schema.assertValid(root)
        return root

    return fetch


@pytest.fixture
def one(read):
    """The only activity of the file."""

    def fetch(query: str = "") -> etree._Element:
        [found] = read(query).findall("iati-activity")
        return found

    return fetch


def titles(root: etree._Element) -> set[str]:
    return set(root.xpath("iati-activity/title/narrative/text()"))


def attributes(element: etree._Element, path: str, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(found.get(name) for name in names) for found in element.findall(path)]


def test_the_schemas_are_those_that_are_named():
    sums = dict(re.findall(r"`(\S+\.xsd)` \| `(\w{64})`", (SCHEMAS / "README.md").read_text()))
    assert len(sums) == 3
    for name, digest in sums.items():
        assert hashlib.sha256((SCHEMAS / name).read_bytes()).hexdigest() == digest, name


def test_the_schema_refuses_what_is_not_iati(schema):
    assert not schema.validate(etree.fromstring('<iati-activities version="2.03"/>'))


def test_everybody_gets_public_offers_alone(read, people, signed_in, cicte):
    OfferFactory(organization=cicte, title="Public", visibility="public")
    OfferFactory(organization=cicte, title="Network", visibility="network")
    OfferFactory(organization=cicte, title="Committee", visibility="committee")
    OfferFactory(organization=cicte, title="Draft", visibility="public", status="draft")
    OfferFactory(organization=cicte, title="Historical", visibility="public", provenance="public_source")
    for person in people.values():
        assert titles(read(client=signed_in(person))) == {"Public"}
    key = ApiKeyFactory(organization=cicte)
    assert titles(read(client=Client(headers={"Authorization": f"Bearer {key.plain}"}))) == {"Public"}


def test_an_offer_is_told_in_full(one, cicte, peru, settings):
    settings.SITE_URL = "https://portal.example"
    chile = StateFactory(iso3="CHL", iso2="CL", name_en="Chile")
    oas = OrganizationFactory(acronym="OAS", name="Organization of American States")
    today = timezone.localdate()
    offer = OfferFactory(
        organization=cicte,
        visibility="public",
        title="Course <for> laboratories & ports",
        summary="First line.\n\nSecond “line”.",
        status="ongoing",
        starts_on=today - timedelta(days=10),
        ends_on=today + timedelta(days=10),
        areas=["BIO.LAB", "LEG.BIO", "BOR"],
        types=["TRNG"],
        weapon_types=["BW"],
        languages=["en", "es"],
        states=[peru, chile],
        members_of=[oas],
        regional_groups=["African"],
        coverage="selected",
    )
    roles = OfferPartner.PartnerRole
    offer.partners.create(role=roles.FUNDER, other_name="Example fund")
    offer.partners.create(role=roles.FUNDER, state=peru)
    offer.partners.create(role=roles.IMPLEMENTER, organization=oas)
    activity = one()
    assert activity.findtext("iati-identifier") == f"UNREGISTERED-1540CN-cicte-{offer.reference}"
    assert activity.get(codes.LANG) == "en"
    assert activity.get("last-updated-datetime") == f"{offer.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    assert attributes(activity, "reporting-org", "ref", "type") == [("UNREGISTERED-1540CN-cicte", "40")]
    assert activity.findtext("title/narrative") == offer.title
    assert activity.findtext("description/narrative") == offer.summary
    taking_part = [
        (element.findtext("narrative"), element.get("role"), element.get("type"), element.get("ref"))
        for element in activity.findall("participating-org")
    ]
    assert taking_part == [
        ("Example fund", "1", None, None),
        ("Peru", "1", "10", "UNREGISTERED-1540CN-PER"),
        (cicte.name, "2", "40", "UNREGISTERED-1540CN-cicte"),
        (oas.name, "4", "40", "UNREGISTERED-1540CN-oas"),
    ]
    assert attributes(activity, "other-identifier", "ref", "type") == [(offer.reference, "A1")]
    assert attributes(activity, "activity-status", "code") == [("2",)]
    assert attributes(activity, "activity-date", "type", "iso-date") == [
        ("2", offer.starts_on.isoformat()),
        ("3", offer.ends_on.isoformat()),
    ]
    assert attributes(activity, "activity-scope", "code") == [("2",)]
    assert {code for (code,) in attributes(activity, "recipient-country", "code")} == {"PE", "CL"}
    assert attributes(activity, "recipient-region", "code", "vocabulary", "vocabulary-uri") == [
        ("African", "99", "https://portal.example/states/"),
        ("OAS", "99", "https://portal.example/api/v1/organizations/"),
    ]
    assert {code for (code,) in attributes(activity, "sector", "code")} == {"BIO.LAB", "LEG.BIO", "BOR"}
    assert set(attributes(activity, "sector", "vocabulary", "vocabulary-uri")) == {
        ("99", "https://portal.example/api/v1/areas/")
    }
    for names in (("recipient-country", "recipient-region"), ("sector",)):
        shares = [Decimal(found.get("percentage")) for name in names for found in activity.findall(name)]
        assert sum(shares) == 100
        assert max(shares) - min(shares) <= Decimal("0.01")
    assert {code for (code,) in attributes(activity, "tag", "code")} == {"TRNG", "BW", "en", "es"}
    assert attributes(activity, "document-link", "url") == [(f"https://portal.example/offers/{offer.reference}/",)]
    for name in ("budget", "transaction", "planned-disbursement", "capital-spend"):
        assert activity.find(name) is None, "no money is invented"


@pytest.mark.parametrize("number", [1, 3, 7, 11, 97])
def test_shares_sum_up_to_a_hundred(one, number):
    states = [StateFactory(iso2=f"{first}{second}") for first in "abcdefghij" for second in "klmnopqrst"][:number]
    OfferFactory(visibility="public", states=states, coverage="selected")
    activity = one()
    shares = [found.get("percentage") for found in activity.findall("recipient-country")]
    assert len(shares) == number
    if number == 1:
        assert shares == [None], "a single recipient has all"
        assert attributes(activity, "activity-scope", "code") == [("4",)]
    else:
        assert sum(map(Decimal, shares)) == 100
        assert attributes(activity, "activity-scope", "code") == [("3",)]


def test_an_offer_to_all_states_is_of_the_world(one):
    OfferFactory(visibility="public")
    activity = one()
    assert attributes(activity, "recipient-region", "code", "vocabulary", "percentage") == [("001", "2", None)]
    assert activity.find("recipient-country") is None


@pytest.mark.parametrize(
    ("status", "code", "kinds"),
    [
        ("planned", "1", ["1", "3"]),
        ("ongoing", "2", ["2", "3"]),
        ("suspended", "6", ["2", "3"]),
        ("completed", "4", ["2", "4"]),
        ("withdrawn", "5", ["1", "3"]),
    ],
)
def test_status_and_kinds_of_dates_go_together(one, status, code, kinds):
    today = timezone.localdate()
    start = today + timedelta(days=5) if status == "planned" else today - timedelta(days=50)
    end = today - timedelta(days=1) if status == "completed" else today + timedelta(days=50)
    OfferFactory(visibility="public", status=status, starts_on=start, ends_on=end)
    activity = one()
    assert attributes(activity, "activity-status", "code") == [(code,)]
    assert [kind for (kind,) in attributes(activity, "activity-date", "type")] == kinds


def test_a_start_that_nobody_stated_is_marked_so(one):
    OfferFactory(visibility="public", starts_on=None, ends_on=None, published_at=datetime(2026, 2, 3, 12, tzinfo=UTC))
    [element] = one().findall("activity-date")
    assert (element.get("iso-date"), element.get(codes.STATED)) == ("2026-02-03", "no")
    assert "not stated" in element.findtext("narrative")


def test_a_day_that_is_not_known_is_said_to_be_so(one):
    OfferFactory(visibility="public", starts_on=date(2025, 4, 1), starts_precision="month", ends_on=None)
    [element] = one().findall("activity-date")
    assert element.findtext("narrative") == "Only the month is known."


def test_registered_and_imported_identifiers_are_kept(one, cicte):
    cicte.iati_identifier = "XM-EXAMPLE-77"
    cicte.save()
    offer = OfferFactory(organization=cicte, visibility="public")
    activity = one()
    assert activity.findtext("iati-identifier") == f"XM-EXAMPLE-77-{offer.reference}"
    assert activity.find("reporting-org").get("ref") == "XM-EXAMPLE-77"
    offer.iati_identifier = "XM-EXAMPLE-77-OWN-1"
    offer.save()
    assert one("?q=").findtext("iati-identifier") == "XM-EXAMPLE-77-OWN-1"


def identifiers_in(root: etree._Element) -> dict[str, str]:
    return {one.findtext("title/narrative"): one.findtext("iati-identifier") for one in root.findall("iati-activity")}


def test_no_identifier_is_written_twice(read, cicte):
    giver = OrganizationFactory(acronym="GIVER")
    theirs = OfferFactory(organization=giver, visibility="public", title="Theirs")
    name = f"UNREGISTERED-1540CN-giver-{theirs.reference}"
    copy = OfferFactory(organization=cicte, visibility="public", title="A copy", iati_identifier=name)
    OfferFactory(organization=giver, visibility="public", title="First", iati_identifier="XM-1")
    second = OfferFactory(organization=cicte, visibility="public", title="Second", iati_identifier="XM-1")
    OfferFactory(visibility="network", title="Not public", iati_identifier="XM-2")
    OfferFactory(organization=cicte, visibility="public", title="Alone", iati_identifier="XM-2")
    told = identifiers_in(read())
    assert told == {
        "Theirs": name,
        "A copy": f"UNREGISTERED-1540CN-cicte-{copy.reference}",
        "First": "XM-1",
        "Second": f"UNREGISTERED-1540CN-cicte-{second.reference}",
        "Alone": "XM-2",
    }
    part = identifiers_in(read("?provider=CICTE"))
    assert part.items() < told.items(), "a filter changes no identifier"


def test_identifiers_hold_no_sign_that_the_standard_forbids(one):
    OfferFactory(organization=OrganizationFactory(acronym="UNOCT/UNCCT"), visibility="public")
    activity = one()
    for text in (activity.findtext("iati-identifier"), activity.find("reporting-org").get("ref")):
        assert not set(text) & set("/&|?")


def test_a_state_that_offers_reports_itself(one, peru):
    OfferFactory(organization=None, state=peru, visibility="public")
    activity = one()
    assert attributes(activity, "reporting-org", "ref", "type") == [("UNREGISTERED-1540CN-PER", "10")]
    assert activity.findtext("reporting-org/narrative") == "Peru"


def test_only_public_mailboxes_in_office_are_contacts(one, cicte):
    OfferFactory(organization=cicte, visibility="public")
    ContactFactory(organization=cicte, kind="mailbox", visibility="public", name="Desk", email="desk@tests.example")
    ContactFactory(organization=cicte, kind="person", visibility="public", name="Public Person")
    ContactFactory(organization=cicte, kind="mailbox", visibility="network", name="Inner mailbox")
    ContactFactory(kind="mailbox", visibility="public", name="Mailbox of others")
    yesterday = timezone.localdate() - timedelta(days=1)
    ContactFactory(
        organization=cicte, kind="mailbox", visibility="public", name="Former mailbox", valid_until=yesterday
    )
    [contact] = one().findall("contact-info")
    assert contact.findtext("department/narrative") == "Desk"
    assert contact.findtext("email") == "desk@tests.example"
    assert contact.find("person-name") is None


def test_control_characters_do_not_break_it(one):
    OfferFactory(visibility="public", title="Bell \x07 here", summary="Escape \x1b there \ufffe.")
    assert one().findtext("title/narrative") == "Bell  here"


def test_filters_of_the_list_narrow_it(read, cicte):
    OfferFactory(organization=cicte, visibility="public", title="Laboratories", areas=["BIO.LAB"])
    OfferFactory(visibility="public", title="Borders", areas=["BOR"], status="completed")
    assert titles(read()) == {"Laboratories", "Borders"}, "what has ended is told too"
    assert titles(read("?area=BIO.LAB")) == {"Laboratories"}
    assert titles(read("?status=completed")) == {"Borders"}
    assert titles(read("?provider=CICTE")) == {"Laboratories"}
    assert Client().get(f"{PATH}?q=nothing+like+it").status_code == 204


@pytest.mark.parametrize("query", ["area=NONE", "colour=red", "historical=on", "page=2"])
def test_a_filter_that_is_not_understood_is_said_to_be_so(query):
    OfferFactory(visibility="public")
    answer = Client().get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.content.decode()


def test_whoever_has_it_is_told_so_until_something_changes(cicte):
    offer = OfferFactory(organization=cicte, visibility="public")
    client = Client()
    first = client.get(PATH)
    b"".join(first.streaming_content)
    assert first["Cache-Control"] == "public, no-cache"
    assert client.get(PATH, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(PATH, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    offer_suspend(by=SYSTEM, offer=offer, reason="For a while.")
    assert client.get(PATH, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_it_is_streamed_and_needs_few_queries(read, django_assert_max_num_queries):
    for _number in range(30):
        OfferFactory(visibility="public", areas=["BIO.LAB"], types=["TRNG"])
    answer = Client().get(PATH)
    assert answer.streaming
    pieces = list(answer.streaming_content)
    assert len(pieces) == 32, "the head, one piece an offer, the tail"
    with django_assert_max_num_queries(22):
        read()
