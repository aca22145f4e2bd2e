"""One part of a portfolio: the three goals in turn, over arcs that have nothing to do with those of other parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from assistance.matching.portfolio_board import Arc, Board
from assistance.matching.portfolio_model import Goal, Model, model_of
from assistance.matching.solver import Deadline, Solution

FOR_THE_FIRST_GOAL = 0.5
"""Share of the time that may go into the first goal; it is easy, so this is hardly ever used up."""


@dataclass
class Part:
    """A part and, once solved, its answer: `helped` requesters who had nothing, `met` need beside what is decided.

    No plan exceeds `helped_bound`, and none that helps so many exceeds `met_bound`.
    """

    board: Board
    arcs: tuple[Arc, ...]
    chosen: tuple[Arc, ...] = ()
    helped: int = 0
    helped_bound: int = 0
    met: int = 0
    met_bound: int = 0
    is_proven: bool = False
    offers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.offers = frozenset(arc.offer for arc in self.arcs)

    @cached_property
    def waiting(self) -> frozenset[str]:
        """Requesters of this part who have nothing yet."""
        requesters = {self.board.requests[arc.request].requester for arc in self.arcs}
        return frozenset(requesters - self.board.helped_before)

    def solve(self, deadline: Deadline) -> None:
        """Choose among the arcs. What is not proven in time is still a plan that breaks no rule."""
        model = self.model()
        self.helped_bound, self.met_bound = len(self.waiting), self._most_met()
        self._offer(())
        is_proven = False
        if self._pursue(model, model.first, deadline.share(FOR_THE_FIRST_GOAL)):
            self.helped_bound = self.helped
            if self._pursue(model, model.need, deadline):
                self.met_bound = self.met
                is_proven = self._pursue(model, model.few, deadline)
        self.is_proven = is_proven
        if not is_proven:
            self.chosen = self._without_idle(self.chosen)

    def _pursue(self, model: Model, goal: Goal, deadline: Deadline) -> bool:
        """Solve for one goal and hold on to its optimum; whether it is proven."""
        if not goal:
            return True
        answer = model.program.maximise(deadline, goal)
        if answer.values is not None:
            self._offer(self._arcs_of(answer), is_best=answer.is_proven, is_last=goal is model.few)
        if answer.is_proven:
            model.program.row(list(goal), list(goal.values()), least=round(answer.value) - 0.5)
        elif goal is model.need:
            self.met_bound = min(self.met_bound, int(min(answer.bound, self.met_bound) + 0.5))
        return answer.is_proven

    def _offer(self, arcs: Iterable[Arc], *, is_best: bool = False, is_last: bool = False) -> None:
        """Take these arcs, and what fits beside them, if they are better than what was chosen so far."""
        found = tuple(arcs) if is_last else self._filled(arcs)
        helped, met = self.value_of(found)
        if is_best or (helped, met) > (self.helped, self.met):
            self.chosen, self.helped, self.met = found, helped, met

    def model(self, more: Collection[str] = ()) -> Model:
        """The part as a linear programme; one of the offers in `more` may take one request more."""
        return model_of(self.board, self.arcs, self.waiting, more)

    def _arcs_of(self, answer: Solution) -> list[Arc]:
        assert answer.values is not None  # noqa: S101 - the callers have looked
        return [arc for variable, arc in enumerate(self.arcs) if answer.values[variable] > 0.5]

    def value_of(self, arcs: Iterable[Arc]) -> tuple[int, int]:
        """What the first two goals make of these arcs: requesters helped, need met."""
        hand = _Hand(self.board)
        for arc in arcs:
            hand.take(arc)
        return len(hand.helped & self.waiting), sum(hand.met.values())

    def _most_met(self) -> int:
        """The need that would be met if there were places for all."""
        return self.value_of(self.arcs)[1]

    def _filled(self, arcs: Iterable[Arc]) -> tuple[Arc, ...]:
        """These arcs and, one by one, the others for which there is room: first for those who have nothing."""
        hand = _Hand(self.board)
        for arc in arcs:
            hand.take(arc)
        ranked = sorted(self.arcs, key=lambda arc: (-arc.most, -arc.hundredths, arc.request, arc.offer))
        for is_for_the_waiting in (True, False):
            for arc in ranked:
                if hand.has_room_for(arc) and not (is_for_the_waiting and hand.has_helped(arc)):
                    hand.take(arc)
        return tuple(hand.arcs)

    def _without_idle(self, arcs: Iterable[Arc]) -> tuple[Arc, ...]:
        """Without the arcs that serve no need better than the others do; the weakest go first."""
        kept = sorted(arcs, key=lambda arc: (arc.most, arc.hundredths, arc.request, arc.offer))
        value = self.value_of(kept)
        for arc in list(kept):
            without = [other for other in kept if other is not arc]
            if self.value_of(without) == value:
                kept = without
        return tuple(sorted(kept, key=lambda arc: (arc.request, arc.offer)))


class _Hand:
    """Arcs that have been taken, and what is left of places, room and unmet need."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.arcs: list[Arc] = []
        self.helped: set[str] = set()
        self.met: Counter[tuple[str, int]] = Counter()
        self._taken: Counter[str] = Counter()
        self._given: Counter[str] = Counter()

    def take(self, arc: Arc) -> None:
        self.arcs.append(arc)
        self.helped.add(self._requester(arc))
        self._taken[arc.offer] += 1
        self._given[arc.request] += 1
        for place, gain in arc.gains:
            self.met[arc.request, place] = max(self.met[arc.request, place], gain)

    def has_room_for(self, arc: Arc) -> bool:
        """Whether the arc breaks no limit and adds to the need met."""
        return (
            self._taken[arc.offer] < self.board.places[arc.offer]
            and self._given[arc.request] < self.board.room[arc.request]
            and any(gain > self.met[arc.request, place] for place, gain in arc.gains)
        )

    def has_helped(self, arc: Arc) -> bool:
        """Whether the arc's requester has something, decided or taken."""
        requester = self._requester(arc)
        return requester in self.helped or requester in self.board.helped_before

    def _requester(self, arc: Arc) -> str:
        return self.board.requests[arc.request].requester
