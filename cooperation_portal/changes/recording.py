"""Writes change rows in commit order.

A serial number alone does not follow commits: the transaction that drew the lower number may commit later, and a reader
between the two misses it for ever. A transaction-scoped advisory lock taken just before the number is drawn makes
drawing and committing one step (PostgreSQL manual, "Advisory Locks").

What else a write changes is noted with it: a meeting that opens to a participant opens its documents, a renamed
organization is named in its offers. `Resource.depends` says which records those are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from cooperation_portal.records import bulk

from . import leave_waiting, signals
from .lag import COMMIT_ORDER_LOCK
from .models import Change
from .readers import Tokens, readers_of

_COLUMNS = (
    *("op", "object_type", "object_id", "object_ref", "object_version"),
    *("readers", "readers_before", "is_told", "is_renamed"),
)

#: A record as a change row names it: primary key, ref, version.
Written = tuple[int, str, int]


def write_change(obj: Any, *, op: str) -> None:
    write_changes([obj], op=op)


def write_changes(objects: list[Any], *, op: str = "upsert") -> None:
    """Note many writes at once; one lock, a fixed number of statements for each record type."""
    by_type: dict[str, list[Written]] = {}
    for obj in objects:
        by_type.setdefault(obj.record_type, []).append((obj.pk, obj.ref, obj.version))
    for record_type, written in by_type.items():
        write_changes_of(record_type, written, op=op)


def write_changes_of(record_type: str, written: Sequence[Written], *, op: str = "upsert") -> None:
    """Note the writes of records of one type: now, or at the end of the `together()` block around the call."""
    if not written or leave_waiting(record_type, written, op):
        return
    take_commit_order_lock()
    _announce(record_type, written, op, noted=set())
    signals.noted.send(sender=Change)


def take_commit_order_lock() -> None:
    """Hold the feed until this transaction ends.

    What may wait for another transaction has to come before, or the two wait for each other: rows are locked first, and
    foreign keys, which Django has checked at commit, are checked now.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A change is noted in the transaction that makes it: call this inside atomic().")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SELECT pg_advisory_xact_lock(%s)", [COMMIT_ORDER_LOCK])


@dataclass(slots=True)
class _Turn:
    """What a write did to the records of one type."""

    ids: list[int] = field(default_factory=list)
    #: Those that somebody sees now and did not before, or the other way round.
    with_other_readers: set[int] = field(default_factory=set)
    is_renamed: bool = False


def _announce(record_type: str, written: Sequence[Written], op: str, *, noted: set[tuple[str, int]]) -> None:
    """Write the rows of `written` and of what depends on it. `noted` holds what this write has told already."""
    from cooperation_portal.api.catalogue import keyed_types, resources

    fresh = [(pk, ref, version) for pk, ref, version in written if (record_type, pk) not in noted]
    if not fresh:
        return
    noted.update((record_type, pk) for pk, _ref, _version in fresh)
    turn = _write(record_type, fresh, op)
    for resource in resources().values():
        if turn.is_renamed and (
            record_type in keyed_types(resource) or any(one.type == record_type for one in resource.depends)
        ):
            # Rare: the key of an organization, a State or an area itself was changed.
            _announce(resource.type, _described(resource, resource.model._base_manager.all()), "upsert", noted=noted)
            continue
        for dependence in resource.depends:
            if dependence.type == record_type and dependence.path:
                _announce(resource.type, _dependents(resource, dependence, turn), "upsert", noted=noted)


def _write(record_type: str, written: Sequence[Written], op: str) -> _Turn:
    ids = [pk for pk, _ref, _version in written]
    before = last_told(record_type, ids)
    now = readers_of(record_type, ids) if op == Change.Op.UPSERT else {}
    turn = _Turn(ids)
    rows = []
    for pk, ref, version in written:
        known_as, were = before.get(pk, (ref[:120], []))
        are = now.get(pk, [])
        if are != were:
            turn.with_other_readers.add(pk)
        is_renamed = known_as != ref[:120]
        turn.is_renamed |= is_renamed
        rows.append((op, record_type, pk, ref[:120], version, are, were, bool(are or were), is_renamed))
    bulk.insert(Change, _COLUMNS, rows)
    return turn


def last_told(record_type: str, ids: Iterable[int]) -> dict[int, tuple[str, Tokens]]:
    """The ref and the readers of each record as its last change row has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT told.object_id, told.object_ref, told.readers FROM unnest(%s::bigint[]) AS wanted (id) "
            "CROSS JOIN LATERAL (SELECT object_id, object_ref, readers FROM changes_change "
            "WHERE object_type = %s AND object_id = wanted.id ORDER BY id DESC LIMIT 1) AS told",
            [list(ids), record_type],
        )
        return {pk: (ref, readers) for pk, ref, readers in cursor.fetchall()}


def _dependents(resource: Any, dependence: Any, turn: _Turn) -> list[Written]:
    """Records of a resource that say something else, or to somebody else, since the records of `turn` were written."""
    rows = resource.model._base_manager.filter(**{f"{dependence.path}__in": turn.ids})
    if dependence.shows_content:
        return _described(resource, rows)
    found = dict.fromkeys(rows.values_list("pk", flat=True))
    if not found:
        return []
    shown = rows.filter(**{f"{dependence.path}__in": turn.with_other_readers})
    changed = set(shown.values_list("pk", flat=True))
    rest = [pk for pk in found if pk not in changed]
    told, now = last_told(resource.type, rest), readers_of(resource.type, rest)
    changed.update(pk for pk in rest if told.get(pk, ("", []))[1] != now.get(pk, []))
    return _described(resource, resource.model._base_manager.filter(pk__in=changed)) if changed else []


def _described(resource: Any, rows: Any) -> list[Written]:
    described = rows.order_by("pk").distinct().values_list("pk", resource.ref_expression(), "version")
    return [(pk, ref, version) for pk, ref, version in described]
