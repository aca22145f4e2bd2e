"""What is done with keys: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal import audit
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import require
from organizations.models import Organization

from .keys import new_key
from .models import MAX_KEY_LIFE, ApiKey

DEFAULT_DAYS = 90


@transaction.atomic
def api_key_create(
    *, by: Any, organization: Organization, name: str, scopes: Iterable[str], days: int = DEFAULT_DAYS
) -> tuple[ApiKey, str]:
    """Make a key for an organization; give it and the text to send, which is kept nowhere.

    Raises `NotAllowed`, and `ValidationError` for unknown scopes, a life over twelve months, and an organization that
    is suspended.
    """
    plain = new_key()
    key = ApiKey(
        organization=organization,
        name=name.strip(),
        prefix=plain.prefix,
        secret_hash=plain.secret_hash,
        scopes=list(dict.fromkeys(scopes)),
        created_by_label=actor_for(by).label[:200],
    )
    require(by, "create", key)
    if not 1 <= days <= MAX_KEY_LIFE.days:
        sentence = _("A key lives from 1 to %(most)d days.") % {"most": MAX_KEY_LIFE.days}
        raise ValidationError({"days": ValidationError(sentence, code="invalid_life")})
    if organization.suspended_on is not None:
        raise ValidationError({"organization": _("This organization is suspended; its keys would not work.")})
    key.expires_at = timezone.now() + timedelta(days=days)
    key.full_clean()
    key.save(force_insert=True)
    audit.record(action="api_key.created", obj=key, by=by, after=_told(key))
    return key, str(plain)


@transaction.atomic
def api_key_revoke(*, by: Any, key: ApiKey) -> ApiKey:
    """End a key; a key that has ended already stays as it is."""
    require(by, "revoke", key)
    locked = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        audit.record(action="api_key.revoked", obj=locked, by=by, before=_told(locked))
    return locked


def _told(key: ApiKey) -> dict[str, Any]:
    """What the audit keeps of a key: never its secret nor the secret's hash."""
    return {
        "organization": key.organization.ref,
        "name": key.name,
        "scopes": list(key.scopes),
        "expires_at": key.expires_at.isoformat(),
    }
