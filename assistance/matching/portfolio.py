"""Portfolio: all open requests and all places at once; who should take what.

The plan is chosen by three goals, one after the other, each exactly (`solver`):

1. **As many requesters as possible get something useful.** A requester is a State, or an organization that asks for
   its members, however many requests it has. It is helped if it has a decided pair or gets a new one.
2. **As much need as possible is met.** A need counts once, by the offer that serves it best: priority x how well.
3. **Few pairs that score well.** Each new pair costs 200 points less its score.

The first goal is the fairness rule. A requester is left with nothing only if every plan that helps it would leave
another with nothing: the sets of requesters that can be helped together are the independent sets of a transversal
matroid, so every set that cannot be widened is as large as the largest. The rule compares nobody's share with
anybody's, so that a delegate can check it by counting, and among all plans that help as many, need and priority
decide. A rule that evens out shares would take help from high needs to add to low ones.

What people have decided is fixed: decided pairs stay, hold their places and meet their needs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistance.matching.portfolio_board import Board, parts_of
from assistance.matching.portfolio_margins import Margin, margins
from assistance.matching.portfolio_part import Part
from assistance.matching.portfolio_values import (
    WHOLE,
    DecidedPair,
    InvalidRules,
    OpenRequest,
    PossiblePair,
    Rules,
    Supply,
)
from assistance.matching.profiles import NeedProfile
from assistance.matching.solver import Deadline

__all__ = [
    "Assignment",
    "DecidedPair",
    "InvalidRules",
    "LeftNeed",
    "Margin",
    "OpenRequest",
    "Portfolio",
    "PossiblePair",
    "Rules",
    "ServedNeed",
    "Supply",
    "plan_portfolio",
]

FOR_THE_PLAN = 0.65
"""Share of the time for the plan itself; what it does not use is left for the margins."""

NEAREST_FIRST = ("not_found", "places_taken", "all_full", "no_offer")
"""Why a requester has nothing: of several reasons the one that is nearest to having something is told."""

Progress = Callable[[str, int, int], None]
"""Told the stage (`plan` or `margins`), how much of it is done, and of how much."""


@dataclass(frozen=True)
class ServedNeed:
    """A need that an assignment meets as the one that meets it best, and how well (0-1)."""

    need: NeedProfile
    met: float


@dataclass(frozen=True)
class Assignment:
    """A request and an offer that belong together in the plan; `served` are the needs it is best for."""

    request: str
    offer: str
    hundredths: int
    is_decided: bool
    served: tuple[ServedNeed, ...]


@dataclass(frozen=True)
class LeftNeed:
    """A need that the plan leaves open. `reason` is a code of the place `open_need` in `codes`."""

    request: str
    need: NeedProfile
    reason: str


@dataclass(frozen=True)
class Portfolio:
    """The plan.

    `helped` are the requesters who get or have something, `left` those who do not, with the reason (place `left_out`
    of `codes`); `helped_bound` is how many could be helped at most. `met`, `met_bound` and `asked` are in needs of the
    highest priority met in full; no plan that helps as many exceeds `met_bound`. `taken` says how many new requests
    each offer takes, `places` how many it had for them. `size` says how much was looked at.
    """

    assignments: tuple[Assignment, ...]
    left_needs: tuple[LeftNeed, ...]
    helped: tuple[str, ...]
    left: Mapping[str, str]
    helped_bound: int
    met: float
    met_bound: float
    asked: float
    is_proven: bool
    places: Mapping[str, int]
    taken: Mapping[str, int]
    margins: tuple[Margin, ...]
    size: Mapping[str, int]

    @property
    def gap(self) -> float:
        """How far (0-1) the need met may be from what no plan exceeds."""
        return max(0.0, (self.met_bound - self.met) / self.met_bound) if self.met_bound > 0 else 0.0


def plan_portfolio(
    requests: Iterable[OpenRequest],
    supplies: Iterable[Supply],
    pairs: Iterable[PossiblePair],
    decided: Iterable[DecidedPair] = (),
    *,
    rules: Rules,
    progress: Progress = lambda stage, done, total: None,
) -> Portfolio:
    """Plan over everything at once.

    `pairs` are those that pass every gate but that of capacity and reach the threshold: the places are looked after
    here. `decided` pairs need not be among them. Raises `SolverFailed`.
    """
    board = Board(requests, supplies, pairs, tuple(decided), rules)
    parts = [Part(board, arcs) for arcs in parts_of(board)]
    deadline = Deadline(rules.seconds)
    for_the_plan = deadline.share(FOR_THE_PLAN)
    left = len(board.kept)
    for number, part in enumerate(parts):
        progress("plan", number, len(parts))
        part.solve(for_the_plan.share(len(part.arcs) / left))
        left -= len(part.arcs)
    return _Result(board, parts).portfolio(margins(board, parts, deadline, progress))


class _Result:
    """The solved parts put together again."""

    def __init__(self, board: Board, parts: Sequence[Part]) -> None:
        self.board = board
        self.parts = parts
        chosen = {(arc.request, arc.offer) for part in parts for arc in part.chosen}
        new = [pair for pair in board.pairs if (pair.request, pair.offer) in chosen]
        self.pairs: dict[str, list[PossiblePair]] = defaultdict(list)
        for pair in sorted([*board.decided, *new], key=lambda pair: (pair.request, -pair.hundredths, pair.offer)):
            self.pairs[pair.request].append(pair)
        self.possible: dict[str, list[PossiblePair]] = defaultdict(list)
        for pair in board.pairs:
            self.possible[pair.request].append(pair)
        self.taken = Counter(pair.offer for pair in new)

    def portfolio(self, found: tuple[Margin, ...]) -> Portfolio:
        board, rules = self.board, self.board.rules
        requesters = sorted({one.requester for one in board.requests.values()})
        helped = {board.requests[reference].requester for reference in self.pairs}
        decided = sum(board.already_met.values())
        return Portfolio(
            assignments=tuple(self._assignments()),
            left_needs=tuple(self._left_needs()),
            helped=tuple(requester for requester in requesters if requester in helped),
            left={requester: self._why_left(requester) for requester in requesters if requester not in helped},
            helped_bound=len(board.helped_before) + sum(part.helped_bound for part in self.parts),
            met=(decided + sum(part.met for part in self.parts)) / WHOLE,
            met_bound=(decided + sum(part.met_bound for part in self.parts)) / WHOLE,
            asked=sum(rules.priorities[need.priority] for one in board.requests.values() for need in one.needs),
            is_proven=all(part.is_proven for part in self.parts),
            places=dict(board.places),
            taken=dict(self.taken),
            margins=found,
            size={
                "requests": len(board.requests),
                "offers": len(board.supplies),
                "pairs": len(board.pairs),
                "considered": len(board.kept),
                "parts": len(self.parts),
            },
        )

    def _best(self, request: str, place: int) -> PossiblePair | None:
        """The pair of the plan that meets a need best, if one does."""
        meeting = [pair for pair in self.pairs[request] if pair.met[place] >= self.board.rules.reach]
        return max(meeting, key=lambda pair: pair.met[place], default=None)

    def _assignments(self) -> Iterable[Assignment]:
        for request in sorted(self.pairs):
            needs = self.board.requests[request].needs
            best = [self._best(request, place) for place in range(len(needs))]
            for pair in self.pairs[request]:
                served = tuple(
                    ServedNeed(need, pair.met[place]) for place, need in enumerate(needs) if best[place] is pair
                )
                yield Assignment(request, pair.offer, pair.hundredths, isinstance(pair, DecidedPair), served)

    def _left_needs(self) -> Iterable[LeftNeed]:
        for request in self.board.requests.values():
            for place, need in enumerate(request.needs):
                if not self.pairs.get(request.reference) or self._best(request.reference, place) is None:
                    yield LeftNeed(request.reference, need, self._why_open(request.reference, place))

    def _why_open(self, request: str, place: int) -> str:
        board = self.board
        offers = [pair.offer for pair in self.possible[request] if pair.met[place] >= board.rules.reach]
        if not offers:
            return "no_offer"
        if not any(board.places[offer] for offer in offers):
            return "all_full"
        if len(self.pairs.get(request, ())) >= board.rules.offers_per_request:
            return "enough_offers"
        if any(board.places[offer] > self.taken[offer] for offer in offers):
            return "not_found"
        return "places_taken"

    def _why_left(self, requester: str) -> str:
        """Why a requester has nothing: the reason that is nearest to having something."""
        reasons = {
            self._why_open(request.reference, place)
            for request in self.board.requests.values()
            if request.requester == requester
            for place in range(len(request.needs))
        }
        return next((reason for reason in NEAREST_FIRST if reason in reasons), "no_offer")
