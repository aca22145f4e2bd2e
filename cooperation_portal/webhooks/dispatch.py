"""Sends what waits. One worker at a time for each webhook; a message may arrive twice, never under another id."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from cooperation_portal import __version__
from cooperation_portal.changes.feed import newest_id
from cooperation_portal.outgoing.https import Answer, NoAnswer, post
from cooperation_portal.outgoing.urls import destination
from cooperation_portal.queueing import only_worker

from .disabling import disable
from .hints import note_hints
from .models import Attempt, Delivery, Webhook
from .retries import next_delay
from .sealing import Unreadable
from .signing import signed_headers

#: First key of the advisory locks, one for each webhook; see `queueing.only_worker`.
WEBHOOK_LOCKS = 1540_0022
#: Seconds for one webhook before others have their turn.
ROUND_SECONDS = 30.0
#: A retry due within so many seconds is asked for; for later ones the schedule is early enough.
SOON = timedelta(seconds=60)
#: After this time in which nothing could be delivered the webhook is disabled.
GIVE_UP_AFTER = timedelta(days=5)
#: Characters of an answer that are kept.
ANSWER_LENGTH = 500
#: Problems of the way to the receiver: the next message would meet the same.
_UNREACHABLE = frozenset({"no_address", "no_connection", "tls", "timeout"})


def webhooks_with_work() -> list[int]:
    """Webhooks that have something due or have not yet looked at the newest changes."""
    due = Delivery.objects.due().filter(webhook=OuterRef("pk"))
    rows = Webhook.objects.listening().filter(Q(last_change_id__lt=newest_id()) | Exists(due))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def deliver(webhook_id: int) -> float | None:
    """Make the messages of one webhook and send what is due.

    Gives the seconds after which to look again, None where the schedule is early enough or another worker is at it.
    """
    with only_worker(WEBHOOK_LOCKS, webhook_id) as is_ours:
        if not is_ours:
            return None
        until = time.monotonic() + ROUND_SECONDS
        attempts = 0
        # What changed while this round was sending is noticed here, since nobody else could start a round meanwhile.
        while note_hints(webhook_id) or attempts == 0:
            sent, is_reachable = _send_due(webhook_id, until)
            attempts += sent
            if not sent or not is_reachable or time.monotonic() >= until:
                break
    return _seconds_to_next(webhook_id) if attempts else None


def _send_due(webhook_id: int, until: float) -> tuple[int, bool]:
    """Send until nothing is due, time is up, or the receiver cannot be reached.

    The rest of the messages of one that cannot be reached waits for the next round, so that it holds a worker for
    one time-out and not for one each message.
    """
    attempts = 0
    while time.monotonic() < until:
        # Read anew for each message: pausing and suspending bite at the next one.
        due = Delivery.objects.due().filter(webhook_id=webhook_id).select_related("webhook__organization")
        delivery = due.order_by("next_attempt_at", "pk").first()
        if delivery is None:
            break
        attempts += 1
        if not _try(delivery):
            return attempts, False
    return attempts, True


def _try(delivery: Delivery) -> bool:
    """Send one message and note what came of it; False if the receiver could not be reached.

    Nothing is locked or open in the database while the network is waited for. A worker that dies between sending and
    noting leaves the message due, and it is sent again under its id.
    """
    try:
        secrets = delivery.webhook.secrets
    except Unreadable:
        disable(delivery.webhook_id, Webhook.Reason.UNREADABLE)
        return False
    started = time.monotonic()
    attempt = Attempt(delivery=delivery)
    answer = Answer(0, "", b"")
    try:
        answer = _sent(delivery, secrets)
    except NoAnswer as nothing:
        attempt.problem = nothing.code
    else:
        attempt.status_code, attempt.problem = answer.status, _problem_of(answer.status)
        attempt.answer = readable(answer.body)
    attempt.milliseconds = int((time.monotonic() - started) * 1000)
    note(attempt, retry_after=answer.retry_after)
    return attempt.problem not in _UNREACHABLE


def _sent(delivery: Delivery, secrets: list[str]) -> Answer:
    try:
        to = destination(delivery.webhook.url)
    except ValidationError:  # it was good when it was saved; the rule or the settings are stricter now
        raise NoAnswer("no_address") from None
    body = delivery.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"1540-Cooperation-Network/{__version__}",
        **signed_headers(secrets, delivery.message_id, int(time.time()), body),
    }
    return post(to, body=body, headers=headers)


def _problem_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return Attempt.Problem.REDIRECT
    return Attempt.Problem.GONE if status == 410 else Attempt.Problem.REFUSED


def readable(body: bytes) -> str:
    """The beginning of an answer as one line of text; it is somebody else's and only ever shown escaped."""
    text = body.decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:ANSWER_LENGTH]


@transaction.atomic
def note(attempt: Attempt, *, retry_after: str = "") -> None:
    """Keep what came of a try, and say when the next one is; disable a webhook that is gone or fails for days.

    A webhook or delivery that was deleted meanwhile has nothing to note.
    """
    webhook = Webhook.objects.select_for_update(no_key=True).filter(deliveries=attempt.delivery_id).first()
    delivery = Delivery.objects.select_for_update(of=("self",), no_key=True).filter(pk=attempt.delivery_id).first()
    if webhook is None or delivery is None:
        return
    now = timezone.now()
    attempt.save(force_insert=True)
    delivery.attempts_made += 1
    if not attempt.problem:
        delivery.state = Delivery.State.DELIVERED
        webhook.last_delivered_at, webhook.failing_since = now, None
    else:
        delay = None
        if attempt.problem != Attempt.Problem.GONE:
            delay = next_delay(delivery.attempts_made, retry_after=retry_after, now=now)
        if delay is None:
            delivery.state = Delivery.State.FAILED
        else:
            delivery.next_attempt_at = now + delay
        webhook.failing_since = webhook.failing_since or now
    delivery.save(update_fields=["state", "attempts_made", "next_attempt_at"])
    webhook.save(update_fields=["last_delivered_at", "failing_since"])
    if attempt.problem == Attempt.Problem.GONE:
        disable(webhook.pk, Webhook.Reason.GONE)
    elif webhook.failing_since is not None and now - webhook.failing_since >= GIVE_UP_AFTER:
        disable(webhook.pk, Webhook.Reason.FAILING)


def _seconds_to_next(webhook_id: int) -> float | None:
    rows: Any = Delivery.objects.filter(webhook__in=Webhook.objects.listening().filter(pk=webhook_id), state="pending")
    at = rows.aggregate(at=Min("next_attempt_at"))["at"]
    if at is None or at - timezone.now() > SOON:
        return None
    return max(0.0, (at - timezone.now()).total_seconds())
