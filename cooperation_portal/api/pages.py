"""Reading one page of a list, by a statement that is compiled once for all who see alike.

Making SQL from a queryset costs more than running it. Without filters the statement depends only on the resource, on
what its reader may see, and on how much is asked; where the page begins is a parameter. With filters it is made anew.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from cooperation_portal.access.actors import Actor

from . import etags
from .filtering import apply_filters
from .querystring import Asked
from .resources import Resource
from .rows import Selection, fetch

#: Before every id.
BEGINNING = -1

#: Stands for the id after which a page begins; no list has it.
_AFTER = -1_540_232_520_040_428
#: So many statements are kept; then all are made anew, which costs little.
_MOST = 500

Statement = tuple[str, tuple[Any, ...]]
_statements: dict[Any, Statement | None] = {}


def read_marks(resource: Resource, actor: Actor, asked: Asked, after: int) -> list[tuple[Any, ...]]:
    """Row version and id of the rows of a page, and of one more where another page follows."""
    return _read(resource, actor, asked, after, None)


def read_page(selection: Selection, asked: Asked, after: int) -> list[tuple[Any, ...]]:
    """The same with the columns of a selection."""
    return _read(selection.resource, selection.actor, asked, after, selection)


def narrowed(resource: Resource, actor: Actor, asked: Asked) -> QuerySet:
    """What the actor may read of a list, narrowed as asked for."""
    return apply_filters(resource, resource.rows(actor), asked.filters, actor)


def _read(
    resource: Resource, actor: Actor, asked: Asked, after: int, selection: Selection | None
) -> list[tuple[Any, ...]]:
    if asked.filters:
        return fetch(_select(resource, actor, asked, after, selection))
    # The day is part of it because some rules look at the date.
    picked = asked.picked if selection else ()
    shape = (resource.name, etags.scope_of(actor), asked.limit, selection is None, picked, timezone.localdate())
    if shape not in _statements:
        if len(_statements) >= _MOST:
            _statements.clear()
        _statements[shape] = _compiled(_select(resource, actor, asked, _AFTER, selection))
    statement = _statements[shape]
    if statement is None:
        return []
    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(sql, [after if param == _AFTER else param for param in params])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _select(resource: Resource, actor: Actor, asked: Asked, after: int, selection: Selection | None) -> QuerySet:
    rows = narrowed(resource, actor, asked).filter(pk__gt=after)[: asked.limit + 1]
    version = etags.RowVersion()
    return rows.values_list(version, "pk") if selection is None else selection.select(rows, version)


def _compiled(rows: QuerySet) -> Statement | None:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(params)
