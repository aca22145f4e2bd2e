"""Writes audit entries."""

from __future__ import annotations

from typing import Any

from cooperation_portal.access.actors import actor_for

from .actions import ACTIONS
from .context import current
from .models import AuditEntry


def write_entry(
    *, action: str, obj: Any, by: Any, before: dict[str, Any], after: dict[str, Any], reason: str
) -> AuditEntry:
    entry = entry_for(action, obj, by, before=before, after=after, reason=reason)
    entry.save(force_insert=True)
    return entry


def write_entries(entries: list[AuditEntry]) -> None:
    """Write many at once, for work of the portal itself."""
    AuditEntry.objects.bulk_create(entries, batch_size=1000)


def entry_for(
    action: str,
    obj: Any,
    by: Any,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """An entry not yet written. Raises `KeyError` for an action outside the vocabulary."""
    actor = actor_for(by)
    origin = current()
    return AuditEntry(
        actor_kind=actor.kind,
        actor_id=actor.api_key_id or actor.user_id,
        actor_label=actor.label[:200],
        action=ACTIONS[action].name,
        object_type=obj.record_type,
        object_id=obj.pk,
        object_ref=obj.ref[:120],
        before=before or {},
        after=after or {},
        reason=reason,
        source=origin.source,
        request_id=origin.request_id,
    )
