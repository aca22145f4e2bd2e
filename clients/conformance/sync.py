"""Points 11 to 14 and 24: the change feed, snapshots and the mirror."""

from __future__ import annotations

import itertools
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from .portal import MOST_PAGES, RESOURCES, Broken, CannotTell, JsonObject, Portal, expect

Key = tuple[str, int]
_CHANGE = {"op", "type", "id", "ref", "version", "object"}
#: Small lists that a mirror may be held against, parents first.
_COMPARED = ("state", "organization", "area", "assistance_type", "offer")
#: Others may write meanwhile, so what differs is read again this often.
_TRIES = 3
_NAMES = {kind: name for name, kind in RESOURCES.items()}


def _pages(portal: Portal, kinds: str = "") -> Iterator[JsonObject]:
    following: str | None = f"changes/?limit=200{f'&type={kinds}' if kinds else ''}"
    while following:
        page = portal.read(following)
        expect(set(page) == {"data", "next", "meta"}, f"a page of changes has the members {sorted(page)}")
        yield page
        following = page["next"]


class _Told:
    """What the changes tell, taken together: the records, and where each first came."""

    def __init__(self, portal: Portal, kinds: tuple[str, ...]) -> None:
        self.portal = portal
        self.records: dict[Key, JsonObject] = {}
        self.places: set[tuple[str, str]] = set()
        self.number = 0
        self._following = f"changes/?limit=200&type={','.join(kinds)}"

    def read(self) -> bool:
        """Apply what waits; False if there is too much of it."""
        for _ in range(MOST_PAGES):
            page = self.portal.read(self._following)
            for change in page["data"]:
                self._apply(change)
            start = self._following.partition("&cursor=")[0]
            self._following = f"{start}&cursor={page['meta']['cursor']}"
            if not page["next"]:
                return True
        return False

    def _apply(self, change: JsonObject) -> None:
        self.number += 1
        expect(set(change) == _CHANGE, f"a change has the members {sorted(change)}")
        expect(change["op"] in ("upsert", "remove"), f"a change is called {change['op']}")
        self.records.pop((change["type"], change["id"]), None)
        if change["op"] == "upsert":
            made = change["object"]
            is_same = all(change[name] == made[name] for name in ("type", "id", "ref", "version"))
            expect(is_same, f"a change of {change['type']} {change['id']} calls itself otherwise than its object")
            parent = made.get("organization") if change["type"] == "offer" else None
            is_late = parent and ("organization", parent) not in self.places
            expect(not is_late, f"offer {change['ref']} comes before its organization {parent}")
            self.records[change["type"], change["id"]] = made
            self.places.add((change["type"], change["ref"]))


def feed(portal: Portal) -> str:
    """Changes have their shape, parents come before children, and together they are what the lists show."""
    told = _Told(portal, _COMPARED)
    for _ in range(_TRIES):
        if not told.read():
            return f"{told.number} changes; there are more, so that the lists were not compared"
        differ = _differing(portal, told.records)
        if not differ:
            return f"{told.number} changes make the {len(told.records)} records that the lists show"
    raise Broken(f"after all changes {differ[:3]} are not as the lists show them")


def _differing(portal: Portal, held: Mapping[Key, JsonObject], *, visitor: bool = False) -> list[Key]:
    listed = {(kind, row["id"]): row for kind in _COMPARED for row in portal.crawl(_NAMES[kind], visitor=visitor)}
    if len(listed) >= 200 * MOST_PAGES:
        raise CannotTell("there are too many records to compare")
    return sorted(key for key in held.keys() | listed.keys() if held.get(key) != listed.get(key))


def removals(portal: Portal) -> str:
    """A removal says type, id and version, and nothing else."""
    number = removed = 0
    for page in itertools.islice(_pages(portal), MOST_PAGES):
        for change in page["data"]:
            number += 1
            if change["op"] == "remove":
                removed += 1
                said = {name: change[name] for name in ("ref", "object") if change[name] is not None}
                expect(not said, f"the removal of {change['type']} {change['id']} tells {', '.join(said)}")
    if not removed:
        raise CannotTell(f"nothing was removed in the {number} changes read")
    return f"{removed} removals in {number} changes"


def cursors(portal: Portal) -> str:
    """Every page says where it ends and how late it is; a cursor is good for its reader alone."""
    page = portal.read("changes/?limit=1&type=area")
    cursor, lag = page["meta"].get("cursor"), page["meta"].get("lag_ms")
    expect(isinstance(cursor, str) and cursor, "a page of changes has no meta.cursor")
    expect(type(lag) is int and lag >= 0, f"meta.lag_ms is {lag}")
    for last in itertools.islice(_pages(portal, "area"), MOST_PAGES):
        page = last
    if not page["next"]:
        after = portal.read(f"changes/?type=area&cursor={page['meta']['cursor']}")
        expect(after["data"] == [] and after["meta"].get("cursor"), "an empty page has no meta.cursor to go on from")
        expect(after["meta"]["lag_ms"] == 0, f"with nothing waiting lag_ms is {after['meta']['lag_ms']}")
    altered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for path in (f"changes/?type=area&cursor={altered}", f"changes/?type=state&cursor={cursor}"):
        portal.refuses(path, 400, "invalid-cursor")
    if portal.has_key:
        portal.refuses(f"changes/?type=area&cursor={cursor}", 400, "invalid-cursor", visitor=True)
    return "cursors and lag; that old cursors are 410 shows only after 90 days"


def snapshots(portal: Portal) -> str:
    """A snapshot and the changes behind it are what the lists show."""
    if not portal.has_key or not portal.may_snapshot:
        raise CannotTell("give a key and --snapshot to have one made")
    return _mirror(portal, with_key=True)


def client(portal: Portal) -> str:
    """The one-file client keeps a mirror of what the lists show."""
    return _mirror(portal, with_key=False)


def _mirror(portal: Portal, *, with_key: bool) -> str:
    caller = portal.caller if with_key else portal.visitor
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "mirror.sqlite"
        first = caller.sync(path, types=_COMPARED)
        is_short = first.changes < first.records or not first.records
        expect(not with_key or is_short, "the portal gave no snapshot, and the mirror came from the changes")
        for _ in range(_TRIES):
            caller.sync(path, types=_COMPARED)
            with closing(sqlite3.connect(path)) as db:
                rows = db.execute("SELECT type, id, object FROM records").fetchall()
            held = {(kind, pk): json.loads(text) for kind, pk, text in rows}
            differ = _differing(portal, held, visitor=not with_key)
            if not differ:
                return f"{len(held)} records mirrored as the lists show them"
    raise Broken(f"the mirror differs from the lists in {differ[:3]}")
