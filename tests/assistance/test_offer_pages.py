"""Posting, reading and changing offers on the web."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from assistance.models import MatchingRun, Offer
from assistance.services.offer_values import OfferValues
from assistance.services.offers import offer_create, offer_update
from assistance.tasks import run_queued_matching
from tests.factories import (
    AffiliationFactory,
    AreaFactory,
    AssistanceTypeFactory,
    ContactFactory,
    MatchFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

NEW = "/offers/new/"
TODAY = timezone.localdate


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


def text_of(response) -> str:
    """The words of a page, without markup and runs of space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def errors_of(response) -> set[str]:
    form = response.context["form"]
    return set(form.errors)


# Posting


def test_an_editor_publishes_an_offer_and_reads_it(signed_in, editor, cicte, posted):
    client = signed_in(editor)
    page = client.get(NEW)
    assert page.status_code == 200
    assert "As long as this is a draft, only CICTE can read it." in text_of(page)
    response = client.post(NEW, posted | {"publish": "1"}, follow=True)
    offer = Offer.objects.get()
    assert response.redirect_chain == [(f"/offers/{offer.reference}/", 302)]
    assert (offer.status, offer.organization, offer.capacity, offer.languages) == ("ongoing", cicte, 4, ["en", "es"])
    assert [(row.role, row.name) for row in offer.partners.all()] == [
        ("funder", "Peru"),
        ("implementer", "Example laboratory"),
    ]
    page = response.content.decode()
    assert "<strong>laboratory staff</strong>" in page
    assert "Open to 1 State: Peru" in page
    assert MatchingRun.objects.filter(offer=offer).count() == 1


def test_a_title_is_enough_for_a_draft(signed_in, editor, cicte):
    management = {"partners-TOTAL_FORMS": "0", "partners-INITIAL_FORMS": "0"}
    said = {
        "provider": "organization:CICTE",
        "kind": "programme",
        "title": "Example idea",
        "coverage": "selected",
        "visibility": "network",
    }
    response = signed_in(editor).post(NEW, said | management, follow=True)
    assert response.status_code == 200
    offer = Offer.objects.get()
    assert offer.is_draft
    page = text_of(response)
    assert "only CICTE can read" in page
    assert "Before it can be published" in page
    assert "Tick at least one area." in page
    assert "Complete the draft" in page


def test_what_is_missing_is_said_beside_its_field_and_what_was_typed_stays(signed_in, editor, posted):
    incomplete = posted | {"publish": "1", "areas": [], "states": [], "languages": [], "summary": " "}
    response = signed_in(editor).post(NEW, incomplete)
    assert response.status_code == 422
    assert errors_of(response) == {"areas", "coverage", "languages", "summary"}
    page = response.content.decode()
    assert 'value="Example course on biosafety"' in page
    assert 'value="Example laboratory"' in page
    assert "4 entries need another look" in text_of(response)
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"summary": "x" * 4001}, {"summary"}),
        ({"starts_on": "2027-02-02", "ends_on": "2027-02-01"}, {"ends_on"}),
        ({"starts_on": "12 March"}, {"starts_on"}),
        ({"areas": ["NONE.X"]}, {"areas"}),
        ({"types": ["NOPE"]}, {"types"}),
        ({"weapon_types": ["XX"]}, {"weapon_types"}),
        ({"regional_groups": ["none"]}, {"regional_groups"}),
        ({"members_of": ["NOBODY"]}, {"members_of"}),
        ({"states": ["ZZZ"]}, {"states"}),
        ({"languages": ["xx"]}, {"languages"}),
        ({"capacity": "-1"}, {"capacity"}),
        ({"capacity": "many"}, {"capacity"}),
        ({"visibility": "participants"}, {"visibility"}),
        ({"coverage": "everywhere"}, {"coverage"}),
        ({"kind": "gift"}, {"kind"}),
        ({"title": "a\x00b"}, {"title"}),
    ],
)
def test_a_wrong_entry_comes_back_with_a_message_beside_it(signed_in, editor, posted, wrong, fields):
    response = signed_in(editor).post(NEW, posted | wrong)
    assert response.status_code == 422
    assert errors_of(response) == fields
    assert not Offer.objects.exists()


def test_a_wrong_partner_row_is_named(signed_in, editor, posted):
    response = signed_in(editor).post(NEW, posted | {"partners-0-name": "x" * 121})
    assert response.status_code == 422
    assert response.context["partners"].errors[0] == {"name": ["Shorten this to 120 characters; it has 121."]}
    twice = posted | {"partners-1-role": "funder", "partners-1-name": "Peru"}
    response = signed_in(editor).post(NEW, twice)
    assert "“Peru” is named twice." in text_of(response)
    assert not Offer.objects.exists()


