"""Makes rows of the database from lines: values checked one by one, natural keys looked up, the models' rules asked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import FileField
from django.utils import timezone

from cooperation_portal.records.models import Record

from .lines import Line, Read
from .problems import Problems
from .recordfiles import RecordFile
from .shapes import Column, Foreign, Group, PartRows, Place, Related, Shape, names_of, shape_of
from .values import Unreadable, shown

#: Ids of all records read so far: type → natural key → id.
Ids = Mapping[str, Mapping[str, int]]


@dataclass
class Part:
    """A row that belongs to a record, with the ids that it is tied to."""

    row: Any
    related: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Built:
    """A record ready to be inserted."""

    line: Line
    record: Any
    related: dict[str, list[int]] = field(default_factory=dict)
    parts: dict[str, list[Part]] = field(default_factory=dict)


class Builder:
    """Builds the records of one file; what is wrong goes to `problems`."""

    def __init__(self, one: RecordFile, ids: Ids, problems: Problems) -> None:
        self.one = one
        self.ids = ids
        self.problems = problems
        self.shape = shape_of(one)
        self.attributes = names_of(self.shape)
        self.own = [place for place in self.shape.values() if isinstance(place, Foreign) and place.is_own]
        self.moments = _moments(one.model)
        self.unasked = {model: _unasked(model) for model in one.models}
        self.number = 0

    def build(self, read: Read) -> list[Built]:
        """The records of all lines in which nothing is wrong."""
        made = [built for line in read.lines if (built := self._built(line)) is not None]
        by_pk = {built.record.pk: built.record for built in made}
        for place in self.own:
            for built in made:
                other = by_pk.get(getattr(built.record, place.attribute))
                if other is not None:
                    setattr(built.record, place.name, other)
        return [built for built in made if self._keeps_rules(built)]

    def _built(self, line: Line) -> Built | None:
        self.number, before = line.number, self.problems.count
        made = Built(line, self._blank())
        self._fill(made.record, made.related, self.shape, line.told, "", made.parts)
        return made if self.problems.count == before else None

    def _blank(self) -> Any:
        """A record with what the database would give it: a line may lack what an earlier portal did not write."""
        row = self.one.model()
        for attribute in self.moments:
            setattr(row, attribute, timezone.now())
        return row

    def _fill(
        self,
        row: Any,
        related: dict[str, list[int]],
        shape: Shape,
        told: dict[str, Any],
        path: str,
        parts: dict[str, list[Part]],
    ) -> None:
        for name, place in shape.items():
            if name not in told:
                if isinstance(place, Foreign) and not place.nullable:
                    self._tell(f"{path}{name}", "is missing. Add it.")
                continue
            try:
                self._put(row, related, place, told[name], f"{path}{name}", parts)
            except Unreadable as problem:
                self._tell(f"{path}{name}{problem.path}", str(problem))

    def _put(
        self,
        row: Any,
        related: dict[str, list[int]],
        place: Place,
        value: Any,
        path: str,
        parts: dict[str, list[Part]],
    ) -> None:
        match place:
            case Column():
                setattr(row, place.attribute, place.read(value))
            case Foreign():
                setattr(row, place.attribute, self._id(place, value))
            case Related():
                related[place.name] = self._ids(place, value)
            case Group():
                self._fill(row, related, dict(place.members), _object(value, place.members), f"{path}/", parts)
            case PartRows():
                parts[path] = self._parts(place, value, path)

    def _id(self, place: Foreign, key: Any) -> int | None:
        if key is None and place.nullable:
            return None
        return self._known(place.type, key)

    def _ids(self, place: Related, keys: Any) -> list[int]:
        found = [self._at(number, place.type, key) for number, key in enumerate(_list(keys))]
        if len(set(found)) < len(found):
            raise Unreadable("names one key twice. Take one of the two out.")
        return found

    def _at(self, number: int, type_name: str, key: Any) -> int:
        try:
            return self._known(type_name, key)
        except Unreadable as problem:
            raise Unreadable(str(problem), f"/{number}") from None

    def _known(self, type_name: str, key: Any) -> int:
        known = self.ids.get(type_name, {})
        if not isinstance(key, str) or key not in known:
            raise Unreadable(f"is {shown(key)}, and the bundle has no {type_name} with this key. Correct or add it.")
        return known[key]

    def _parts(self, place: PartRows, value: Any, path: str) -> list[Part]:
        made = []
        for number, told in enumerate(_list(value)):
            part = Part(place.model())
            try:
                self._fill(part.row, part.related, place.shape, _object(told, place.shape), f"{path}/{number}/", {})
            except Unreadable as problem:
                self._tell(f"{path}/{number}{problem.path}", str(problem))
            made.append(part)
        return made

    def _keeps_rules(self, built: Built) -> bool:
        """Ask the models' rules that need no query; the database asks its own at the insert."""
        self.number, before = built.line.number, self.problems.count
        self._ask(built.record, built.line.told, "", self.attributes)
        for name, place in self.shape.items():
            if isinstance(place, PartRows):
                for number, part in enumerate(built.parts.get(name, ())):
                    self._ask(part.row, place.shape, f"{name}/{number}/", names_of(place.shape))
        return self.problems.count == before

    def _ask(self, row: Any, given: Container[str], path: str, names: Mapping[str, str]) -> None:
        try:
            row.clean_fields(exclude=self.unasked[type(row)])
            if isinstance(row, Record):
                row.clean()
        except ValidationError as problem:
            for name, found in problem.update_error_dict({}).items():
                field = names.get(name, name)
                # What forms want filled may be empty in a portal, and then came so.
                told = [one for one in found if one.code != "blank" or field.split("/")[0] not in given]
                if told:
                    sentences = " ".join(message for one in told for message in one.messages)
                    self._tell(
                        path.rstrip("/") if name == NON_FIELD_ERRORS else path + field, f"{sentences} Correct it."
                    )

    def _tell(self, path: str, sentence: str) -> None:
        self.problems.add(self.one.name, sentence, line=self.number, field=path)


def _moments(model: type[Any]) -> tuple[str, ...]:
    columns = model._meta.concrete_fields
    return tuple(c.attname for c in columns if getattr(c, "auto_now", False) or getattr(c, "auto_now_add", False))


def _unasked(model: type[Any]) -> frozenset[str]:
    """Columns with nothing to ask of: keys, which were looked up, and what the import sets itself afterwards."""
    columns = model._meta.concrete_fields
    return frozenset(c.name for c in columns if c.is_relation or c.primary_key or isinstance(c, FileField))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable(f"is {shown(value)}. Give a list in square brackets.")
    return value


def _object(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Unlike a whole line, a part has all its fields: they came with it."""
    if not isinstance(value, dict):
        raise Unreadable(f"is {shown(value)}. Give an object in curly brackets.")
    wanted = tuple(names)
    for name in value:
        if name not in wanted:
            raise Unreadable(f"is no field here. The fields are {', '.join(wanted)}.", f"/{name}")
    for name in wanted:
        if name not in value:
            raise Unreadable("is missing. Add it.", f"/{name}")
    return value
