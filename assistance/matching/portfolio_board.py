"""What a portfolio is planned on: who may get what, without the pairs that cannot matter, in parts that stand alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from assistance.matching.portfolio_values import WHOLE, DecidedPair, OpenRequest, PossiblePair, Rules, Supply


@dataclass(frozen=True)
class Arc:
    """A pair that would bring something: `gains` maps places of needs to what it adds to what is decided."""

    request: str
    offer: str
    hundredths: int
    gains: tuple[tuple[int, int], ...]

    @property
    def most(self) -> int:
        return sum(gain for _place, gain in self.gains)


class Board:
    """Requests, places and pairs by reference, and what follows from what is decided.

    Pairs whose request or offer is not there are left out; so are twins of decided pairs.
    """

    def __init__(
        self,
        requests: Iterable[OpenRequest],
        supplies: Iterable[Supply],
        pairs: Iterable[PossiblePair],
        decided: Iterable[DecidedPair],
        rules: Rules,
    ) -> None:
        self.rules = rules
        self.requests = {one.reference: one for one in sorted(requests, key=lambda one: one.reference)}
        self.supplies = {one.offer: one for one in sorted(supplies, key=lambda one: one.offer)}
        self.decided = tuple(
            sorted((one for one in decided if one.request in self.requests), key=lambda one: (one.request, one.offer))
        )
        known = {(one.request, one.offer) for one in self.decided}
        self.pairs = tuple(
            sorted(
                (
                    one
                    for one in pairs
                    if one.request in self.requests
                    and one.offer in self.supplies
                    and (one.request, one.offer) not in known
                ),
                key=lambda one: (one.request, one.offer),
            )
        )
        held = Counter(one.offer for one in decided if one.holds_place)
        self.places = {
            one.offer: rules.unstated_places if one.places is None else max(0, one.places - held[one.offer])
            for one in self.supplies.values()
        }
        given = Counter(one.request for one in self.decided)
        self.room = {reference: max(0, rules.offers_per_request - given[reference]) for reference in self.requests}

    def worth(self, request: OpenRequest, place: int, met: float) -> int:
        """Priority x how well a need is met, in whole numbers; 0 below the reach."""
        if met < self.rules.reach:
            return 0
        return round(WHOLE * self.rules.priorities[request.needs[place].priority] * met)

    @cached_property
    def already_met(self) -> dict[tuple[str, int], int]:
        """What the decided pairs make of each need, by request and place."""
        best: dict[tuple[str, int], int] = defaultdict(int)
        for one in self.decided:
            for place, met in enumerate(one.met):
                best[one.request, place] = max(
                    best[one.request, place], self.worth(self.requests[one.request], place, met)
                )
        return best

    @cached_property
    def helped_before(self) -> frozenset[str]:
        """Requesters with a decided pair."""
        return frozenset(self.requests[one.request].requester for one in self.decided)

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """The pairs that would bring something to a request that may still get an offer."""
        found = []
        for one in self.pairs:
            if not self.room[one.request]:
                continue
            request = self.requests[one.request]
            gains = []
            for place, met in enumerate(one.met):
                gain = self.worth(request, place, met) - self.already_met.get((one.request, place), 0)
                if gain > 0:
                    gains.append((place, gain))
            if gains:
                found.append(Arc(one.request, one.offer, one.hundredths, tuple(gains)))
        return tuple(found)

    @cached_property
    def kept(self) -> tuple[Arc, ...]:
        """The arcs without those that another one makes superfluous.

        An arc may go if its request can have another that gives at least as much for every need and scores at least as
        well, at an offer with a place for everybody who could want one: whoever uses the first can change to the second
        without harm to anybody, and the plan is no worse in any of its goals.
        """
        wanted = Counter(arc.offer for arc in self.arcs)
        roomy = {offer for offer, number in wanted.items() if self.places[offer] >= number}
        kept: list[Arc] = []
        for arcs in by_request(self.arcs).values():
            replacing = [arc for arc in arcs if arc.offer in roomy]
            kept += [
                arc
                for arc in arcs
                if not any(_replaces(other, arc, is_roomy=arc.offer in roomy) for other in replacing)
            ]
        return tuple(kept)

    @cached_property
    def contested(self) -> frozenset[str]:
        """Offers for which more requests may ask than there are places."""
        wanted = Counter(arc.offer for arc in self.kept)
        return frozenset(offer for offer, number in wanted.items() if number > self.places[offer])


def by_request(arcs: Sequence[Arc]) -> dict[str, list[Arc]]:
    found: dict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        found[arc.request].append(arc)
    return found


def _replaces(other: Arc, arc: Arc, *, is_roomy: bool) -> bool:
    """Whether `other`, whose offer has room for all, is as good as `arc` in everything.

    Of two that are equal and both roomy the first by reference stays.
    """
    if other is arc or other.hundredths < arc.hundredths:
        return False
    gains = dict(other.gains)
    if any(gains.get(place, 0) < gain for place, gain in arc.gains):
        return False
    is_equal = other.hundredths == arc.hundredths and other.gains == arc.gains
    return not (is_equal and is_roomy) or other.offer < arc.offer


def parts_of(board: Board) -> list[tuple[Arc, ...]]:
    """The kept arcs in groups that share no contested offer, no request and no requester who waits for a first offer.

    Each can be planned by itself. Largest last, so that the small ones are surely done.
    """
    if not board.kept:
        return []
    numbers: dict[tuple[str, str], int] = {}

    def number_of(kind: str, key: str) -> int:
        return numbers.setdefault((kind, key), len(numbers))

    edges = []
    for arc in board.kept:
        request = number_of("request", arc.request)
        requester = board.requests[arc.request].requester
        if arc.offer in board.contested:
            edges.append((request, number_of("offer", arc.offer)))
        if requester not in board.helped_before:
            edges.append((request, number_of("requester", requester)))
    size = len(numbers)
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _count, labels = connected_components(graph, directed=False)
    groups: dict[int, list[Arc]] = defaultdict(list)
    for arc in board.kept:
        groups[int(labels[numbers["request", arc.request]])].append(arc)
    return sorted((tuple(arcs) for arcs in groups.values()), key=lambda arcs: (len(arcs), arcs[0].request))