@pytest.mark.parametrize("typed", ["CICTE", "cicte", " Inter-American  Committee against Terrorism "])
def test_a_partner_is_known_by_acronym_and_by_name(signed_in, editor, cicte, posted, typed):
    signed_in(editor).post(NEW, posted | {"partners-0-name": typed})
    assert Offer.objects.get().partners.first().organization == cicte


def test_all_states_makes_the_folded_lists_count_for_nothing(signed_in, editor, posted):
    signed_in(editor).post(NEW, posted | {"coverage": "global", "regional_groups": ["GRULAC"], "publish": "1"})
    offer = Offer.objects.get()
    assert (offer.coverage, offer.regional_groups, list(offer.states.all())) == ("global", [], [])


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0", "{{ 7|add:7 }} %s"]


@pytest.mark.parametrize("text", HOSTILE)
def test_html_and_formulas_are_shown_as_they_were_typed(signed_in, editor, posted, text):
    client = signed_in(editor)
    said = posted | {"title": text, "summary": text, "partners-1-name": text, "publish": "1"}
    assert client.post(NEW, said).status_code == 302
    offer = Offer.objects.get()
    client.post(f"/offers/{offer.reference}/suspend/", {"reason": text, "expected_version": "1"})
    for path in ("/offers/", offer.get_absolute_url(), f"/offers/{offer.reference}/edit/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
    shown = client.get(offer.get_absolute_url()).context
    assert shown["offer"].title == text
    assert shown["history"][0]["reason"] == text


def test_a_page_saves_although_the_broker_is_away(
    signed_in, editor, posted, monkeypatch, django_capture_on_commit_callbacks
):
    def refused(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(run_queued_matching, "delay", refused)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        response = signed_in(editor).post(NEW, posted | {"publish": "1"})
    assert callbacks
    assert response.status_code == 302
    assert MatchingRun.objects.get().status == "queued"


# In whose name


def test_the_own_provider_is_not_asked_and_cannot_be_another(signed_in, editor, posted):
    OrganizationFactory(acronym="OTHER")
    client = signed_in(editor)
    assert 'type="hidden" name="provider"' in client.get(NEW).content.decode()
    for foreign in ("organization:OTHER", "organization:NOBODY", "state:PER", "OTHER", ""):
        response = client.post(NEW, posted | {"provider": foreign})
        assert response.status_code == 422
        assert errors_of(response) == {"provider"}
    assert not Offer.objects.exists()


def test_an_unknown_and_a_foreign_provider_get_the_same_words(signed_in, editor, posted):
    OrganizationFactory(acronym="OTHER")
    client = signed_in(editor)
    said = [
        client.post(NEW, posted | {"provider": f"organization:{acronym}"}).context["form"].errors["provider"]
        for acronym in ("OTHER", "NOBODY")
    ]
    assert said[0] == said[1]


def test_who_acts_for_two_chooses_between_them(signed_in, editor, posted):
    second = OrganizationFactory(acronym="SECOND")
    AffiliationFactory(user=editor, organization=second)
    OrganizationFactory(acronym="OTHER")
    client = signed_in(editor)
    page = client.get(NEW)
    assert [value for value, _label in page.context["form"].fields["provider"].choices] == [
        "",
        "organization:CICTE",
        "organization:SECOND",
    ]
    client.post(NEW, posted | {"provider": "organization:SECOND"})
    assert Offer.objects.get().organization == second


def test_a_state_posts_in_its_own_name(signed_in, state_focal_point, peru, posted):
    client = signed_in(state_focal_point)
    client.post(NEW, posted | {"provider": "state:PER", "publish": "1"})
    assert Offer.objects.get().provider == peru


def test_the_secretariat_drafts_for_another_without_reading_the_draft(signed_in, secretariat, cicte, posted):
    response = signed_in(secretariat).post(NEW, posted, follow=True)
    assert response.redirect_chain[-1][0] == "/offers/"
    assert "only CICTE can read it" in text_of(response)
    assert signed_in(secretariat).get(Offer.objects.get().get_absolute_url()).status_code == 404


def test_visitors_are_asked_to_sign_in_and_others_are_refused(signed_in, people, posted):
    for role, person in people.items():
        client = signed_in(person)
        expected = 302 if role == "visitor" else 200
        if role in {"newcomer", "expert", "observer"}:
            expected = 403
        assert client.get(NEW).status_code == expected, role
        assert client.post(NEW, posted | {"provider": "organization:NOBODY"}).status_code == (
            422 if expected == 200 else expected
        ), role


# Reading


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


# Changing


@pytest.fixture
def offer(editor, cicte, posted, signed_in) -> Offer:
    signed_in(editor).post(NEW, posted | {"publish": "1"})
    return Offer.objects.get()


def edit_of(offer: Offer) -> str:
    return f"/offers/{offer.reference}/edit/"


def test_a_published_offer_is_edited_and_stays_published(signed_in, editor, offer, posted):
    client = signed_in(editor)
    page = client.get(edit_of(offer))
    assert "It is published: what you save is read at once" in text_of(page)
    assert 'value="Example laboratory"' in page.content.decode()
    assert 'value="BIO.LAB" id="' in page.content.decode()
    response = client.post(edit_of(offer), posted | {"title": "Example, renamed", "expected_version": "1"})
    assert response.status_code == 302
    offer.refresh_from_db()
    assert (offer.title, offer.status, offer.version) == ("Example, renamed", "ongoing", 2)


def test_an_edit_cannot_change_the_provider(signed_in, editor, cicte, offer, posted):
    said = posted | {"provider": "state:PER", "expected_version": "1"}
    signed_in(editor).post(edit_of(offer), said)
    offer.refresh_from_db()
    assert offer.provider == cicte


def test_a_published_offer_must_stay_complete(signed_in, editor, offer, posted):
    response = signed_in(editor).post(edit_of(offer), posted | {"states": [], "expected_version": "1"})
    assert response.status_code == 422
    assert errors_of(response) == {"coverage"}
    offer.refresh_from_db()
    assert offer.states.count() == 1


def test_a_row_without_a_name_is_taken_away(signed_in, editor, offer, posted):
    said = posted | {"partners-0-name": "", "partners-1-name": "", "expected_version": "1"}
    signed_in(editor).post(edit_of(offer), said)
    assert not offer.partners.exists()


def test_an_edit_of_what_changed_meanwhile_shows_both_and_keeps_what_was_typed(
    signed_in, editor, focal_point, offer, posted
):
    signed_in(focal_point).post(edit_of(offer), posted | {"title": "Example by a colleague", "expected_version": "1"})
    client = signed_in(editor)
    mine = posted | {"title": "Example of mine", "expected_version": "1"}
    response = client.post(edit_of(offer), mine)
    assert response.status_code == 409
    page = response.content.decode()
    assert "This record changed while you were writing" in page
    assert f"{focal_point} saved it on" in text_of(response)
    assert [
        (row["label"], row["left"], row["right"])
        for row in response.context["conflict"]["rows"]
        if row["left"] != row["right"]
    ] == [("Title", "Example of mine", "Example by a colleague")]
    assert 'name="title" value="Example of mine"' in page
    assert 'name="expected_version" value="2"' in page
    assert client.post(edit_of(offer), mine | {"expected_version": "2"}).status_code == 302
    offer.refresh_from_db()
    assert (offer.title, offer.version) == ("Example of mine", 3)


@pytest.mark.parametrize("version", ["", "many", "-1"])
def test_an_edit_without_a_readable_version_is_refused(signed_in, editor, offer, posted, version):
    response = signed_in(editor).post(edit_of(offer), posted | {"title": "Example", "expected_version": version})
    assert response.status_code == 422
    offer.refresh_from_db()
    assert offer.version == 1


def test_a_draft_is_completed_and_published_by_one_save(signed_in, editor, cicte, posted):
    draft = offer_create(by=editor, provider=cicte, values=OfferValues(title="Example idea"))
    response = signed_in(editor).post(edit_of(draft), posted | {"expected_version": "1", "publish": "1"})
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.status, draft.version, draft.title) == ("ongoing", 2, "Example course on biosafety")


def test_a_terms_retirement_does_not_empty_old_offers(signed_in, editor, offer, posted):
    area = offer.areas.get()
    area.is_retired = True
    area.save()
    client = signed_in(editor)
    assert 'value="BIO.LAB"' in client.get(edit_of(offer)).content.decode()
    assert 'value="BIO.LAB"' not in client.get(NEW).content.decode()
    assert client.post(edit_of(offer), posted | {"expected_version": "1"}).status_code == 302
    assert offer.areas.get() == area


def test_an_organization_without_known_members_stays_ticked(signed_in, editor, offer, posted):
    body = OrganizationFactory(acronym="NOMEMBERS")
    offer.members_of.add(body)
    assert 'value="NOMEMBERS"' in signed_in(editor).get(edit_of(offer)).content.decode()


# Moving


WRITERS = {"editor", "focal_point", "secretariat"}


@pytest.mark.parametrize("action", ["edit", "suspend", "withdraw", "complete", "confirm"])
def test_only_its_provider_and_the_secretariat_reach_the_pages_that_change_it(signed_in, people, offer, action):
    path = f"/offers/{offer.reference}/{action}/"
    for role, person in people.items():
        expected = 200 if role in WRITERS else 403
        if role == "visitor":
            expected = 302
        elif role == "newcomer":
            expected = 404
        assert signed_in(person).get(path).status_code == expected, role
        if role not in WRITERS:
            assert signed_in(person).post(path, {"reason": "x", "expected_version": "1"}).status_code == expected, role
    offer.refresh_from_db()
    assert (offer.status, offer.version) == ("ongoing", 1)


def test_buttons_are_those_that_the_person_may_press(signed_in, people, offer):
    labels = {
        role: [button["label"] for button in response.context["buttons"]]
        for role, person in people.items()
        if (response := signed_in(person).get(offer.get_absolute_url())).status_code == 200
    }
    assert labels["outsider"] == labels["expert"] == []
    assert [str(label) for label in labels["editor"]] == [
        "Edit",
        "Confirm as still true",
        "Mark as completed",
        "Suspend",
        "Withdraw",
    ]


def test_suspending_asks_why_and_resuming_goes_on(signed_in, editor, offer):
    client = signed_in(editor)
    path = f"/offers/{offer.reference}/suspend/"
    assert "It is no longer matched" in text_of(client.get(path))
    assert client.post(path, {"reason": " ", "expected_version": "1"}).status_code == 422
    assert client.post(path, {"reason": "x" * 1001, "expected_version": "1"}).status_code == 422
    response = client.post(path, {"reason": "Example reason", "expected_version": "1"}, follow=True)
    assert "It is suspended." in text_of(response)
    offer.refresh_from_db()
    assert offer.status == "suspended"
    client.post(f"/offers/{offer.reference}/resume/", {"expected_version": "2"})
    offer.refresh_from_db()
    assert offer.status == "ongoing"


def test_withdrawing_is_final(signed_in, editor, offer):
    client = signed_in(editor)
    client.post(f"/offers/{offer.reference}/withdraw/", {"reason": "Example reason", "expected_version": "1"})
    offer.refresh_from_db()
    assert offer.status == "withdrawn"
    response = client.get(edit_of(offer), follow=True)
    assert "can no longer be changed" in text_of(response)
    assert response.context["buttons"] == []


def test_a_move_from_a_stale_page_does_nothing(signed_in, editor, offer, posted):
    client = signed_in(editor)
    client.post(edit_of(offer), posted | {"title": "Example, renamed", "expected_version": "1"})
    response = client.post(
        f"/offers/{offer.reference}/withdraw/", {"reason": "Example reason", "expected_version": "1"}, follow=True
    )
    assert "It changed meanwhile, so nothing was done." in text_of(response)
    offer.refresh_from_db()
    assert offer.status == "ongoing"


def test_an_action_that_is_not_open_says_why(signed_in, editor, offer):
    client = signed_in(editor)
    response = client.get(f"/offers/{offer.reference}/resume/", follow=True)
    assert "not possible while the status is “Ongoing”" in text_of(response)
    assert client.post(f"/offers/{offer.reference}/resume/", {"expected_version": "1"}).status_code == 422
    assert client.get(f"/offers/{offer.reference}/explode/").status_code == 404


def test_an_incomplete_draft_cannot_be_published_by_its_button(signed_in, editor, cicte):
    draft = offer_create(by=editor, provider=cicte, values=OfferValues(title="Example idea"))
    response = signed_in(editor).post(f"/offers/{draft.reference}/publish/", {"expected_version": "1"})
    assert response.status_code == 422
    assert "Tick at least one area." in text_of(response)


def test_a_draft_is_thrown_away_after_a_question(signed_in, editor, cicte):
    draft = offer_create(by=editor, provider=cicte, values=OfferValues(title="Example idea"))
    client = signed_in(editor)
    path = f"/offers/{draft.reference}/discard/"
    assert "This cannot be undone." in text_of(client.get(path))
    assert client.post(path, {"expected_version": "1"}, follow=True).redirect_chain[-1][0] == "/offers/"
    assert not Offer.objects.exists()


def test_a_stale_confirmation_makes_confirming_the_main_button(signed_in, editor, offer):
    Offer.objects.filter(pk=offer.pk).update(confirmed_on=TODAY() - timedelta(days=400))
    client = signed_in(editor)
    page = client.get(offer.get_absolute_url())
    first = page.context["buttons"][0]
    assert (str(first["label"]), first["tone"], first["acts"]) == ("Confirm as still true", "primary", True)
    assert "13 months ago" in text_of(page)
    client.post(first["url"], {"expected_version": "1"})
    offer.refresh_from_db()
    assert offer.confirmed_on == TODAY()


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
