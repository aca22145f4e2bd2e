"""Brings rows of reference files into the database, in few statements.

A row that is as the file says is not touched: no write, no audit entry, no change row. A row that somebody changed in
the portal is theirs from then on: it is left as it is and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from cooperation_portal.access.actors import SYSTEM
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.audit.recording import entry_for, write_entries
from cooperation_portal.changes.recording import write_changes
from cooperation_portal.records.models import Record
from cooperation_portal.records.write import differences, plain

from .tables import Problems


@dataclass
class Part:
    """A row that belongs to a record, such as a need of a request."""

    values: dict[str, Any]
    relations: dict[str, Sequence[Any]] = field(default_factory=dict)


@dataclass
class Wanted:
    """A record as the file says it is. Relations hold records; parts are given whole."""

    place: str
    values: dict[str, Any]
    relations: dict[str, Sequence[Any]] = field(default_factory=dict)
    parts: dict[str, list[Part]] = field(default_factory=dict)


@dataclass
class Outcome:
    """How many rows of one kind were added, changed, left because people changed them, and found as they should be."""

    what: str
    added: int = 0
    changed: int = 0
    kept: int = 0
    same: int = 0
    remarks: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.added += other.added
        self.changed += other.changed
        self.kept += other.kept
        self.same += other.same
        self.remarks += other.remarks

    @property
    def total(self) -> int:
        return self.added + self.changed + self.kept + self.same


def bring_in(
    model: type[Any],
    rows: Sequence[Wanted],
    *,
    key: tuple[str, ...],
    what: str,
    actions: tuple[str, str] = ("", ""),
    parts: Sequence[str] = (),
) -> Outcome:
    """Add and change records of `model` until they are as `rows` say; `key` names the fields of the natural key.

    `actions` are the audit's names for adding and changing; rows that are no `Record` are not audited.
    `parts` are further paths to prefetch, such as
    `needs__types`. Call inside a transaction.
    """
    sync = _Sync(model, key, parts)
    outcome = Outcome(what)
    existing = sync.existing(rows)
    is_record = issubclass(model, Record)
    touched = _changed_by_people(model, existing.values()) if is_record else set()
    added: list[tuple[Any, Wanted]] = []
    changed: list[tuple[Any, Wanted, dict[str, Any], dict[str, Any]]] = []
    for row in rows:
        record = existing.get(sync.key_of(row))
        if record is None:
            added.append((sync.new(row), row))
            continue
        before, after = differences(sync.told(record, row), _told(row))
        if not after:
            outcome.same += 1
        elif record.pk in touched:
            outcome.kept += 1
            outcome.remarks.append(f"{row.place}: {record.ref} was changed in the portal and stays as it is there.")
        else:
            sync.change(record, row)
            changed.append((record, row, before, after))
    outcome.added, outcome.changed = len(added), len(changed)
    sync.save([record for record, _row in added], [record for record, *_rest in changed], rows)
    sync.relate([*added, *((record, row) for record, row, *_rest in changed)])
    if is_record:
        _tell(actions, added, changed)
    return outcome


def _tell(
    actions: tuple[str, str],
    added: list[tuple[Any, Wanted]],
    changed: list[tuple[Any, Wanted, dict[str, Any], dict[str, Any]]],
) -> None:
    entries = [entry_for(actions[0], record, SYSTEM, after=_told(row)) for record, row in added]
    entries += [entry_for(actions[1], record, SYSTEM, before=was, after=now) for record, _row, was, now in changed]
    write_entries(entries)
    write_changes([*(record for record, _row in added), *(record for record, *_rest in changed)])


class _Sync:
    def __init__(self, model: type[Any], key: tuple[str, ...], parts: Sequence[str]) -> None:
        self.model = model
        self.key = key
        self.part_paths = parts

    def key_of(self, row: Wanted) -> tuple[Any, ...]:
        return tuple(row.values[name] for name in self.key)

    def existing(self, rows: Sequence[Wanted]) -> dict[Any, Any]:
        if not rows:
            return {}
        first = rows[0]
        foreign = [f.name for f in self.model._meta.concrete_fields if f.is_relation and f.name in first.values]
        found = (
            self.model._base_manager.filter(**{f"{name}__in": {row.values[name] for row in rows} for name in self.key})
            .select_related(*foreign)
            .prefetch_related(*first.relations, *first.parts, *self.part_paths)
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        )
        return {tuple(getattr(record, name) for name in self.key): record for record in found}

    def told(self, record: Any, row: Wanted) -> dict[str, Any]:
        """What the record says now about everything that the row speaks of."""
        told = {name: _value(getattr(record, name)) for name in row.values}
        for name in row.relations:
            told[name] = _refs(getattr(record, name).all())
        for name, wanted in row.parts.items():
            like = wanted[0] if wanted else None
            told[name] = _sorted(_told_part(part, like) for part in getattr(record, name).all())
        return told

    def new(self, row: Wanted) -> Any:
        record = self.model(**row.values)
        _check(record, row)
        return record

    def change(self, record: Any, row: Wanted) -> None:
        for name, value in row.values.items():
            setattr(record, name, value)
        _check(record, row)
        if isinstance(record, Record):
            record.version += 1
            record.updated_at = timezone.now()

    def save(self, added: list[Any], changed: list[Any], rows: Sequence[Wanted]) -> None:
        try:
            with transaction.atomic():
                self._save(added, changed, rows)
        except IntegrityError:
            self._tell_culprits(rows, added + changed)
            raise

    def _tell_culprits(self, rows: Sequence[Wanted], records: list[Any]) -> None:
        """The database refused some row: find out which and why, one by one."""
        by_key = {self.key_of(row): row for row in rows}
        problems = Problems()
        for record in records:
            row = by_key[tuple(getattr(record, name) for name in self.key)]
            try:
                record.validate_constraints()
            except ValidationError as problem:
                _add(problems, row, problem)
        problems.stop_if_any()

    def _save(self, added: list[Any], changed: list[Any], rows: Sequence[Wanted]) -> None:
        self.model._base_manager.bulk_create(added, batch_size=500)
        if changed:
            names = [*rows[0].values, *(("version", "updated_at") if issubclass(self.model, Record) else ())]
            self.model._base_manager.bulk_update(changed, names, batch_size=500)

    def relate(self, saved: list[tuple[Any, Wanted]]) -> None:
        """Set the relations and parts of records just saved, each kind in two statements."""
        if not saved:
            return
        for name in saved[0][1].relations:
            _set_relation(self.model, name, [(record, row.relations[name]) for record, row in saved])
        for name in saved[0][1].parts:
            self._set_parts(name, [(record, row.parts[name]) for record, row in saved])

    def _set_parts(self, name: str, saved: list[tuple[Any, list[Part]]]) -> None:
        relation = self.model._meta.get_field(name)
        parent, part_model = relation.field.name, relation.related_model
        part_model._base_manager.filter(**{f"{parent}__in": [record.pk for record, _parts in saved]}).delete()
        made = [
            (part_model(**{parent: record}, **part.values), part.relations) for record, parts in saved for part in parts
        ]
        part_model._base_manager.bulk_create([part for part, _relations in made], batch_size=500)
        for relation_name in {key for _part, relations in made for key in relations}:
            _set_relation(part_model, relation_name, [(part, relations[relation_name]) for part, relations in made])


def _set_relation(model: Any, name: str, saved: list[tuple[Any, Sequence[Any]]]) -> None:
    relation = model._meta.get_field(name)
    through = relation.remote_field.through
    source, target = relation.m2m_column_name(), relation.m2m_reverse_name()
    through._base_manager.filter(**{f"{source}__in": [record.pk for record, _related in saved]}).delete()
    through._base_manager.bulk_create(
        [
            through(**{source: record.pk, target: related.pk})
            for record, related_records in saved
            for related in related_records
        ],
        batch_size=1000,
    )


def _check(record: Any, row: Wanted) -> None:
    """Field rules that the file's readers do not know, such as choices and lengths; no queries."""
    relations = [item.name for item in record._meta.concrete_fields if item.is_relation]
    try:
        record.clean_fields(exclude=relations)
    except ValidationError as problem:
        problems = Problems()
        _add(problems, row, problem)
        problems.stop_if_any()


