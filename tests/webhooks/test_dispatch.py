"""Messages reach a real receiver over TLS, signed so that the reference verifier accepts them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Verifier

from assistance.services.offers import offer_suspend, offer_withdraw
from cooperation_portal import changes
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.notices.models import Notice
from cooperation_portal.notices.sending import send_pending
from cooperation_portal.webhooks import dispatch, retries
from cooperation_portal.webhooks.dispatch import deliver, webhooks_with_work
from cooperation_portal.webhooks.models import Attempt, Delivery, Webhook
from cooperation_portal.webhooks.pruning import prune
from cooperation_portal.webhooks.services import webhook_ping
from tests.factories import OfferFactory

from .conftest import hook_of

pytestmark = pytest.mark.django_db


def written(offer):
    """Note a write of a record that a factory made."""
    changes.record(offer)
    return offer


def due_now(**fields):
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1), **fields)


def test_a_change_arrives_signed_and_says_only_where_to_look(hook, receiver, cicte):
    offer = written(OfferFactory(organization=cicte))
    deliver(hook.pk)
    (got,) = receiver.got
    assert got.path == "/hooks?of=cicte"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"localhost:{receiver.port}"
    content = Verifier(hook.secret).verify(got.body, got.headers)
    assert set(content) == {"type", "timestamp", "data"}
    assert content["type"] == "offer.upsert"
    assert content["data"] == {"type": "offer", "id": offer.pk, "version": offer.version}
    delivery = hook.deliveries.get()
    assert (delivery.state, delivery.message_id) == ("delivered", got.headers["webhook-id"])
    assert [(attempt.status_code, attempt.problem) for attempt in delivery.attempts.all()] == [(204, "")]


def test_several_changes_of_one_record_between_rounds_are_one_message(hook, receiver, cicte, editor):
    offer = written(OfferFactory(organization=cicte))
    offer_suspend(by=editor, offer=offer, reason="Example reason")
    offer_withdraw(by=editor, offer=offer, reason="Example reason")
    deliver(hook.pk)
    (got,) = receiver.got
    assert got.content["data"] == {"type": "offer", "id": offer.pk, "version": 3}
    deliver(hook.pk)
    assert len(receiver.got) == 1


def test_what_the_organization_cannot_read_is_not_announced(hook, receiver, cicte):
    written(OfferFactory(organization__acronym="ELSE", status="draft", published_at=None))
    written(OfferFactory(organization__acronym="ELSE", visibility="committee"))
    own = written(OfferFactory(organization=cicte, status="draft", published_at=None))
    deliver(hook.pk)
    assert [got.content["data"]["id"] for got in receiver.got] == [own.pk]


def test_lost_visibility_is_announced_as_removal(hook, receiver):
    offer = written(OfferFactory(organization__acronym="ELSE", visibility="network"))
    deliver(hook.pk)
    type(offer).objects.filter(pk=offer.pk).update(visibility="committee", version=2)
    offer.refresh_from_db()
    written(offer)
    deliver(hook.pk)
    written(offer)  # once gone, its further changes are not announced
    deliver(hook.pk)
    assert [got.content["type"] for got in receiver.got] == ["offer.upsert", "offer.remove"]
    assert receiver.got[1].content["data"] == {"type": "offer", "id": offer.pk, "version": 2}


def test_only_the_chosen_types_are_announced(receiver, cicte, focal_point):
    hook = hook_of(cicte, focal_point, receiver, types=["meeting"])
    written(OfferFactory(organization=cicte))
    deliver(hook.pk)
    assert receiver.got == []
    hook.refresh_from_db()
    assert webhooks_with_work() == []  # what is not for it was looked at once


def test_what_changed_before_the_webhook_was_added_is_not_announced(receiver, cicte, focal_point):
    written(OfferFactory(organization=cicte))
    hook = hook_of(cicte, focal_point, receiver)
    deliver(hook.pk)
    assert receiver.got == []


def test_a_failure_is_tried_again_under_the_same_id_with_a_fresh_signature(hook, receiver, cicte):
    receiver.answers = [(500, {}, b"out of order"), (204, {}, b"")]
    written(OfferFactory(organization=cicte))
    seconds = deliver(hook.pk)
    assert 0 < seconds <= 5 * (1 + retries.JITTER)
    delivery = hook.deliveries.get()
    assert (delivery.state, delivery.attempts_made) == ("pending", 1)
    assert (delivery.attempts.get().problem, delivery.attempts.get().answer) == ("refused", "out of order")
    deliver(hook.pk)
    assert len(receiver.got) == 1  # not before its time
    due_now()
    deliver(hook.pk)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    Verifier(hook.secret).verify(second.body, second.headers)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts_made) == ("delivered", 2)
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_after_ten_tries_in_three_days_a_message_has_failed(hook, receiver, cicte):
    receiver.answers = [(500, {}, b"")]
    written(OfferFactory(organization=cicte))
    waits = []
    for _turn in range(10):
        due_now()
        deliver(hook.pk)
        delivery = hook.deliveries.get()
        waits.append(delivery.next_attempt_at - timezone.now())
    assert delivery.state == "failed"
    assert delivery.attempts.count() == len(receiver.got) == 10
    assert timedelta(days=2.7) < sum(waits[:-1], timedelta()) < timedelta(days=3.6)
    due_now()
    deliver(hook.pk)
    assert len(receiver.got) == 10


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("120", 120, 121),
        ("1", 4, 6),  # not sooner than planned
        ("99999999999999", 86_399, 86_401),  # nor later than a day
        ("nonsense", 4, 6),
        ("-5", 4, 6),
        ("Wed, 21 Oct 1998 07:28:00 GMT", 4, 6),
        ("Wed, 21 Oct 2998 07:28:00 GMT", 86_399, 86_401),
    ],
)
def test_retry_after_is_honoured_within_bounds(text, least, most):
    wait = retries.next_delay(1, retry_after=text, now=timezone.now())
    assert least <= wait.total_seconds() <= most


def test_the_receivers_retry_after_moves_the_next_try(hook, receiver, cicte):
    receiver.answers = [(503, {"Retry-After": "3600"}, b"")]
    written(OfferFactory(organization=cicte))
    assert deliver(hook.pk) is None
    wait = hook.deliveries.get().next_attempt_at - timezone.now()
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_410_disables_at_once_and_tells_the_focal_points(hook, receiver, cicte, focal_point, editor):
    receiver.answers = [(410, {}, b"")]
    written(OfferFactory(organization=cicte))
    written(OfferFactory(organization=cicte))
    deliver(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.reason) == ("disabled", "gone")
    assert len(receiver.got) == 1
    assert sorted(hook.deliveries.values_list("state", flat=True)) == ["failed", "pending"]
    assert [notice.user for notice in Notice.objects.filter(action="webhook.disabled")] == [focal_point]
    send_pending()
    assert "410" in mail.outbox[-1].body
    assert mail.outbox[-1].to == [focal_point.email]
    assert AuditEntry.objects.about(hook).first().action == "webhook.disabled"


def test_five_days_of_failures_alone_disable(hook, receiver, cicte):
    receiver.answers = [(500, {}, b"")]
    webhook_ping(by=hook.organization.affiliations.get(role="focal_point").user, webhook=hook)
    deliver(hook.pk)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4, hours=23))
    due_now()
    deliver(hook.pk)
    hook.refresh_from_db()
    assert hook.state == "active"
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=5))
    due_now()
    deliver(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.reason) == ("disabled", "failing")


def test_one_success_begins_the_five_days_anew(hook, receiver, cicte):
    written(OfferFactory(organization=cicte))
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=6))
    deliver(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.failing_since) == ("active", None)


def test_a_suspended_organization_is_sent_nothing_and_what_waits_goes_on_waiting(hook, receiver, cicte):
    written(OfferFactory(organization=cicte))
    cicte.suspended_on = timezone.localdate()
    cicte.save()
    deliver(hook.pk)
    assert (receiver.got, webhooks_with_work()) == ([], [])
    cicte.suspended_on = None
    cicte.save()
    deliver(hook.pk)
    assert len(receiver.got) == 1


def test_a_webhook_paused_between_two_messages_gets_no_further_one(hook, receiver, cicte):
    written(OfferFactory(organization=cicte))
    written(OfferFactory(organization=cicte))

    real = dispatch.post

    def post_then_pause(*args, **kwargs):
        answer = real(*args, **kwargs)
        Webhook.objects.update(state="paused")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "post", post_then_pause)
        deliver(hook.pk)
    assert len(receiver.got) == 1
    assert sorted(hook.deliveries.values_list("state", flat=True)) == ["delivered", "pending"]


def test_changes_older_than_three_days_are_not_announced(hook, receiver, cicte):
    written(OfferFactory(organization=cicte))
    changes.models.Change.objects.update(at=timezone.now() - timedelta(days=3, minutes=1))
    deliver(hook.pk)
    assert receiver.got == []
    assert webhooks_with_work() == []


def test_a_receiver_that_cannot_be_reached_holds_the_worker_for_one_message(hook, receiver, cicte, monkeypatch):
    for _turn in range(3):
        written(OfferFactory(organization=cicte))
    monkeypatch.setattr("cooperation_portal.outgoing.addresses.socket.getaddrinfo", lambda *a, **k: [])
    deliver(hook.pk)
    assert list(Attempt.objects.values_list("problem", flat=True)) == ["no_address"]
    assert hook.deliveries.filter(attempts_made=0).count() == 2


def test_a_secret_sealed_with_another_key_disables_and_is_told(hook, receiver, cicte, settings):
    written(OfferFactory(organization=cicte))
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key, since nobody kept the former one"
    deliver(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.reason, receiver.got) == ("disabled", "unreadable", [])
    settings.SECRET_KEY_FALLBACKS = [former]
    assert hook.secrets == [hook.secret]


def test_deliveries_are_forgotten_after_thirty_days(hook, receiver, cicte):
    written(OfferFactory(organization=cicte))
    deliver(hook.pk)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=29, hours=23))
    assert prune() == 0
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=30, minutes=1))
    assert prune() == 1
    assert Attempt.objects.count() == 0
