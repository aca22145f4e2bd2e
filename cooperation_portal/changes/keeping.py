"""Keeping the feed true and short: what no write tells is found by comparing, and what nobody needs is taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from cooperation_portal.api.catalogue import resources
from cooperation_portal.api.resources import Resource
from cooperation_portal.records.bulk import some_at_once

from .feed import KEPT_FOR
from .models import Change
from .readers import readers_of
from .recording import Written, last_told, write_changes_of

#: Records compared in one go, and in one transaction.
AT_ONCE = 2000


def changes_reconcile() -> int:
    """Note what the feed does not know of; give back how many changes were written.

    That is: records that came in before the feed, or by hand; readers that differ from those last told, whatever the
    reason; records that are gone from the database; and contacts whose term has ended, whose personal data others no
    longer read though nobody wrote anything.
    """
    return sum(_reconcile(resource) for resource in resources().values())


def _reconcile(resource: Resource) -> int:
    written = 0
    everything = resource.model._base_manager.order_by("pk").values_list("pk", flat=True).iterator()
    for ids in some_at_once(everything, AT_ONCE):
        with transaction.atomic():
            changed = _unknown_to_the_feed(resource, ids)
            write_changes_of(resource.type, changed)
            written += len(changed)
    for gone in _gone(resource):
        with transaction.atomic():
            write_changes_of(resource.type, gone, op=Change.Op.REMOVE)
            written += len(gone)
    return written


def _unknown_to_the_feed(resource: Resource, ids: Iterable[int]) -> list[Written]:
    told, now = last_told(resource.type, ids), readers_of(resource.type, ids)
    changed = {pk for pk in ids if pk not in told or told[pk][1] != now.get(pk, [])}
    changed |= _turned_with_the_day(resource, ids)
    rows = resource.model._base_manager.filter(pk__in=changed).order_by("pk")
    return list(rows.values_list("pk", resource.ref_expression(), "version"))


def _turned_with_the_day(resource: Resource, ids: Iterable[int]) -> set[int]:
    """Contacts that have ended since they were last told."""
    if resource.type != "contact":
        return set()
    contacts: Any = resource.model._base_manager
    ended = contacts.filter(pk__in=ids, valid_until__lt=timezone.localdate())
    last = _last_told_at(resource.type, ids)
    return {pk for pk, until in ended.values_list("pk", "valid_until") if pk in last and last[pk].date() <= until}


def _last_told_at(record_type: str, ids: Iterable[int]) -> dict[int, datetime]:
    rows = Change.objects.filter(object_type=record_type, object_id__in=ids)
    return dict(rows.order_by("object_id", "-id").distinct("object_id").values_list("object_id", "at"))


def _gone(resource: Resource) -> Iterator[list[Written]]:
    """Records last told as written that are not in the database any more."""
    table = resource.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT object_id, object_ref, object_version FROM ("  # noqa: S608 - the name of our own table
            "SELECT DISTINCT ON (object_id) object_id, object_ref, object_version, op FROM changes_change "
            "WHERE object_type = %s ORDER BY object_id, id DESC) AS last "
            f"WHERE op = %s AND NOT EXISTS (SELECT FROM {table} WHERE id = last.object_id)",
            [resource.type, Change.Op.UPSERT],
        )
        yield from some_at_once(cursor.fetchall(), AT_ONCE)


def changes_prune() -> int:
    """Take away rows of more than ninety days ago that a later row of the same record replaces, and old removals.

    The last row of every record stays, so that a mirror can always start from the beginning; the newest row of all
    stays too, since numbers must not seem to go back. Gives back how many rows went.
    """
    before = timezone.now() - KEPT_FOR
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM changes_change AS old WHERE old.at < %s "
            "AND old.id < (SELECT max(id) FROM changes_change) "
            "AND (old.op = %s OR EXISTS (SELECT FROM changes_change AS later "
            "WHERE later.object_type = old.object_type AND later.object_id = old.object_id AND later.id > old.id))",
            [before, Change.Op.REMOVE],
        )
        return int(cursor.rowcount)
