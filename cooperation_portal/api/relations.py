"""Fields with many values: keys of other records, and parts that belong to the record.

The keys of all relations of a page are read by one statement, the parts by one statement each, whatever the number of
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, CharField, F, Model, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import Cast
from rest_framework import serializers

from cooperation_portal.access.actors import VISITOR, Actor
from cooperation_portal.records.statements import Place, Statement

from . import inputs
from .fields import EXACT, Field, Schema
from .kinds import NO_NUL


@dataclass(frozen=True, slots=True)
class Link:
    """Rows that tie a record to keys: `parent` is the column of the record's id, `key` the key's path or expression.

    `where` narrows the rows for everybody, `seen_by` for whoever asks: a key of a record that the actor may not read
    is left out.
    """

    model: type[Model]
    parent: str
    key: str | Combinable
    where: Q = field(default_factory=Q)
    seen_by: Callable[[Actor], Q] | None = None
    #: Whether the same key can stand in several rows; it is shown once.
    distinct: bool = False

    def rows(self, actor: Actor) -> QuerySet:
        rows = self.model._base_manager.filter(self.where)
        return rows if self.seen_by is None else rows.filter(self.seen_by(actor))

    def key_expression(self) -> Any:
        return F(self.key) if isinstance(self.key, str) else self.key


def many(model: type[Model], name: str, key: str, *, seen_by: Callable[[Actor], Q] | None = None) -> Link:
    """The link behind a many-to-many field; `key` is the natural key's column on the other side."""
    relation: Any = model._meta.get_field(name)
    return Link(
        model=relation.remote_field.through,
        parent=f"{relation.m2m_field_name()}_id",
        key=f"{relation.m2m_reverse_field_name()}__{key}",
        seen_by=seen_by,
    )


def keys_of_part(link: Link) -> ArraySubquery:
    """The keys tied to a part, as a column of it."""
    rows = link.model._base_manager.filter(**{link.parent: OuterRef("pk")}).order_by(link.key)
    return ArraySubquery(rows.values_list(link.key))


@dataclass(frozen=True, kw_only=True, eq=False)
class Keys(Field):
    """A relation to many records, by their natural keys in alphabetical order."""

    link: Link
    lookups: tuple[str, ...] = EXACT
    is_column: ClassVar[bool] = False

    def narrow(self, rows: QuerySet, lookup: str, value: Any, actor: Actor) -> QuerySet:
        if self.rule is not None:
            rows = rows.filter(self.rule.q(actor))
        linked = self.link.rows(actor).alias(_key=self.link.key_expression())
        return rows.filter(pk__in=linked.filter(**{f"_key__{lookup}": value}).values(self.link.parent))

    def value_schema(self) -> Schema:
        return {"type": "array", "items": {"type": "string"}}

    def query_schema(self) -> Schema:
        return inputs.ShortText.schema()

    def write_schema(self) -> Schema:
        schema: Schema = {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": inputs.MAX_TEXT, "pattern": NO_NUL},
            "uniqueItems": True,
        }
        if self.write is not None and self.write.min_items:
            schema["minItems"] = self.write.min_items
        return {**schema, "description": self.help} if self.help else schema

    def serializer_field(self, *, required: bool) -> serializers.Field:
        least = self.write.min_items if self.write else 0
        return inputs.StrictList(
            child=inputs.StrictChar(max_length=inputs.MAX_TEXT), required=required, min_length=least or None
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts(Field):
    """Rows that belong to the record alone, as a list of objects in a fixed order."""

    model: type[Model]
    parent: str
    items: tuple[Field, ...]
    order: tuple[str, ...] = ("pk",)
    seen_by: Callable[[Actor], QuerySet] | None = None
    is_column: ClassVar[bool] = False

    def load(self, ids: Sequence[int], actor: Actor) -> dict[int, list[dict[str, Any]]]:
        rows = self.model._base_manager.all() if self.seen_by is None else self.seen_by(actor)
        found: dict[int, list[dict[str, Any]]] = {}
        names = [item.name for item in self.items]
        columns = [item.column(actor) for item in self.items]
        rows = rows.filter(OneOf(self.parent, list(ids))).order_by(self.parent, *self.order)
        for parent, *values in rows.values_list(self.parent, *columns):
            found.setdefault(parent, []).append(dict(zip(names, values, strict=True)))
        return found

    def value_schema(self) -> Schema:
        return {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {item.name: item.schema() for item in self.items},
                "required": [item.name for item in self.items],
                "additionalProperties": False,
            },
        }


