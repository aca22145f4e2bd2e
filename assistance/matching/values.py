"""Plain JSON values."""

from __future__ import annotations

from datetime import date


def plain_date(value: date | None) -> str | None:
    """ISO 8601, or None."""
    return value.isoformat() if value else None


def points(hundredths: int) -> float:
    """Hundredths of a point as a number with two decimals."""
    return hundredths / 100
