"""Turns the parts of a score into figures and bars that add up on the page as they do in the library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

#: Points shown are out of this many, with one decimal.
SCALE = 100
#: Length of a bar in its own SVG units.
BAR = 1000


@dataclass(frozen=True)
class ShownPart:
    """One part. `start` and `width` place it in the total's bar, `fill` and `room` in its own.

    A part's own bar is measured against the weightiest part, so that small parts stay visible.
    """

    number: int
    label: str
    sentence: str
    tenths: int
    maximum_tenths: int
    start: int
    width: int
    fill: int
    room: int

    @property
    def points(self) -> float:
        return self.tenths / 10

    @property
    def size(self) -> float:
        return abs(self.points)

    @property
    def maximum(self) -> float:
        return self.maximum_tenths / 10

    @property
    def lowers(self) -> bool:
        return self.tenths < 0


@dataclass(frozen=True)
class ShownScore:
    """The whole. `raised_width` is what the raising parts reach, of which the lowering ones take some away."""

    parts: list[ShownPart]
    tenths: int
    total_width: int
    raised_width: int

    @property
    def points(self) -> float:
        return self.tenths / 10

    @property
    def lowered_width(self) -> int:
        return self.raised_width - self.total_width


def tenths_that_add_up(values: Sequence[float]) -> list[int]:
    """Round `values` (0–1) to tenths of a point so that they add up to their rounded sum (largest remainder)."""
    scaled = [value * SCALE * 10 for value in values]
    floors = [math.floor(value) for value in scaled]
    missing = round(sum(scaled)) - sum(floors)
    by_remainder = sorted(range(len(values)), key=lambda i: (floors[i] - scaled[i], i))
    for i in by_remainder[:missing]:
        floors[i] += 1
    return floors


def _read(part: Any, name: str, default: Any) -> Any:
    if isinstance(part, dict):
        return part.get(name, default)
    return getattr(part, name, default)


def show(parts: Iterable[Any]) -> ShownScore:
    """Lay out `parts` (dicts or objects with label, points, maximum, sentence; points are 0–1, or below 0)."""
    parts = list(parts)
    points = [float(_read(part, "points", 0) or 0) for part in parts]
    maxima = [max(float(_read(part, "maximum", 0) or 0), abs(value)) for part, value in zip(parts, points, strict=True)]
    tenths = tenths_that_add_up(points)
    largest = max(maxima, default=0) or 1
    shown, start = [], 0
    for number, (part, value, maximum, tenth) in enumerate(zip(parts, points, maxima, tenths, strict=True), 1):
        width = round(abs(value) * BAR)
        shown.append(
            ShownPart(
                number=number,
                label=str(_read(part, "label", "")),
                sentence=str(_read(part, "sentence", "")),
                tenths=tenth,
                maximum_tenths=round(maximum * SCALE * 10),
                start=start if value > 0 else 0,
                width=width if value > 0 else 0,
                fill=round(abs(value) / largest * BAR),
                room=round(maximum / largest * BAR),
            )
        )
        if value > 0:
            start += width
    total = max(0, min(BAR, round(sum(points) * BAR)))
    return ShownScore(shown, sum(tenths), total, max(total, min(BAR, start)))
