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
    actor = actor_for(by)
    origin = current()
    return AuditEntry.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.api_key_id or actor.user_id,
        actor_label=actor.label[:200],
        action=ACTIONS[action].name,
        object_type=obj.record_type,
        object_id=obj.pk,
        object_ref=obj.ref[:120],
        before=before,
        after=after,
        reason=reason,
        source=origin.source,
        request_id=origin.request_id,
    )
