"""Reading whole lists for files: at one moment of the database, a few hundred records at a time, memory flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import QuerySet

from cooperation_portal.access.actors import Actor
from cooperation_portal.records.bulk import some_at_once
from cooperation_portal.records.statements import Statement, compiled

from .etags import RowVersion
from .resources import Resource
from .rows import Object, represent

#: Records read by one set of statements.
CHUNK = 500


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is as it was at the first statement, whatever others write meanwhile.

    A transaction of its own, REPEATABLE READ and READ ONLY (PostgreSQL manual, "Transaction Isolation"). Raises
    `RuntimeError` inside another transaction, whose isolation can no longer be chosen.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A moment is read in a transaction of its own: call this outside atomic().")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def in_chunks(
    resource: Resource, rows: QuerySet, actor: Actor, picked: Iterable[str] | None = None, *, size: int = CHUNK
) -> Iterator[list[Object]]:
    """The records of `rows` (visible, filtered, ordered by pk) as the API shows them, by ascending id."""
    after = -1
    while found := represent(resource, rows.filter(pk__gt=after)[:size], actor=actor, picked=picked):
        yield found
        after = found[-1]["id"]


def of_ids(
    resource: Resource, ids: Iterable[int], actor: Actor, picked: Iterable[str] | None = None, *, size: int = CHUNK
) -> Iterator[list[Object]]:
    """The records with these ids, in this order; those that the actor may not read are left out."""
    rows = resource.rows(actor)
    for some in some_at_once(ids, size):
        found = {made["id"]: made for made in represent(resource, rows.filter(pk__in=some), actor=actor, picked=picked)}
        yield [found[pk] for pk in some if pk in found]


def extent(rows: QuerySet) -> tuple[int, str]:
    """How many rows there are, and a number that is another as soon as one of them is written, added or taken away.

    The number is the sum of the hashes of ids and row versions, made by the database in constant memory.
    """
    inner = compiled(rows.order_by().values_list("pk", RowVersion()))
    if inner is None:
        return 0, "0"
    sql = f"SELECT count(*), coalesce(sum(hashtextextended(one::text, 0)), 0)::text FROM ({inner.sql}) AS one"  # noqa: S608
    ((count, hashed),) = Statement(sql, inner.params).run()
    return count, hashed
