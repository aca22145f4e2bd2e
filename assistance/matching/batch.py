"""The best offers of many requests at once, as arrays.

Gates first, as packed bits over the offers; then only the pairs that are left, in long arrays. Everything is done
in pieces, so that memory does not grow with the number of requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistance.matching.asking import RequestBatch
from assistance.matching.batch_pairs import Serving, fits_in_reach, needs_at_once, pairs_of
from assistance.matching.batch_parts import PART_CODES, PairParts
from assistance.matching.book import Floats, Integers, OfferBook, Words
from assistance.matching.policy import Policy
from assistance.matching.profiles import RequestProfile
from assistance.matching.request_reading import RequestReading

REQUESTS_AT_ONCE = 2048
PAIRS_AT_ONCE = 1 << 17
INDEX_BITS, SCORE_BITS = 34, 14
HIGHEST = 10_000
STEP_BITS = 6
"""Scores are counted in steps of 64 hundredths to find how high the best begin."""

Points = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BestOffers:
    """For requests in the order given, the offers that passed every gate: best first, equal scores by reference.

    Those of request i are `starts[i]` up to `starts[i + 1]`. `offers` are rows of the book, `hundredths` the scores;
    `values` (0-1) and `points` (hundredths, negative for parts that lower; they add up to the score) have a column for
    each of `PART_CODES`.
    """

    book: OfferBook
    starts: Integers
    offers: Integers
    hundredths: Integers
    values: Floats
    points: Points

    def __len__(self) -> int:
        return self.starts.size - 1

    def of(self, place: int) -> slice:
        """Where the offers of one request are."""
        return slice(int(self.starts[place]), int(self.starts[place + 1]))


@dataclass(frozen=True)
class _Piece:
    """The best offers of some requests, which are named by their places."""

    places: Integers
    offers: Integers
    hundredths: Integers
    values: Floats
    points: Points


NO_OFFERS = _Piece(
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
    np.zeros((0, len(PART_CODES))),
    np.zeros((0, len(PART_CODES)), dtype=np.int32),
)


def best_offers(
    requests: Sequence[RequestProfile],
    readings: Sequence[RequestReading],
    book: OfferBook,
    policy: Policy,
    limit: int | None = None,
    least: int = 0,
) -> BestOffers:
    """The best `limit` offers (None: all) of each request that have at least `least` hundredths."""
    pieces = [
        piece
        for some in _batches(readings, book)
        for piece in _pieces(
            RequestBatch([requests[place] for place in some], [readings[place] for place in some], book, policy),
            some,
            policy,
            limit,
            least,
        )
    ]
    places = np.concatenate([NO_OFFERS.places, *(piece.places for piece in pieces)])
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(requests))
    return BestOffers(
        book,
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([NO_OFFERS.offers, *(piece.offers for piece in pieces)])[order],
        np.concatenate([NO_OFFERS.hundredths, *(piece.hundredths for piece in pieces)])[order],
        np.concatenate([NO_OFFERS.values, *(piece.values for piece in pieces)])[order],
        np.concatenate([NO_OFFERS.points, *(piece.points for piece in pieces)])[order],
    )


def _batches(readings: Sequence[RequestReading], book: OfferBook) -> Iterator[list[int]]:
    """The places of requests that are worked on together; one with very many needs is worked on alone."""
    some: list[int] = []
    needs, most = 0, needs_at_once(len(book.form_sets))
    for place, reading in enumerate(readings if len(book) else ()):
        if some and (len(some) == REQUESTS_AT_ONCE or needs + len(reading.needs) > most):
            yield some
            some, needs = [], 0
        some.append(place)
        needs += len(reading.needs)
    if some:
        yield some


def _pieces(batch: RequestBatch, some: list[int], policy: Policy, limit: int | None, least: int) -> Iterator[_Piece]:
    serving = Serving(batch, policy)
    bits = serving.candidates()
    ends = np.cumsum(np.bitwise_count(bits).sum(axis=1, dtype=np.int64))
    places = np.array(some, dtype=np.int64)[batch.places]
    most_rows = max(PAIRS_AT_ONCE * 128 // (64 * bits.shape[1]), 1)
    first = 0
    while first < len(batch):
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + PAIRS_AT_ONCE, side="right"))
        last = min(max(last, first + 1), first + most_rows, len(batch))
        yield _piece(batch, places, bits, first, last, serving, limit, least)
        first = last


def _piece(
    batch: RequestBatch,
    places: Integers,
    bits: Words,
    first: int,
    last: int,
    serving: Serving,
    limit: int | None,
    least: int,
) -> _Piece:
    parts = PairParts(fits_in_reach(pairs_of(batch, bits, first, last), serving), serving)
    low, high = parts.bounds()
    parts.measure_late(np.flatnonzero(high >= np.maximum(lowest(parts.rows - first, low, limit), least)))
    best = _best(parts, first, limit, least)
    values, points = parts.table(best)
    return _Piece(places[parts.rows[best]], parts.offers[best], parts.hundredths[best], values, points)


def lowest(rows: Integers, scores: Integers | Floats, limit: int | None) -> Integers:
    """For each pair a score that at least `limit` pairs of its row reach, the highest such step; else 0."""
    if limit is None or not rows.size:
        return np.zeros(rows.size, dtype=np.int64)
    steps = (HIGHEST >> STEP_BITS) + 1
    cells = rows * steps
    cells += np.maximum(scores, 0).astype(np.int64) >> STEP_BITS
    counts = np.bincount(cells, minlength=steps * (int(rows[-1]) + 1)).reshape(-1, steps)
    reached = counts[:, ::-1].cumsum(axis=1)[:, ::-1] >= limit
    highest_step = np.maximum(reached.sum(axis=1) - 1, 0)
    return (highest_step << STEP_BITS)[rows]


def _best(parts: PairParts, first: int, limit: int | None, least: int) -> Integers:
    """The pairs to keep: ordered by request, then by score, then by offer."""
    kept = np.flatnonzero(parts.hundredths >= np.maximum(lowest(parts.rows - first, parts.hundredths, limit), least))
    keys = parts.rows[kept] - first
    keys <<= SCORE_BITS
    keys += HIGHEST - parts.hundredths[kept]
    keys <<= INDEX_BITS
    keys += kept
    keys.sort()
    best = keys & (2**INDEX_BITS - 1)
    if limit is None:
        return best
    rows = parts.rows[best] - first
    counts = np.bincount(rows)
    begins = np.cumsum(counts) - counts
    return best[np.arange(best.size) - begins[rows] < limit]
