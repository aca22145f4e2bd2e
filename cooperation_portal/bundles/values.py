"""Reads one JSON value as a column keeps it. What is wrong with it is a sentence that says what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

Read = Callable[[Any], Any]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"\d{2}:\d{2}:\d{2}(\.\d{1,6})?")
_LONGEST_SHOWN = 60


class Unreadable(ValueError):
    """The value cannot be kept there; the message says why and what to write. `path` leads into lists."""

    def __init__(self, sentence: str, path: str = "") -> None:
        self.path = path
        super().__init__(sentence)


def reader_of(column: Any) -> Read:
    """What reads values for a column of a model; null is read where the column may be empty."""
    read = _reader_of_filled(column)

    def read_or_null(value: Any) -> Any:
        if value is not None:
            return read(value)
        if column.null:
            return None
        raise Unreadable("is null. Give a value.")

    return read_or_null


def shown(value: Any) -> str:
    """A value in a message: as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _reader_of_filled(column: Any) -> Read:
    if isinstance(column, ArrayField):
        return _list_of(_reader_of_filled(column.base_field))
    if column.choices:
        return _one_of([value for value, _label in column.flatchoices], may_be_blank=column.blank)
    for kind, read in _READERS:
        if isinstance(column, kind):
            return read
    raise TypeError(f"Bundles cannot read a {type(column).__name__}.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable(f"is {shown(value)}. Give text in quotation marks.")
    if "\0" in value:
        raise Unreadable("has a NUL character, which the database cannot keep. Take it out.")
    return value


def _one_of(values: list[Any], *, may_be_blank: bool) -> Read:
    allowed = {*values, ""} if may_be_blank else set(values)

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise Unreadable(f"is {shown(value)}. Choose one of: {', '.join(str(one) for one in values)}.")
        return value

    return read


def _list_of(read_item: Read) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unreadable(f"is {shown(value)}. Give a list in square brackets.")
        items = []
        for place, item in enumerate(value):
            try:
                items.append(read_item(item))
            except Unreadable as problem:
                raise Unreadable(str(problem), f"/{place}{problem.path}") from None
        return items

    return read


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unreadable(f"is {shown(value)}. Write true or false.")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"is {shown(value)}. Write a whole number.")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"is {shown(value)}. Write a number.")
    return float(value)


def _decimal(value: Any) -> Decimal:
    _number(value)
    return Decimal(str(value))


def _day(value: Any) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Unreadable(f"is {shown(value)}. Write a day as 2027-03-12.")


def _moment(value: Any) -> datetime:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable(f"is {shown(value)}. Write a time as 2027-03-12T09:30:00.000000Z.")


def _clock(value: Any) -> time:
    try:
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            return time.fromisoformat(value)
    except ValueError:
        pass
    raise Unreadable(f"is {shown(value)}. Write a time of day as 09:30:00.")


def _uuid(value: Any) -> UUID:
    try:
        return UUID(_text(value))
    except ValueError:
        raise Unreadable(f"is {shown(value)}. Write a UUID.") from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"is {shown(value)}. Give an object in curly brackets.")
    if _has_nul(value):
        raise Unreadable("has a NUL character, which the database cannot keep. Take it out.")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or _has_nul(member) for name, member in value.items())
    return isinstance(value, list) and any(_has_nul(member) for member in value)


_READERS: tuple[tuple[type[models.Field], Read], ...] = (
    (models.BooleanField, _boolean),
    (models.DateTimeField, _moment),
    (models.DateField, _day),
    (models.TimeField, _clock),
    (models.DecimalField, _decimal),
    (models.FloatField, _number),
    (models.IntegerField, _integer),
    (models.UUIDField, _uuid),
    (models.JSONField, _object),
    (models.CharField, _text),
    (models.TextField, _text),
)
