"""Writes audit entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.read_only import refuse_changes
from cooperation_portal.records import bulk

from .actions import ACTIONS, NEVER_STOPPED
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


class Subject(NamedTuple):
    """A record that an entry is about, where only its keys are at hand."""

    record_type: str
    pk: int
    ref: str
    reason: str = ""


def write_about(subjects: Iterable[Subject], *, action: str, by: Any) -> None:
    """Write one entry of the same action for each subject, all in one statement. Raises `KeyError` as `entry_for`."""
    actor, origin = actor_for(by), current()
    _refuse_changes(actor, action)
    who = (actor.kind, actor.api_key_id or actor.user_id, actor.label[:200], ACTIONS[action].name)
    bulk.insert(
        AuditEntry,
        [
            "actor_kind",
            "actor_id",
            "actor_label",
            "action",
            "object_type",
            "object_id",
            "object_ref",
            "reason",
            "source",
            "request_id",
        ],
        [
            (*who, told.record_type, told.pk, told.ref[:120], told.reason, origin.source, origin.request_id)
            for told in subjects
        ],
    )


def entry_for(
    action: str,
    obj: Any,
    by: Any,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """An entry not yet written. Raises `KeyError` for an action outside the vocabulary, `ReadOnly` where no changes
    are taken."""
    actor = actor_for(by)
    _refuse_changes(actor, action)
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


def _refuse_changes(actor: Actor, action: str) -> None:
    """Everything that is done is written down here, whether or not the role table was asked before."""
    if action not in NEVER_STOPPED:
        refuse_changes(actor)
