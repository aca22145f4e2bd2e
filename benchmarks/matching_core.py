"""The core of the matching: read requests against a book of read offers, the best 20 of each with all parts.

Beside it, in turns, what a dense method would have to do at least: the bare float32 product of two feature matrices
(a column for each area, type of assistance, weapon type, language and concept), in blocks of rows that fit into the
cache, and `numpy.argpartition` for the best 20. That gives no gates, no parts and no order; it is a measure, not an
alternative. Reading the texts and building the book are measured apart. Everything runs in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import tracemalloc
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from assistance.matching import DEFAULT_POLICY, Matcher, OfferProfile, RequestProfile

from .synthetic import TODAY, Synthetic

REQUESTS, OFFERS, LIMIT = 2_000, 20_000, 20
ROUNDS = 30
ROWS = 250
"""Rows of the dense product at once: 20 MB."""

Matrix = npt.NDArray[np.float32]


def measure(options: Namespace) -> dict[str, Any]:
    """Times from one process, memory from another in which nothing but the core has run."""
    return _in_a_process("times") | _in_a_process("memory")


def _in_a_process(what: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - this file, with a word of its own
        [sys.executable, "-m", "benchmarks.matching_core", what], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(results: dict[str, Any]) -> None:
    print(
        f"core of the matching, {results['requests']} requests x {results['offers']} offers, best {results['limit']}:"
    )
    for name, value in results.items():
        print(f"  {name:28} {value}")


class Prepared:
    """Synthetic records, read, and the book of the offers; with what each step took in seconds."""

    def __init__(self, requests: int, offers: int) -> None:
        drawn = Synthetic()
        self.offers = drawn.offers(offers)
        self.requests = drawn.requests(requests)
        self.matcher = Matcher(drawn.directory, DEFAULT_POLICY, TODAY)
        self.reading_offers = _seconds(lambda: [self.matcher.read_offer(offer) for offer in self.offers])
        self.reading_requests = _seconds(lambda: [self.matcher.read_request(request) for request in self.requests])
        began = time.perf_counter()
        self.book = self.matcher.book(self.offers)
        self.building = time.perf_counter() - began


def times() -> dict[str, Any]:
    """Each of the three in turns, the best round of each."""
    full = Prepared(REQUESTS, OFFERS)
    quarter_requests = full.requests[: REQUESTS // 2]
    quarter = full.matcher.book(full.offers[: OFFERS // 2])
    asked, given = features(full.matcher, full.requests, full.offers)
    core, small, dense = [], [], []
    for _ in range(ROUNDS):
        core.append(_both_seconds(lambda: full.matcher.rank_many(full.requests, full.book, LIMIT)))
        dense.append(_both_seconds(lambda: dense_best(asked, given)))
        small.append(_both_seconds(lambda: full.matcher.rank_many(quarter_requests, quarter, LIMIT)))
    (core_s, core_processor_s), (dense_s, dense_processor_s), (small_s, _) = _best(core), _best(dense), _best(small)
    best = full.matcher.rank_many(full.requests, full.book, LIMIT)
    return {
        "requests": REQUESTS,
        "offers": OFFERS,
        "limit": LIMIT,
        "core_s": round(core_s, 3),
        "dense_s": round(dense_s, 3),
        "dense_columns": asked.shape[1],
        "ratio_to_dense": round(core_s / dense_s, 2),
        "core_processor_s": round(core_processor_s, 3),
        "dense_processor_s": round(dense_processor_s, 3),
        "quarter_of_the_pairs_s": round(small_s, 3),
        "growth_at_4x": round(core_s / small_s, 2),
        "ranked": int(best.offers.size),
        "reading_an_offer_ms": round(1000 * full.reading_offers / OFFERS, 2),
        "reading_a_request_ms": round(1000 * full.reading_requests / REQUESTS, 2),
        "building_the_book_s": round(full.building, 2),
    }


def memory() -> dict[str, Any]:
    """The peak of the whole process, with records and readings, and what the core alone takes beside them."""
    prepared = Prepared(REQUESTS, OFFERS)
    prepared.matcher.rank_many(prepared.requests, prepared.book, LIMIT)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tracemalloc.start()
    prepared.matcher.rank_many(prepared.requests, prepared.book, LIMIT)
    _, traced = tracemalloc.get_traced_memory()
    return {"peak_memory_mb": round(peak), "core_memory_mb": round(traced / 2**20)}


def features(
    matcher: Matcher, requests: Iterable[RequestProfile], offers: Iterable[OfferProfile]
) -> tuple[Matrix, Matrix]:
    """A row for each request and for each offer, a column for each code that any of them names."""
    asked = [_request_features(matcher, request) for request in requests]
    given = [_offer_features(matcher, offer) for offer in offers]
    columns = {name: column for column, name in enumerate(sorted(set().union(*asked, *given)))}
    return _matrix(asked, columns), _matrix(given, columns)


def _request_features(matcher: Matcher, request: RequestProfile) -> dict[str, float]:
    reading = matcher.read_request(request)
    found: dict[str, float] = {f"concept {name}": weight for name, weight in reading.concepts.items()}
    found |= {f"language {code}": 1.0 for code in request.languages}
    for need in reading.needs:
        found |= {f"area {code}": strength for code, strength in need.areas.items()}
        found |= {f"type {code}": weight for code, weight in need.types.items()}
        found |= {f"weapon {code}": 1.0 for code in need.weapon_types}
    return found


def _offer_features(matcher: Matcher, offer: OfferProfile) -> dict[str, float]:
    reading = matcher.read_offer(offer)
    return {
        **{f"concept {name}": weight for name, weight in reading.concepts.items()},
        **{f"language {code}": 1.0 for code in reading.languages},
        **{f"area {code}": strength for code, strength in reading.areas.items()},
        **{f"type {code}": 1.0 for code in reading.types},
        **{f"weapon {code}": 1.0 for code in reading.weapon_types},
    }


def _matrix(rows: list[dict[str, float]], columns: Mapping[str, int]) -> Matrix:
    matrix = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for row, found in enumerate(rows):
        matrix[row, [columns[name] for name in found]] = list(found.values())
    return matrix


def dense_best(asked: Matrix, given: Matrix) -> list[npt.NDArray[np.int64]]:
    """The places of the 20 largest products of each row, in no order.

    The product is negated, because `argpartition` is slowest on the many equal zeros before the largest.
    """
    best = []
    for begin in range(0, len(asked), ROWS):
        product = -asked[begin : begin + ROWS] @ given.T
        best.append(np.argpartition(product, LIMIT, axis=1)[:, :LIMIT])
    return best


def _best(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return min(seconds for seconds, _ in rounds), min(processor for _, processor in rounds)


def _both_seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of all processors together: the second hardly depends on what else the machine does."""
    began = time.process_time()
    seconds = _seconds(work)
    return seconds, time.process_time() - began


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    json.dump({"times": times, "memory": memory}[sys.argv[1]](), sys.stdout)
