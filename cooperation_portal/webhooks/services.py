"""What focal points do with webhooks: add, change, pause, resume, test, rotate, delete, send again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal import audit
from cooperation_portal.access.policy import require
from cooperation_portal.changes.feed import newest_id
from cooperation_portal.queueing import hurry
from cooperation_portal.records.write import StaleVersion, differences
from organizations.models import Organization

from .hints import PING, ping
from .models import Delivery, Webhook
from .sealing import seal
from .signing import new_secret

MAX_WEBHOOKS = 10
#: How long a replaced secret goes on signing beside the new one: as long as a message is tried.
OVERLAP = timedelta(days=3)
#: Messages that are sent again at once.
MAX_REPLAYED = 1000


@transaction.atomic
def webhook_create(
    *, by: Any, organization: Organization, name: str, url: str, types: Iterable[str] = ()
) -> tuple[Webhook, str]:
    """Add a webhook; give it and its secret, which is shown this once. It is told of what changes from now on."""
    secret = new_secret()
    webhook = Webhook(
        organization=organization,
        name=name.strip(),
        url=url.strip(),
        types=list(dict.fromkeys(types)),
        secret_sealed=seal(secret),
        last_change_id=newest_id(),
    )
    require(by, "create", webhook)
    if organization.suspended_on is not None:
        raise ValidationError(_("This organization is suspended; nothing would be sent."))
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.webhooks.count() >= MAX_WEBHOOKS:
        raise ValidationError(_("An organization has at most %(most)d webhooks.") % {"most": MAX_WEBHOOKS})
    webhook.full_clean()
    webhook.save(force_insert=True)
    audit.record(action="webhook.created", obj=webhook, by=by, after=_told(webhook))
    return webhook, secret


@transaction.atomic
def webhook_update(
    *, by: Any, webhook: Webhook, name: str, url: str, types: Iterable[str], expected_version: int | None = None
) -> Webhook:
    """Change name, address and record types. Raises `StaleVersion`. What waits goes to the new address."""
    locked = _locked(by, "update", webhook, expected_version)
    before = _told(locked)
    locked.name, locked.url, locked.types = name.strip(), url.strip(), list(dict.fromkeys(types))
    locked.full_clean()
    return _saved(locked, by=by, action="webhook.updated", before=before)


@transaction.atomic
def webhook_pause(*, by: Any, webhook: Webhook) -> Webhook:
    """Send nothing until it is resumed; what waits goes on waiting."""
    locked = _locked(by, "update", webhook)
    if locked.state != Webhook.State.ACTIVE:
        return locked
    before = _told(locked)
    locked.state = Webhook.State.PAUSED
    return _saved(locked, by=by, action="webhook.paused", before=before)


@transaction.atomic
def webhook_resume(*, by: Any, webhook: Webhook) -> Webhook:
    """Send again, also after the portal disabled it; what waits goes out, and what changed in the last three days."""
    locked = _locked(by, "update", webhook)
    if locked.state == Webhook.State.ACTIVE:
        return locked
    before = _told(locked)
    locked.state, locked.reason, locked.failing_since = Webhook.State.ACTIVE, "", None
    _hurry(locked)
    return _saved(locked, by=by, action="webhook.resumed", before=before)


@transaction.atomic
def webhook_ping(*, by: Any, webhook: Webhook) -> Delivery:
    """Send a test message; one at a time."""
    locked = _locked(by, "update", webhook)
    _require_active(locked)
    if locked.deliveries.filter(type=PING, state=Delivery.State.PENDING).exists():
        raise ValidationError(_("A test message is still waiting to be delivered. Look at its tries below."))
    message = ping(locked)
    message.save(force_insert=True)
    _hurry(locked)
    return message


@transaction.atomic
def webhook_rotate_secret(*, by: Any, webhook: Webhook) -> tuple[Webhook, str]:
    """Make a new secret and give it. The present one goes on signing beside it for three days, an older one ends."""
    locked = _locked(by, "update", webhook)
    secret = new_secret()
    locked.previous_secret_sealed, locked.previous_secret_until = locked.secret_sealed, timezone.now() + OVERLAP
    if locked.reason == Webhook.Reason.UNREADABLE:
        locked.previous_secret_sealed, locked.previous_secret_until = "", None
    locked.secret_sealed = seal(secret)
    return _saved(locked, by=by, action="webhook.secret_rotated", before=_told(locked)), secret


@transaction.atomic
def webhook_end_previous_secret(*, by: Any, webhook: Webhook) -> Webhook:
    """Sign with the newest secret alone from now on."""
    locked = _locked(by, "update", webhook)
    if not locked.has_previous_secret:
        return locked
    locked.previous_secret_sealed, locked.previous_secret_until = "", None
    return _saved(locked, by=by, action="webhook.secret_ended", before=_told(locked))


@transaction.atomic
def webhook_delete(*, by: Any, webhook: Webhook) -> None:
    """Take it away with its deliveries; the audit keeps that there was one."""
    locked = _locked(by, "delete", webhook)
    audit.record(action="webhook.deleted", obj=locked, by=by, before=_told(locked))
    locked.delete()


def delivery_replay(*, by: Any, delivery: Delivery) -> Delivery:
    """Send one message again, under its id and with its body, so that a receiver sees that it is the same."""
    if delivery.state == Delivery.State.PENDING:
        raise ValidationError(_("This message is still waiting to be delivered."))
    with transaction.atomic():
        webhook = _locked(by, "replay", delivery.webhook)
        _require_active(webhook)
        try:
            with transaction.atomic():
                again = Delivery.objects.bulk_create([_again(delivery)])[0]
        except IntegrityError:
            raise ValidationError(_("This message is being sent again already.")) from None
        audit.record(action="webhook.replayed", obj=webhook, by=by, after={"messages": 1})
        _hurry(webhook)
    return again


@transaction.atomic
def failed_replay(*, by: Any, webhook: Webhook, since: datetime) -> int:
    """Send again what failed since a moment and was not sent again yet, the oldest first; give back how many."""
    locked = _locked(by, "replay", webhook)
    _require_active(locked)
    failed = locked.deliveries.failed_and_not_sent_again(since).order_by("pk")[:MAX_REPLAYED]
    again = Delivery.objects.bulk_create([_again(delivery) for delivery in failed])
    if again:
        audit.record(action="webhook.replayed", obj=locked, by=by, after={"messages": len(again)})
        _hurry(locked)
    return len(again)


def _again(delivery: Delivery) -> Delivery:
    return Delivery(
        webhook_id=delivery.webhook_id,
        message_id=delivery.message_id,
        type=delivery.type,
        body=delivery.body,
        replayed_from=delivery,
    )


def _locked(by: Any, action: str, webhook: Webhook, expected_version: int | None = None) -> Webhook:
    require(by, action, webhook)
    rows = Webhook.objects.select_for_update(of=("self",), no_key=action != "delete").select_related("organization")
    locked = rows.get(pk=webhook.pk)
    if expected_version is not None and locked.version != expected_version:
        raise StaleVersion(locked)  # type: ignore[arg-type]
    return locked


def _require_active(webhook: Webhook) -> None:
    if webhook.organization.suspended_on is not None:
        raise ValidationError(_("This organization is suspended; nothing is sent."))
    if webhook.state != Webhook.State.ACTIVE:
        raise ValidationError(_("Resume the webhook first: nothing is sent while it is paused or disabled."))


def _saved(webhook: Webhook, *, by: Any, action: str, before: dict[str, Any]) -> Webhook:
    webhook.version += 1
    webhook.save(force_update=True)
    was, became = differences(before, _told(webhook))
    audit.record(action=action, obj=webhook, by=by, before=was, after=became)
    return webhook


def _told(webhook: Webhook) -> dict[str, Any]:
    """What the audit keeps: of the address only the host, since path and query may hold a password of the receiver."""
    return {
        "organization": webhook.organization.ref,
        "name": webhook.name,
        "host": webhook.host,
        "types": list(webhook.types),
        "state": webhook.state,
    }


def _hurry(webhook: Webhook) -> None:
    from .tasks import deliver_webhook

    hurry(deliver_webhook, webhook.pk)