class OneOf(Expression):
    """`column = ANY(ids)`: one parameter however many ids, so the statement's text is always the same.

    With the number of a list in place of ids, they are the column `ids<number>` of the table `wanted`, with which the
    statement begins: the database plans one that names the same ids in several places much faster if they stand in it
    once.
    """

    conditional = True
    output_field = BooleanField()

    def __init__(self, column: str, ids: Place | Sequence[int] | int) -> None:
        super().__init__()
        self.column: Any = F(column)
        self.ids = ids

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, expressions: Sequence[Any]) -> None:
        (self.column,) = expressions

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = compiler.compile(self.column)
        if isinstance(self.ids, int):
            listed = f"(SELECT ids{self.ids} FROM wanted)"  # noqa: S608 - a number of our own
            return f"{sql} = ANY({listed}::bigint[])", params
        return f"{sql} = ANY(%s)", [*params, self.ids]


@cache
def _list(number: int) -> Place:
    """A list of ids in the statement that reads keys."""
    return Place()


def load_keys(
    fields: Sequence[tuple[Keys, Sequence[int]]], actor: Actor, *, is_kept: bool = True
) -> dict[str, dict[int, list[str]]]:
    """Read the keys of several relations, each for its own ids, in one statement: field name → id → keys.

    `is_kept` says that these relations are often read together.
    """
    found: dict[str, dict[int, list[str]]] = {one.name: {} for one, _ in fields}
    wanted = [(one, ids) for one, ids in fields if ids]
    if not wanted:
        return found
    several: list[list[int]] = []
    for _, ids in wanted:
        if list(ids) not in several:
            several.append(list(ids))
    names = tuple((one, several.index(list(ids))) for one, ids in wanted)
    depends = any(one.link.seen_by for one, _ in names)
    statement = _statement(names, actor, is_kept) if depends else _statement_for_all(names, is_kept)
    given = {_list(number): ids for number, ids in enumerate(several)}
    for name, parent, key in statement.run(given):
        found[name].setdefault(parent, []).append(key)
    for by_id in found.values():
        for keys in by_id.values():
            keys.sort()
    return found


@lru_cache(maxsize=200)
def _statement_for_all(fields: tuple[tuple[Keys, int], ...], is_kept: bool) -> Statement:
    """The statement for relations that do not depend on who asks."""
    return _statement(fields, VISITOR, is_kept)


def _statement(fields: tuple[tuple[Keys, int], ...], actor: Actor, is_kept: bool) -> Statement:
    """Takes lists of ids (`_list`); each field comes with the number of its list."""
    several = [_keys_of(one, number, actor) for one, number in fields]
    together = several[0].union(*several[1:], all=True) if len(several) > 1 else several[0]
    sql, params = together.query.sql_with_params()
    lists = range(1 + max(number for _, number in fields))
    columns, values = ", ".join(f"ids{n}" for n in lists), ", ".join("%s::bigint[]" for _ in lists)
    return Statement(
        f"WITH wanted ({columns}) AS MATERIALIZED (SELECT {values}) {sql}",
        (*(_list(n) for n in lists), *params),
        is_kept,
    )


def _keys_of(one: Keys, ids: int, actor: Actor) -> QuerySet:
    """Rows of field name, id and key."""
    link = one.link
    key = Cast(link.key_expression(), CharField())
    rows = link.rows(actor).filter(OneOf(link.parent, ids)).order_by()
    rows = rows.values_list(Value(one.name, CharField()), link.parent, key)
    return rows.distinct() if link.distinct else rows
