"""Reading the change feed: what one caller is told after a cursor, in commit order, parents before children.

A row says only that a record was written and who sees it; what it says is read live, through the same visibility and
the same hot path as a list. So a record that is gone meanwhile is not told here but by its later row, and one that was
written again is told as it is now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.api.catalogue import resources_by_type
from cooperation_portal.api.etags import scope_of
from cooperation_portal.api.pages import read_records
from cooperation_portal.api.problems import Problem
from cooperation_portal.api.sealed import seal, unseal
from cooperation_portal.records.statements import Place, Statement

from .items import Item, removal, upsert
from .models import Change
from .parents import with_parents
from .readers import tokens_of

#: For so long a cursor can be gone on with, and rows of what was written again or removed are kept.
KEPT_FOR = timedelta(days=90)
#: So many rows for others may lie behind the last row told before the cursor moves on without one.
MOVES_AFTER = 1000

_PURPOSE = "changes"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A change as one caller is told it.

    `at` is in seconds since 1970; `reads` says whether the caller saw the record when it was written.
    """

    id: int
    type: str
    record: int
    version: int
    at: float
    reads: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a mirror stands.

    `change_id` is the last row it was told. Content is read live, so it knows as much as the newest row there was when
    it last was told something: `seen_id`, written at `seen_at`. `given_on` is the day on which the cursor was given.
    """

    change_id: int = 0
    seen_id: int = 0
    seen_at: int = 0
    given_on: str = ""


@dataclass(frozen=True, slots=True)
class _Ends:
    """The newest row's number and time, the time of the row that a cursor has seen, and the last row of a new name."""

    newest: int
    newest_at: int
    seen_at: int | None
    renamed: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, before anything is read of the records."""

    rows: Sequence[Row]
    cursor: str
    has_more: bool
    lag_ms: int
    newest: int = 0
    types: tuple[str, ...] = ()
    #: Whether a record got another natural key since the first of these rows was written.
    is_renamed_since: bool = False

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
    return _make(change_id, change_id, _microseconds(at) if at else 0, binding(actor, types))


def read_slice(*, actor: Actor, cursor: str, types: Sequence[str], limit: int) -> Slice:
    """The next rows for a caller: changes of records of `types`, those it asks for or all that its key may read.

    One statement. Raises `Problem`: `invalid-cursor` for one that was changed or belongs to another organization or
    other types, `cursor-expired` for one that is too old or from before the database was restored.
    """
    bound_to = binding(actor, types)
    position = _read(cursor, bound_to) if cursor else Position()
    ends, found = _ends_and_rows(position, tokens_of(actor), types, limit + 1)
    _refuse_lost(position, ends)
    rows, waiting = found[:limit], found[limit:]
    if rows:
        place, seen, seen_at = rows[-1].id, ends.newest, ends.newest_at
    elif ends.newest - position.change_id > MOVES_AFTER:
        place, seen, seen_at = ends.newest, ends.newest, ends.newest_at
    else:
        place, seen, seen_at = position.change_id, position.seen_id, position.seen_at
    lag = timezone.now().timestamp() - waiting[0].at if waiting else 0.0
    return Slice(
        rows=rows,
        cursor=_make(place, seen, seen_at, bound_to),
        has_more=bool(waiting),
        lag_ms=max(0, int(lag * 1000)),
        newest=ends.newest,
        types=tuple(types),
        is_renamed_since=bool(rows) and ends.renamed > rows[0].id,
    )


def read_items(found: Slice, actor: Actor) -> list[Item]:
    """What is told of the rows. The number of statements depends on the types that occur, not on the rows."""
    live = read_live(found.rows, actor)
    oldest = (timezone.now() - KEPT_FOR).timestamp()
    told: set[tuple[str, int]] = set()
    items: list[tuple[Row, Item]] = []
    unsure: list[Item] = []
    for row in found.rows:
        key = row.type, row.record
        record = live[row.type].get(row.record)
        if key in told or row.reads == (record is None):
            # Told already; or else a later row tells what has become of it since.
            continue
        told.add(key)
        item = removal(row.type, row.record, row.version) if record is None else upsert(record)
        items.append((row, item))
        if record is not None and (found.is_renamed_since or record["version"] != row.version or row.at < oldest):
            unsure.append(item)
    return with_parents(items, unsure, actor, found.types)


def read_live(rows: Iterable[Row], actor: Actor) -> dict[str, dict[int, Item]]:
    """The records of the rows as the caller reads them now, as far as it does: by type and id."""
    ids: dict[str, set[int]] = {}
    for row in rows:
        ids.setdefault(row.type, set()).add(row.record)
    return {
        record_type: {made["id"]: made for made in read_records(resources_by_type()[record_type], actor, wanted)}
        for record_type, wanted in ids.items()
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


def _make(change_id: int, seen_id: int, seen_at: int, bound_to: str) -> str:
    return seal([change_id, seen_id, seen_at, timezone.localdate().isoformat(), bound_to], _PURPOSE)


def _read(cursor: str, bound_to: str) -> Position:
    try:
        change_id, seen_id, seen_at, given_on, tied = unseal(cursor, _PURPOSE)
    except (ValueError, TypeError) as changed:
        raise Problem("invalid-cursor") from changed
    if tied != bound_to:
        raise Problem("invalid-cursor")
    return Position(change_id, seen_id, seen_at, given_on)


def _refuse_lost(position: Position, ends: _Ends) -> None:
    """Refuse a cursor from which going on would miss something, or keep what is not there any more.

    The newest row that its mirror has seen tells: after a restore from an older copy the number is free again or
    another row's, with another time. A row that is gone because it was pruned was written long ago.
    """
    oldest = timezone.now() - KEPT_FOR
    if position.given_on and date.fromisoformat(position.given_on) < oldest.date():
        raise expired()
    if not position.seen_id:
        return
    if ends.seen_at is not None:
        is_lost = ends.seen_at != position.seen_at
    else:
        is_lost = position.seen_at >= _microseconds(oldest) or position.seen_id > ends.newest
    if is_lost:
        raise expired()


def expired() -> Problem:
    return Problem("cursor-expired", members={"snapshots": f"{settings.SITE_URL}/api/v1/snapshots/"})


def _ends_and_rows(position: Position, tokens: list[int], types: Sequence[str], limit: int) -> tuple[_Ends, list[Row]]:
    """The ends of the feed, and the rows behind a position that a reader with these tokens is told: one statement."""
    given = {_AFTER: position.change_id, _SEEN: position.seen_id, _TOKENS: tokens, _TYPES: list(types), _LIMIT: limit}
    ends, *found = sorted(_STATEMENT.run_prepared(given))
    _, _, newest, renamed, _, _, newest_at, seen_at = ends
    return _Ends(newest or 0, newest_at or 0, seen_at, renamed or 0), [Row._make(row[:6]) for row in found]


_AFTER, _SEEN, _TOKENS, _TYPES, _LIMIT = Place(), Place(), Place(), Place(), Place()
_AT = "(extract(epoch FROM at) * 1000000)::bigint"
_STATEMENT = Statement(
    f"""
SELECT 0 AS id, '', newest.id, (SELECT id FROM changes_change WHERE is_renamed ORDER BY id DESC LIMIT 1),
    NULL::float, NULL::boolean, newest.at, (SELECT {_AT} FROM changes_change WHERE id = %s)
FROM (VALUES (1)) AS one
LEFT JOIN (SELECT id, {_AT} AS at FROM changes_change ORDER BY id DESC LIMIT 1) AS newest ON true
UNION ALL (
    SELECT id, object_type, object_id, object_version, date_part('epoch', at), readers && %s::bigint[], NULL, NULL
    FROM changes_change WHERE id > %s AND is_told AND object_type = ANY(%s::text[])
    AND (readers && %s::bigint[] OR readers_before && %s::bigint[])
    ORDER BY id LIMIT %s
)""",  # noqa: S608 - an expression of our own
    (_SEEN, _TOKENS, _AFTER, _TYPES, _TOKENS, _TOKENS, _LIMIT),
)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
