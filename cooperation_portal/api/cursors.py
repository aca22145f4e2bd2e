"""Cursors: where a crawl stands. Sealed, and good only for the key, list and filters they were given for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cooperation_portal.access.actors import Actor

from .problems import Problem
from .sealed import seal, unseal

_PURPOSE = "list"


def binding(resource_name: str, filters: Mapping[str, str], actor: Actor) -> str:
    """What a cursor is tied to."""
    parts = [resource_name, f"{actor.kind}:{actor.api_key_id or ''}"]
    parts += [f"{name}={filters[name]}" for name in sorted(filters)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def make(after: int, bound_to: str) -> str:
    return make_place(after, bound_to)


def read(cursor: str, bound_to: str) -> int:
    """The id after which to go on; raises `Problem` for a changed or foreign cursor."""
    return int(_read(cursor, bound_to))


def make_place(after: list[Any] | int, bound_to: str) -> str:
    """A cursor for a list that is not ordered by id: `after` is the sort key of the last row, as JSON values."""
    return seal([after, bound_to], _PURPOSE)


def read_place(cursor: str, bound_to: str) -> list[Any]:
    """The sort key after which to go on; raises `Problem` for a changed or foreign cursor."""
    return list(_read(cursor, bound_to))


def _read(cursor: str, bound_to: str) -> Any:
    try:
        after, tied = unseal(cursor, _PURPOSE)
    except ValueError as changed:
        raise Problem("invalid-cursor") from changed
    if tied != bound_to:
        raise Problem("invalid-cursor")
    return after
