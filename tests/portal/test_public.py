"""The home page and the page about the network."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import MeetingFactory, OfferFactory, OrganizationFactory, ParagraphFactory, RequestFactory

pytestmark = pytest.mark.django_db


def figures(client):
    return {str(label): number for label, number, _url in client.get("/").context["figures"]}


def test_figures_count_what_anyone_may_read(client, signed_in, expert):
    OrganizationFactory()
    OfferFactory(visibility="public")
    OfferFactory(visibility="network")
    OfferFactory(visibility="public", status="draft")
    OfferFactory(visibility="public", provenance="public_source")
    RequestFactory()
    RequestFactory(
        status="circulated",
        public_summary="In short.",
        summary_consent_on=timezone.localdate(),
        summary_published_on=timezone.localdate(),
    )
    MeetingFactory()
    MeetingFactory(visibility="committee")
    shown = figures(client)
    assert (shown["Live public offers"], shown["Open public requests"], shown["Meetings on record"]) == (1, 1, 1)
    assert figures(signed_in(expert)) == figures(client), "the same for everybody"


def test_figures_lead_to_lists(client):
    for _label, _number, url in client.get("/").context["figures"]:
        assert client.get(url).status_code == 200


def test_the_next_public_meetings_and_newest_public_offers_are_shown(client):
    soon = timezone.localdate() + timedelta(days=10)
    MeetingFactory(title="Open meeting", starts_on=soon, ends_on=soon)
    MeetingFactory(title="Closed meeting", starts_on=soon, ends_on=soon, visibility="network")
    MeetingFactory(title="Past meeting", starts_on="2020-01-01", ends_on=None)
    OfferFactory(title="Open offer", visibility="public")
    OfferFactory(title="Network offer", visibility="network")
    text = client.get("/").content.decode()
    assert "Open meeting" in text
    assert "Open offer" in text
    for hidden in ("Closed meeting", "Past meeting", "Network offer"):
        assert hidden not in text


def test_the_order_of_things_is_told(client):
    text = client.get("/").content.decode()
    places = [text.index(f"<h3>{word}</h3>") for word in ("Offer", "Request", "Match", "Project")]
    assert places == sorted(places)


def test_about_shows_confirmed_paragraphs_only(client):
    ParagraphFactory(paragraph=20, summary="Confirmed words.")
    ParagraphFactory(paragraph=25, summary="Unconfirmed words.", is_confirmed=False)
    ParagraphFactory(resolution=2663, paragraph=18, summary="Of another resolution.")
    text = client.get("/about/").content.decode()
    assert "Confirmed words." in text
    assert "Unconfirmed words." not in text
    assert "Of another resolution." not in text


def test_about_explains_roles_levels_and_words_and_what_it_is_not(client):
    text = client.get("/about/").content.decode()
    for words in ("State focal point", "Members of the network can read this", "Note verbale", "not an official site"):
        assert words in text


@pytest.mark.parametrize("address", ["/", "/about/", "/organizations/", "/states/", "/search/"])
def test_public_pages_say_who_may_sign_in_and_set_no_cookie_of_a_session(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert "sessionid" not in response.cookies


def test_a_form_without_its_token_gets_a_page_that_helps(editor):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(editor, backend="allauth.account.auth_backends.AuthenticationBackend")
    response = client.post("/notices/read/")
    assert response.status_code == 403
    assert "reload the page and send it again" in response.content.decode()
