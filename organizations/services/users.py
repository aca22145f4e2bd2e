"""Accounts: what people say of themselves, and shutting an account out."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import require
from cooperation_portal.records.write import StaleVersion, differences

from ..models import User

PROFILE_FIELDS = frozenset({"name", "job_title", "language"})


def user_update(
    *, by: Any, user: User, values: dict[str, Any], reason: str = "", expected_version: int | None = None
) -> User:
    """Change what an account says of its person: the own account, or any by the secretariat."""
    if unknown := set(values) - PROFILE_FIELDS:
        raise ValidationError({name: _("This is not set here.") for name in sorted(unknown)})
    if actor_for(by).user_id != user.pk:
        require(by, "update", user)
    return _write(user, values, by=by, action="user.updated", reason=reason, expected_version=expected_version)


def user_deactivate(*, by: Any, user: User, reason: str) -> User:
    """Shut an account out at once: it cannot sign in, and every session it has ends. Affiliations stay on record."""
    actor = require(by, "deactivate", user)
    if actor.user_id == user.pk:
        raise ValidationError(_("You cannot deactivate your own account. Ask a colleague."), code="own_account")
    with transaction.atomic():
        user = _write(user, {"is_active": False}, by=by, action="user.deactivated", reason=reason)
        end_sessions(user)
    return user


def user_reactivate(*, by: Any, user: User, reason: str = "") -> User:
    """Let an account sign in again, with the roles it still holds."""
    require(by, "deactivate", user)
    return _write(user, {"is_active": True}, by=by, action="user.reactivated", reason=reason)


def end_sessions(user: User) -> int:
    """Delete every session of an account; give back how many there were.

    Sessions carry their user inside, so all live ones are read; there are as many as people signed in today.
    """
    ended = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=ended).delete()
    return len(ended)


def _write(
    user: User,
    values: dict[str, Any],
    *,
    by: Any,
    action: str,
    reason: str = "",
    expected_version: int | None = None,
) -> User:
    """Accounts are no part of the change feed, and their password hash no part of the audit."""
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if expected_version is not None and locked.version != expected_version:
            raise StaleVersion(locked)
        before = {name: getattr(locked, name) for name in values}
        for name, value in values.items():
            setattr(locked, name, value)
        locked.full_clean(exclude=["password"])
        locked.version += 1
        locked.save(update_fields=[*values, "version"])
        told_before, told_after = differences(before, values)
        audit.record(action=action, obj=locked, by=by, before=told_before, after=told_after, reason=reason)
    return locked
