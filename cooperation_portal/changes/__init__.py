"""Changes: one row a write, in the order in which transactions commit, for partners to follow."""

from __future__ import annotations

from typing import Any


def record(obj: Any, *, op: str = "upsert") -> None:
    """Note that `obj` was written (`upsert`) or taken away (`remove`) in the present transaction.

    Takes a lock that lasts until commit, so call it last in a service. Raises `RuntimeError` outside a transaction.
    """
    from .recording import write_change

    write_change(obj, op=op)
