"""Finding offers: filters, search, order."""

from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from assistance.models import Offer
from assistance.searching import offer_text
from tests.factories import (
    AreaFactory,
    AssistanceTypeFactory,
    OfferFactory,
    OrganizationFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db


def titles(response) -> list[str]:
    assert response.status_code == 200
    return [offer.title for offer in response.context["page"]]


def found(client, query: str) -> set[str]:
    return set(titles(client.get(f"/offers/?{query}")))


def offer(title: str, **said) -> Offer:
    return OfferFactory(title=title, **({"visibility": "public"} | said))


# Filters


def test_filters_by_area_type_weapon_language_and_provider(client):
    body = OrganizationFactory(acronym="BODY", name="Body of examples")
    state = StateFactory(iso3="PER", name_en="Peru")
    offer("Laboratories", areas=["BIO.LAB"], types=["TRNG"], weapon_types=["BW"], languages=["fr"], organization=body)
    offer("Biology", areas=["BIO"], types=["EQPT"], languages=["en", "fr"], state=state)
    offer("Chemistry", areas=["CHE"], types=["TRNG", "EQPT"], weapon_types=["CW", "BW"])
    assert found(client, "area=BIO") == {"Laboratories", "Biology"}, "an area with those below it"
    assert found(client, "area=BIO.LAB") == {"Laboratories"}
    assert found(client, "type=EQPT") == {"Biology", "Chemistry"}
    assert found(client, "weapon_type=BW") == {"Laboratories", "Chemistry"}
    assert found(client, "language=fr") == {"Laboratories", "Biology"}
    assert found(client, "provider=BODY") == {"Laboratories"}
    assert found(client, "provider=PER") == {"Biology"}
    assert found(client, "area=BIO&type=TRNG&language=fr") == {"Laboratories"}


def test_filters_by_whom_it_is_open_to(client, world):
    offer("Everywhere")
    offer("Members", coverage="selected", members_of=[world["body"]])
    offer("Mali", coverage="selected", states=[world["mali"]])
    assert found(client, "state=PER") == {"Everywhere", "Members"}
    assert found(client, "state=CHL") == {"Everywhere"}
    assert found(client, "group=African") == {"Everywhere", "Mali"}
    assert found(client, "group=GRULAC") == {"Everywhere", "Members"}


def test_ended_offers_and_history_come_only_when_asked(client):
    for status in ("planned", "ongoing", "suspended", "completed", "withdrawn"):
        offer(status.title(), status=status)
    offer("Old record", provenance="public_source", status="completed")
    assert found(client, "") == {"Planned", "Ongoing", "Suspended"}
    assert found(client, "status=withdrawn") == {"Withdrawn"}
    assert len(found(client, "status=any")) == 5
    assert found(client, "historical=on") == {"Planned", "Ongoing", "Suspended", "Old record"}
    assert found(client, "historical=on&status=completed") == {"Completed", "Old record"}


@pytest.mark.parametrize(
    "query",
    [
        "q=securite",
        "q=SÉCURITÉ",
        "q=biologique+formation",
        "q=laboratoires",
        "q=off-2026-7777",
        "q=body",
        "q=organisme",
        "q=off",
    ],
)
def test_search_is_blind_to_case_and_accents_and_finds_every_word(client, query):
    body = OrganizationFactory(acronym="BODY", name="Organisme d’exemple")
    offer(
        "Sécurité biologique",
        summary="Formation pour les laboratoires, office.",
        organization=body,
        reference="OFF-2026-7777",
    )
    offer("Something else", summary="Nothing.", reference="X-2026-8888")
    assert found(client, query) == {"Sécurité biologique"}


@pytest.mark.parametrize("query", ["%", "_", "100%25", "a_b", "\\"])
def test_signs_of_patterns_stand_for_themselves(client, query):
    offer("Example programme")
    offer("100% of a_b\\c")
    assert set(titles(client.get("/offers/", {"q": query.replace("%25", "%")}))) == {"100% of a_b\\c"}


def test_a_search_for_a_state_finds_what_it_provides(client):
    offer("Given", state=StateFactory(iso3="PER", name_en="Peru", name_fr="Pérou"))
    offer("Other")
    assert found(client, "q=perou") == {"Given"}


def test_the_search_is_served_by_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = Offer.objects.alias(text=offer_text()).filter(text__contains="labora").order_by()
        assert "offer_text_trigrams" in rows.explain()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("area=XXX", "This is not in the list."),
        ("state=XXX", "This is not in the list."),
        ("type=XXXX", "This is not in the list."),
        ("weapon_type=XX", "This is not in the list."),
        ("group=none", "This is not in the list."),
        ("language=xx", "This is not in the list."),
        ("status=lost", "This is not in the list."),
        ("provider=NOBODY", "This is not in the list."),
        ("q=" + "x" * 101, "Shorten this to 100 characters"),
        ("colour=red", "This list has no filter “colour”."),
        ("sort=colour", "This list cannot be sorted by “colour”."),
    ],
)
def test_what_the_list_does_not_know_is_said_and_nothing_is_shown(client, query, said):
    offer("Example programme")
    response = client.get(f"/offers/?{query}")
    assert titles(response) == []
    assert said in response.content.decode()


