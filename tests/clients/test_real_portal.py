"""The one-file client against the real portal: what it holds is what its key may read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from assistance.models import Offer
from clients.portal_client import KeyRefused, NotFound, PortalClient, PortalError
from cooperation_portal import changes
from cooperation_portal.api.catalogue import resources
from cooperation_portal.changes.recording import write_change, write_changes
from cooperation_portal.snapshots.services.building import build_waiting
from organizations.models import PointOfContact
from tests.factories import (
    ApiKeyFactory,
    AreaFactory,
    AssistanceTypeFactory,
    ContactFactory,
    MeetingFactory,
    NoteFactory,
    OfferFactory,
    RequestFactory,
)

from .conftest import ask, mirrored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(cicte, settings, live_server, tmp_path):
    """Records of many kinds, some of which only CICTE or nobody of the network reads."""
    settings.SITE_URL = live_server.url
    AreaFactory(code="BIO.LAB")
    AssistanceTypeFactory(code="TRNG")
    for number in range(5):
        OfferFactory(areas=["BIO.LAB"], visibility="public" if number % 2 else "network")
    OfferFactory(organization=cicte, status="draft", title="A draft of our own")
    OfferFactory(status="draft", title="A draft of somebody else")
    ContactFactory(organization=cicte)
    MeetingFactory()
    NoteFactory()
    RequestFactory()
    for resource in resources().values():
        noted(*resource.model._base_manager.all())


@transaction.atomic
def noted(*records) -> None:
    """Tell of writes that no service made."""
    write_changes(list(records))


def client_of(live_server, key=None) -> PortalClient:
    def work(seconds: float) -> None:
        """The time that the client waits is when the worker works."""
        build_waiting()

    return PortalClient(live_server.url, key and key.plain, sleep=work)


def readable(client: PortalClient) -> dict[tuple[str, int], dict]:
    """Everything that the lists show, which is another way of reading than the changes are."""
    return {(one["type"], one["id"]): one for name in resources() for one in client.crawl(name)}


@pytest.mark.parametrize("who", ["visitor", "key"])
def test_a_mirror_is_what_the_lists_show_before_and_after_changes(world, live_server, cicte, tmp_path, who):
    client = client_of(live_server, ApiKeyFactory(organization=cicte) if who == "key" else None)
    path = tmp_path / "mirror.sqlite"
    first = client.sync(path)
    assert first.filled_anew
    assert mirrored(path) == readable(client)
    assert first.records > 10
    titles = {title for (title,) in ask(path, "SELECT title FROM offers")}
    assert ("A draft of our own" in titles) == (who == "key")
    assert "A draft of somebody else" not in titles
    hidden = Offer.objects.filter(visibility="public").first()
    Offer.objects.filter(pk=hidden.pk).update(status="draft")
    new = OfferFactory(visibility="public", title="New since")
    contact = ContactFactory()
    noted(new.organization, contact.organization, new, contact, Offer.objects.get(pk=hidden.pk))
    again = client.sync(path)
    assert not again.filled_anew
    assert 0 < again.changes < first.records
    assert mirrored(path) == readable(client)
    assert "New since" in {title for (title,) in ask(path, "SELECT title FROM offers")}


def test_the_first_fill_with_a_key_is_a_snapshot_and_without_one_the_changes(world, live_server, cicte, tmp_path):
    with_key = client_of(live_server, ApiKeyFactory(organization=cicte)).sync(tmp_path / "a.sqlite")
    assert with_key.changes == 0
    without = client_of(live_server).sync(tmp_path / "b.sqlite")
    assert without.changes >= without.records > 0


def test_chosen_types_are_mirrored_alone(world, live_server, cicte, tmp_path):
    client = client_of(live_server, ApiKeyFactory(organization=cicte))
    for _ in range(2):
        client.sync(tmp_path / "m.sqlite", types=["offer", "meeting"])
    held = mirrored(tmp_path / "m.sqlite")
    assert {kind for kind, _ in held} == {"offer", "meeting"}
    assert held == {key: one for key, one in readable(client).items() if key[0] in ("offer", "meeting")}


def test_a_new_key_of_the_organization_goes_on_and_another_organization_does_not(world, live_server, cicte, tmp_path):
    path = tmp_path / "m.sqlite"
    client_of(live_server, ApiKeyFactory(organization=cicte)).sync(path)
    assert not client_of(live_server, ApiKeyFactory(organization=cicte)).sync(path).filled_anew
    with pytest.raises(PortalError, match="another organization"):
        client_of(live_server, ApiKeyFactory()).sync(path)


def test_what_is_no_longer_readable_leaves_the_mirror(world, live_server, cicte, tmp_path, editor):
    path = tmp_path / "m.sqlite"
    client = client_of(live_server, ApiKeyFactory(organization=cicte))
    client.sync(path)
    contact = PointOfContact.objects.get(organization=cicte)
    assert contact.email in ask(path, "SELECT object FROM contacts")[0][0]
    assert contact.email.encode() in path.read_bytes()
    with transaction.atomic(), changes.together():
        write_change(contact, op="remove")
        contact.delete()
    client.sync(path)
    assert contact.email.encode() not in path.read_bytes()
    assert mirrored(path) == readable(client)


def test_asking_for_nothing_new_is_answered_304(world, live_server, cicte, tmp_path, monkeypatch):
    client = client_of(live_server, ApiKeyFactory(organization=cicte))
    path = tmp_path / "m.sqlite"
    statuses = []
    ask_once = client._ask
    monkeypatch.setattr(
        client, "_ask", lambda *args, **kwargs: statuses.append(ask_once(*args, **kwargs)) or statuses[-1]
    )
    for second in range(3):
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=2 * second)):
            client.sync(path)
    assert 304 in [answer.status for answer in statuses]


def test_an_offer_is_written_published_and_refused_when_stale(world, live_server, cicte):
    client = client_of(live_server, ApiKeyFactory(organization=cicte, scopes=["read", "write"]))
    sent = {"title": "Example course", "areas": ["BIO.LAB"], "types": ["TRNG"]}
    made = client.post("offers", sent, idempotency_key="once")
    again = client.post("offers", sent, idempotency_key="once")
    assert made.json() == again.json()
    assert Offer.objects.filter(title="Example course").count() == 1
    address = made.json()["url"]
    changed = client.patch(address, {"capacity": 5}, etag=made.etag)
    with pytest.raises(PortalError) as stale:
        client.patch(address, {"capacity": 6}, etag=made.etag)
    assert (stale.value.status, stale.value.kind) == (412, "stale")
    assert client.get(address, etag=changed.etag).is_unchanged


def test_refusals_are_clear(world, live_server, cicte):
    key = ApiKeyFactory(organization=cicte)
    client = client_of(live_server, key)
    with pytest.raises(PortalError, match=r"\?status: Choose one of"):
        client.get("offers", status="running")
    with pytest.raises(NotFound):
        client.get("offers/999999")
    with pytest.raises(KeyRefused, match="403"):
        client.post("offers", {"title": "Example"})
    key.organization.__class__.objects.filter(pk=cicte.pk).update(suspended_on="2026-01-01")
    with pytest.raises(KeyRefused, match="401"):
        client.get("offers")
