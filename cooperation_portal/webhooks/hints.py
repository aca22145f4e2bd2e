"""From the change feed to messages: which changes an organization is told of, and in what words.

A message is a hint to read `changes`: type, id and version, nothing of the content. Who is told is what the feed
itself says (`changes.readers`), so a hint never names a record that the organization could not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cooperation_portal.changes.feed import newest_id
from cooperation_portal.changes.models import Change
from cooperation_portal.changes.readers import tokens_of
from cooperation_portal.records.moments import rfc3339

from .models import Delivery, Webhook

#: Older changes are not announced any more, for instance those made while a webhook was paused: as long as a message
#: is tried. Whoever was away reads `changes` from the own cursor anyway.
ANNOUNCED_FOR = timedelta(days=3)
#: Changes read in one step.
STEP = 1000
PING = "ping"


def record_types() -> tuple[str, ...]:
    """The record types that the API has, in its order."""
    from cooperation_portal.api.catalogue import resources_by_type

    return tuple(resources_by_type())


@transaction.atomic
def note_hints(webhook_id: int) -> int:
    """Make the messages for what changed since the webhook's position, and move it; give back how many were made.

    Several changes of one record are one message, which says how the last of them left it. The position moves with the
    messages in one transaction: nothing is announced twice or left out, whenever a worker dies.
    """
    rows = Webhook.objects.listening().filter(pk=webhook_id)
    webhook = rows.select_for_update(of=("self",), no_key=True).select_related("organization").first()
    if webhook is None:
        return 0
    end = newest_id()
    changes = list(_told_changes(webhook, end))
    if len(changes) == STEP:
        end = changes[-1].pk
    tokens = set(tokens_of(webhook.reads_as))
    last = {(change.object_type, change.object_id): change for change in changes}
    ordered = sorted(last.values(), key=lambda change: change.pk)
    made = Delivery.objects.bulk_create([_hint(webhook, change, tokens) for change in ordered])
    if end > webhook.last_change_id:
        Webhook.objects.filter(pk=webhook.pk).update(last_change_id=end)
    return len(made)


def _told_changes(webhook: Webhook, end: int) -> Iterable[Change]:
    tokens = tokens_of(webhook.reads_as)
    rows = Change.objects.filter(
        Q(readers__overlap=tokens) | Q(readers_before__overlap=tokens),
        is_told=True,
        pk__gt=webhook.last_change_id,
        pk__lte=end,
        at__gte=timezone.now() - ANNOUNCED_FOR,
    )
    if webhook.types:
        rows = rows.filter(object_type__in=webhook.types)
    return rows.order_by("pk")[:STEP]


def _hint(webhook: Webhook, change: Change, tokens: set[int]) -> Delivery:
    """Who reads it now is told of a write; who read it until then, that it is gone, and no more."""
    op = Change.Op.UPSERT if tokens & set(change.readers) else Change.Op.REMOVE
    data = {"type": change.object_type, "id": change.object_id, "version": change.object_version}
    kind = f"{change.object_type}.{op}"
    return Delivery(webhook=webhook, type=kind, body=body_of(kind, change.at, data))


def ping(webhook: Webhook) -> Delivery:
    """A test message, formed like the others, about the webhook itself."""
    data = {"type": "webhook", "id": webhook.pk, "version": webhook.version}
    return Delivery(webhook=webhook, type=PING, body=body_of(PING, timezone.now(), data))


def body_of(kind: str, at: datetime, data: dict[str, Any]) -> str:
    """The exact text that is signed and sent; the time is RFC 3339 in UTC."""
    return json.dumps({"type": kind, "timestamp": rfc3339(at), "data": data}, separators=(",", ":"))
