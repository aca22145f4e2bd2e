"""Audit: who did what, when, from where, in the same transaction as the change itself. Rows are never altered."""

from __future__ import annotations

from typing import Any


def record(
    *,
    action: str,
    obj: Any,
    by: Any,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write one audit entry. Raises `KeyError` for an action outside the vocabulary (`audit/actions.py`)."""
    from .recording import write_entry

    write_entry(action=action, obj=obj, by=by, before=before or {}, after=after or {}, reason=reason)
