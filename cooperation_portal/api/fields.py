"""Fields of a resource. One definition gives a field's column, JSON, filters, OpenAPI and check of what is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from rest_framework import serializers

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.querysets import EVERYTHING, NOTHING

from . import inputs
from .deprecation import Deprecation

Schema = dict[str, Any]
#: An ORM path, an expression, or a function that makes one for whoever asks.
Source = str | Combinable | Callable[[Actor], Combinable]

MAX_INTEGER = 2**31 - 1
MAX_ID = 2**63 - 1
#: Most values in one `__in`.
MAX_CHOICES = 200

EXACT = ("exact", "in")
RANGE = ("gte", "lt", "isnull")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who reads a field: `q` gives the rows of which an actor does. In all others the field is null."""

    q: Callable[[Actor], Q]
    sentence: str

    def always(self, actor: Actor) -> bool:
        return self.q(actor) == EVERYTHING

    def never(self, actor: Actor) -> bool:
        return self.q(actor) == NOTHING


@dataclass(frozen=True, slots=True)
class Write:
    """The field can be sent. `required` holds for new records; a change sends what it likes.

    What is written `once` is said when the record is made and does not change.
    """

    required: bool = False
    once: bool = False
    min_items: int = 0


OPTIONAL = Write()
REQUIRED = Write(required=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Base of all fields. `name` is what partners see; `source` defaults to it.

    `lookups` are the allowed filters: "exact" becomes `?name=`, the others `?name__<lookup>=`. `to` names the resource
    that `expand=` opens.
    """

    name: str
    help: str = ""
    source: Source = ""
    nullable: bool = False
    lookups: tuple[str, ...] = ()
    rule: Rule | None = None
    to: str = ""
    write: Write | None = None
    deprecated: Deprecation | None = None

    #: Whether the value is read with the row itself; if not, it is a relation and read for the whole page at once.
    is_column: ClassVar[bool] = True
    #: Whether the database hands over finished JSON.
    is_json: ClassVar[bool] = False

    # Reading

    def column(self, actor: Actor) -> Any:
        """What to select: a path, or an expression in which rows that the actor may not read give NULL."""
        selected = self.select(self.source_for(actor))
        if self.rule is None or self.rule.always(actor):
            return selected
        if self.rule.never(actor):
            return Value(None, output_field=TextField())
        return Case(When(self.rule.q(actor), then=as_expression(selected)), default=Value(None))

    def source_for(self, actor: Actor) -> str | Combinable:
        source = self.source or self.name
        return source if isinstance(source, (str, Combinable)) else source(actor)

    def select(self, source: str | Combinable) -> Any:
        return source

    # Filtering

    def narrow(self, rows: QuerySet, lookup: str, value: Any, actor: Actor) -> QuerySet:
        """Keep rows that fit; a row whose field the actor may not read never does."""
        if self.rule is not None:
            rows = rows.filter(self.rule.q(actor))
        source = self.source_for(actor)
        if isinstance(source, str):
            return rows.filter(**{self.lookup_path(source, lookup): value})
        alias = f"_by_{self.name}"
        return rows.alias(**{alias: source}).filter(**{self.lookup_path(alias, lookup): value})

    def lookup_path(self, source: str, lookup: str) -> str:
        return f"{source}__{lookup}"

    def form_field(self, lookup: str) -> forms.Field:
        """Reads the text of a query parameter; raises `ValidationError`."""
        if lookup == "isnull":
            return inputs.StrictBoolean()
        if lookup == "in":
            return inputs.Several(self.one_value(), most=MAX_CHOICES)
        return self.one_value()

    def one_value(self) -> forms.Field:
        return inputs.ShortText()

    # Describing

    def value_schema(self) -> Schema:
        raise NotImplementedError

    def schema(self) -> Schema:
        """JSON Schema of what is read."""
        schema = self.value_schema()
        if self.nullable or self.rule is not None:
            schema = nullable(schema)
        sentence = " ".join(part for part in (self.help, self.rule.sentence if self.rule else "") if part)
        return {**schema, "description": sentence} if sentence else schema

    def write_schema(self) -> Schema:
        """JSON Schema of what may be sent."""
        schema = self.value_schema()
        if self.nullable:
            schema = nullable(schema)
        return {**schema, "description": self.help} if self.help else schema

    def parameter_schema(self, lookup: str) -> Schema:
        if lookup == "isnull":
            return {"type": "boolean"}
        one = self.query_schema()
        if lookup == "in":
            return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_CHOICES}
        return one

    def query_schema(self) -> Schema:
        return self.value_schema()

    # Writing

    def serializer_field(self, *, required: bool) -> serializers.Field:
        raise NotImplementedError(f"{type(self).__name__} cannot be written.")


def as_expression(selected: Any) -> Any:
    return F(selected) if isinstance(selected, str) else selected


def nullable(schema: Schema) -> Schema:
    """The same schema, or null (JSON Schema 2020-12, as OpenAPI 3.1 uses it)."""
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    wider = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        wider["enum"] = [*schema["enum"], None]
    return wider


def by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """Fields under their names; two of one name are a mistake of whoever defined them."""
    table: dict[str, Field] = {}
    for field in fields:
        if field.name in table:
            raise ValueError(f"Two fields are called {field.name}.")
        table[field.name] = field
    return table
