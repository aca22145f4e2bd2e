"""Overlaps and gaps: where live programmes meet, and which needs nobody live reaches.

Two programmes meet in a State where both are open to it and work on the same area, or one on an area inside the
other's. An area in which they meet is a *cell* of State and area: its programmes are those that name the area or one
above it, and at least one names the area itself, so that programmes that share only a broad area meet there and not
again in everything below it. Catch-all programmes ("capacity-building, general") meet nobody.

A programme open to all States would make every cell an overlap. So what was made for a choice of States and what is
open to everyone are counted apart, everywhere; a cell is an overlap by the programmes made for it alone.

A need is reached by a live offer that is open to the requester (for an organization: to at least two thirds of its
members), in the same area or one inside the other, runs at some time within the wanted period, and is not the
requester's own. Forms of help, weapon types, languages and the prose are left to the ranking: this counts places and
subjects.

Nothing is compared pair by pair. Offers are rows of arrays over States and areas (numpy), and a cell is a column: the
cost grows with offers x States x areas of an offer, and groups are listed only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistance.matching.coverage_values import (
    MEETING_PROVIDERS,
    Cell,
    Demand,
    Group,
    Overlap,
    Reach,
    Supply,
    Verdict,
    free_places,
    region_of,
    running_together,
)
from assistance.matching.gates import MOST_MEMBERS
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree

Bits = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Meeting(NamedTuple):
    """By State, for one area: programmes made for it, their providers, whether they meet; and the area's offers."""

    programmes: NDArray[np.int64]
    providers: NDArray[np.int64]
    meet: Bits
    rows: Rows


