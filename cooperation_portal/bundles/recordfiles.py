"""What a file of a bundle is made of: the fields of the API, with what a restore needs beside them."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet

from cooperation_portal.api.fields import Field, by_name
from cooperation_portal.api.kinds import Boolean, Key
from cooperation_portal.api.relations import Keys, Parts
from cooperation_portal.api.resources import Resource
from cooperation_portal.audit.models import AuditEntry

PEOPLE = (AuditEntry.ActorKind.USER, AuditEntry.ActorKind.API_KEY)


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows(Resource):
    """Rows that are no records: without version, times and visibility, and not part of the API."""

    model: type[Any]
    type_name: str

    @property
    def type(self) -> str:
        return self.type_name

    @cached_property
    def table(self) -> dict[str, Field]:
        return by_name((*self._head(), *self.fields))


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordFile:
    """One file: all records of a type, by ascending id.

    `key` says how the natural key follows from other fields, such as `{request}/{offer}`; it is empty where the key is
    a column of its own. `extra` are fields of a line that are no field of the resource.
    """

    resource: Resource
    key: str = ""
    extra: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.resource.name}.ndjson"

    @property
    def record_type(self) -> str:
        return self.resource.type

    @property
    def model(self) -> type[Any]:
        return self.resource.model

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Fields of a line in their order."""
        return ("type", *self.resource.table, *self.extra)

    @cached_property
    def key_parts(self) -> tuple[str, ...]:
        return tuple(name for _text, name, _spec, _conversion in string.Formatter().parse(self.key) if name)

    @property
    def models(self) -> tuple[type[Model], ...]:
        """The tables that the file fills: its own and those of its parts."""
        parts = (field.model for field in self.resource.table.values() if isinstance(field, Parts))
        return (self.model, *parts)

    def rows(self) -> QuerySet:
        """Every row, drafts and confidential ones too: a bundle is complete, and for the operator alone.

        Nobody's rights are asked here, so nothing but the commands of bundles may call it.
        """
        rows: QuerySet = self.model._base_manager.order_by("pk")
        return rows


def complete(resource: Resource, *, own: Iterable[Field] = (), without: Iterable[str] = ()) -> Resource:
    """The resource as its owner and the portal know it: no field is hidden from anybody, none follows from others.

    `own` are fields in place of the API's of that name, or beside; `without` names further fields that are left out.
    """
    mine = {field.name: field for field in own}
    left_out = set(without)
    kept = [field for field in resource.fields if field.name not in left_out and _is_kept(resource.model, field)]
    fields = [mine.pop(field.name, field) for field in kept]
    if unknown := left_out - {field.name for field in resource.fields}:
        raise ValueError(f"The resource {resource.name} has no {', '.join(sorted(unknown))}.")
    return replace(resource, fields=tuple(_open(field) for field in (*fields, *mine.values())))


def _is_kept(model: type[Any], field: Field) -> bool:
    """Whether the field says where its value is kept; all others are computed, and computed again after an import."""
    if isinstance(field, Keys):
        tables = [relation.remote_field.through for relation in model._meta.many_to_many]
        return any(table is field.link.model and table._meta.auto_created for table in tables)
    if isinstance(field, (Parts, Key)):
        return isinstance(field.source, str)
    return isinstance(field.source, str) and "__" not in field.source


def _open(field: Field) -> Field:
    """The same field for everybody who reads the row."""
    if isinstance(field, Keys) and field.link.seen_by is not None:
        field = replace(field, link=replace(field.link, seen_by=None))
    if isinstance(field, Parts) and field.seen_by is not None:
        field = replace(field, seen_by=None)
    return replace(field, rule=None) if field.rule is not None else field


def with_items(resource: Resource, name: str, *items: Field) -> Parts:
    """Parts of the resource with more fields in each."""
    (parts,) = (field for field in resource.fields if field.name == name)
    assert isinstance(parts, Parts)  # noqa: S101 - a mistake in the table of record files
    return replace(parts, items=(*parts.items, *items))


def edited(record_type: str) -> Boolean:
    """Whether people changed the record: what reference files say is then not brought in over it."""
    written = AuditEntry.objects.filter(object_type=record_type, object_id=OuterRef("pk"), actor_kind__in=PEOPLE)
    return Boolean(name="is_edited", help="Whether a person or a partner's key changed it.", source=Exists(written))
