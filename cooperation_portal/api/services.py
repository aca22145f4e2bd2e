"""What is done with keys: made, shown once, rotated, revoked; and who is told that one ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from cooperation_portal import audit
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import require
from cooperation_portal.access.roles import Role
from cooperation_portal.interface.dates import in_words
from cooperation_portal.notices.sending import notify
from organizations.models import Organization, User

from .keys import PlainKey, new_key
from .models import MAX_KEY_LIFE, ApiKey

DEFAULT_DAYS = 90
#: Longest time for which the old key works beside the one that replaces it, in days.
MAX_OVERLAP_DAYS = 30


class FormUsedBefore(ValidationError):
    """The same form was sent again: it made its key the first time."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This form has made its key already, and the key is shown only once. If you did not keep it, revoke it "
                "below and make another."
            ),
            code="form_used",
        )


@sensitive_variables("plain")
@transaction.atomic
def api_key_create(
    *,
    by: Any,
    organization: Organization,
    name: str,
    scopes: Iterable[str],
    days: int = DEFAULT_DAYS,
    last_day: date | None = None,
    form_token: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for an organization; give it and the text to send, which is kept nowhere.

    It lives `days`, or to the end of `last_day` (UTC). Raises `NotAllowed`, `FormUsedBefore`, and `ValidationError` for
    unknown scopes, a life over twelve months, and an organization that is suspended.
    """
    plain = new_key()
    key = ApiKey(organization=_locked(organization), name=name.strip(), scopes=list(dict.fromkeys(scopes)))
    require(by, "create", key)
    _issue(key, plain, by=by, days=days, last_day=last_day, form_token=form_token)
    audit.record(action="api_key.created", obj=key, by=by, after=_told(key))
    return key, str(plain)


@sensitive_variables("plain")
@transaction.atomic
def api_key_rotate(
    *,
    by: Any,
    key: ApiKey,
    old_ends_on: date | None,
    days: int = DEFAULT_DAYS,
    last_day: date | None = None,
    form_token: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Make a key with the same name and scopes in place of a live one; give it and the text to send.

    The old key works to the end of `old_ends_on` (UTC, at most 30 days from now), or ends at once where that is None.
    Raises as `api_key_create`, and `ValidationError` where the old key does not work any more, was replaced already, or
    is itself beside one that it replaced: of one lineage two keys work at most.
    """
    plain = new_key()
    organization = _locked(key.organization)
    old = _locked_key(key)
    require(by, "rotate", old)
    _refuse_repeated(organization, form_token)
    _refuse_rotation(old)
    before = _told(old)
    _shorten(old, old_ends_on)
    new = ApiKey(
        organization=organization, name=old.name, scopes=list(old.scopes), lineage=old.lineage, rotated_from=old
    )
    _issue(new, plain, by=by, days=days, last_day=last_day, form_token=form_token)
    audit.record(action="api_key.rotated", obj=old, by=by, before=before, after=_told(old) | {"replaced_by": str(new)})
    audit.record(action="api_key.created", obj=new, by=by, after=_told(new) | {"replaces": str(old)})
    return new, str(plain)


@transaction.atomic
def api_key_revoke(*, by: Any, key: ApiKey, reason: str = "") -> ApiKey:
    """End a key; a key that was revoked already stays as it is."""
    require(by, "revoke", key)
    locked = _locked_key(key)
    if locked.revoked_at is None:
        before = _told(locked)
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        audit.record(action="api_key.revoked", obj=locked, by=by, before=before, after=_told(locked), reason=reason)
    return locked


def warn_of_expiring_keys() -> int:
    """Tell the focal points of each key that ends within 14 days, once a key; give back how many keys.

    Where an organization has no focal point, the secretariat is told. Safe to run twice at once.
    """
    with transaction.atomic():
        waiting = ApiKey.objects.expiring().filter(warned_at=None, organization__suspended_on=None)
        waiting = waiting.select_related("organization")
        keys = list(waiting.select_for_update(of=("self",), no_key=True, skip_locked=True))
        for key in keys:
            people = User.objects.acting_for(key.owners(), Role.FOCAL_POINT)
            notify(
                action="api_key.expiring",
                obj=key,
                users=people or User.objects.with_committee_role(Role.SECRETARIAT),
                path=key.get_absolute_url(),
                params={
                    "name": key.name,
                    "key": str(key),
                    "organization": key.organization.acronym,
                    "date": in_words(key.expires_at),
                },
            )
        ApiKey.objects.filter(pk__in=[key.pk for key in keys]).update(warned_at=timezone.now())
    return len(keys)


def _locked(organization: Organization) -> Organization:
    """One key at a time is made for an organization, and none while it is being suspended."""
    return Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization.pk)


