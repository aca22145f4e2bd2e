"""Statements that are compiled from a queryset once, and that the database plans once for each connection.

Making SQL from a queryset, and planning it, costs more than running a short statement. What differs from run to run
stands in the queryset as a `Place` (`filter(pk__gt=Value(place))`), and is filled in when the statement runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

#: So many statements are kept planned on a connection; then all are given up, which costs little.
MOST_PREPARED = 200

_PLACEHOLDERS = re.compile(r"%%|%s")
_MOST_INTEGER = 2**31
_numbers = count(1)
#: Database connection → SQL, its texts and the types of its values → the name by which the connection knows it.
_prepared: WeakKeyDictionary[Any, dict[tuple[str, tuple[str, ...], tuple[str, ...]], str]] = WeakKeyDictionary()


class Place:
    """Stands for a value that is given with each run."""


@dataclass(frozen=True)
class Statement:
    sql: str
    params: tuple[Any, ...] = ()

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """Texts that stand in the statement: they stay literals, whose type their surroundings decide."""
        return tuple(param for param in self.params if isinstance(param, str))

    @cached_property
    def _values(self) -> tuple[Any, ...]:
        return tuple(param for param in self.params if not isinstance(param, str))

    def run(self, given: Mapping[Place, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows, as the driver gives them: choose columns that need no conversion."""
        with connection.cursor() as cursor:
            return _rows(cursor, self.sql, _filled(self.params, given))

    def run_prepared(self, given: Mapping[Place, Any] | None = None) -> list[tuple[Any, ...]]:
        """The same for a statement that is run again and again: the database reads and plans its text only once."""
        values = [_short(param) for param in _filled(self._values, given)]
        if not values:
            return self.run()
        key = self.sql, self._words, tuple(map(_type_of, values))
        execute = f"EXECUTE {{}} ({', '.join(['%s'] * len(values))})"
        with connection.cursor() as cursor:
            names = _prepared.setdefault(connection.connection, {})
            if key in names:
                return _rows(cursor, execute.format(names[key]), values)
            name, give_up = f"kept_{next(_numbers)}", ""
            if len(names) >= MOST_PREPARED:
                names.clear()
                give_up = "DEALLOCATE ALL; "
            prepare = f"{give_up}PREPARE {name} ({', '.join(key[2])}) AS {self._numbered()}; "
            rows = _rows(cursor, prepare + execute.format(name), [*self._words, *values])
            names[key] = name
            return rows

    def at(self, given: Mapping[Place, Any]) -> Statement:
        """The same with values in its places."""
        return Statement(self.sql, tuple(_filled(self.params, given)))

    def _numbered(self) -> str:
        """The placeholders as PostgreSQL writes them, `$1`, `$2`, and so on, but those of texts."""
        params, numbers = iter(self.params), count(1)

        def written(found: re.Match[str]) -> str:
            is_kept = found.group() == "%%" or isinstance(next(params), str)
            return found.group() if is_kept else f"${next(numbers)}"

        return _PLACEHOLDERS.sub(written, self.sql)


def compiled(rows: QuerySet[Any, Any]) -> Statement | None:
    """The statement behind a queryset; None where Django knows without asking that nothing fits."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return Statement(sql, tuple(params))


def _filled(params: Iterable[Any], given: Mapping[Place, Any] | None) -> list[Any]:
    values = given or {}
    return [values[param] if isinstance(param, Place) else param for param in params]


def _rows(cursor: Any, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, params)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _short(param: Any) -> Any:
    """Lists of ids as one text, which the database reads faster than an array of so many expressions."""
    if isinstance(param, list) and param and all(type(one) is int for one in param):
        return f"{{{','.join(map(str, param))}}}"
    return param


def _type_of(param: Any) -> str:
    """The type that the driver's literal of a value has, so that a prepared statement means what a plain one does."""
    if isinstance(param, bool):
        return "boolean"
    if isinstance(param, int):
        return "integer" if -_MOST_INTEGER <= param < _MOST_INTEGER else "bigint"
    if isinstance(param, datetime):
        return "timestamptz"
    return "date" if isinstance(param, date) else "unknown"