# Order and pages


def test_the_newest_comes_first_and_every_column_sorts_both_ways(client):
    first, second = OrganizationFactory(acronym="AAA"), OrganizationFactory(acronym="BBB")
    now = timezone.now()
    offer("beta", organization=first, published_at=now.replace(year=2025), ends_on=date(2099, 1, 1))
    offer("Alpha", organization=second, published_at=now, ends_on=None)
    offer("gamma", state=StateFactory(name_en="Aab"), published_at=now.replace(year=2024), ends_on=date(2098, 1, 1))
    expected = {
        "": ["Alpha", "beta", "gamma"],
        "newest": ["gamma", "beta", "Alpha"],
        "title": ["Alpha", "beta", "gamma"],
        "-title": ["gamma", "beta", "Alpha"],
        "ends": ["gamma", "beta", "Alpha"],
        "-ends": ["beta", "gamma", "Alpha"],
        "provider": ["beta", "gamma", "Alpha"],
        "-provider": ["Alpha", "gamma", "beta"],
    }
    for sort, order in expected.items():
        assert titles(client.get("/offers/", {"sort": sort} if sort else {})) == order, sort


def test_own_drafts_come_first(signed_in, editor, cicte):
    OfferFactory(title="Published")
    OfferFactory(title="Draft", organization=cicte, status="draft", published_at=None)
    assert titles(signed_in(editor).get("/offers/")) == ["Draft", "Published"]


def test_a_list_has_25_a_page_and_each_offer_once(client):
    for number in range(30):
        offer(f"Example {number}", published_at=None)
    pages = [titles(client.get(f"/offers/?page={number}")) for number in (1, 2)]
    assert [len(page) for page in pages] == [25, 5]
    assert len({*pages[0], *pages[1]}) == 30
    assert "30 offers" in client.get("/offers/").content.decode()


def test_an_empty_list_teaches_the_first_step(client, signed_in, editor):
    assert "No offers yet" in client.get("/offers/").content.decode()
    assert "Post a programme" not in client.get("/offers/").content.decode()
    assert "Post the first" in signed_in(editor).get("/offers/").content.decode()
    assert "No offer fits" in client.get("/offers/?q=nothing").content.decode()


def test_filters_in_force_are_shown_in_words(client):
    AreaFactory(code="BIO", label="Biology")
    AssistanceTypeFactory(code="TRNG", label="Course")
    page = client.get("/offers/?area=BIO&type=TRNG&historical=on").content.decode()
    assert "Biology (BIO)" in page
    assert "Course" in page
