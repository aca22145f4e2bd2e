"""Many rows in one statement, for work of the portal itself: COPY for new rows, one UPDATE for changed ones.

Nothing here validates, audits or notes a change; the services that call it do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone

T = TypeVar("T")

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def some_at_once(several: Iterable[T], most: int) -> Iterator[list[T]]:
    """The same in lists of at most so many."""
    waiting = iter(several)
    while some := list(islice(waiting, most)):
        yield some


def next_keys(model: type[models.Model], count: int) -> list[int]:
    """Draw primary keys for rows to be inserted, so that other rows can name them in the same transaction."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', model._meta.pk.column, count],
        )
        return [key for (key,) in cursor.fetchall()]


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows by COPY. Fields not named get their defaults; a primary key not named is drawn by the database."""
    named = [_field(model, name) for name in fields]
    others = [field for field in model._meta.concrete_fields if field not in named and not field.primary_key]
    _copy(model._meta.db_table, [*named, *others], rows, [_default(field) for field in others])


def upsert(model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, or set `fields` where the first of them, the primary key, is there already.

    Give the rows in the order of keys: two that write the same rows then never wait for each other in a circle.
    """
    if not rows:
        return
    named = [_field(model, name) for name in fields]
    table = model._meta.db_table
    columns = ", ".join(f'"{field.column}"' for field in named)
    settings = ", ".join(f'"{field.column}" = EXCLUDED."{field.column}"' for field in named[1:])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TEMPORARY TABLE "{table}_in" (LIKE "{table}") ON COMMIT DROP')
        _copy(f"{table}_in", named, rows)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM "{table}_in" '  # noqa: S608 - names of our own
                f'ON CONFLICT ("{named[0].column}") DO UPDATE SET {settings}'
            )
            cursor.execute(f'DROP TABLE "{table}_in"')


def update(model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set `fields` of many rows at once; each row of `rows` begins with the primary key."""
    if not rows:
        return
    named = [_field(model, name) for name in fields]
    pk = model._meta.pk
    columns = [pk, *named]
    arrays = [[_plain(field, row[place]) for row in rows] for place, field in enumerate(columns)]
    unnested = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in columns)
    names = ", ".join(f'"{field.column}"' for field in columns)
    settings = ", ".join(f'"{field.column}" = written."{field.column}"' for field in named)
    table = f'"{model._meta.db_table}"'
    statement = (
        f"UPDATE {table} SET {settings} FROM unnest({unnested}) AS written ({names}) "  # noqa: S608 - names of our own
        f'WHERE {table}."{pk.column}" = written."{pk.column}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, arrays)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _default(field: Any) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    return field.get_default()


def _copy(table: str, fields: Sequence[Any], rows: Iterable[Sequence[Any]], filling: Sequence[Any] = ()) -> None:
    """COPY rows into a table; `filling` are the values of the last fields, the same in every row."""
    writers = [_writer(field) for field in fields]
    own = len(fields) - len(filling)
    end = "".join("\t" + write(value) for write, value in zip(writers[own:], filling, strict=True)) + "\n"
    lines = ["\t".join([write(value) for write, value in zip(writers[:own], row, strict=True)]) + end for row in rows]
    if not lines:
        return
    columns = ", ".join(f'"{field.column}"' for field in fields)
    statement = f'COPY "{table}" ({columns}) FROM STDIN'
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, StringIO("".join(lines)))


def _writer(field: Any) -> Callable[[Any], str]:
    """Writes a value of the field in the text format of COPY."""
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False, cls=field.encoder).translate(_ESCAPES)
    return _copied


def _copied(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return _array(value).translate(_ESCAPES)
    return str(value)


def _plain(field: Any, value: Any) -> Any:
    """A value as the database's text form of the field takes it."""
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False, cls=field.encoder)
    return value


def _array(values: list[Any]) -> str:
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
