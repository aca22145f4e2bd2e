"""From rows to JSON values without serializer objects: the path that every list and detail takes.

One statement reads the columns of a page, one the keys of all its relations, one each kind of part. Their number
depends on the resource and on what is asked for, never on how many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson
from django.conf import settings
from django.db.models import BooleanField, Case, QuerySet, Value, When

from cooperation_portal.access.actors import Actor
from cooperation_portal.records.statements import Place, compiled

from .fields import Field, Rule
from .relations import Keys, Parts, load_keys
from .resources import Resource

Object = dict[str, Any]


class Selection:
    """What to read of a resource for one caller: all its fields, or those picked; `type` and `id` always."""

    def __init__(self, resource: Resource, actor: Actor, picked: Iterable[str] | None = None) -> None:
        self.resource = resource
        self.actor = actor
        names = resource.names if picked is None else frozenset(picked) | {"type", "id"}
        self.is_whole = picked is None
        self.shows_url = "url" in names
        fields = [field for name, field in resource.table.items() if name in names and name != "id"]
        self.columns = [field for field in fields if field.is_column]
        self.keys = [field for field in fields if isinstance(field, Keys)]
        self.parts = [field for field in fields if isinstance(field, Parts)]

    @cached_property
    def flags(self) -> list[Rule]:
        """Rules that decide, row by row, about relations."""
        rules: list[Rule] = []
        for field in (*self.keys, *self.parts):
            rule = field.rule
            if rule is not None and rule not in rules and not rule.always(self.actor) and not rule.never(self.actor):
                rules.append(rule)
        return rules

    def select(self, rows: QuerySet, *extra: Any) -> QuerySet:
        """Tuples of: `extra`, the id, the columns, the flags."""
        flags = [
            Case(When(rule.q(self.actor), then=Value(True)), default=Value(False), output_field=BooleanField())
            for rule in self.flags
        ]
        return rows.values_list(*extra, "pk", *(field.column(self.actor) for field in self.columns), *flags)

    def objects(self, rows: Sequence[tuple[Any, ...]]) -> list[Object]:
        """Turn tuples of `select` (without the extra columns) into the objects of an answer."""
        names = [field.name for field in self.columns]
        json_names = [field.name for field in self.columns if field.is_json]
        type_name, base, width = self.resource.type, object_url(self.resource, ""), 1 + len(names)
        objects: list[Object] = []
        for row in rows:
            made: Object = {"type": type_name, "id": row[0]}
            if self.shows_url:
                made["url"] = f"{base}{row[0]}/"
            made.update(zip(names, row[1:width], strict=True))
            objects.append(made)
        for name in json_names:
            for made in objects:
                if made[name] is not None:
                    made[name] = orjson.Fragment(made[name])
        self._add_relations(objects, [row[width:] for row in rows])
        return objects

    def _add_relations(self, objects: list[Object], flags: list[tuple[bool, ...]]) -> None:
        if not objects:
            return
        readable = {field.name: self._readable_ids(field, objects, flags) for field in (*self.keys, *self.parts)}
        found: dict[str, dict[int, list[Any]]] = load_keys(
            [(field, readable[field.name]) for field in self.keys], self.actor, is_kept=self.is_whole
        )
        for part in self.parts:
            ids = readable[part.name]
            found[part.name] = part.load(ids, self.actor) if ids else {}
        for name, rows in found.items():
            ids_read = set(readable[name])
            for made in objects:
                pk = made["id"]
                made[name] = rows.get(pk) or [] if pk in ids_read else None

    def _readable_ids(self, field: Field, objects: list[Object], flags: list[tuple[bool, ...]]) -> list[int]:
        rule = field.rule
        if rule is None or rule.always(self.actor):
            return [made["id"] for made in objects]
        if rule.never(self.actor):
            return []
        place = self.flags.index(rule)
        return [made["id"] for made, row in zip(objects, flags, strict=True) if row[place]]


def object_url(resource: Resource, key: object) -> str:
    """The address of a record in this interface, the same wherever it is read."""
    return f"{settings.SITE_URL}/api/v1/{resource.name}/{key}"


def represent(resource: Resource, rows: QuerySet, *, actor: Actor, picked: Iterable[str] | None = None) -> list[Object]:
    """Read `rows` (already visible, narrowed and ordered) as the objects of an answer."""
    selection = Selection(resource, actor, picked)
    return selection.objects(fetch(selection.select(rows)))


def fetch(rows: QuerySet, given: Mapping[Place, Any] | None = None) -> list[tuple[Any, ...]]:
    """The tuples of a `values_list`, as the driver gives them: every column here is chosen to need no conversion."""
    statement = compiled(rows)
    return [] if statement is None else statement.run(given)


def expand(objects: list[Object], fields: Iterable[tuple[Field, Resource]], actor: Actor) -> None:
    """Replace keys by the records that they name, as far as the actor may read them; two statements or more a field."""
    for field, target in fields:
        keys = {key for made in objects for key in _keys_in(made.get(field.name))}
        if not keys:
            continue
        rows = target.rows(actor).alias(_ref=target.ref_expression()).filter(_ref__in=keys)
        opened = {made["ref"]: made for made in represent(target, rows, actor=actor)}
        for made in objects:
            value = made.get(field.name)
            if isinstance(value, str):
                made[field.name] = opened.get(value, value)
            elif isinstance(value, list):
                made[field.name] = [opened.get(key, key) for key in value]


def _keys_in(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
