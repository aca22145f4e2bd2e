"""Changing and moving offers on the web."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assistance.models import Offer
from assistance.services.offer_values import OfferValues
from assistance.services.offers import offer_create
from tests.factories import (
    OrganizationFactory,
)

from .reading import edit_of, errors_of, text_of

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
NEW = "/offers/new/"


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
