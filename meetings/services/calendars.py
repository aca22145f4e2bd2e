"""Making, revoking and finding the private addresses of people's calendars."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from cooperation_portal import audit
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import NotAllowed
from organizations.models import User

from ..models import CalendarAddress

SECRET_BYTES = 32
#: A fetch is noted at most this often, so that a calendar that asks every minute does not write every minute.
NOTED_EVERY = timedelta(minutes=10)


def calendar_address_create(*, by: Any) -> tuple[CalendarAddress, str]:
    """Make a new address for the person `by`, revoke the one before; give it and its secret, which is kept nowhere.

    Raises `NotAllowed` for anybody but a signed-in person: an address is one's own.
    """
    user = _person(by)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        # Two at once take turns, so that one of the two addresses is revoked and not refused.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _revoke(by, user)
        address = CalendarAddress.objects.create(user=user, secret_hash=hash_of(secret))
        audit.record(action="calendar_address.created", obj=address, by=by)
    return address, secret


def calendar_address_revoke(*, by: Any) -> bool:
    """End the address of the person `by`; say whether there was one. Raises `NotAllowed` as above."""
    user = _person(by)
    with transaction.atomic():
        return _revoke(by, user)


def calendar_address_for(secret: str) -> CalendarAddress | None:
    """The address in force behind a secret, with its person; None for an unknown or revoked one, and where the person's
    account was shut. The secret is compared by its hash in an index, so the time tells nothing of it."""
    found = CalendarAddress.objects.in_force().filter(secret_hash=hash_of(secret), user__is_active=True)
    return found.select_related("user").first()


def calendar_address_fetched(address: CalendarAddress) -> None:
    """Note when a calendar last asked."""
    now = timezone.now()
    if address.last_fetched_at is None or now - address.last_fetched_at >= NOTED_EVERY:
        CalendarAddress.objects.filter(pk=address.pk).update(last_fetched_at=now)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _person(by: Any) -> User:
    if actor_for(by).user_id is None or not isinstance(by, User):
        raise NotAllowed("create", CalendarAddress.record_type)
    return by


def _revoke(by: Any, user: User) -> bool:
    revoked = False
    addresses = CalendarAddress.objects.in_force().filter(user=user)
    for address in addresses.select_for_update(of=("self",), no_key=True):
        address.revoked_at = timezone.now()
        address.save(update_fields=["revoked_at"])
        audit.record(action="calendar_address.revoked", obj=address, by=by)
        revoked = True
    return revoked