@dataclass
class Coverage:
    """Live supply laid out over States and areas."""

    supplies: Sequence[Supply]
    states: Sequence[str]
    areas: AreaTree

    def __post_init__(self) -> None:
        named = {code for supply in self.supplies for code in supply.areas}
        self._codes: list[str] = sorted(named | set(self.areas.codes))
        self._code: dict[str, int] = {code: place for place, code in enumerate(self._codes)}
        self._column: dict[str, int] = {iso3: place for place, iso3 in enumerate(self.states)}
        self._providers = np.unique([supply.provider for supply in self.supplies], return_inverse=True)[1]
        self._made: Bits = np.array([supply.states is not None for supply in self.supplies], dtype=bool)
        self._room: Bits = np.array([supply.has_room for supply in self.supplies], dtype=bool)
        self._starts = np.array([_day(supply.starts_on, date.min) for supply in self.supplies], dtype=np.int64)
        self._ends = np.array([_day(supply.ends_on, date.max) for supply in self.supplies], dtype=np.int64)
        self._tags = self._tag_matrix()
        self._open = self._open_matrix()
        self._own = self._rows_of_houses()
        self._meetings: dict[str, Meeting] = {}

    def _tag_matrix(self) -> Bits:
        """Offers x area codes: the areas that an offer names."""
        tags = np.zeros((len(self.supplies), len(self._codes)), dtype=bool)
        for row, supply in enumerate(self.supplies):
            for code in supply.areas:
                tags[row, self._code[code]] = True
        return tags

    def _open_matrix(self) -> Bits:
        """Offers x States: to whom an offer is open, the provider itself left out."""
        rows: dict[frozenset[str], Bits] = {}
        found = np.zeros((len(self.supplies), len(self.states)), dtype=bool)
        for row, supply in enumerate(self.supplies):
            if supply.states is None:
                found[row] = True
            else:
                shape = rows.get(supply.states)
                if shape is None:
                    shape = np.array([iso3 in supply.states for iso3 in self.states], dtype=bool)
                    rows[supply.states] = shape
                found[row] = shape
            own = self._column.get(supply.provider)
            if own is not None:
                found[row, own] = False
        return found

    def _rows_of_houses(self) -> dict[str, list[int]]:
        """By body: the offers of its own and of its organs."""
        found: dict[str, list[int]] = {}
        for row, supply in enumerate(self.supplies):
            for body in {supply.provider} | supply.house:
                found.setdefault(body, []).append(row)
        return found

    def _is_catch_all(self, code: str) -> bool:
        return self.areas.is_within(code, CATCH_ALL_AREA)

    def _naming(self, codes: Iterable[str]) -> Bits:
        """Offers that name one of the codes."""
        places = [self._code[code] for code in codes if code in self._code]
        return np.asarray(self._tags[:, places].any(axis=1))

    # Overlaps

    def _in_cell(self, area: str) -> tuple[Bits, Bits]:
        """Offers that name the area, and those that name it or one above it; catch-all areas name nothing."""
        exact = self._naming([area])
        above = [code for code in self.areas.ancestors(area) if not self._is_catch_all(code)]
        return exact, exact | self._naming(above)

    def _meeting(self, area: str) -> Meeting:
        """Where programmes meet in an area; worked out once."""
        if area not in self._meetings:
            self._meetings[area] = self._work_out_meeting(area)
        return self._meetings[area]

    def _work_out_meeting(self, area: str) -> Meeting:
        exact, inside = self._in_cell(area)
        everywhere = np.flatnonzero(inside)
        rows = everywhere[self._made[everywhere]]
        rows = rows[np.argsort(self._providers[rows], kind="stable")]
        open_to = self._open[rows]
        programmes = open_to.sum(axis=0)
        if not len(rows):
            return Meeting(programmes, programmes, np.zeros(len(self.states), dtype=bool), everywhere)
        first_of_provider = np.flatnonzero(np.diff(self._providers[rows], prepend=-1))
        providers = np.logical_or.reduceat(open_to, first_of_provider, axis=0).sum(axis=0)
        meet = (providers >= MEETING_PROVIDERS) & self._open[rows[exact[rows]]].any(axis=0)
        return Meeting(programmes, providers, meet, everywhere)

    def _cell_areas(self) -> Iterator[str]:
        return (code for code in self._codes if not self._is_catch_all(code))

    def overlaps(
        self,
        *,
        states: Iterable[str] | None = None,
        areas: Iterable[str] | None = None,
        provider: str | None = None,
    ) -> list[Overlap]:
        """Cells in which programmes of different providers, `provider` among them, meet: by area, then State."""
        chosen = self.states if states is None else states
        wanted = [self._column[iso3] for iso3 in chosen if iso3 in self._column]
        within = None if areas is None else set(areas)
        found = []
        for area in self._cell_areas():
            if within is not None and area not in within:
                continue
            programmes, providers, meet, rows = self._meeting(area)
            if provider is not None:
                meet = meet & self._open[[row for row in rows if self._is_made_by(row, provider)]].any(axis=0)
            columns = [place for place in wanted if meet[place]]
            if not columns:
                continue
            everyone = self._open[rows[~self._made[rows]]].sum(axis=0)
            found += [
                Overlap(self.states[place], area, int(programmes[place]), int(providers[place]), int(everyone[place]))
                for place in columns
            ]
        return found

    def _is_made_by(self, row: int, provider: str) -> bool:
        return bool(self._made[row]) and self.supplies[row].provider == provider

    def group(self, state: str, area: str) -> Group:
        """The programmes of one cell, in the order in which the supplies were given."""
        rows = self._meeting(area).rows
        here = rows[self._open[rows, self._column[state]]]
        made = tuple(self.supplies[int(row)] for row in here[self._made[here]])
        everyone = tuple(self.supplies[int(row)] for row in here[~self._made[here]])
        return Group(made, everyone, running_together(made), free_places(made))

    def overlapping_programmes(self) -> dict[str, int]:
        """By State: how many programmes made for it meet another provider's there, in whatever area."""
        meeting = np.zeros_like(self._open)
        for area in self._cell_areas():
            _programmes, _providers, meet, rows = self._meeting(area)
            made = rows[self._made[rows]]
            meeting[made] |= self._open[made] & meet
        return dict(zip(self.states, meeting.sum(axis=0).tolist(), strict=True))

    # Gaps

    def reach(self, demands: Iterable[Demand]) -> dict[int, Reach]:
        """For each need, by its key, how many live offers reach it."""
        subjects: dict[str, tuple[Rows, Rows]] = {}
        found = {}
        for demand in demands:
            if demand.area not in subjects:
                subjects[demand.area] = self._on_subject(demand.area)
            related, general = subjects[demand.area]
            related = related[self._reaching(related, demand)]
            general = general[self._reaching(general, demand)]
            with_room = related[self._room[related]]
            made = int(self._made[with_room].sum())
            found[demand.key] = Reach(
                made=made,
                everyone=len(with_room) - made,
                full=len(related) - len(with_room),
                general=int(self._room[general].sum()),
            )
        return found

    def reaching(self, demand: Demand) -> tuple[Supply, ...]:
        """The live offers that reach one need, full ones included, catch-all ones left out."""
        related, _general = self._on_subject(demand.area)
        return tuple(self.supplies[int(row)] for row in related[self._reaching(related, demand)])

    def _on_subject(self, area: str) -> tuple[Rows, Rows]:
        """Offers in the same area, or one inside the other; and the catch-all ones besides."""
        near = {code for code in self._codes if self.areas.is_within(code, area)} | {area}
        near |= set(self.areas.ancestors(area))
        if not self._is_catch_all(area):
            near = {code for code in near if not self._is_catch_all(code)}
        related = self._naming(near)
        general = self._naming(code for code in self._codes if self._is_catch_all(code)) & ~related
        return np.flatnonzero(related), np.flatnonzero(general)

    def _reaching(self, rows: Rows, demand: Demand) -> Bits:
        columns = [self._column[iso3] for iso3 in demand.states if iso3 in self._column]
        open_to = self._open[rows[:, None], columns].mean(axis=1) >= MOST_MEMBERS if columns else ~self._made[rows]
        in_time = (self._starts[rows] <= _day(demand.needed_by, date.max)) & (
            self._ends[rows] >= _day(demand.needed_from, date.min)
        )
        return open_to & in_time & ~np.isin(rows, self._own.get(demand.requester, []))

    # The heat table

    def heat(
        self,
        demands: Iterable[Demand],
        reach: Mapping[int, Reach],
        regions: Mapping[str, frozenset[str]],
        rows: Mapping[str, frozenset[str]],
    ) -> dict[tuple[str, str], Cell]:
        """Cells by (row, region): `rows` maps a row to its area codes, `regions` a region to its States.

        A need counts in the region of most of the States it speaks for; see `region_of`.
        """
        cells = {(row, region): Cell() for row in rows for region in regions}
        places: dict[str, list[str]] = {}
        for row, codes in rows.items():
            for code in codes:
                places.setdefault(code, []).append(row)
        for demand in demands:
            region = region_of(demand.states, regions)
            for row in places.get(demand.area, ()):
                cell = cells.setdefault((row, region), Cell())
                verdict = reach[demand.key].verdict
                cell.needs += 1
                cell.gaps += verdict is not Verdict.MET
                cell.thin += not reach[demand.key].made
                cell.full += verdict is Verdict.FULL
                cell.general += verdict is Verdict.GENERAL
        self._count_supply(cells, regions, rows)
        return cells

    def _count_supply(
        self,
        cells: dict[tuple[str, str], Cell],
        regions: Mapping[str, frozenset[str]],
        rows: Mapping[str, frozenset[str]],
    ) -> None:
        columns = {name: [self._column[iso3] for iso3 in states] for name, states in regions.items()}
        for row, codes in rows.items():
            naming = self._naming(codes)
            everyone = int((naming & ~self._made).sum())
            open_to = self._open[naming & self._made]
            meet = np.zeros(len(self.states), dtype=bool)
            for area in codes:
                if not self._is_catch_all(area):
                    meet |= self._meeting(area).meet
            for region, places in columns.items():
                cell = cells[row, region]
                cell.made = int(open_to[:, places].any(axis=1).sum())
                cell.everyone = everyone
                cell.overlaps = int(meet[places].sum())

    def offers_in(self, states: Iterable[str], codes: Iterable[str]) -> tuple[list[int], list[int]]:
        """Keys of the offers that name one of the codes: those made for at least one of the States, those for all."""
        places = [self._column[iso3] for iso3 in states if iso3 in self._column]
        naming = self._naming(codes)
        made = naming & self._made & self._open[:, places].any(axis=1)
        everyone = naming & ~self._made
        made_keys = [supply.key for supply in compress(self.supplies, made)]
        return made_keys, [supply.key for supply in compress(self.supplies, everyone)]


def _day(day: date | None, otherwise: date) -> int:
    return (day or otherwise).toordinal()
