"""How each offer stands to each requester, whatever is needed: open to it, made for its region, outside it.

A requester asks many times and the answer is the same each time, so it is kept: a row for every State when the
book is built, a row for an organization when it first asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from assistance.matching import scoring as rules
from assistance.matching.gates import LIVE_STATUSES, MOST_MEMBERS
from assistance.matching.offer_reading import OfferReading
from assistance.matching.profiles import Directory, OfferProfile, RequestProfile

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

WORLD, REGION, HOME = 0, 1, 2
"""Global; made for the region; by a body of the region."""
REGION_VALUES: Floats = np.array([rules.GLOBAL, rules.MADE_FOR_REGION, 1.0, 0.0])
REGION_BITS = 2


class Standings:
    """One row a requester, one column an offer.

    - `open`: packed bits, whether every gate is passed that looks neither at the needs nor at the dates, nor at
      whom this request declines;
    - `standing`: the region (`REGION_VALUES`) in the lowest bits, above it how many of the requester's States lie
      outside the region that the offer's title names;
    - `sizes`: of how many States the requester consists, at least 1;
    - `gaps[row]`: for an organization the value of the part `coverage_gap`.
    """

    def __init__(
        self, offers: Sequence[OfferProfile], readings: Sequence[OfferReading], directory: Directory, today: date
    ) -> None:
        self.directory = directory
        self.offers = offers
        self.count = len(offers)
        self._fill_offers(readings, today)
        self._fill_states(readings)
        self._fill_providers()
        self._rows = {(True, iso3): row for iso3, row in self._state_rows.items()}
        self.gaps: dict[int, Floats] = {}
        self._provider_bits: dict[int, Words] = {}
        states = len(self._state_rows)
        capacity = states + len(directory.providers) + 1
        self.open: Words = np.zeros((capacity, packed_length(self.count)), dtype=np.uint64)
        self.standing = np.zeros((capacity, self.count), dtype=np.uint16)
        self.sizes = np.ones(capacity, dtype=np.int64)
        region = np.where(self._home[:, self.provider], HOME, np.where(self._is_global, WORLD, REGION))
        outside = self._names_region & ~self._in_region & ~self._names_state
        self.standing[:states] = region | outside.astype(np.uint16) << REGION_BITS
        self.open[:states] = pack(
            self._is_live & self._covers & ~self._not_for_states & ~self._is_own[:, self.provider]
        )

    def row(self, request: RequestProfile) -> int:
        """The requester's row; made now if it has none."""
        key = (request.organization is None, request.requester)
        row = self._rows.get(key)
        if row is None:
            row = len(self._rows)
            if row == len(self.open):
                self._make_room()
            self._fill(row, request)
            self._rows[key] = row
        return row

    def by_provider(self, key: str) -> Words | None:
        """Packed bits of the offers of one provider, None if it has no offer."""
        row = self._provider_rows.get(key)
        if row is None:
            return None
        if row not in self._provider_bits:
            self._provider_bits[row] = pack(self.provider == row)
        return self._provider_bits[row]

    def under(self, key: str) -> list[int]:
        """The rows of the providers that are `key` or an organ of it."""
        return self._under.get(key, [])

    def related(self, keys: Iterable[str]) -> set[int]:
        """The rows of the providers that are one of `keys`, or below or above one."""
        found: set[int] = set()
        for key in keys:
            found.update(self.under(key))
            found.update(
                self._provider_rows[name] for name in self.directory.lineage(key) if name in self._provider_rows
            )
        return found

    def _fill_offers(self, readings: Sequence[OfferReading], today: date) -> None:
        self._is_live = np.array(
            [
                offer.status in LIVE_STATUSES
                and not reading.is_closed
                and (offer.capacity is None or offer.capacity > 0)
                and (offer.ends_on is None or offer.ends_on >= today)
                for offer, reading in zip(self.offers, readings, strict=True)
            ],
            dtype=np.bool_,
        )
        self._is_global = np.array([reading.covered is None for reading in readings], dtype=np.bool_)
        self._names_region = np.array([reading.named_region is not None for reading in readings], dtype=np.bool_)
        self._is_narrowed = np.array([reading.is_narrowed for reading in readings], dtype=np.bool_)
        self._for_organizations = np.array([reading.for_organizations for reading in readings], dtype=np.bool_)
        self._not_for_states = np.array([reading.not_for_states for reading in readings], dtype=np.bool_)

    def _fill_states(self, readings: Sequence[OfferReading]) -> None:
        """Who is covered, named, and in the region of the title; States that only an offer knows have a row too."""
        covered = [reading.covered for reading in readings]
        named = [offer.states for offer in self.offers]
        regions = [reading.named_region for reading in readings]
        known = set(self.directory.states).union(*(states for states in (*covered, *named, *regions) if states))
        self._state_rows = {iso3: row for row, iso3 in enumerate(sorted(known))}
        self._covers = self._marked(covered)
        self._names_state = self._marked(named)
        self._in_region = self._marked(regions)

    def _marked(self, sets: Iterable[frozenset[str] | None]) -> Bools:
        """`[state, column]`: whether the set of a column names the State; None names all."""
        columns: dict[frozenset[str] | None, list[int]] = {}
        for column, states in enumerate(sets):
            columns.setdefault(states, []).append(column)
        table = np.zeros((len(self._state_rows), self.count), dtype=np.bool_)
        for states, of_set in columns.items():
            if states is None:
                table[:, of_set] = True
            else:
                rows = [self._state_rows[iso3] for iso3 in states]
                table[np.ix_(rows, of_set)] = True
        return table

    def _fill_providers(self) -> None:
        self.provider_keys = sorted({offer.provider for offer in self.offers})
        self._provider_rows = {key: row for row, key in enumerate(self.provider_keys)}
        self.provider = np.array([self._provider_rows[offer.provider] for offer in self.offers], dtype=np.int64)
        self.lineages = [frozenset(self.directory.lineage(key)) for key in self.provider_keys]
        self._under: dict[str, list[int]] = {}
        for row, lineage in enumerate(self.lineages):
            for key in lineage:
                self._under.setdefault(key, []).append(row)
        shape = (len(self._state_rows), len(self.provider_keys))
        self._home, self._is_own = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        for column, key in enumerate(self.provider_keys):
            self._home[[self._state_rows[iso3] for iso3 in self.directory.home_of(key)], column] = True
            own = [self._state_rows[name] for name in self.lineages[column] if name in self._state_rows]
            self._is_own[own, column] = True

    def _fill(self, row: int, request: RequestProfile) -> None:
        """The row of an organization, or of a State that neither the directory nor an offer knows."""
        states = self.directory.states_of(request)
        rows = [self._state_rows[iso3] for iso3 in sorted(states) if iso3 in self._state_rows]
        whole, made = self._is_global, ~self._is_global
        if request.organization:
            named = [request.organization in offer.members_of for offer in self.offers]
            whole = whole | (np.array(named, dtype=np.bool_) & ~self._is_narrowed)
            made = made | self._for_organizations
        size = max(len(states), 1)
        share = np.where(whole, 1.0, self._covers[rows].sum(axis=0) / size)
        is_own = [request.requester in lineage for lineage in self.lineages]
        at_home = 2 * self._home[rows].sum(axis=0) >= size
        region = np.where(at_home[self.provider], HOME, np.where(made, REGION, WORLD))
        applies = self._names_region & ~self._names_state[rows].any(axis=0)
        outside = np.where(applies, len(states) - self._in_region[rows].sum(axis=0), 0)
        self.sizes[row] = size
        self.standing[row] = region | outside << REGION_BITS
        passed = share >= (MOST_MEMBERS if request.organization else 1.0)
        if request.state:
            passed = passed & ~self._not_for_states
        self.open[row] = pack(self._is_live & passed & ~np.array(is_own, dtype=np.bool_)[self.provider])
        if request.organization:
            gap = rules.ANY_GAP + (1 - rules.ANY_GAP) * (1 - share)
            self.gaps[row] = np.where(self._is_global | (share >= 1), 0.0, gap)

    def _make_room(self) -> None:
        self.open = np.concatenate([self.open, np.zeros_like(self.open)])
        self.standing = np.concatenate([self.standing, np.zeros_like(self.standing)])
        self.sizes = np.concatenate([self.sizes, np.ones_like(self.sizes)])


def packed_length(count: int) -> int:
    """Words that hold `count` bits."""
    return -(-count // 64)


def pack(flags: Bools) -> Words:
    """Flags along the last axis as bits in words; what is left of the last word is 0."""
    packed = np.packbits(flags, axis=-1)
    filled = np.zeros((*packed.shape[:-1], 8 * packed_length(flags.shape[-1])), dtype=np.uint8)
    filled[..., : packed.shape[-1]] = packed
    return filled.view(np.uint64)
