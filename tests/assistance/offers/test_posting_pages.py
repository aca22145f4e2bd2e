"""Posting offers on the web."""

import pytest
from kombu.exceptions import OperationalError

from assistance.models import MatchingRun, Offer
from assistance.tasks import run_queued_matching
from tests.factories import (
    AffiliationFactory,
    OrganizationFactory,
)

from .reading import errors_of, text_of

pytestmark = pytest.mark.django_db

NEW = "/offers/new/"


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

    monkeypatch.setattr(run_queued_matching, "apply_async", refused)
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
