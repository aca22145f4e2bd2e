"""The Atom feed of what is new for anyone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree

from assistance.models import Offer
from assistance.services.offers import offer_suspend, offer_withdraw
from cooperation_portal.access.actors import SYSTEM
from tests.factories import MeetingFactory, NoteFactory, OfferFactory, RequestFactory

pytestmark = pytest.mark.django_db

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def feed(client: Client | None = None) -> etree._Element:
    answer = (client or Client()).get("/news.atom")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(answer.content)


def titles(client: Client | None = None) -> list[str]:
    return feed(client).xpath("//a:entry/a:title/text()", namespaces=ATOM)


def published_summary(**values):
    today = timezone.localdate()
    return RequestFactory(
        status="circulated",
        public_summary="In short.",
        summary_consent_on=today,
        summary_published_on=today,
        **values,
    )


def test_it_tells_what_anyone_may_read_and_nothing_else(signed_in, expert):
    OfferFactory(title="Public offer", visibility="public")
    OfferFactory(title="Network offer", visibility="network")
    OfferFactory(title="Draft offer", visibility="public", status="draft", published_at=None)
    OfferFactory(title="Sourced offer", visibility="public", provenance="public_source")
    published_summary(title="Public request", description="Confidential words")
    RequestFactory(title="Confidential request", status="circulated")
    MeetingFactory(title="Public meeting")
    MeetingFactory(title="Committee meeting", visibility="committee")
    open_meeting = MeetingFactory(title="Noted meeting", status="held")
    NoteFactory(meeting=open_meeting, visibility="public", published_at=timezone.now())
    closed = MeetingFactory(title="Closed meeting", status="held", visibility="network")
    NoteFactory(meeting=closed, visibility="public", published_at=timezone.now())
    told = titles()
    assert len(told) == 5
    for words in ("Public offer", "Public request", "Public meeting", "Noted meeting", "Information note"):
        assert any(words in title for title in told), words
    assert titles(signed_in(expert)) == told, "the same for everybody"
    text = Client().get("/news.atom").content.decode()
    assert "In short." in text
    assert "Confidential" not in text


def test_it_is_a_valid_feed(settings):
    settings.SITE_URL = "https://portal.example"
    offer = OfferFactory(visibility="public", title='A "title" <b>&</b> more', summary="**Strong** <script>x</script>")
    root = feed()
    # RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have, once each.
    for name in ("id", "title", "updated", "author"):
        assert len(root.findall(f"a:{name}", ATOM)) == 1, name
    [entry] = root.findall("a:entry", ATOM)
    for name in ("id", "title", "updated", "published", "summary"):
        assert len(entry.findall(f"a:{name}", ATOM)) == 1, name
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", ATOM)}
    assert links == {"alternate": "https://portal.example/", "self": "https://portal.example/news.atom"}
    assert entry.find("a:link", ATOM).get("href") == f"https://portal.example{offer.get_absolute_url()}"
    assert 'A "title" <b>&</b> more' in entry.findtext("a:title", namespaces=ATOM)
    summary = entry.find("a:summary", ATOM)
    assert summary.get("type") == "html"
    assert "<strong>Strong</strong>" in summary.text
    assert "<script>" not in summary.text


def test_control_characters_do_not_break_it():
    OfferFactory(visibility="public", title="Bell \x07 here", summary="Escape \x1b there \ufffe.")
    assert any("Bell  here" in title for title in titles())


def test_an_entry_keeps_its_identifier_when_it_changes(settings):
    settings.SITE_URL = "https://portal.example"
    offer = OfferFactory(visibility="public")

    def entry():
        [found] = feed().findall("a:entry", ATOM)
        return found.findtext("a:id", namespaces=ATOM), found.findtext("a:updated", namespaces=ATOM)

    first_id, first_updated = entry()
    offer_suspend(by=SYSTEM, offer=offer, reason="For a while.")
    later_id, later_updated = entry()
    assert first_id == later_id
    assert first_id.startswith(f"tag:portal.example,{timezone.now():%Y-%m-%d}:/offers/")
    assert later_updated >= first_updated


def test_steps_of_a_request_do_not_show_in_its_entry():
    request = published_summary()
    before = Client().get("/news.atom").content
    request.document_reference = "Confidential step"
    request.updated_at = timezone.now() + timedelta(hours=1)
    request.save()
    assert Client().get("/news.atom").content == before


def test_it_holds_the_newest_fifty_newest_first():
    now = timezone.now()
    for number in range(52):
        OfferFactory(visibility="public", title=f"Offer {number:02}", published_at=now - timedelta(hours=number))
    told = titles()
    assert len(told) == 50
    assert told[0].endswith("Offer 00")
    assert told[-1].endswith("Offer 49")


def test_a_reader_that_has_it_is_told_so_until_something_changes():
    offer = OfferFactory(visibility="public")
    client = Client()
    first = client.get("/news.atom")
    again = client.get("/news.atom", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/news.atom", headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    offer_withdraw(by=SYSTEM, offer=Offer.objects.get(pk=offer.pk), reason="No longer possible.")
    changed = client.get("/news.atom", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_an_empty_feed_is_a_feed():
    assert titles() == []


def test_pages_lead_to_it(client):
    for path in ("/", "/offers/"):
        assert '<link rel="alternate" type="application/atom+xml"' in client.get(path).content.decode()
    assert 'href="/news.atom"' in client.get("/").content.decode().partition("<body")[2]


def test_it_needs_the_same_queries_for_two_and_for_forty(django_assert_max_num_queries):
    for _number in range(40):
        OfferFactory(visibility="public")
        published_summary()
    with django_assert_max_num_queries(8):
        Client().get("/news.atom")
