"""Changes: one row a write, in the order in which transactions commit, for partners to follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby
from typing import Any

#: Record type, (primary key, ref, version) and op of what waits to be noted at the end of a `together()` block.
_waiting: ContextVar[list[tuple[str, tuple[int, str, int], str]] | None] = ContextVar("changes_waiting", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Note the changes of several services at the end of the block, in their order.

    The commit-order lock stays the last one that a transaction takes; were it taken with the first of many writes,
    those after it could wait for rows that another writer holds while that one waits for the lock. A block inside
    another leaves its changes to the outer one; what an inner block that fails has left there is forgotten.
    """
    from .recording import write_changes_of

    outer = _waiting.get()
    if outer is not None:
        before = len(outer)
        try:
            yield
        except BaseException:
            del outer[before:]
            raise
        return
    waiting: list[tuple[str, tuple[int, str, int], str]] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    for (record_type, op), several in groupby(waiting, key=lambda one: (one[0], one[2])):
        write_changes_of(record_type, [written for _type, written, _op in several], op=op)


def leave_waiting(record_type: str, written: Sequence[tuple[int, str, int]], op: str) -> bool:
    """Leave writes to the end of the `together()` block; say whether there is one."""
    waiting = _waiting.get()
    if waiting is None:
        return False
    waiting += [(record_type, one, op) for one in written]
    return True


def record(obj: Any, *, op: str = "upsert") -> None:
    """Note that `obj` was written (`upsert`) or taken away (`remove`) in the present transaction.

    Takes a lock that lasts until commit, so call it last in a service. Raises `RuntimeError` outside a transaction.
    """
    from .recording import write_change

    write_change(obj, op=op)
