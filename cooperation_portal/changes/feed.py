"""Reading the change feed: what one caller is told after a cursor, in commit order, parents before children.

A row says only that a record was written and who sees it; what it says is read live, through the same visibility and
the same hot path as a list. So a record that is gone meanwhile is not told here but by its later row, and one that was
written again is told as it is now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import connection
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.etags import scope_of
from cooperation_portal.api.pages import read_records
from cooperation_portal.api.problems import Problem

from .models import Change
from .parents import with_parents
from .readers import tokens_of

#: For so long a cursor can be gone on with, and rows of what was written again or removed are kept.
KEPT_FOR = timedelta(days=90)
#: So many rows for others may lie behind the last row told before the cursor moves on without one.
MOVES_AFTER = 1000

_SALT = "cooperation_portal.changes.cursor"

_UPSERT = Change.Op.UPSERT.value

Item = dict[str, Any]


@dataclass(slots=True)
class Row:
    """A change as one caller is told it. `reads`: whether the caller saw the record when it was written."""

    id: int
    type: str
    record: int
    version: int
    at: datetime
    reads: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a mirror stands: the last row it was told, when that was written, and the day the cursor was given."""

    change_id: int = 0
    at: str = ""
    given_on: str = ""


@dataclass(frozen=True, slots=True)
class _Ends:
    """The newest row's number and time, and the time of the row at which a cursor stands."""

    newest: int
    newest_at: datetime | None
    present_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, before anything is read of the records."""

    rows: Sequence[Row]
    cursor: str
    has_more: bool
    lag_ms: int
    newest: int = 0
    types: tuple[str, ...] = field(default=())

    def tag_parts(self, actor: Actor) -> tuple[Any, ...]:
        """What an ETag is made of: nothing that the caller sees changes unless one of these does."""
        # The lag is told in the answer, and one strong ETag stands for the same bytes; with nothing waiting it is 0.
        return scope_of(actor), self.types, self.cursor, self.newest if self.rows else 0, self.lag_ms


def newest_id() -> int:
    """The number of the newest change that this transaction sees; every lower one is committed."""
    newest = Change.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def make_cursor(*, change_id: int, actor: Actor, types: Iterable[str] = ()) -> str:
    """The cursor of a mirror that has everything up to a change. `types` are those it holds; none stands for all."""
    at = Change.objects.filter(pk=change_id).values_list("at", flat=True).first()
    return _make(change_id, _instant(at), binding(actor, types))


def read_slice(*, actor: Actor, cursor: str, types: Sequence[str], limit: int) -> Slice:
    """The next rows for a caller: changes of records of `types`, those it asks for or all that its key may read.

    One statement. Raises `Problem`: `invalid-cursor` for one that was changed or belongs to another organization or
    other types, `cursor-expired` for one that is too old or from before the database was restored.
    """
    bound_to = binding(actor, types)
    position = _read(cursor, bound_to) if cursor else Position()
    ends, found = _ends_and_rows(position.change_id, tokens_of(actor), types, limit + 1)
    _refuse_lost(position, ends)
    rows, waiting = found[:limit], found[limit:]
    if rows:
        place, at = rows[-1].id, _instant(rows[-1].at)
    elif ends.newest - position.change_id > MOVES_AFTER:
        place, at = ends.newest, _instant(ends.newest_at)
    else:
        place, at = position.change_id, position.at
    lag = (timezone.now() - waiting[0].at) / timedelta(milliseconds=1) if waiting else 0
    return Slice(
        rows=rows,
        cursor=_make(place, at, bound_to),
        has_more=bool(waiting),
        lag_ms=max(0, int(lag)),
        newest=ends.newest,
        types=tuple(types),
    )


def read_items(found: Slice, actor: Actor) -> list[Item]:
    """What is told of the rows. The number of statements depends on the types that occur, not on the rows."""
    live = read_live(found.rows, actor)
    told: set[tuple[str, int]] = set()
    items: list[tuple[Row, Item]] = []
    for row in found.rows:
        key = row.type, row.record
        record = live.get(key)
        if key in told or row.reads == (record is None):
            # Told already; or else a later row tells what has become of it since.
            continue
        told.add(key)
        items.append((row, upsert(record) if record is not None else _removal(row)))
    return with_parents(items, actor, before=timezone.now() - KEPT_FOR)


def read_live(rows: Iterable[Row], actor: Actor) -> dict[tuple[str, int], Item]:
    """The records of the rows as the caller reads them now, as far as it does."""
    ids: dict[str, set[int]] = {}
    for row in rows:
        ids.setdefault(row.type, set()).add(row.record)
    live: dict[tuple[str, int], Item] = {}
    for record_type, wanted in ids.items():
        for made in read_records(resources_by_type()[record_type], actor, wanted):
            live[record_type, made["id"]] = made
    return live


def upsert(record: Item) -> Item:
    return {
        "op": _UPSERT,
        "type": record["type"],
        "id": record["id"],
        "ref": record["ref"],
        "version": record["version"],
        "object": record,
    }


def _removal(row: Row) -> Item:
    """The same for what was deleted, erased, merged or is no longer for this reader."""
    return {
        "op": Change.Op.REMOVE.value,
        "type": row.type,
        "id": row.record,
        "ref": None,
        "version": row.version,
        "object": None,
    }


def binding(actor: Actor, types: Iterable[str]) -> str:
    """What a cursor is tied to: the organization, so that a new key goes on where the old one stood, and the types.

    All types of an app count as the app, and all apps as everything, so that a type that is new some day, and all of
    whose records are told then, does not end the cursors of those who take everything.
    """
    wanted, apps = set(types), _types_by_app()
    whole = {app for app, its_types in apps.items() if its_types <= wanted}
    single = wanted.difference(*(apps[app] for app in whole))
    told = () if not wanted or len(whole) == len(apps) else (*sorted(whole), *sorted(single))
    return hashlib.sha256(repr((tokens_of(actor), told)).encode()).hexdigest()[:16]


@cache
def _types_by_app() -> dict[str, set[str]]:
    apps: dict[str, set[str]] = {}
    for record_type, one in resources_by_type().items():
        apps.setdefault(one.model._meta.app_label, set()).add(record_type)
    return apps


def _make(change_id: int, at: str, bound_to: str) -> str:
    # Signed without the time, so that who stays in one place keeps one cursor, and the answer its ETag.
    return signing.Signer(salt=_SALT).sign_object([change_id, at, timezone.localdate().isoformat(), bound_to])


def _read(cursor: str, bound_to: str) -> Position:
    try:
        change_id, at, given_on, tied = signing.Signer(salt=_SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError) as changed:
        raise Problem("invalid-cursor") from changed
    if tied != bound_to:
        raise Problem("invalid-cursor")
    return Position(change_id, at, given_on)


def _refuse_lost(position: Position, ends: _Ends) -> None:
    """Refuse a cursor from which going on would miss something.

    Its row tells: after a restore from an older copy the number is free again or another row's, with another time.
    A row that is gone because it was pruned was written long ago.
    """
    oldest = timezone.now() - KEPT_FOR
    if position.given_on and date.fromisoformat(position.given_on) < oldest.date():
        raise expired()
    if not position.change_id:
        return
    if ends.present_at is not None:
        is_lost = _instant(ends.present_at) != position.at
    else:
        is_lost = datetime.fromisoformat(position.at) >= oldest or position.change_id > ends.newest
    if is_lost:
        raise expired()


def expired() -> Problem:
    return Problem("cursor-expired", members={"snapshots": f"{settings.SITE_URL}/api/v1/snapshots/"})


def _ends_and_rows(after: int, tokens: list[int], types: Sequence[str], limit: int) -> tuple[_Ends, list[Row]]:
    """The ends of the feed, and the rows behind `after` that a reader with these tokens is told: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT newest.id, newest.at, (SELECT at FROM changes_change WHERE id = %(after)s), told.* "
            "FROM (VALUES (1)) AS one "
            "LEFT JOIN (SELECT id, at FROM changes_change ORDER BY id DESC LIMIT 1) AS newest ON true "
            "LEFT JOIN LATERAL (SELECT id, object_type, object_id, object_version, at, readers && %(tokens)s::bigint[] "
            "FROM changes_change WHERE id > %(after)s AND is_told AND object_type = ANY(%(types)s) "
            "AND (readers && %(tokens)s::bigint[] OR readers_before && %(tokens)s::bigint[]) "
            "ORDER BY id LIMIT %(limit)s) AS told ON true ORDER BY told.id",
            {"after": after, "tokens": tokens, "types": list(types), "limit": limit},
        )
        found = cursor.fetchall()
    newest, newest_at, present_at = found[0][:3]
    return _Ends(newest or 0, newest_at, present_at), [Row(*row[3:]) for row in found if row[3] is not None]


def _instant(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
