"""Reading the change feed: what one caller is told after a cursor, in commit order, parents before children.

A row says only that a record was written and who sees it; what it says is read live, through the same visibility and
the same hot path as a list. So a record that is gone meanwhile is not told here but by its later row, and one that was
written again is told as it is now.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

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
#: Rows this young are surely all there, whatever the order in which the writes of a day were begun.
_SURELY_KEPT = KEPT_FOR - timedelta(days=1)
#: So many rows for others may lie behind the last row told before the cursor moves on without one.
MOVES_AFTER = 1000

_PURPOSE = "changes"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


#: A change as one caller is told it: number, type and id of the record, its version, and whether the caller saw it when
#: it was written.
Row = tuple[int, str, int, int, bool]


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
    """Numbers and times (in microseconds since 1970) around the rows of a page; None where there is no such row."""

    newest: int | None
    newest_at: int | None
    #: When the row was written that a cursor has seen.
    seen_at: int | None
    #: The last row by which a record got another natural key.
    renamed: int | None
    #: When the first and the last of the rows were written.
    first_at: int | None
    last_at: int | None


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, before anything is read of the records."""

    rows: Sequence[Row]
    cursor: str
    has_more: bool
    lag_ms: int
    newest: int = 0
    types: tuple[str, ...] = ()
    position: Position = Position()
    #: Whether a record got another natural key since the first of these rows was written, and whether that was so long
    #: ago that rows of then may be gone.
    is_renamed_since: bool = False
    is_old: bool = False

    def tag_parts(self, actor: Actor) -> tuple[Any, ...]:
        """What an ETag is made of: nothing that the caller sees changes unless one of these does."""
        # The lag is told in the answer, and one strong ETag stands for the same bytes; with nothing waiting it is 0.
        return scope_of(actor), self.types, self.cursor, self.newest if self.rows else 0, self.lag_ms

    def proof_of_emptiness(self, actor: Actor) -> tuple[Statement, tuple[Any, ...]]:
        """A statement, and what it gives for as long as the caller has nothing to be told: for a page without rows."""
        where = {_AFTER: self.position.change_id, _SEEN: self.position.seen_id, _HIDDEN: MOVES_AFTER}
        statement = _IS_EMPTY.at(where | {_TOKENS: tokens_of(actor), _TYPES: list(self.types)})
        return statement, (False, self.position.seen_at, False)


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
    rows, has_more = found[:limit], len(found) > limit
    newest, newest_at = ends.newest or 0, ends.newest_at or 0
    if rows:
        place, seen, seen_at = rows[-1][0], newest, newest_at
    elif newest - position.change_id > MOVES_AFTER:
        place, seen, seen_at = newest, newest, newest_at
    else:
        place, seen, seen_at = position.change_id, position.seen_id, position.seen_at
    now = _microseconds(timezone.now())
    return Slice(
        rows=rows,
        cursor=_make(place, seen, seen_at, bound_to),
        has_more=has_more,
        lag_ms=max(0, now - (ends.last_at or now)) // 1000 if has_more else 0,
        newest=newest,
        types=tuple(types),
        position=position,
        is_renamed_since=bool(rows) and (ends.renamed or 0) > rows[0][0],
        is_old=now - (ends.first_at or now) > _SURELY_KEPT // timedelta(microseconds=1),
    )


def read_items(found: Slice, actor: Actor) -> list[Item]:
    """What is told of the rows. The number of statements depends on the types that occur, not on the rows."""
    live = _read_live(found.rows, actor)
    readable = {record_type: set(records) for record_type, records in live.items()}
    removed: set[tuple[str, int]] = set()
    items: list[Item] = []
    numbers: list[int] = []
    unsure: list[Item] = []
    for change_id, record_type, pk, version, reads in found.rows:
        if reads:
            record = live[record_type].pop(pk, None)
            if record is None:
                continue  # told already, or a later row tells what has become of it since
            item = upsert(record)
            if record["version"] != version:
                unsure.append(item)
        else:
            if pk in readable[record_type] or (record_type, pk) in removed:
                continue  # open to the caller again since, or told already
            removed.add((record_type, pk))
            item = removal(record_type, pk, version)
        items.append(item)
        numbers.append(change_id)
    if found.is_renamed_since or found.is_old:
        unsure = [item for item in items if item["object"]]
    return with_parents(items, numbers, unsure, actor, found.types)


def _read_live(rows: Iterable[Row], actor: Actor) -> dict[str, dict[int, Item]]:
    """The records of the rows as the caller reads them now, as far as it does: by type and id."""
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for _, record_type, pk, _, _ in rows:
        ids[record_type].add(pk)
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
        is_lost = position.seen_at >= _microseconds(oldest) or position.seen_id > (ends.newest or 0)
    if is_lost:
        raise expired()


def expired() -> Problem:
    return Problem("cursor-expired", members={"snapshots": f"{settings.SITE_URL}/api/v1/snapshots/"})


def _ends_and_rows(position: Position, tokens: list[int], types: Sequence[str], limit: int) -> tuple[_Ends, list[Row]]:
    """The ends of the feed, and the rows behind a position that a reader with these tokens is told: one statement."""
    given = {_AFTER: position.change_id, _SEEN: position.seen_id, _TOKENS: tokens, _TYPES: list(types), _LIMIT: limit}
    (_, ends, *_), *rows = sorted(_STATEMENT.run(given))
    return _Ends(*json.loads(ends)), rows


_AFTER, _SEEN, _TOKENS, _TYPES, _LIMIT, _HIDDEN = (Place() for _ in range(6))
_AT = "(extract(epoch FROM at) * 1000000)::bigint"
_TOLD = (
    "FROM changes_change WHERE id > %s AND is_told AND object_type = ANY(%s::text[]) "
    "AND (readers && %s::bigint[] OR readers_before && %s::bigint[])"
)
#: The first row holds the ends, in the order of `_Ends`.
_STATEMENT = Statement(
    f"""
WITH told AS MATERIALIZED (
    SELECT id, object_type, object_id, object_version, readers && %s::bigint[] AS reads, at {_TOLD} ORDER BY id LIMIT %s
), newest AS (SELECT id, at FROM changes_change ORDER BY id DESC LIMIT 1)
SELECT 0 AS id, json_build_array(
    (SELECT id FROM newest), (SELECT {_AT} FROM newest),
    (SELECT {_AT} FROM changes_change WHERE id = %s),
    (SELECT id FROM changes_change WHERE is_renamed ORDER BY id DESC LIMIT 1),
    (SELECT {_AT} FROM told ORDER BY id LIMIT 1), (SELECT {_AT} FROM told ORDER BY id DESC LIMIT 1)
)::text, NULL, NULL, NULL
UNION ALL SELECT id, object_type, object_id, object_version, reads FROM told""",  # noqa: S608 - an expression of our own
    (_TOKENS, _AFTER, _TYPES, _TOKENS, _TOKENS, _LIMIT, _SEEN),
    is_kept=True,
)
#: Whether something is told, when the row was written that a cursor has seen, and whether the cursor would move on.
_IS_EMPTY = Statement(
    f"SELECT EXISTS (SELECT {_TOLD}), (SELECT {_AT} FROM changes_change WHERE id = %s), "  # noqa: S608 - as above
    "(SELECT id FROM changes_change ORDER BY id DESC LIMIT 1) - %s > %s",
    (_AFTER, _TYPES, _TOKENS, _TOKENS, _SEEN, _AFTER, _HIDDEN),
    is_kept=True,
)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
