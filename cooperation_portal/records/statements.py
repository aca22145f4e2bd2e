"""Statements that are compiled from a queryset once and, if they are to be kept, planned once for each connection.

Making SQL from a queryset, and planning it, costs more than running a short statement. What differs from run to run
stands in the queryset as a `Place` (`filter(pk__gt=Value(place))`), and is filled in when the statement runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import NotSupportedError, connection
from django.db.models import QuerySet

#: So many statements are kept planned on a connection; then all are given up, which costs little.
MOST_PREPARED = 200
#: With more ids than this, how many there are decides about the plan: it is made anew.
MOST_IDS = 200

_PLACEHOLDERS = re.compile(r"%%|%s")
_MOST_INTEGER = 2**31
_numbers = count(1)


class Place:
    """Stands for a value that is given with each run."""


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters. `is_kept` is for texts of which there are few and that are run again and again."""

    sql: str
    params: tuple[Any, ...] = ()
    is_kept: bool = False

    def run(self, given: Mapping[Place, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows, as the driver gives them: choose columns that need no conversion.

        Raises `KeyError` for a place without a value.
        """
        if self.is_kept:
            values = _filled(self._values, given)
            if values and not any(isinstance(value, list) and len(value) > MOST_IDS for value in values):
                return self._run_prepared(values)
        with connection.cursor() as cursor:
            return _rows(cursor, self.sql, _filled(self.params, given))

    def at(self, given: Mapping[Place, Any]) -> Statement:
        """The same with values in its places."""
        return replace(self, params=tuple(_filled(self.params, given)))

    def with_sql(self, stands_for: Any, sql: str) -> Statement:
        """The same with a piece of SQL wherever a parameter is this value."""
        params = iter(self.params)
        kept: list[Any] = []

        def written() -> str:
            param = next(params)
            if type(param) is type(stands_for) and param == stands_for:
                return sql
            kept.append(param)
            return "%s"

        return replace(self, sql=_rewritten(self.sql, written), params=tuple(kept))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """Texts that stand in the statement: they stay literals, whose type their surroundings decide."""
        return tuple(param for param in self.params if isinstance(param, str))

    @cached_property
    def _values(self) -> tuple[Any, ...]:
        return tuple(param for param in self.params if not isinstance(param, str))

    @cached_property
    def _numbered(self) -> str:
        """The placeholders as PostgreSQL writes them, `$1`, `$2`, and so on, but those of texts."""
        params, numbers = iter(self.params), count(1)
        return _rewritten(self.sql, lambda: "%s" if isinstance(next(params), str) else f"${next(numbers)}")

    def _run_prepared(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        key = self.sql, self._words, tuple(map(_type_of, values))
        values = [_short(value) for value in values]
        execute = f"EXECUTE {{}} ({', '.join(['%s'] * len(values))})"
        with connection.cursor() as cursor:
            prepared = _prepared.setdefault(connection.connection, _Prepared())
            if key in prepared.names:
                try:
                    return _rows(cursor, execute.format(prepared.names[key]), values)
                except NotSupportedError:
                    # A column got another type since, by a migration under way.
                    del prepared.names[key]
                    if connection.in_atomic_block:
                        raise
            name, give_up = prepared.new_name()
            prepare = f"{give_up}PREPARE {name} ({', '.join(key[2])}) AS {self._numbered}; "
            rows = _rows(cursor, prepare + execute.format(name), [*self._words, *values])
            prepared.names[key] = name
            return rows


@dataclass(slots=True)
class _Prepared:
    """What a connection has prepared: SQL, its texts and the types of its values → the name there."""

    names: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str] = field(default_factory=dict)
    #: With those that the connection keeps though their first run failed.
    count: int = 0

    def new_name(self) -> tuple[str, str]:
        """A name, and SQL to be run before it is used."""
        give_up = ""
        if self.count >= MOST_PREPARED:
            self.names.clear()
            self.count, give_up = 0, "DEALLOCATE ALL; "
        self.count += 1
        return f"kept_{next(_numbers)}", give_up


_prepared: WeakKeyDictionary[Any, _Prepared] = WeakKeyDictionary()


def compiled(rows: QuerySet[Any, Any], *, is_kept: bool = False) -> Statement | None:
    """The statement behind a queryset; None where Django knows without asking that nothing fits."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return Statement(sql, tuple(params), is_kept)


def _filled(params: Iterable[Any], given: Mapping[Place, Any] | None) -> list[Any]:
    values = given or {}
    return [values[param] if isinstance(param, Place) else param for param in params]


def _rows(cursor: Any, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, params)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _rewritten(sql: str, placeholder: Callable[[], str]) -> str:
    """The same SQL with its placeholders written anew, from the first to the last."""
    return _PLACEHOLDERS.sub(lambda found: "%%" if found.group() == "%%" else placeholder(), sql)


def _short(value: Any) -> Any:
    """Lists of ids as one text, which the database reads faster than an array of so many expressions."""
    if isinstance(value, list) and value and all(type(one) is int for one in value):
        return f"{{{','.join(map(str, value))}}}"
    return value


def _type_of(value: Any) -> str:
    """The type that the driver's literal of a value has, so that a prepared statement means what a plain one does."""
    if value is None or isinstance(value, str | list):
        return "unknown"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_MOST_INTEGER <= value < _MOST_INTEGER else "bigint"
    for kinds, name in _TYPES:
        if isinstance(value, kinds):
            return name
    raise TypeError(f"A statement that is kept cannot hold a {type(value).__name__}.")


_TYPES: tuple[tuple[Any, str], ...] = (
    (datetime, "timestamptz"),
    (date, "date"),
    (timedelta, "interval"),
    (float | Decimal, "numeric"),
)
