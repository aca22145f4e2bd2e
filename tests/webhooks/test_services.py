"""What focal points may do with webhooks, and what it leaves in the audit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cooperation_portal import changes
from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records.write import StaleVersion
from cooperation_portal.webhooks import dispatch, services
from cooperation_portal.webhooks.dispatch import deliver
from cooperation_portal.webhooks.models import Delivery, Webhook
from tests.factories import OfferFactory, OrganizationFactory

from .conftest import hook_of

pytestmark = pytest.mark.django_db

URL = "https://hooks.organization.example/portal"


def added(by, organization, **values):
    hook, _secret = services.webhook_create(
        by=by, organization=organization, **{"name": "Example", "url": URL} | values
    )
    return hook


def failed(hook, count=1, **fields):
    rows = [Delivery(webhook=hook, type="offer.upsert", body="{}", state="failed", **fields) for _turn in range(count)]
    return Delivery.objects.bulk_create(rows)


@pytest.mark.parametrize("role", ["editor", "outsider", "state_focal_point", "expert", "observer", "newcomer"])
def test_others_than_focal_points_and_the_secretariat_add_none(role, people, cicte):
    with pytest.raises(NotAllowed):
        added(people[role], cicte)


def test_the_focal_point_of_one_organization_does_nothing_to_anothers(focal_point):
    hook = added_by_system(OrganizationFactory(acronym="ELSE"))
    assert not Webhook.objects.visible_to(focal_point).exists()
    for act in (
        services.webhook_pause,
        services.webhook_resume,
        services.webhook_ping,
        services.webhook_rotate_secret,
        services.webhook_end_previous_secret,
        services.webhook_delete,
    ):
        with pytest.raises(NotAllowed):
            act(by=focal_point, webhook=hook)
    with pytest.raises(NotAllowed):
        services.webhook_update(by=focal_point, webhook=hook, name="x", url=URL, types=[])
    with pytest.raises(NotAllowed):
        services.failed_replay(by=focal_point, webhook=hook, since=timezone.now())
    with pytest.raises(NotAllowed):
        services.delivery_replay(by=focal_point, delivery=failed(hook)[0])


def added_by_system(organization):
    return added(SYSTEM, organization)


def test_the_audit_keeps_what_was_done_and_neither_secret_nor_path(focal_point, cicte):
    hook, secret = services.webhook_create(
        by=focal_point, organization=cicte, name="Example", url=f"{URL}?password=opensesame", types=["offer"]
    )
    services.webhook_rotate_secret(by=focal_point, webhook=hook)
    services.webhook_pause(by=focal_point, webhook=hook)
    services.webhook_resume(by=focal_point, webhook=hook)
    services.webhook_delete(by=focal_point, webhook=hook)
    entries = list(AuditEntry.objects.filter(object_type="webhook").order_by("pk"))
    assert [entry.action.partition(".")[2] for entry in entries] == [
        "created",
        "secret_rotated",
        "paused",
        "resumed",
        "deleted",
    ]
    told = str([(entry.before, entry.after) for entry in entries])
    assert "hooks.organization.example" in told
    assert "opensesame" not in told
    assert secret not in told


def test_an_address_that_will_not_do_is_refused_beside_its_field(focal_point, cicte):
    with pytest.raises(ValidationError) as refused:
        added(focal_point, cicte, url="http://hooks.organization.example/")
    assert list(refused.value.message_dict) == ["url"]


def test_an_unknown_record_type_is_refused_beside_its_field(focal_point, cicte):
    with pytest.raises(ValidationError) as refused:
        added(focal_point, cicte, types=["offer", "audit"])
    assert list(refused.value.message_dict) == ["types"]


def test_two_webhooks_to_one_address_are_refused(focal_point, cicte):
    added(focal_point, cicte)
    with pytest.raises(ValidationError, match="already"):
        added(focal_point, cicte, name="Another")


def test_an_organization_has_no_end_of_webhooks(focal_point, cicte, monkeypatch):
    monkeypatch.setattr(services, "MAX_WEBHOOKS", 1)
    added(focal_point, cicte)
    with pytest.raises(ValidationError, match="at most 1"):
        added(focal_point, cicte, url=f"{URL}/2")


def test_a_suspended_organization_adds_none(secretariat, cicte):
    cicte.suspended_on = timezone.localdate()
    with pytest.raises(ValidationError, match="suspended"):
        added(secretariat, cicte)


def test_a_change_on_an_older_version_is_refused(focal_point, cicte):
    hook = added(focal_point, cicte)
    services.webhook_update(by=focal_point, webhook=hook, name="New name", url=URL, types=[], expected_version=1)
    with pytest.raises(StaleVersion):
        services.webhook_update(by=focal_point, webhook=hook, name="Older", url=URL, types=[], expected_version=1)
    hook.refresh_from_db()
    assert hook.name == "New name"


def test_what_waited_while_paused_goes_out_when_resumed(hook, receiver, cicte, focal_point):
    services.webhook_pause(by=focal_point, webhook=hook)
    changes.record(OfferFactory(organization=cicte))
    deliver(hook.pk)
    assert receiver.got == []
    services.webhook_resume(by=focal_point, webhook=hook)
    deliver(hook.pk)
    assert len(receiver.got) == 1


def test_resuming_a_disabled_webhook_forgets_why(focal_point, cicte):
    hook = added(focal_point, cicte)
    Webhook.objects.update(state="disabled", reason="failing", failing_since=timezone.now() - timedelta(days=6))
    hook = services.webhook_resume(by=focal_point, webhook=hook)
    assert (hook.state, hook.reason, hook.failing_since) == ("active", "", None)


def test_a_test_message_reaches_the_receiver_one_at_a_time(hook, receiver, focal_point):
    services.webhook_ping(by=focal_point, webhook=hook)
    with pytest.raises(ValidationError, match="still waiting"):
        services.webhook_ping(by=focal_point, webhook=hook)
    deliver(hook.pk)
    (got,) = receiver.got
    assert got.content["type"] == "ping"
    assert got.content["data"] == {"type": "webhook", "id": hook.pk, "version": hook.version}


@pytest.mark.parametrize("state", [{"state": "paused"}, {"state": "disabled", "reason": "gone"}])
def test_nothing_is_tested_or_sent_again_while_nothing_is_sent(state, focal_point, cicte):
    hook = added(focal_point, cicte)
    Webhook.objects.update(**state)
    for act in (
        lambda: services.webhook_ping(by=focal_point, webhook=hook),
        lambda: services.failed_replay(by=focal_point, webhook=hook, since=timezone.now()),
        lambda: services.delivery_replay(by=focal_point, delivery=failed(hook)[0]),
    ):
        with pytest.raises(ValidationError, match="Resume"):
            act()


def test_one_message_is_sent_again_once_at_a_time(hook, receiver, focal_point):
    (delivery,) = failed(hook)
    again = services.delivery_replay(by=focal_point, delivery=delivery)
    assert (again.message_id, again.body, again.state) == (delivery.message_id, delivery.body, "pending")
    with pytest.raises(ValidationError, match="already"):
        services.delivery_replay(by=focal_point, delivery=delivery)
    with pytest.raises(ValidationError, match="still waiting"):
        services.delivery_replay(by=focal_point, delivery=again)
    deliver(hook.pk)
    services.delivery_replay(by=focal_point, delivery=delivery)
    assert delivery.replays.count() == 2


def test_all_that_failed_since_a_moment_is_sent_again_once(hook, receiver, focal_point):
    now = timezone.now()
    failed(hook, 2, created_at=now - timedelta(days=4))
    young = failed(hook, 3, created_at=now - timedelta(days=1))
    Delivery.objects.create(webhook=hook, type="offer.upsert", body="{}", state="delivered")
    assert services.failed_replay(by=focal_point, webhook=hook, since=now - timedelta(days=2)) == 3
    assert services.failed_replay(by=focal_point, webhook=hook, since=now - timedelta(days=2)) == 0
    deliver(hook.pk)
    assert [got.headers["webhook-id"] for got in receiver.got] == [delivery.message_id for delivery in young]


def test_deleting_takes_the_deliveries_along(focal_point, cicte):
    hook = added(focal_point, cicte)
    failed(hook, 2)
    services.webhook_delete(by=focal_point, webhook=hook)
    assert (Webhook.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_webhook_deleted_while_a_message_is_on_its_way_leaves_nothing(
    hook, receiver, cicte, focal_point, monkeypatch
):
    changes.record(OfferFactory(organization=cicte))
    real = dispatch.post

    def post_then_delete(*args, **kwargs):
        answer = real(*args, **kwargs)
        services.webhook_delete(by=focal_point, webhook=hook)
        return answer

    monkeypatch.setattr(dispatch, "post", post_then_delete)
    deliver(hook.pk)
    assert len(receiver.got) == 1
    assert Delivery.objects.count() == 0


def test_two_organizations_get_what_each_may_read(receiver, start_receiver, cicte, focal_point, secretariat):
    other_receiver = start_receiver()
    other = hook_of(OrganizationFactory(acronym="ELSE"), secretariat, other_receiver)
    own = hook_of(cicte, focal_point, receiver)
    draft = OfferFactory(organization=cicte, status="draft", published_at=None)
    shared = OfferFactory(organization=cicte, visibility="network")
    for offer in (draft, shared):
        changes.record(offer)
    deliver(own.pk)
    deliver(other.pk)
    assert [got.content["data"]["id"] for got in receiver.got] == [draft.pk, shared.pk]
    assert [got.content["data"]["id"] for got in other_receiver.got] == [shared.pk]
