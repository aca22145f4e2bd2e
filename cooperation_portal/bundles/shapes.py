"""Where each field of a line goes: into a column, a foreign key, a relation or rows of its own.

Found from the definitions of the fields, so that a new field of a resource is written and read without a word here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cooperation_portal.api.fields import Field
from cooperation_portal.api.kinds import Key, Names, Texts
from cooperation_portal.api.relations import Keys, Parts

from .catalogue import record_files
from .recordfiles import RecordFile
from .values import Read, reader_of

#: Fields of a line that are no column: the type, and what the import itself reads.
TOLD_APART = frozenset({"type", "is_edited", "file"})


@dataclass(frozen=True, slots=True)
class Column:
    """A value in a column of the model."""

    attribute: str
    read: Read


@dataclass(frozen=True, slots=True)
class Group:
    """An object whose members are columns."""

    members: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Foreign:
    """The key of a record of type `type`, kept as its id in the column `attribute`."""

    name: str
    attribute: str
    type: str
    nullable: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Related:
    """Keys of records of type `type`, kept in the table of a many-to-many field."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class PartRows:
    """Objects kept as rows of `model`, which name the record in the foreign key `parent`."""

    model: type[Any]
    parent: str
    shape: Shape


Place = Column | Group | Foreign | Related | PartRows
Shape = dict[str, Place]


@cache
def file_types() -> dict[type[Any], RecordFile]:
    return {one.model: one for one in record_files()}


@cache
def shape_of(one: RecordFile) -> Shape:
    """Where the fields of a line go, by name, without those that the import reads itself."""
    shape: Shape = {}
    for name, field in one.resource.table.items():
        if name in TOLD_APART or (name == "ref" and one.key):
            continue
        shape[name] = _place(one.model, field)
    return shape


def names_of(shape: Shape) -> dict[str, str]:
    """Field names by attribute of the model, to tell what its own checks find."""
    names: dict[str, str] = {}
    for name, place in shape.items():
        if isinstance(place, Column):
            names[place.attribute] = name
        elif isinstance(place, Group):
            names |= {column.attribute: f"{name}/{member}" for member, column in place.members.items()}
        elif isinstance(place, Foreign):
            names[place.name] = name
    return names


def _place(model: type[Any], field: Field) -> Place:
    if isinstance(field, Parts):
        return PartRows(field.model, field.parent.removesuffix("_id"), _part_shape(field))
    if isinstance(field, Names):
        return Group({name: _column(model, attribute) for name, attribute in field.members})
    if isinstance(field, Keys):
        (relation,) = (one for one in model._meta.many_to_many if one.remote_field.through is field.link.model)
        return _related(relation)
    source = field.source if isinstance(field.source, str) and field.source else field.name
    if isinstance(field, Key):
        return _foreign(model, source.split("__")[0])
    if isinstance(field, Texts) and not isinstance(field.source, str):
        return _related(model._meta.get_field(field.name))
    return _column(model, source)


def _part_shape(parts: Parts) -> Shape:
    return {item.name: _place(parts.model, item) for item in parts.items}


def _column(model: type[Any], attribute: str) -> Column:
    column = model._meta.pk if attribute == "pk" else model._meta.get_field(attribute)
    return Column(column.name, reader_of(column))


def _foreign(model: type[Any], name: str) -> Foreign:
    column: Any = model._meta.get_field(name)
    target = column.related_model
    return Foreign(name, column.attname, file_types()[target].record_type, column.null, target is model)


def _related(relation: Any) -> Related:
    return Related(relation.name, file_types()[relation.related_model].record_type)
