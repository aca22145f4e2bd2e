"""Writes change rows in commit order.

A serial number alone does not follow commits: the transaction that drew the lower number may commit later, and a reader
between the two misses it for ever. A transaction-scoped advisory lock taken just before the number is drawn makes
drawing and committing one step (PostgreSQL manual, "Advisory Locks").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cooperation_portal.records import bulk

from .models import Change

#: Any constant that nothing else in the database uses.
COMMIT_ORDER_LOCK = 1540_2325


def write_change(obj: Any, *, op: str) -> Change:
    take_commit_order_lock()
    return Change.objects.create(**change_values(obj, op=op))


def write_changes(objects: list[Any], *, op: str = "upsert") -> None:
    """Note many writes at once; one lock, one statement."""
    if not objects:
        return
    take_commit_order_lock()
    Change.objects.bulk_create([Change(**change_values(obj, op=op)) for obj in objects], batch_size=1000)


def write_changes_of(record_type: str, written: Sequence[tuple[int, str, int]]) -> None:
    """Note the writes of records of one type, each told as (primary key, ref, version); one lock, one statement."""
    if not written:
        return
    take_commit_order_lock()
    bulk.insert(
        Change,
        ["op", "object_type", "object_id", "object_ref", "object_version"],
        [(Change.Op.UPSERT, record_type, pk, ref[:120], version) for pk, ref, version in written],
    )


def change_values(obj: Any, *, op: str) -> dict[str, Any]:
    return {
        "op": op,
        "object_type": obj.record_type,
        "object_id": obj.pk,
        "object_ref": obj.ref[:120],
        "object_version": obj.version,
    }


def take_commit_order_lock() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A change is noted in the transaction that makes it: call this inside atomic().")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COMMIT_ORDER_LOCK])
