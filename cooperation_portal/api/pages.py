"""Reading a page of a list, or records by id, by statements that are compiled once for all who see alike.

Without filters the statement depends only on the resource, on what its reader may see, and on how much is asked; where
the page begins is a parameter. With filters it is made anew. Statements of pages are not kept by the database, since
callers choose their columns and there would be too many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet, Value
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.records.statements import Place, Statement, compiled

from . import etags
from .catalogue import change_types
from .filtering import apply_filters
from .querystring import Asked
from .relations import OneOf
from .resources import Resource
from .rows import Object, Selection, fetch

#: Before every id.
BEGINNING = -1

#: The id after which a page begins, how many rows are read of it, and the ids of records that are read by them.
_AFTER, _MOST, _IDS = Place(), Place(), Place()
#: So many statements are remembered; then all are made anew, which costs little.
_MOST_MADE = 500

_statements: dict[Any, Statement | None] = {}


@dataclass(frozen=True, slots=True)
class State:
    """What tells whether a page changed: `etags.newest_changes` of its list, and the page's marks.

    `statement` reads both; None where nothing can be on the page.
    """

    newest: list[int | None]
    marks: str
    statement: Statement | None = None


def read_state(resource: Resource, actor: Actor, asked: Asked, after: int) -> State:
    types = list(change_types(resource.name))
    page = _marks(resource, actor, asked)
    if page is None:
        return State(etags.newest_changes(types, actor), marks_of([]))
    newest, params = etags.newest_statement(types, actor)
    sql = (
        f"SELECT ARRAY({newest}), md5(coalesce(string_agg(id || ':' || version, ',' ORDER BY id), '')) "  # noqa: S608
        f"FROM ({page.sql}) AS page (version, id)"
    )
    statement = Statement(sql, (*params, *page.params), page.is_kept).at({_AFTER: after, _MOST: asked.limit + 1})
    ((changes, marks),) = statement.run()
    return State(changes, marks, statement)


def marks_of(rows: Iterable[tuple[Any, ...]]) -> str:
    """The same marks from the rows of a page, which begin with row version and id."""
    text = ",".join(f"{row[1]}:{row[0]}" for row in rows)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def read_page(selection: Selection, asked: Asked, after: int) -> list[tuple[Any, ...]]:
    """Row version, id and the columns of a selection: the rows of a page, and one more where another page follows."""
    resource, actor = selection.resource, selection.actor

    def rows() -> QuerySet:
        behind = _behind(resource, actor, asked)[: asked.limit + 1]
        return selection.select(behind, etags.RowVersion())

    if asked.filters:
        return fetch(rows(), {_AFTER: after})
    statement = _made_once(resource, actor, (asked.limit, asked.picked), rows, is_kept=False)
    return [] if statement is None else statement.run({_AFTER: after})


def read_records(resource: Resource, actor: Actor, ids: Iterable[int]) -> list[Object]:
    """The records with these ids that the actor may read, in full and in no order."""
    selection = Selection(resource, actor)

    def rows() -> QuerySet:
        return selection.select(resource.rows(actor).filter(OneOf("pk", _IDS)).order_by())

    statement = _made_once(resource, actor, "by id", rows)
    return [] if statement is None else selection.objects(statement.run({_IDS: list(ids)}))


def narrowed(resource: Resource, actor: Actor, asked: Asked) -> QuerySet:
    """What the actor may read of a list, narrowed as asked for."""
    return apply_filters(resource, resource.rows(actor), asked.filters, actor)


def _marks(resource: Resource, actor: Actor, asked: Asked) -> Statement | None:
    """Row versions and ids of a page, and of one row more where another page follows."""

    def rows() -> QuerySet:
        return _behind(resource, actor, asked).values_list(etags.RowVersion(), "pk")

    behind = compiled(rows()) if asked.filters else _made_once(resource, actor, "marks", rows)
    return behind and replace(behind, sql=f"{behind.sql} LIMIT %s", params=(*behind.params, _MOST))


def _behind(resource: Resource, actor: Actor, asked: Asked) -> QuerySet:
    """What lies on a page and on those that follow."""
    return narrowed(resource, actor, asked).filter(pk__gt=Value(_AFTER))


def _made_once(
    resource: Resource, actor: Actor, shape: Any, rows: Callable[[], QuerySet], *, is_kept: bool = True
) -> Statement | None:
    """The statement of `rows`, made once for all who see alike. The day counts because some rules look at the date."""
    key = resource.name, etags.scope_of(actor), shape, timezone.localdate()
    if key not in _statements:
        if len(_statements) >= _MOST_MADE:
            _statements.clear()
        _statements[key] = compiled(rows(), is_kept=is_kept)
    return _statements[key]
