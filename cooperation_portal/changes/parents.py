"""Parents before children, also where the order of the rows alone does not give it.

A row is told with the record's present content, which may name a record that was made, or got its name, later than the
row. And of what was written long ago only the last row is kept, so that an organization that was edited yesterday would
follow offers that have named it for years. In these cases the records named are told just before the one that names
them; their own rows tell them once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from django.db import connection

from cooperation_portal.access.actors import Actor
from cooperation_portal.api.catalogue import resource, resources_by_type
from cooperation_portal.api.rows import represent

from .items import Item, upsert
from .readers import tokens_of

Ref = tuple[str, str]


def with_parents(
    items: list[Item], numbers: list[int], unsure: list[Item], actor: Actor, types: Collection[str]
) -> list[Item]:
    """The items in order, with what has to come before them put in, of the types that the caller takes.

    `numbers` are those of the items' rows; `unsure` are items that may name what was not told yet. Besides these,
    records that show others may name what was opened to the caller after the row, though nobody wrote them. Where there
    are none of either, as mostly in a mirror that keeps up, nothing is asked.
    """
    unsure_ones, showing = {id(item) for item in unsure}, _types_that_show_others().intersection(types)
    asked = [item for item in items if item["object"] and item["type"] in showing] if showing else []
    asked += [item for item in unsure if item["type"] not in showing]
    if not asked:
        return items
    parents = _Parents(actor, types)
    parents.load(item["object"] for item in asked)
    asked_ones = {id(item) for item in asked}
    told: set[Ref] = set()
    ordered: list[Item] = []
    for number, item in zip(numbers, items, strict=True):
        if item["object"] is not None:
            if id(item) in asked_ones:
                parents.place(item["object"], number, told, ordered, also_untold=id(item) in unsure_ones)
            told.add((item["type"], item["ref"]))
        ordered.append(item)
    return ordered


@cache
def _types_that_show_others() -> frozenset[str]:
    return frozenset(name for name, one in resources_by_type().items() if any(each.path for each in one.depends))


class _Parents:
    """Records that others name, with the first row by which the caller was told of each."""

    def __init__(self, actor: Actor, types: Collection[str]) -> None:
        self.actor = actor
        self.types = types
        self.found: dict[Ref, Item] = {}
        self.first_told: dict[tuple[str, int], int] = {}

    def load(self, records: Iterable[Item]) -> None:
        """Read the records that these name, those that they name, and so on; a statement or three a type and level."""
        level = list(records)
        asked: set[Ref] = set()
        while level:
            wanted: dict[str, set[str]] = {}
            for record_type, ref in {named for record in level for named in named_by(record)} - asked:
                if record_type not in self.types:
                    continue
                wanted.setdefault(record_type, set()).add(ref)
            level = []
            for record_type, refs in wanted.items():
                asked.update((record_type, ref) for ref in refs)
                one = resources_by_type()[record_type]
                rows = one.rows(self.actor).alias(_ref=one.ref_expression()).filter(_ref__in=refs)
                level += represent(one, rows, actor=self.actor)
            self.found.update(((record["type"], record["ref"]), record) for record in level)
        self._load_first_rows()

    def _load_first_rows(self) -> None:
        """The first row by which the caller was told of each under its present key."""
        keys = [(record["type"], record["id"], record["ref"]) for record in self.found.values()]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT object_type, object_id, min(id) FROM changes_change WHERE (object_type, object_id, object_ref) "
                "IN (SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[])) "
                "AND readers && %s::bigint[] GROUP BY object_type, object_id",
                [*([key[place] for key in keys] for place in range(3)), tokens_of(self.actor)],
            )
            self.first_told = {(kind, pk): first for kind, pk, first in cursor.fetchall()}

    def place(
        self, record: Item, row_id: int, told: set[Ref], ordered: list[Item], *, also_untold: bool = True
    ) -> None:
        """Put in front of a record what it names and the caller was told of only after the row.

        `also_untold`: and what the caller was never told of, since its rows may be gone.
        """
        for ref in named_by(record):
            parent = self.found.get(ref)
            if parent is None or ref in told:
                continue
            first = self.first_told.get((parent["type"], parent["id"]))
            is_known = first <= row_id if first is not None else not also_untold
            if is_known:
                continue
            told.add(ref)
            self.place(parent, row_id, told, ordered, also_untold=also_untold)
            ordered.append(upsert(parent))


def named_by(record: Item) -> Iterator[Ref]:
    """Type and ref of each record that a record names."""
    for name, field in resources_by_type()[record["type"]].expandable.items():
        value = record.get(name)
        kind = resource(field.to).type
        if isinstance(value, str):
            yield kind, value
        elif value:
            yield from ((kind, ref) for ref in value)
