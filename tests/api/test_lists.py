"""Pages, filters, picked fields, opened relations."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connections

from assistance.models import Offer
from tests.factories import (
    AreaFactory,
    AssistanceTypeFactory,
    ContactFactory,
    DocumentFactory,
    InformationSheetFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

from .conftest import Caller
from .samples import full_offer, full_request, public_request

OFFERS = "/api/v1/offers/"


@pytest.fixture
def offers(db) -> list[Offer]:
    """Five public offers that differ in what can be filtered."""
    oas = OrganizationFactory(acronym="OAS", name="Organization of American States")
    peru = StateFactory(iso3="PER", name_en="Peru")
    values = [
        {"title": "Laboratory course", "areas": ["BIO.LAB"], "weapon_types": ["BW"], "starts_on": "2026-01-01"},
        {"title": "Law drafting", "areas": ["LEG.BIO", "LEG"], "types": ["DRFT"], "capacity": 3},
        {"title": "Customs", "areas": ["BOR"], "status": "planned", "starts_on": "2027-01-01", "members_of": [oas]},
        {"title": "100% cover_age", "organization": oas, "states": [peru], "languages": ["es", "en"]},
        {"title": "A State's help", "state": peru, "kind": "standing_offer", "starts_on": None},
    ]
    return [OfferFactory(visibility="public", **{"summary": "Help.", **one}) for one in values]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("areas=BIO.LAB", [0, 3, 4]),
        ("areas=LEG", [1]),
        ("areas__in=LEG,LEG.BIO,BOR", [1, 2]),
        ("areas=NO.SUCH", None),
        ("types=DRFT", [1]),
        ("weapon_types=BW", [0]),
        ("weapon_types__in=NW,BW", [0]),
        ("status=planned", [2]),
        ("status__in=planned,ongoing", [0, 1, 2, 3, 4]),
        ("kind=standing_offer", [4]),
        ("organization=OAS", [3]),
        ("organization__in=OAS,NOBODY", None),
        ("organization__isnull=true", [4]),
        ("state=PER", [4]),
        ("state__isnull=true", [0, 1, 2, 3]),
        ("states=PER", [3]),
        ("members_of=OAS", [2]),
        ("languages=es", [3]),
        ("capacity__gte=3", [1]),
        ("capacity__lt=3", []),
        ("capacity__isnull=false", [1]),
        ("starts_on__gte=2026-06-01", [2]),
        ("starts_on__lt=2026-01-02", [0, 1, 3]),
        ("starts_on__isnull=true", [4]),
        ("q=course", [0]),
        ("q=COURSE%20laboratory", [0]),
        ("q=american", [3]),
        ("q=AM%C3%89RICAN", [3]),
        ("q=100%25", [3]),
        ("q=cover_age", [3]),
        ("q=%25%25", []),
        ("q=_", [3]),
        ("q='%20OR%201=1", []),
        ("areas=BIO.LAB&status=ongoing&state__isnull=true", [0, 3]),
        ("created_at__lt=2020-01-01T00:00:00Z", []),
        ("created_at__gte=2020-01-01T00:00:00%2B02:00", [0, 1, 2, 3, 4]),
        ("created_at__gte=0313-02-15T21:46:26.19%2B23:52", [0, 1, 2, 3, 4]),
        ("created_at__gte=0001-01-01T00:00:00%2B23:59", [0, 1, 2, 3, 4]),
        ("created_at__lt=9999-12-31T23:59:59-23:59", [0, 1, 2, 3, 4]),
        ("created_at__lt=2026-01-01T00:00:00%2B25:00", None),
        ("version=1", None),
        ("provenance=public_source", []),
        ("funders=OAS", []),
    ],
)
def test_filters_find_what_they_say(query, expected, offers, visitor):
    answer = visitor.get(f"{OFFERS}?{query}&count=true")
    if expected is None:
        assert answer.status_code == 400
        return
    assert [row["id"] for row in answer.json()["data"]] == [offers[place].pk for place in expected]
    assert answer.json()["meta"]["count"] == len(expected)


@pytest.mark.django_db
def test_a_key_that_a_public_vocabulary_lacks_is_pointed_at(visitor):
    OrganizationFactory(acronym="OAS")
    AreaFactory(code="BIO.LAB")
    answer = visitor.get(f"{OFFERS}?areas__in=BIO.LAB,NO.SUCH,NOR.THIS&organization=OAS&state=XXX")
    assert answer.status_code == 400
    found = [(entry["pointer"], entry["code"]) for entry in answer.json()["errors"]]
    assert found == [("?areas__in", "unknown_key")] * 2 + [("?state", "unknown_key")]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "factory"), [("documents", DocumentFactory), ("notes", NoteFactory)])
def test_whether_a_confidential_record_exists_is_never_told_by_a_filter(name, factory, visitor):
    hidden = factory(meeting__visibility="committee").meeting
    there, gone = (visitor.get(f"/api/v1/{name}/?meeting={ref}") for ref in (hidden.reference, "MTG-1999-0001"))
    assert (there.status_code, there.content) == (gone.status_code, gone.content)
    assert there.json()["data"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "word", "make"),
    [
        ("organizations", "AMERICA", lambda: OrganizationFactory(name="Comité de la América")),
        ("states", "cote", lambda: StateFactory(name_fr="Côte d’Ivoire")),
        ("areas", "biosecurite", lambda: AreaFactory(code="BIO.SEC", label="Biosécurité")),
        ("contacts", "seguridad", lambda: ContactFactory(visibility="public", agency="SÉGURIDAD pública")),
        ("information-sheets", "formation", lambda: InformationSheetFactory(visibility="public", summary="Formátion")),
        ("meetings", "reunion", lambda: MeetingFactory(visibility="public", title="Réunion")),
    ],
)
def test_searches_are_blind_to_case_and_accents(path, word, make, visitor):
    wanted = make()
    assert [row["id"] for row in visitor.get(f"/api/v1/{path}/?q={word}").json()["data"]] == [wanted.pk]


def test_funders_are_found_by_acronym_code_and_name(visitor):
    offer = OfferFactory(visibility="public")
    offer.partners.create(role="funder", organization=OrganizationFactory(acronym="EU"))
    offer.partners.create(role="funder", state=StateFactory(iso3="CAN"))
    offer.partners.create(role="implementer", other_name="Example fund")
    (row,) = visitor.get(OFFERS).json()["data"]
    assert (row["funders"], row["implementers"]) == (["CAN", "EU"], ["Example fund"])
    for query, found in (
        ("funders=EU", 1),
        ("funders=CAN", 1),
        ("implementers=Example fund", 1),
        ("implementers=EU", 0),
    ):
        assert len(visitor.get(OFFERS, dict([query.split("=")])).json()["data"]) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("status=running", "?status", "invalid_value"),
        ("status__in=ongoing,running", "?status__in", "invalid_value"),
        ("capacity__gte=three", "?capacity__gte", "invalid_value"),
        ("capacity__gte=-1", "?capacity__gte", "invalid_value"),
        ("capacity__gte=1_0", "?capacity__gte", "invalid_value"),
        ("starts_on__gte=2026-13-01", "?starts_on__gte", "invalid_value"),
        ("starts_on__isnull=1", "?starts_on__isnull", "invalid_value"),
        ("areas__in=A,,B", "?areas__in", "invalid_value"),
        ("areas__in=" + ",".join("x" for _ in range(201)), "?areas__in", "invalid_value"),
        ("q=" + "x" * 201, "?q", "invalid_value"),
        ("q=" + "+".join("abcdefghi"), "?q", "invalid_value"),
        ("areas__nonsense=1", "?areas__nonsense", "unknown_parameter"),
        ("organization__name=x", "?organization__name", "unknown_parameter"),
        ("limit=0", "?limit", "invalid_value"),
        ("expand=areas,types,organization,states", "?expand", "too_many"),
        ("expand=title", "?expand", "unknown_field"),
        ("fields=title&fields=ref", "?fields", "repeated"),
        ("fields=", "?fields", "empty"),
        ("q=%00", "?", "nul"),
        ("%00=1", "?", "nul"),
        ("q=%ff%fe", "?", "not_utf8"),
        ("&".join(f"a{number}=1" for number in range(200)), "?", "too_many_parameters"),
    ],
)
def test_mistakes_in_the_query_are_pointed_at(query, pointer, code, visitor):
    answer = visitor.get(f"{OFFERS}?{query}")
    assert answer.status_code == 400
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


def test_several_mistakes_in_the_query_are_told_at_once(visitor):
    answer = visitor.get(f"{OFFERS}?status=x&kind=y&starts_on__gte=z")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["?status", "?kind", "?starts_on__gte"]


def test_a_page_names_the_next_in_body_and_link_header(offers, visitor):
    first = visitor.get(f"{OFFERS}?limit=2&fields=title&status__in=planned,ongoing")
    body = first.json()
    assert body["meta"] == {"limit": 2}
    assert first.headers["Link"] == f'<{body["next"]}>; rel="next"'
    assert body["next"].startswith("http://testserver/api/v1/offers/?")
    second = visitor.get(body["next"]).json()
    assert [set(row) for row in second["data"]] == [{"type", "id", "title"}] * 2
    last = visitor.get(second["next"])
    assert (len(last.json()["data"]), last.json()["next"]) == (1, None)
    assert "Link" not in last.headers


def test_a_list_that_ends_with_its_page_has_no_next(offers, visitor):
    assert visitor.get(f"{OFFERS}?limit=5").json()["next"] is None
    assert visitor.get(f"{OFFERS}?limit=4").json()["next"] is not None
    assert visitor.get(f"{OFFERS}?q=nothing-like-it").json() == {"data": [], "next": None, "meta": {"limit": 50}}


def test_an_answer_to_head_is_that_to_get_without_its_body(offers, visitor):
    head, get = visitor.head(OFFERS), visitor.get(OFFERS)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", get.headers["ETag"])


def test_times_are_utc_with_microseconds(visitor):
    offer = OfferFactory(visibility="public", published_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    row = visitor.get(f"{OFFERS}{offer.pk}/").json()
    assert row["published_at"] == "2026-01-02T03:04:05.000000Z"
    assert datetime.fromisoformat(row["created_at"]) == offer.created_at


def test_opened_relations_are_whole_records(visitor):
    offer = full_offer()
    row = visitor.get(f"{OFFERS}{offer.pk}/?expand=organization,areas,states").json()
    assert row["organization"] == visitor.get(row["organization"]["url"]).json()
    assert [area["ref"] for area in row["areas"]] == ["BIO.LAB", "LEG.BIO"]
    assert all(area == visitor.get(area["url"]).json() for area in row["areas"])
    assert isinstance(row["members_of"][0], str)


def test_opening_a_field_that_is_not_picked_shows_nothing_more(visitor):
    offer = full_offer()
    row = visitor.get(f"{OFFERS}{offer.pk}/?fields=title&expand=areas").json()
    assert row == {"type": "offer", "id": offer.pk, "title": offer.title}


def test_requests_show_their_parts_in_order(visitor):
    request = full_request(status="circulated", provenance="public_source")
    row = visitor.get(f"/api/v1/requests/{request.pk}/").json()
    assert [(need["area"], need["types"], need["priority"]) for need in row["needs"]] == [
        ("BIO.LAB", ["EQUI", "TRNG"], "high"),
        ("LEG.BIO", ["DRFT"], "low"),
    ]
    assert row["areas"] == ["BIO.LAB", "LEG.BIO"]


def test_meetings_are_found_by_date_and_place(visitor):
    held = MeetingFactory(starts_on="2022-06-08", ends_on="2022-06-09", country=StateFactory(iso3="AUT"))
    MeetingFactory(starts_on="2027-03-01")
    found = visitor.get("/api/v1/meetings/?starts_on__lt=2023-01-01&country=AUT").json()["data"]
    assert [row["id"] for row in found] == [held.pk]


@pytest.mark.django_db
def test_the_size_of_the_whole_list_does_not_slow_a_page_by_more_queries(reader, django_assert_num_queries):
    for _row in range(12):
        OfferFactory()
    reader.get(OFFERS)
    with django_assert_num_queries(4):
        reader.get(f"{OFFERS}?limit=10")
    tag = reader.get(f"{OFFERS}?limit=10").headers["ETag"]
    with django_assert_num_queries(2):
        assert reader.get(f"{OFFERS}?limit=10", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_a_crawl_while_others_write_shows_every_lasting_row_once(db):
    """Rows come, go and change between the pages; those that stay all the time are seen exactly once."""
    organization, _ = OrganizationFactory(), (AreaFactory(code="BIO.LAB"), AssistanceTypeFactory(code="TRNG"))
    lasting = {OfferFactory(visibility="public", organization=organization).pk for _row in range(60)}
    stop = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        own: list[int] = []
        while not stop.is_set():
            if own and chance.random() < 0.5:
                Offer.objects.filter(pk=own.pop()).delete()
            else:
                own.append(OfferFactory(visibility="public", organization=organization).pk)
            Offer.objects.filter(pk=chance.choice(sorted(lasting))).update(title=f"Changed {chance.random()}")
        connections.close_all()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(5)]
    for one in writers:
        one.start()
    try:
        for _turn in range(3):
            seen = [row["id"] for row in Caller().crawl(f"{OFFERS}?limit=7")]
            assert len(seen) == len(set(seen))
            assert lasting <= set(seen)
    finally:
        stop.set()
        for one in writers:
            one.join()


def test_the_field_names_are_those_of_the_exchange_format(visitor):
    """Offers and requests go by the same names wherever they are exchanged."""
    offer = """organization kind title summary status areas types weapon_types coverage regional_groups members_of
    states languages starts_on ends_on capacity funders"""
    request = """state organization title description needs weapon_types languages needed_from needed_by received_on
    preferred_providers declined_providers existing_assistance"""
    full_offer(), full_request()
    assert set(offer.split()) < set(visitor.get(OFFERS).json()["data"][0])
    assert set(request.split()) < set(visitor.get("/api/v1/requests/").json()["data"][0])


def test_withdrawn_and_drafted_requests_are_not_read_by_their_summary(visitor):
    for status in ("draft", "withdrawn"):
        public_request(status=status)
    RequestFactory(public_summary="Not yet published.")
    assert visitor.get("/api/v1/requests/?count=true").json()["meta"]["count"] == 0


def test_pages_with_one_etag_are_the_same_in_every_byte_whenever_they_are_read(offers, visitor):
    pages = []
    for second in (0, 2):
        with time_machine.travel(datetime(2027, 3, 12, 12, 0, second, tzinfo=UTC)):
            answer = visitor.get(f"{OFFERS}?limit=2")
            pages.append((answer.headers["ETag"], answer.content, answer.headers["Link"]))
    assert pages[0] == pages[1]
