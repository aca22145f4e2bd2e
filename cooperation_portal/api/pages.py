"""Reading a page of a list, or records by id, by statements that are compiled once for all who see alike.

Making SQL from a queryset costs more than running it. Without filters the statement depends only on the resource, on
what its reader may see, and on how much is asked; where the page begins is a parameter. With filters it is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from cooperation_portal.access.actors import Actor

from . import etags
from .catalogue import change_types
from .filtering import apply_filters
from .querystring import Asked
from .relations import Ids, OneOf
from .resources import Resource
from .rows import Object, Selection, fetch

#: Before every id.
BEGINNING = -1

#: Stands for the id after which a page begins; no list has it.
_AFTER = -1_540_232_520_040_428
#: Stands for the ids of records that are read by them.
_IDS = Ids()
#: So many statements are kept; then all are made anew, which costs little.
_MOST = 500

Statement = tuple[str, tuple[Any, ...]]
_statements: dict[Any, Statement | None] = {}


def read_state(resource: Resource, actor: Actor, asked: Asked, after: int) -> tuple[list[int | None], str]:
    """What tells whether a page changed, in one statement: `etags.newest_changes` of the list, and the page's marks."""
    types = list(change_types(resource.name))
    statement = _marks(resource, actor, asked, after)
    if statement is None:
        return etags.newest_changes(types, actor), marks_of([])
    sql, params = statement
    newest_sql, newest_params = etags.newest_statement(types, actor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ARRAY({newest_sql}), "  # noqa: S608 - SQL that Django made
            "md5(coalesce(string_agg(id || ':' || version, ',' ORDER BY id), '')) "
            f"FROM ({sql}) AS page (version, id)",
            [*newest_params, *_filled(params, {_AFTER: after})],
        )
        newest, marks = cursor.fetchone()
    return newest, marks


def marks_of(rows: Iterable[tuple[Any, ...]]) -> str:
    """The same marks from the rows of a page, which begin with row version and id."""
    text = ",".join(f"{row[1]}:{row[0]}" for row in rows)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def read_page(selection: Selection, asked: Asked, after: int) -> list[tuple[Any, ...]]:
    """Row version, id and the columns of a selection: the rows of a page, and one more where another page follows."""
    return _read(selection.resource, selection.actor, asked, after, selection)


def read_records(resource: Resource, actor: Actor, ids: Iterable[int]) -> list[Object]:
    """The records with these ids that the actor may read, in full and by ascending id."""
    selection = Selection(resource, actor)
    statement = _kept(
        (resource.name, etags.scope_of(actor), "by id", timezone.localdate()),
        lambda: selection.select(resource.rows(actor).filter(OneOf("pk", _IDS))),
    )
    return selection.objects(_run(statement, {_IDS: list(ids)}))


def narrowed(resource: Resource, actor: Actor, asked: Asked) -> QuerySet:
    """What the actor may read of a list, narrowed as asked for."""
    return apply_filters(resource, resource.rows(actor), asked.filters, actor)


def _read(resource: Resource, actor: Actor, asked: Asked, after: int, selection: Selection) -> list[tuple[Any, ...]]:
    if asked.filters:
        return fetch(selection.select(_rows(resource, actor, asked, after), etags.RowVersion()))
    statement = _kept(
        (resource.name, etags.scope_of(actor), asked.limit, asked.picked, timezone.localdate()),
        lambda: selection.select(_rows(resource, actor, asked, _AFTER), etags.RowVersion()),
    )
    return _run(statement, {_AFTER: after})


def _marks(resource: Resource, actor: Actor, asked: Asked, after: int) -> Statement | None:
    """Row versions and ids of a page, and of one row more where another page follows."""
    if asked.filters:
        return _compiled(_rows(resource, actor, asked, after).values_list(etags.RowVersion(), "pk"))
    return _kept(
        (resource.name, etags.scope_of(actor), asked.limit, "marks", timezone.localdate()),
        lambda: _rows(resource, actor, asked, _AFTER).values_list(etags.RowVersion(), "pk"),
    )


def _kept(shape: Any, make: Callable[[], QuerySet]) -> Statement | None:
    """The statement of a shape. The day is part of every shape because some rules look at the date."""
    if shape not in _statements:
        if len(_statements) >= _MOST:
            _statements.clear()
        _statements[shape] = _compiled(make())
    return _statements[shape]


def _run(statement: Statement | None, given: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
    """Run a statement with what its places stand for."""
    if statement is None:
        return []
    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(sql, _filled(params, given))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _filled(params: Iterable[Any], given: Mapping[Any, Any]) -> list[Any]:
    ((place, value),) = given.items()
    return [value if param is place or param == place else param for param in params]


def _rows(resource: Resource, actor: Actor, asked: Asked, after: int) -> QuerySet:
    return narrowed(resource, actor, asked).filter(pk__gt=after)[: asked.limit + 1]


def _compiled(rows: QuerySet) -> Statement | None:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(params)
