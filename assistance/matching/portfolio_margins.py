"""What one more place in an area would bring: the plan again, with a place more at one of the area's offers.

For each area the two goals are solved again, exactly, in the parts where the area has offers that are asked for by more
than they can take; the place goes where it brings most. Solving again is left out only where the linear relaxation
proves that nothing can be gained: the plan's relaxed optimum and the price of a place there bound every plan with one
place more. Where the time is over, that bound is given instead, marked as such.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistance.matching.portfolio_board import Board
from assistance.matching.portfolio_part import Part
from assistance.matching.portfolio_values import WHOLE
from assistance.matching.solver import Deadline

Progress = Callable[[str, int, int], None]

ROUNDING = 1e-6
"""The solver's own tolerance, against which bounds are rounded."""


@dataclass(frozen=True)
class Margin:
    """What one more place in an area brings: requesters helped beside those of the plan, and need met.

    `met` is in needs of the highest priority met in full; it can be negative where a requester is helped that has
    nothing. `offer` is where the place brings that. If it `is_exact`; else both are the most that it could be.
    """

    area: str
    helped: int
    met: float
    offer: str | None
    is_exact: bool = True


def margins(board: Board, parts: Sequence[Part], deadline: Deadline, progress: Progress) -> tuple[Margin, ...]:
    """One margin for each area with an offer that is asked for, the largest first."""
    by_area: dict[str, set[str]] = defaultdict(set)
    for arc in board.arcs:
        for area in board.supplies[arc.offer].areas:
            by_area[area].add(arc.offer)
    asked = [_Asked(part, board) for part in parts]
    found = []
    for number, area in enumerate(sorted(by_area)):
        progress("margins", number, len(by_area))
        offers = frozenset(by_area[area] & board.contested)
        gains = [one.gain(offers & one.part.offers, deadline) for one in asked if offers & one.part.offers]
        best = max(gains, key=lambda gain: (gain.helped, gain.met), default=_Gain(0, 0, None, True))
        is_exact = all(gain.is_exact for gain in gains)
        found.append(Margin(area, best.helped, best.met / WHOLE, best.offer if is_exact else None, is_exact))
    return tuple(sorted(found, key=lambda one: (-one.helped, -one.met, one.area)))


@dataclass(frozen=True)
class _Gain:
    helped: int
    met: int
    offer: str | None
    is_exact: bool


NOTHING = _Gain(0, 0, None, True)


class _Asked:
    """One part, asked what a place more would bring; what its relaxation says is worked out once."""

    def __init__(self, part: Part, board: Board) -> None:
        self.part = part
        self.board = board
        self._relaxed = 0.0
        self._prices: dict[str, float] | None = None

    def gain(self, offers: frozenset[str], deadline: Deadline) -> _Gain:
        """The most that one more place at one of these offers brings."""
        part = self.part
        may_help = part.helped < len(part.waiting)
        most = self._most(offers)
        if part.is_proven and not may_help and most < 1:
            return NOTHING
        if not part.is_proven or deadline.is_over:
            return _Gain(int(may_help), most, None, False)
        return self._solved(offers, deadline) or _Gain(int(may_help), most, None, False)

    def _most(self, offers: frozenset[str]) -> int:
        """No plan with one place more at one of these offers, helping at least as many, exceeds the plan by more."""
        if self._prices is None:
            model = self.part.model()
            if model.first:
                model.program.row(list(model.first), least=self.part.helped)
            self._relaxed, prices = model.program.relaxed(model.need)
            self._prices = {offer: float(prices[row]) for offer, row in model.rows.items()}
        return max(0, int(self._relaxed + max(self._prices[offer] for offer in offers) - self.part.met + ROUNDING))

    def _solved(self, offers: frozenset[str], deadline: Deadline) -> _Gain | None:
        """The two goals again; None if they could not be proven in time."""
        part = self.part
        model = part.model(more=offers)
        helped = part.helped
        if helped < len(part.waiting):
            first = model.program.maximise(deadline, model.first)
            if not first.is_proven:
                return None
            helped = round(first.value)
        if model.first:
            model.program.row(list(model.first), least=helped)
        need = model.program.maximise(deadline, model.need)
        if need.values is None or not need.is_proven:
            return None
        met = round(need.value) - part.met
        where = next((offer for offer, variable in model.more.items() if need.values[variable] > 0.5), None)
        return _Gain(helped - part.helped, met, where if met or helped > part.helped else None, True)