def _add(problems: Problems, row: Wanted, problem: ValidationError) -> None:
    for name, sentences in problem.message_dict.items():
        place = row.place if name == NON_FIELD_ERRORS else f"{row.place}, {name}"
        problems.add(place, f"{' '.join(sentences)} Correct the row.")


def _changed_by_people(model: type[Any], records: Iterable[Any]) -> set[int]:
    """Primary keys of records that a person or a partner's key has written."""
    return set(
        AuditEntry.objects.filter(
            object_type=model.record_type,
            object_id__in=[record.pk for record in records],
            actor_kind__in=[AuditEntry.ActorKind.USER, AuditEntry.ActorKind.API_KEY],
        ).values_list("object_id", flat=True)
    )


def _told(row: Wanted) -> dict[str, Any]:
    told = {name: _value(value) for name, value in row.values.items()}
    told |= {name: _refs(related) for name, related in row.relations.items()}
    for name, parts in row.parts.items():
        told[name] = _sorted(
            {key: _value(value) for key, value in part.values.items()}
            | {key: _refs(related) for key, related in part.relations.items()}
            for part in parts
        )
    return told


def _told_part(part: Any, like: Part | None) -> dict[str, Any]:
    """A stored part in the words of `like`; without one, whatever it says differs from nothing."""
    if like is None:
        return {"id": part.pk}
    told = {name: _value(getattr(part, name)) for name in like.values}
    return told | {name: _refs(getattr(part, name).all()) for name in like.relations}


def _value(value: Any) -> Any:
    return str(getattr(value, "ref", value.pk)) if isinstance(value, models.Model) else plain(value)


def _refs(records: Iterable[Any]) -> list[str]:
    return sorted(_value(record) for record in records)


def _sorted(parts: Iterator[dict[str, Any]] | Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(parts, key=lambda part: sorted((name, str(value)) for name, value in part.items()))
