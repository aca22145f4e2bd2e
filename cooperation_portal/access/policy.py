"""The one place that answers whether somebody may take an action on a record."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from .actors import Actor, actor_for
from .read_only import refuse_changes
from .role_table import NEVER_STOPPED, READING, ROLE_TABLE, Scope
from .roles import Role


class NotAllowed(PermissionDenied):
    """The actor may see the record but may not take this action; `is_anothers` where it belongs to somebody else."""

    def __init__(self, action: str, record_type: str, *, is_anothers: bool = False) -> None:
        self.is_anothers = is_anothers
        self.action = action
        self.record_type = record_type
        super().__init__(_("Your role does not allow this. Ask your focal point or the secretariat."))


def record_type_of(record: Any) -> str:
    """The record type that the role table uses: given as text, by a record or by its class."""
    return record if isinstance(record, str) else record.record_type


def allows(who: Any, action: str, record: Any) -> bool:
    """Say whether `who` may take `action` on `record`.

    `record` is an instance, or a record type or class where no instance exists yet: then the answer is whether there
    could be one. Raises `KeyError` for an action that the role table does not name: a misspelt one never passes.
    """
    actor = actor_for(who)
    record_type = record_type_of(record)
    row = ROLE_TABLE[record_type, action]
    if actor.is_system:
        return True
    is_instance = not isinstance(record, (str, type))
    return any(
        _in_scope(actor, role, scope, record if is_instance else None)
        for role, scope in row.items()
        if role in actor.roles
    )


def require(who: Any, action: str, record: Any) -> Actor:
    """Return the actor, or raise `NotAllowed`; `ReadOnly` for a change while the portal takes none."""
    actor = actor_for(who)
    record_type = record_type_of(record)
    if not allows(actor, action, record):
        is_instance = not isinstance(record, (str, type))
        raise NotAllowed(action, record_type, is_anothers=is_instance and not owns(actor, record))
    if is_change(record_type, action):
        refuse_changes(actor)
    return actor


def is_change(record_type: str, action: str) -> bool:
    """Whether read-only mode stops the action."""
    return (record_type, action) not in READING and (record_type, action) not in NEVER_STOPPED


def owns(who: Any, record: Any) -> bool:
    """Whether one of the organizations for which `who` acts is an owner of the record."""
    mine = {("organization", pk) for pk in actor_for(who).organization_ids}
    return not mine.isdisjoint(record.owners() if hasattr(record, "owners") else ())


def _in_scope(actor: Actor, role: Role, scope: Scope, record: Any | None) -> bool:
    if scope is Scope.ANY or record is None:
        return True
    held = record.owners() if scope is Scope.OWN else record.parties()
    if role is Role.STATE_FOCAL_POINT:
        return any(("state", key) in held for key in actor.states)
    return any(("organization", key) in held for key in actor.organizations.get(role, ()))