def _locked_key(key: ApiKey) -> ApiKey:
    """The key as it is now; nobody revokes or rotates it until the transaction ends."""
    return ApiKey.objects.select_related("organization").select_for_update(of=("self",), no_key=True).get(pk=key.pk)


def _refuse_repeated(organization: Organization, form_token: UUID | None) -> None:
    if form_token is not None and organization.api_keys.filter(form_token=form_token).exists():
        raise FormUsedBefore


def _refuse_rotation(old: ApiKey) -> None:
    if not old.is_live:
        raise ValidationError(_("This key does not work any more. Make a new one."), code="not_live")
    beside = ApiKey.objects.live().filter(lineage=old.lineage).exclude(pk=old.pk).first()
    if beside is not None and beside.rotated_from_id == old.pk:
        sentence = _(
            "This key was rotated already: %(key)s takes its place. Put that one in place, or revoke it first."
        )
        raise ValidationError(sentence, code="two_live", params={"key": beside})
    if beside is not None:
        sentence = _("%(key)s works beside this key already. Use that one, or revoke it first.")
        raise ValidationError(sentence, code="two_live", params={"key": beside})


def _shorten(old: ApiKey, last_day: date | None) -> None:
    """End a key at once or with a day, never later than it would have ended."""
    if last_day is None:
        old.revoked_at, written = timezone.now(), "revoked_at"
    else:
        today = timezone.localdate()
        if not today <= last_day <= today + timedelta(days=MAX_OVERLAP_DAYS):
            sentence = _("Choose a day from today to %(most)d days from now.") % {"most": MAX_OVERLAP_DAYS}
            raise ValidationError({"old_ends_on": ValidationError(sentence, code="invalid_life")})
        old.expires_at, written = min(old.expires_at, _end_of(last_day)), "expires_at"
    old.save(update_fields=[written])


def _issue(key: ApiKey, plain: PlainKey, *, by: Any, days: int, last_day: date | None, form_token: UUID | None) -> None:
    """Fill in what every new key has, and write it."""
    _refuse_repeated(key.organization, form_token)
    if key.organization.suspended_on is not None:
        raise ValidationError({"organization": _("This organization is suspended; its keys would not work.")})
    actor = actor_for(by)
    key.prefix, key.secret_hash, key.form_token = plain.prefix, plain.secret_hash, form_token
    key.created_by_id, key.created_by_label = actor.user_id, actor.label[:200]
    key.lineage = key.lineage or key.prefix
    key.expires_at = _end_after(days) if last_day is None else _end_on(last_day)
    key.full_clean()
    key.save(force_insert=True)


def _end_after(days: int) -> datetime:
    if not 1 <= days <= MAX_KEY_LIFE.days:
        sentence = _("A key lives from 1 to %(most)d days.") % {"most": MAX_KEY_LIFE.days}
        raise ValidationError({"days": ValidationError(sentence, code="invalid_life")})
    return timezone.now() + timedelta(days=days)


def _end_on(last_day: date) -> datetime:
    now = timezone.now()
    if not timezone.localdate() <= last_day <= (now + MAX_KEY_LIFE).date():
        sentence = _("Choose a day from today to twelve months from now.")
        raise ValidationError({"last_day": ValidationError(sentence, code="invalid_life")})
    return min(_end_of(last_day), now + MAX_KEY_LIFE)


def _end_of(day: date) -> datetime:
    """The last moment of a day in the portal's time zone, which is UTC."""
    return timezone.make_aware(datetime.combine(day, time.max))


def _told(key: ApiKey) -> dict[str, Any]:
    """What the audit keeps of a key: never its secret nor the secret's hash."""
    told: dict[str, Any] = {
        "organization": key.organization.ref,
        "name": key.name,
        "scopes": list(key.scopes),
        "expires_at": key.expires_at.isoformat(),
    }
    if key.revoked_at is not None:
        told["revoked_at"] = key.revoked_at.isoformat()
    return told
