"""The search over everything that the reader may see, and over nothing else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    AreaFactory,
    ContactFactory,
    MeetingFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db


def found(client, words):
    """Labels found, by kind."""
    response = client.get("/search/", {"q": words})
    assert response.status_code == 200
    return {str(group.label): [str(hit.label) for hit in group.hits] for group in response.context["groups"]}


def test_every_kind_is_found(signed_in, outsider):
    OrganizationFactory(acronym="ZEBRA")
    StateFactory(name_en="Zebrania")
    AreaFactory(code="ZEB", label="Zebra areas")
    OfferFactory(title="Zebra course")
    RequestFactory(title="Zebra need", status="circulated")
    MeetingFactory(title="Zebra meeting")
    assert found(signed_in(outsider), "zebra") == {
        "Organizations": ["ZEBRA"],
        "States": ["Zebrania"],
        "Areas of assistance": ["Zebra areas"],
        "Offers": ["Zebra course"],
        "Requests": ["Zebra need"],
        "Meetings": ["Zebra meeting"],
    }


def test_a_code_finds_its_record(client):
    StateFactory(iso3="ZZA", name_en="Elsewhere")
    AreaFactory(code="ZYX", label="An area")
    assert found(client, "zza") == {"States": ["Elsewhere"]}
    assert found(client, "zyx") == {"Areas of assistance": ["An area"]}


def test_hidden_records_are_never_found(people, signed_in, cicte, peru):
    OfferFactory(organization=cicte, title="Canary draft", status="draft")
    OfferFactory(organization=cicte, title="Canary network", visibility="network")
    OfferFactory(organization=cicte, title="Canary committee", visibility="committee")
    RequestFactory(state=peru, title="Canary request")
    RequestFactory(state=peru, title="Canary drafted", status="draft")
    MeetingFactory(title="Canary meeting", visibility="committee")
    ContactFactory(organization=cicte, name="Canary contact", visibility="public")

    def seen(role):
        return sorted(label for labels in found(signed_in(people[role]), "canary").values() for label in labels)

    assert seen("visitor") == []
    assert seen("newcomer") == []
    assert seen("outsider") == ["Canary network"]
    assert seen("editor") == ["Canary committee", "Canary draft", "Canary network"]
    assert seen("state_focal_point") == ["Canary drafted", "Canary network", "Canary request"]
    assert seen("expert") == ["Canary committee", "Canary meeting", "Canary network", "Canary request"]


def test_hidden_text_of_a_visible_request_does_not_answer(signed_in, expert, outsider):
    RequestFactory(
        title="Help with laws",
        description="The plutonium canary is in the vault.",
        public_summary="Laws are needed.",
        summary_consent_on=timezone.localdate(),
        summary_published_on=timezone.localdate(),
        status="authenticated",
    )
    assert found(signed_in(None), "laws") == {"Requests": ["Help with laws"]}
    assert found(signed_in(None), "plutonium") == {}
    assert found(signed_in(outsider), "plutonium") == {}
    assert found(signed_in(expert), "plutonium") == {"Requests": ["Help with laws"]}


@pytest.mark.parametrize("words", ["%%", "__", "%_", "\\\\", "''", "a' OR 1=1 --", "<script>"])
def test_signs_stand_for_themselves(signed_in, outsider, words):
    OrganizationFactory(acronym="ABC")
    OfferFactory(title="Course")
    RequestFactory(title="Need", status="circulated")
    MeetingFactory(title="Meeting")
    response = signed_in(outsider).get("/search/", {"q": words})
    assert response.context["groups"] == []
    assert "<script>x" not in response.content.decode()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("", "Fill this in"), ("a", "Write at least 2 characters"), ("x" * 101, "Shorten this to 100 characters")],
)
def test_too_little_and_too_much_is_said(client, words, sentence):
    response = client.get("/search/", {"q": words})
    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_the_bare_page_explains_itself(client):
    text = client.get("/search/").content.decode()
    assert "are searched, as far as you can read them" in text
    assert "error-summary" not in text


def test_ten_are_shown_and_the_list_has_the_others(signed_in, outsider):
    for number in range(12):
        OfferFactory(title=f"Zebra {number}")
    client = signed_in(outsider)
    (group,) = client.get("/search/", {"q": "zebra"}).context["groups"]
    assert (len(group.hits), group.total) == (10, 12)
    assert client.get(group.more_url).context["page"].paginator.count == 12


def test_the_links_to_the_lists_find_the_same(signed_in, expert):
    for number in range(12):
        OrganizationFactory(acronym=f"ZEBRA{number}")
        RequestFactory(title=f"Zebra {number}")
        MeetingFactory(title=f"Zebra {number}")
    client = signed_in(expert)
    for group in client.get("/search/", {"q": "zebra"}).context["groups"]:
        assert client.get(group.more_url).context["page"].paginator.count == group.total, group.label


def test_markup_in_what_is_found_stays_text(signed_in, outsider):
    OfferFactory(title="Zebra <img src=x onerror=alert(1)>")
    assert "<img src=x" not in signed_in(outsider).get("/search/", {"q": "zebra"}).content.decode()


def test_the_search_needs_the_same_queries_for_two_and_for_thirty(signed_in, outsider):
    client = signed_in(outsider)

    def fill(count):
        for number in range(count):
            OrganizationFactory(name=f"Zebra {number}")
            StateFactory(name_fr=f"Zebra {number}")
            OfferFactory(title=f"Zebra {number}")
            RequestFactory(title=f"Zebra {number}", status="circulated")
            MeetingFactory(title=f"Zebra {number}")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "zebra"})
        return len(captured)

    fill(11)
    queries()
    few = queries()
    fill(25)
    assert queries() == few
