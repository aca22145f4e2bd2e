"""Pairs of a request and an offer in long arrays: which can be in reach, and how far each need is served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assistance.matching.asking import RequestBatch
from assistance.matching.book import Bools, Floats, Integers, Words
from assistance.matching.policy import Policy
from assistance.matching.serving import NeedGates, NeedTables, Served

CELLS_AT_ONCE = 4_000_000
"""At most so many fits of forms are kept at once, at 8 bytes each."""
BITS_AT_ONCE = 1 << 20
"""So many bits are unpacked at once, a byte each: few enough for the cache of a processor."""


class Serving:
    """The needs of a batch in blocks that fit into memory; only a request with very many needs has several."""

    def __init__(self, batch: RequestBatch, policy: Policy) -> None:
        self.batch = batch
        self.policy = policy
        self.blocks = [(0, len(batch.needs))]
        if len(batch) == 1:
            size = needs_at_once(len(batch.book.form_sets))
            self.blocks = [(first, min(first + size, len(batch.needs))) for first in range(0, len(batch.needs), size)]
        self._kept: tuple[int, NeedTables] | None = None

    def tables(self, block: int) -> NeedTables:
        """The tables of one block; those used last are kept."""
        if self._kept is None or self._kept[0] != block:
            self._kept = (block, NeedTables(self.batch, *self.blocks[block]))
        return self._kept[1]

    def tables_of(self, need: int) -> NeedTables:
        return self.tables(next(block for block, (_, last) in enumerate(self.blocks) if need < last))

    def positions(self) -> Iterator[tuple[NeedTables, int]]:
        """First need, second need, and so on of all requests, each with its tables."""
        if len(self.blocks) == 1:
            for position in range(int(self.batch.need_counts.max(initial=0))):
                yield self.tables(0), position
            return
        for block, (first, last) in enumerate(self.blocks):
            for position in range(first, last):
                yield self.tables(block), position

    def candidates(self) -> Words:
        """For each request packed bits over the offers: those that pass the gates, as far as bits can tell."""
        batch = self.batch
        found: Words = batch.book.standings.open[batch.standing]
        if self.policy.reach > 0:  # else whatever is open to the requester is in reach
            found &= self._in_reach()
        for row in batch.declining:
            for key in batch.requests[row].declined_providers | batch.readings[row].declined:
                offers = batch.book.standings.by_provider(key)
                if offers is not None:
                    found[row] &= ~offers
        return found

    def _in_reach(self) -> Words:
        """Bits of the offers that can be in reach of any need of each request."""
        batch = self.batch
        found: Words = np.zeros((len(batch), batch.book.standings.open.shape[1]), dtype=np.uint64)
        gates: NeedGates | None = None
        for tables, position in self.positions():
            if gates is None or gates.tables is not tables:
                gates = NeedGates(tables, self.policy.reach)
            first = batch.rows_with(position)
            found[first:] |= gates.rows(batch.first_need[first:] + position)
        return found


def needs_at_once(form_sets: int) -> int:
    return max(CELLS_AT_ONCE // max(form_sets, 1), 1)


@dataclass(frozen=True)
class Pairs:
    """Pairs of the requests `first` up to `last` of a batch, ordered by request and then by offer."""

    batch: RequestBatch
    first: int
    last: int
    rows: Integers
    offers: Integers

    @cached_property
    def starts(self) -> Integers:
        """Where the pairs of each request begin, and at last where the last ones end."""
        return np.searchsorted(self.rows, np.arange(self.first, self.last + 1))

    def of(self, row: int) -> slice:
        """The pairs of one request."""
        return slice(int(self.starts[row - self.first]), int(self.starts[row - self.first + 1]))

    def among(self, rows: list[int]) -> list[int]:
        return [row for row in rows if self.first <= row < self.last]

    @cached_property
    def form_sets(self) -> Integers:
        return self.batch.book.form_set.take(self.offers)

    @cached_property
    def weapon_sets(self) -> Integers:
        return self.batch.book.weapon_set.take(self.offers)

    def some(self, kept: Bools | Integers) -> Pairs:
        return Pairs(self.batch, self.first, self.last, self.rows[kept], self.offers[kept])

    def serve(self, tables: NeedTables, needs: Integers, some: slice | Integers) -> Served:
        """`needs` (numbers in the batch) beside the offers of some of the pairs."""
        return tables.serve(needs, self.offers[some], self.form_sets[some], self.weapon_sets[some])


def pairs_of(batch: RequestBatch, bits: Words, first: int, last: int) -> Pairs:
    """The pairs that the packed bits of the requests `first` up to `last` name and whose dates meet."""
    book = batch.book
    width = 64 * bits.shape[1]
    step = max(BITS_AT_ONCE // width, 1)
    places = np.concatenate(
        [
            np.flatnonzero(np.unpackbits(bits[begin : min(begin + step, last)].view(np.uint8)).view(np.bool_))
            + (begin - first) * width
            for begin in range(first, last, step)
        ]
    )
    counts = np.bitwise_count(bits[first:last]).sum(axis=1, dtype=np.int64)
    rows = np.repeat(np.arange(first, last), counts)
    offers = places - (rows - first) * width
    meets = book.starts.take(offers) <= batch.needed_by.take(rows)
    meets &= book.ends.take(offers) >= batch.needed_from.take(rows)
    return Pairs(batch, first, last, rows[meets], offers[meets])


@dataclass(frozen=True)
class Fits:
    """How far each pair's offer serves the request: the fit, and the parts that come straight from the needs."""

    pairs: Pairs
    fit: Floats
    types: Floats
    weapons: Floats


def fits_in_reach(pairs: Pairs, serving: Serving) -> Fits:
    """The pairs that pass the gates of reach and form, with what `Pair.fit` says of them."""
    batch, policy = pairs.batch, serving.policy
    size = pairs.rows.size
    reach, best, total, types, weapons = (np.zeros(size) for _ in range(5))
    for tables, position in serving.positions():
        begin = int(np.searchsorted(pairs.rows, batch.rows_with(position)))
        if begin == size:
            continue
        some = slice(begin, None)
        needs = batch.first_need.take(pairs.rows[some])
        needs += position
        served = pairs.serve(tables, needs, some)
        priority = batch.priority.take(needs)
        near = served.area * served.weapon
        near *= priority
        np.maximum(reach[some], near, out=reach[some])
        value = served.area
        value *= served.form
        value *= served.weapon
        value *= priority
        np.maximum(best[some], value, out=best[some])
        total[some] += value
        served.form[...] *= value
        np.maximum(types[some], served.form, out=types[some])
        value *= served.weapon
        np.maximum(weapons[some], value, out=weapons[some])
    kept = np.flatnonzero((reach >= policy.reach) & (best >= policy.reach))
    left = pairs.some(kept)
    total = total[kept]
    total /= batch.priority_total.take(left.rows)
    fit = (1 - policy.breadth) * best[kept] + policy.breadth * total
    return Fits(left, fit, types[kept], weapons[kept])
