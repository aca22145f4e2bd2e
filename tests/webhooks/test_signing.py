"""Signatures, judged by the reference verifier of the Standard Webhooks project: only what is valid passes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from cooperation_portal import changes
from cooperation_portal.webhooks import signing
from cooperation_portal.webhooks.dispatch import deliver
from cooperation_portal.webhooks.models import Delivery, Webhook
from cooperation_portal.webhooks.sealing import Unreadable, seal, unseal
from cooperation_portal.webhooks.services import (
    OVERLAP,
    delivery_replay,
    webhook_end_previous_secret,
    webhook_rotate_secret,
)
from tests.factories import OfferFactory

#: The example of the reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'


def accepts(secret, got_or_headers, body=None):
    headers = got_or_headers if body is not None else got_or_headers.headers
    try:
        Verifier(secret).verify(body if body is not None else got_or_headers.body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_signature_of_the_specifications_example():
    assert signing.signature(SECRET, MESSAGE, 1614265330, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_random_and_long_enough():
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert 24 <= len(base64.b64decode(first.removeprefix("whsec_"))) <= 64


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, body: (headers | {"webhook-id": "msg_other"}, body),
        lambda headers, body: (headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
        lambda headers, body: (headers, body.replace(b"2", b"3", 1)),
        lambda headers, body: (headers | {"webhook-signature": headers["webhook-signature"].replace("v1", "v2")}, body),
        lambda headers, body: (headers | {"webhook-signature": "v1," + base64.b64encode(b"0" * 32).decode()}, body),
        lambda headers, body: ({key: headers[key] for key in headers if key != "webhook-id"}, body),
    ],
    ids=["id", "time", "body", "version", "signature", "without an id"],
)
def test_what_was_altered_is_refused(spoil):
    headers = signing.signed_headers([SECRET], MESSAGE, int(datetime.now(UTC).timestamp()), BODY)
    assert accepts(SECRET, headers, BODY)
    assert not accepts(SECRET, *spoil(headers, BODY))


def test_another_secret_is_refused():
    headers = signing.signed_headers([SECRET], MESSAGE, int(datetime.now(UTC).timestamp()), BODY)
    assert not accepts(signing.new_secret(), headers, BODY)


@pytest.mark.parametrize(("minutes", "is_accepted"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_an_old_message_sent_once_more_by_a_listener_is_refused(minutes, is_accepted):
    now = int(datetime.now(UTC).timestamp())
    headers = signing.signed_headers([SECRET], MESSAGE, now + minutes * 60, BODY)
    assert accepts(SECRET, headers, BODY) is is_accepted


def test_what_is_sealed_does_not_show_and_comes_back():
    sealed = seal(SECRET)
    assert SECRET.removeprefix("whsec_") not in sealed
    assert unseal(sealed) == SECRET
    with pytest.raises(Unreadable):
        unseal(sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB"))


def announced(cicte):
    offer = OfferFactory(organization=cicte)
    changes.record(offer)
    return offer


@pytest.mark.django_db
def test_during_a_rotation_both_secrets_verify_and_then_the_new_one_alone(hook, receiver, cicte, focal_point):
    _hook, fresh = webhook_rotate_secret(by=focal_point, webhook=hook)
    announced(cicte)
    deliver(hook.pk)
    assert len(receiver.got[0].headers["webhook-signature"].split(" ")) == 2
    assert accepts(hook.secret, receiver.got[0])
    assert accepts(fresh, receiver.got[0])
    with time_machine.travel(timezone.now() + OVERLAP, tick=True):
        announced(cicte)
        deliver(hook.pk)
        assert accepts(fresh, receiver.got[1])
        assert not accepts(hook.secret, receiver.got[1])


@pytest.mark.django_db
def test_a_former_secret_can_be_ended_at_once(hook, receiver, cicte, focal_point):
    _hook, fresh = webhook_rotate_secret(by=focal_point, webhook=hook)
    webhook_end_previous_secret(by=focal_point, webhook=hook)
    announced(cicte)
    deliver(hook.pk)
    assert accepts(fresh, receiver.got[0])
    assert not accepts(hook.secret, receiver.got[0])


@pytest.mark.django_db
def test_at_most_two_secrets_sign(hook, receiver, cicte, focal_point):
    _hook, second = webhook_rotate_secret(by=focal_point, webhook=hook)
    _hook, third = webhook_rotate_secret(by=focal_point, webhook=hook)
    announced(cicte)
    deliver(hook.pk)
    assert [accepts(secret, receiver.got[0]) for secret in (hook.secret, second, third)] == [False, True, True]


@pytest.mark.django_db
def test_a_message_of_yesterday_is_signed_anew_when_it_is_sent(hook, receiver, cicte):
    receiver.answers = [(500, {}, b""), (204, {}, b"")]
    announced(cicte)
    with time_machine.travel(timezone.now() - timedelta(days=1), tick=True):
        deliver(hook.pk)
    deliver(hook.pk)
    assert [accepts(hook.secret, got) for got in receiver.got] == [False, True]


@pytest.mark.django_db
def test_duplicates_and_messages_out_of_order_can_be_told_by_id_and_version(hook, receiver, cicte, focal_point):
    """What a receiver needs: the same id for the same message, and a version that says which of two is newer."""
    receiver.answers = [(500, {}, b""), (204, {}, b"")]
    offer = announced(cicte)
    deliver(hook.pk)
    type(offer).objects.filter(pk=offer.pk).update(version=2)
    offer.refresh_from_db()
    changes.record(offer)
    deliver(hook.pk)
    Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now())
    deliver(hook.pk)
    first, newer, late = receiver.got
    assert [got.content["data"]["version"] for got in receiver.got] == [1, 2, 1]
    assert first.headers["webhook-id"] == late.headers["webhook-id"] != newer.headers["webhook-id"]
    again = delivery_replay(by=focal_point, delivery=hook.deliveries.get(message_id=late.headers["webhook-id"]))
    deliver(hook.pk)
    assert again.pk != again.replayed_from_id
    assert receiver.got[3].headers["webhook-id"] == late.headers["webhook-id"]
    assert receiver.got[3].body == late.body
    assert all(accepts(hook.secret, got) for got in receiver.got)


@pytest.mark.django_db
def test_secrets_do_not_stand_in_the_database_as_they_are(hook):
    row = Webhook.objects.filter(pk=hook.pk).values().get()
    assert hook.secret.removeprefix("whsec_") not in str(row)
