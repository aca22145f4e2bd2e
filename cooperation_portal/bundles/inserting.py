"""Inserts built records in bulk. When the database refuses some, finds which and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DataError, IntegrityError, connection, models, transaction

from cooperation_portal.records import bulk

from .building import Built, Part
from .problems import Problems
from .recordfiles import RecordFile
from .shapes import PartRows, shape_of

#: PostgreSQL manual, appendix A.
UNIQUE_VIOLATION = "23505"


def insert(one: RecordFile, built: Sequence[Built], problems: Problems) -> None:
    """Insert records with their relations and parts, by a few COPYs."""
    if not built or _inserted(one, built) is None:
        return
    _tell_refused(one, built, problems)


def _inserted(one: RecordFile, built: Sequence[Built]) -> Exception | None:
    """Insert all or none; give back why not."""
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            _insert(one.model, [item.record for item in built])
            _relate(one.model, [(item.record.pk, item.related) for item in built])
            for name, place in shape_of(one).items():
                if isinstance(place, PartRows):
                    _insert_parts(place, [(item.record.pk, item.parts.get(name, [])) for item in built])
    except (IntegrityError, DataError) as problem:
        return problem
    return None


def _tell_refused(one: RecordFile, built: Sequence[Built], problems: Problems) -> None:
    """Halve what is refused until single records are left. What fits stays, so that later ones clash with it."""
    problem = _inserted(one, built)
    if problem is None or problems.is_full:
        return
    if len(built) > 1:
        middle = len(built) // 2
        _tell_refused(one, built[:middle], problems)
        _tell_refused(one, built[middle:], problems)
        return
    problems.add(one.name, _why(one, problem), line=built[0].line.number)


def _why(one: RecordFile, problem: Exception) -> str:
    """The rule's own sentence, without the row: it may be confidential."""
    told = getattr(problem.__cause__, "diag", None)
    name = getattr(told, "constraint_name", None)
    for model in one.models:
        for rule in model._meta.constraints:
            if rule.name == name and rule.violation_error_message != rule.default_violation_error_message:
                return str(rule.violation_error_message)
    if told is not None and told.sqlstate == UNIQUE_VIOLATION:
        return f"another record has this already: {told.message_detail} Correct one of the two."
    if name:
        return f"breaks the rule {name} of the database. Correct the record."
    return f"cannot be kept: {getattr(told, 'message_primary', None) or 'the database refuses it'}. Correct the record."


def _insert(model: type[Any], rows: Sequence[Any]) -> None:
    columns = [column for column in model._meta.concrete_fields if not (column.primary_key and rows[0].pk is None)]
    names = ["pk" if column.primary_key else column.name for column in columns]
    attributes = [column.attname for column in columns]
    bulk.insert(model, names, ([getattr(row, name) for name in attributes] for row in rows))


def _relate(model: type[Any], tied: Iterable[tuple[int, dict[str, list[int]]]]) -> None:
    pairs: dict[str, list[tuple[int, int]]] = {}
    for pk, related in tied:
        for name, ids in related.items():
            pairs.setdefault(name, []).extend((pk, other) for other in ids)
    for name, rows in pairs.items():
        relation: Any = model._meta.get_field(name)
        bulk.insert(relation.remote_field.through, [relation.m2m_field_name(), relation.m2m_reverse_field_name()], rows)


def _insert_parts(place: PartRows, owned: Iterable[tuple[int, list[Part]]]) -> None:
    parent: models.ForeignKey = place.model._meta.get_field(place.parent)
    parts: list[Part] = []
    for pk, own in owned:
        for part in own:
            setattr(part.row, parent.attname, pk)
        parts += own
    if not parts:
        return
    for part, pk in zip(parts, bulk.next_keys(place.model, len(parts)), strict=True):
        part.row.pk = pk
    _insert(place.model, [part.row for part in parts])
    _relate(place.model, [(part.row.pk, part.related) for part in parts])
