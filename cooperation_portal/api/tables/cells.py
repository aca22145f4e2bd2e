"""What stands in one cell of a table: a number, a date, or a text that a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

import orjson

from ..renderers import to_json

#: Between keys and between parts; between members of a part; between several values of one member.
BETWEEN, WITHIN, INNER = "; ", ", ", " / "

#: Most values are one of these, and a table has many.
_PLAIN = frozenset({str, int, float, bool, date})

Cell = str | int | float | bool | date | None


def cell_of(value: Any) -> Cell:
    """A field's value as one cell.

    Relations become their keys, `BIO.LAB; LEG.BIO`; parts become `area: BIO.LAB, types: TRNG / EQUI; area: …`; a fixed
    group of texts becomes `en: Peru; es: Perú`. What is nested deeper than that stays JSON.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, orjson.Fragment):
        value = orjson.loads(orjson.dumps(value))
    if isinstance(value, Mapping):
        return _joined(value, BETWEEN) if _is_flat(value.values()) else to_json(value).decode()
    if isinstance(value, list | tuple):
        return _list_cell(value)
    return value.isoformat() if isinstance(value, time) else value


def _list_cell(values: Sequence[Any]) -> str:
    if _is_flat(values):
        return BETWEEN.join(_text(value) for value in values)
    if all(isinstance(part, Mapping) for part in values):
        return BETWEEN.join(_joined(part, WITHIN) for part in values)
    return to_json(values).decode()


def _joined(members: Mapping[str, Any], between: str) -> str:
    """`name: value` of each member that has one."""
    return between.join(f"{name}: {_text(value)}" for name, value in members.items() if value not in (None, "", []))


def _is_flat(values: Any) -> bool:
    return not any(isinstance(value, Mapping | list | tuple) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple) and _is_flat(value):
        return INNER.join(_text(one) for one in value)
    if isinstance(value, Mapping | list | tuple):
        return to_json(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | time) else str(value)
