"""The tile grid of States: one tile a State, in blocks, coloured in five steps.

No geography, so no border to dispute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

#: Steps above zero; each has a colour and a text colour in `parts.css`.
STEPS = 4


@dataclass(frozen=True)
class Tile:
    code: str
    name: str
    url: str
    number: int
    text: str
    step: int


@dataclass
class Group:
    label: str
    tiles: list[Tile] = field(default_factory=list)


@dataclass(frozen=True)
class LegendStep:
    step: int
    text: str


@dataclass(frozen=True)
class Grid:
    groups: list[Group]
    legend: list[LegendStep]


def thresholds(numbers: Iterable[int], steps: int = STEPS) -> list[int]:
    """Give the lowest number of each step above zero: equal shares of the States that have any, without empty steps."""
    positive = sorted(number for number in numbers if number > 0)
    if not positive:
        return []
    lows = {positive[len(positive) * i // steps] for i in range(steps)}
    lows.add(positive[0])
    return sorted(lows)


def step_of(number: int, lows: list[int]) -> int:
    """Give the step (0 is nothing) in which `number` falls."""
    return sum(1 for low in lows if number >= low)


def legend(lows: list[int], highest: int) -> list[LegendStep]:
    """Say which numbers each step stands for."""
    steps = [LegendStep(0, number_format(0))]
    for position, low in enumerate(lows):
        high = lows[position + 1] - 1 if position + 1 < len(lows) else highest
        text = (
            number_format(low)
            if low == high
            else _("%(low)s to %(high)s") % {"low": number_format(low), "high": number_format(high)}
        )
        steps.append(LegendStep(position + 1, text))
    return steps


def build(rows: Iterable[tuple[Any, str, Any, str, int]], *, unit: Callable[[int], str]) -> Grid:
    """Lay out rows of (group label, three letters, full name, url, number) in the order given.

    `unit` turns a number into words, such as "3 programmes"; it is what a screen reader hears and the tooltip shows.
    """
    rows = list(rows)
    lows = thresholds(row[4] for row in rows)
    groups: dict[str, Group] = {}
    for label, code, name, url, number in rows:
        group = groups.setdefault(str(label), Group(str(label)))
        group.tiles.append(Tile(code, str(name), url, number, unit(number), step_of(number, lows)))
    return Grid(list(groups.values()), legend(lows, max((row[4] for row in rows), default=0)))
