"""What goes into the count of overlaps and gaps and what comes out of it: plain values, see `coverage`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

MEETING_PROVIDERS = 2
"""From how many different providers on programmes of one cell overlap."""


@dataclass(frozen=True)
class Supply:
    """A live offer as far as place, subject, room and time go.

    `states` are iso3 codes; None means open to all. `capacity` is how many more requesters fit; None: no limit known.
    `house` are the bodies that the provider is an organ of.
    """

    key: int
    provider: str
    areas: tuple[str, ...]
    states: frozenset[str] | None = None
    capacity: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    house: frozenset[str] = frozenset()

    @property
    def has_room(self) -> bool:
        return self.capacity is None or self.capacity > 0


@dataclass(frozen=True)
class Demand:
    """One need of an open request: by whom, for which States, in which area, and when."""

    key: int
    requester: str
    states: frozenset[str]
    area: str
    needed_from: date | None = None
    needed_by: date | None = None


class Verdict(Enum):
    """What live supply there is for a need; the first that is true."""

    MET = "met"
    FULL = "full"
    """Only offers without a free place."""
    GENERAL = "general"
    """Only general capacity-building."""
    NONE = "none"


@dataclass(frozen=True)
class Reach:
    """How many live offers reach one need: with room (made for some States, open to all), full, and catch-all."""

    made: int
    everyone: int
    full: int
    general: int

    @property
    def verdict(self) -> Verdict:
        if self.made or self.everyone:
            return Verdict.MET
        if self.full:
            return Verdict.FULL
        return Verdict.GENERAL if self.general else Verdict.NONE

    @property
    def is_gap(self) -> bool:
        """No live offer on the subject has room for it."""
        return self.verdict is not Verdict.MET


@dataclass(frozen=True)
class Overlap:
    """A cell in which programmes of different providers meet."""

    state: str
    area: str
    programmes: int
    providers: int
    everyone: int
    """Programmes open to all States that work on the same; they do not make the overlap."""


@dataclass(frozen=True)
class Group:
    """The programmes of one cell. `together` is the first period in which two providers run at once.

    `together` is None if they never do; a None inside it means no known start or no known end.
    """

    made: tuple[Supply, ...]
    everyone: tuple[Supply, ...]
    together: tuple[date | None, date | None] | None
    places: int | None
    """Free places of the programmes made for it; None where one of them gives no limit."""


@dataclass
class Cell:
    """One field of the heat table."""

    needs: int = 0
    gaps: int = 0
    thin: int = 0
    """Needs that no offer made for the requester reaches: the gaps, and what offers open to all reach alone."""
    full: int = 0
    general: int = 0
    made: int = 0
    everyone: int = 0
    overlaps: int = 0
    """States of the region in which programmes meet in this area."""


SEVERAL = "several"
"""The region of a need that speaks for States of several regions, none of which has most of them."""


def region_of(states: frozenset[str], regions: Mapping[str, frozenset[str]]) -> str:
    """The region in which more than half of the States lie, or `SEVERAL`."""
    for name, members in regions.items():
        if 2 * len(states & members) > len(states):
            return name
    return SEVERAL


def running_together(supplies: Sequence[Supply]) -> tuple[date | None, date | None] | None:
    """The first period in which programmes of two different providers run at once."""
    changes = sorted(
        change
        for supply in supplies
        for change in (
            (supply.starts_on or date.min, 0, supply.provider),
            (supply.ends_on or date.max, 1, supply.provider),
        )
    )
    running: Counter[str] = Counter()
    at_once = 0
    begun: date | None = None
    for day, is_end, provider in changes:
        was_running = running[provider] > 0
        running[provider] += -1 if is_end else 1
        at_once += (running[provider] > 0) - was_running
        if begun is None and at_once >= MEETING_PROVIDERS:
            begun = day
        elif begun is not None and at_once < MEETING_PROVIDERS:
            return _known(begun), _known(day)
    return None


def free_places(supplies: Sequence[Supply]) -> int | None:
    """Free places of all together; None where one gives no limit."""
    total = 0
    for supply in supplies:
        if supply.capacity is None:
            return None
        total += supply.capacity
    return total


def _known(day: date) -> date | None:
    return None if day in (date.min, date.max) else day
