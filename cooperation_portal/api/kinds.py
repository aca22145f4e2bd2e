"""The kinds of fields: text, codes, dates, numbers, keys and what the database hands over as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import CharField, F, FloatField, Func, QuerySet, TextChoices, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from rest_framework import serializers

from cooperation_portal.access.actors import Actor

from . import inputs
from .fields import EXACT, MAX_INTEGER, RANGE, Field, Schema

#: Text that PostgreSQL keeps: anything but NUL.
NO_NUL = r"^[^\u0000]*$"
#: Text with something in it beside white space.
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Field):
    max_length: int = 0

    def value_schema(self) -> Schema:
        return {"type": "string"}

    def query_schema(self) -> Schema:
        return inputs.ShortText.schema()

    def write_schema(self) -> Schema:
        required = self.write is not None and self.write.required
        schema: Schema = {"type": "string", "pattern": NOT_BLANK if required else NO_NUL}
        if self.max_length:
            schema["maxLength"] = self.max_length
        return {**schema, "description": self.help} if self.help else schema

    def serializer_field(self, *, required: bool) -> serializers.Field:
        filled = self.write is not None and self.write.required
        return inputs.StrictChar(required=required, max_length=self.max_length or None, allow_blank=not filled)


@dataclass(frozen=True, kw_only=True, eq=False)
class File(Field):
    """A file that is sent with a new record. It is not read with the record but at an address of its own."""

    def value_schema(self) -> Schema:
        return {"type": "string", "format": "binary"}

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictFile(required=required)


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Field):
    """One of a fixed set of codes."""

    choices: type[TextChoices]
    may_be_blank: bool = False
    #: Choices that this record never has, and codes that some readers are told in place of a choice.
    without: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def values(self) -> list[str]:
        return [*(value for value in self.choices.values if value not in self.without), *self.also]

    def value_schema(self) -> Schema:
        return {"type": "string", "enum": [*self.values, ""] if self.may_be_blank else self.values}

    def query_schema(self) -> Schema:
        return {"type": "string", "enum": self.values}

    def one_value(self) -> forms.Field:
        return inputs.OneOf(self.values)

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictChoice(choices=self.values, required=required)


@dataclass(frozen=True, kw_only=True, eq=False)
class Boolean(Field):
    lookups: tuple[str, ...] = ("exact",)

    def value_schema(self) -> Schema:
        return {"type": "boolean"}

    def one_value(self) -> forms.Field:
        return inputs.StrictBoolean()


@dataclass(frozen=True, kw_only=True, eq=False)
class Integer(Field):
    minimum: int = 0
    maximum: int = MAX_INTEGER

    def value_schema(self) -> Schema:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def one_value(self) -> forms.Field:
        return inputs.StrictInteger(self.minimum, self.maximum)

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictIntegerField(
            required=required, min_value=self.minimum, max_value=self.maximum, allow_null=self.nullable
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Field):
    """A decimal number, read as a JSON number."""

    minimum: float = 0
    maximum: float = 100

    def select(self, source: str | Combinable) -> Any:
        return Cast(source, FloatField())

    def value_schema(self) -> Schema:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}

    def one_value(self) -> forms.Field:
        return inputs.StrictNumber(self.minimum, self.maximum)


@dataclass(frozen=True, kw_only=True, eq=False)
class Day(Field):
    """A date."""

    lookups: tuple[str, ...] = RANGE

    def value_schema(self) -> Schema:
        return {"type": "string", "format": "date"}

    def one_value(self) -> forms.Field:
        return inputs.IsoDay()

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictDate(required=required, allow_null=self.nullable)


class _Rfc3339(Func):
    """A time as text in UTC with microseconds, made by the database."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = CharField()


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment(Field):
    """A point in time."""

    lookups: tuple[str, ...] = ("gte", "lt")

    def select(self, source: str | Combinable) -> Any:
        return _Rfc3339(source)

    def value_schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}

    def one_value(self) -> forms.Field:
        return inputs.IsoMoment()


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock(Field):
    """A time of day, without a zone."""

    def value_schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}$"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Codes(Field):
    """Several of a fixed set of codes, kept in one array column."""

    choices: type[TextChoices]
    lookups: tuple[str, ...] = EXACT

    def value_schema(self) -> Schema:
        return {"type": "array", "items": self.query_schema()}

    def query_schema(self) -> Schema:
        return {"type": "string", "enum": list(self.choices.values)}

    def write_schema(self) -> Schema:
        return {**super().write_schema(), "uniqueItems": True}

    def one_value(self) -> forms.Field:
        return inputs.OneOf(self.choices.values)

    def narrow(self, rows: QuerySet, lookup: str, value: Any, actor: Actor) -> QuerySet:
        if lookup == "exact":
            return super().narrow(rows, "contains", [value], actor)
        return super().narrow(rows, "overlap", value, actor)

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictList(child=inputs.StrictChoice(choices=self.choices.values), required=required)


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts(Field):
    """Several free texts in one array."""

    def value_schema(self) -> Schema:
        return {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, kw_only=True, eq=False)
class Names(Field):
    """A fixed group of texts as one object, such as a name in six languages: `members` maps key to column."""

    members: tuple[tuple[str, str], ...]
    is_json: ClassVar[bool] = True

    def column(self, actor: Actor) -> Any:
        pairs = [part for key, path in self.members for part in (Value(key), F(path))]
        return _JsonText(*pairs)

    def value_schema(self) -> Schema:
        names = [key for key, _ in self.members]
        return {
            "type": "object",
            "properties": {name: {"type": "string"} for name in names},
            "required": names,
            "additionalProperties": False,
        }


class _JsonText(Func):
    template = "(jsonb_build_object(%(expressions)s))::text"
    output_field = TextField()


@dataclass(frozen=True, kw_only=True, eq=False)
class Json(Field):
    """An object that is stored as JSON; handed on as it is."""

    value: Schema
    is_json: ClassVar[bool] = True

    def select(self, source: str | Combinable) -> Any:
        return Cast(source, TextField())

    def value_schema(self) -> Schema:
        return self.value


@dataclass(frozen=True, kw_only=True, eq=False)
class Key(Field):
    """A relation to one record, by its natural key. `source` is the path of the key."""

    lookups: tuple[str, ...] = EXACT

    def value_schema(self) -> Schema:
        return {"type": "string"}

    def query_schema(self) -> Schema:
        return inputs.ShortText.schema()

    def write_schema(self) -> Schema:
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": inputs.MAX_TEXT, "pattern": NO_NUL}
        return {**schema, "description": self.help} if self.help else schema

    def serializer_field(self, *, required: bool) -> serializers.Field:
        return inputs.StrictChar(required=required, max_length=inputs.MAX_TEXT)
