"""What the feed tells of a record: `Change` in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from .models import Change

Item = dict[str, Any]

_UPSERT, _REMOVE = Change.Op.UPSERT.value, Change.Op.REMOVE.value


def upsert(record: dict[str, Any]) -> Item:
    """A record as its reader reads it now."""
    return {
        "op": _UPSERT,
        "type": record["type"],
        "id": record["id"],
        "ref": record["ref"],
        "version": record["version"],
        "object": record,
    }


def removal(record_type: str, pk: int, version: int) -> Item:
    """The same for what was deleted, erased, merged or is no longer for this reader: nothing of what it said."""
    return {"op": _REMOVE, "type": record_type, "id": pk, "ref": None, "version": version, "object": None}
