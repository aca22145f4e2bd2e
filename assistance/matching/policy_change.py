"""What another policy would change: how rankings move, and whether they come nearer to what people decided.

Rankings are compared request by request, so that those of thousands of requests need not be held at once. Decided
pairs are compared by their place among today's offers; a pair that is among them no longer takes the place that its
score would give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MOST_MOVES = 100
"""So many of the largest moves, and of the decided pairs that move most, are kept."""
TOPS = (3, 5)

Listed = Sequence[tuple[str, int]]
"""A ranking: (reference of the offer, score in hundredths), best first, equal scores by reference."""


@dataclass(frozen=True)
class Place:
    """Where a pair stands under one policy: rank from 1 (None: a gate keeps it out), score in hundredths (None: no
    score was computed), and whether it is among those shown."""

    rank: int | None
    hundredths: int | None
    is_shown: bool = False


@dataclass(frozen=True)
class Move:
    """One offer for one request, before and after."""

    request: str
    offer: str
    before: Place
    after: Place

    @property
    def places(self) -> int | None:
        """By how many places it falls (negative: rises); None where it has no rank on one side."""
        if self.before.rank is None or self.after.rank is None:
            return None
        return self.after.rank - self.before.rank


@dataclass(frozen=True)
class DecidedPair(Move):
    """A pair on which people have decided: `is_accepted` (shortlisted, proposed, agreed, a project) or refused."""

    is_accepted: bool = False


@dataclass(frozen=True)
class Shown:
    """What is shown of a ranking: at most `limit` offers, each of at least `threshold` hundredths."""

    threshold: int
    limit: int

    def count(self, listed: Listed) -> int:
        """How many of a ranking are shown."""
        return sum(1 for _offer, hundredths in listed[: self.limit] if hundredths >= self.threshold)


@dataclass
class RankingChanges:
    """Adds up what changes over many requests. `before` and `after` say what each policy shows of a ranking."""

    before: Shown
    after: Shown
    requests: int = 0
    first_changed: int = 0
    empty_before: int = 0
    empty_after: int = 0
    shown_before: int = 0
    shown_after: int = 0
    appear: int = 0
    disappear: int = 0
    overlaps: dict[int, list[float]] = field(default_factory=lambda: {top: [] for top in TOPS})
    _moves: list[Move] = field(default_factory=list)

    def add(self, request: str, before: Listed, after: Listed) -> None:
        """Compare the two rankings of one request, each over all offers that pass the gates."""
        self.requests += 1
        shown_before, shown_after = self.before.count(before), self.after.count(after)
        self.shown_before += shown_before
        self.shown_after += shown_after
        self.empty_before += not shown_before
        self.empty_after += not shown_after
        first = (before[0][0] if shown_before else None, after[0][0] if shown_after else None)
        self.first_changed += first[0] != first[1]
        for top in TOPS:
            wanted = {offer for offer, _ in before[: min(top, shown_before)]}
            found = {offer for offer, _ in after[: min(top, shown_after)]}
            if wanted or found:
                self.overlaps[top].append(len(wanted & found) / max(len(wanted), len(found)))
        was, is_now = _places(before, shown_before), _places(after, shown_after)
        nowhere = Place(None, None)
        for offer in {offer for offer, _ in (*before[:shown_before], *after[:shown_after])}:
            self._note(Move(request, offer, was.get(offer, nowhere), is_now.get(offer, nowhere)))

    def _note(self, move: Move) -> None:
        self.appear += move.after.is_shown and not move.before.is_shown
        self.disappear += move.before.is_shown and not move.after.is_shown
        if move.before.rank == move.after.rank and move.before.is_shown == move.after.is_shown:
            return
        self._moves.append(move)
        if len(self._moves) >= 2 * MOST_MOVES:
            self._moves = self.moves

    @property
    def moves(self) -> list[Move]:
        """The moves that matter most, largest first; equal ones by request and offer."""
        return sorted(self._moves, key=_largest_first)[:MOST_MOVES]

    def overlap(self, top: int) -> float | None:
        """Mean share of the best `top` that stay among the best `top`; None where nothing is shown at all."""
        found = self.overlaps[top]
        return sum(found) / len(found) if found else None


def _places(listed: Listed, shown: int) -> dict[str, Place]:
    return {offer: Place(rank, score, rank <= shown) for rank, (offer, score) in enumerate(listed, start=1)}


def _size(move: Move) -> tuple[float, bool]:
    """How much a move matters: the difference of the reciprocal ranks, so that the top counts most; then whether it is
    shown on one side alone."""
    return abs(_reciprocal(move.before) - _reciprocal(move.after)), move.before.is_shown != move.after.is_shown


def _reciprocal(place: Place) -> float:
    return 1 / place.rank if place.rank else 0.0


def _largest_first(move: Move) -> tuple[float, bool, str, str]:
    size, is_shown_once = _size(move)
    return -size, not is_shown_once, move.request, move.offer


def place_of(offer: str, hundredths: int, listed: Listed, shown: Shown) -> Place:
    """The place that a score gives an offer among others, itself left out of them."""
    better = sum(1 for other, score in listed if other != offer and (-score, other) < (-hundredths, offer))
    return Place(better + 1, hundredths, better < shown.limit and hundredths >= shown.threshold)


@dataclass(frozen=True)
class Side:
    """The accepted or the refused pairs: how many, their mean rank, how many move, how many are shown."""

    count: int
    rank_before: float
    rank_after: float
    lower: int
    higher: int
    shown_before: int
    shown_after: int


@dataclass(frozen=True)
class Agreement:
    """Whether a policy ranks what people accepted above what they refused.

    `pairs` counts the pairs of an accepted and a refused offer of the same request; `right_before` and `right_after`
    those of them that the policy scores in the order in which people decided (equal scores count as wrong).
    """

    accepted: Side | None
    refused: Side | None
    pairs: int
    right_before: int
    right_after: int

    @property
    def verdict(self) -> str:
        """`better`, `worse`, `same`; `unknown` where no request has both an accepted and a refused offer."""
        if not self.pairs:
            return "unknown"
        if self.right_before == self.right_after:
            return "same"
        return "better" if self.right_after > self.right_before else "worse"


def agreement(decided: Iterable[DecidedPair]) -> Agreement:
    """Compare both policies with what people decided."""
    pairs = list(decided)
    by_request: dict[str, list[DecidedPair]] = {}
    for pair in pairs:
        by_request.setdefault(pair.request, []).append(pair)
    total = right_before = right_after = 0
    for group in by_request.values():
        refused = [pair for pair in group if not pair.is_accepted]
        for accepted in (pair for pair in group if pair.is_accepted):
            total += len(refused)
            right_before += sum(_score(accepted.before) > _score(pair.before) for pair in refused)
            right_after += sum(_score(accepted.after) > _score(pair.after) for pair in refused)
    return Agreement(
        _side([pair for pair in pairs if pair.is_accepted]),
        _side([pair for pair in pairs if not pair.is_accepted]),
        total,
        right_before,
        right_after,
    )


def _score(place: Place) -> int:
    return place.hundredths or 0


def _side(pairs: Sequence[DecidedPair]) -> Side | None:
    if not pairs:
        return None
    falls = [pair.places or 0 for pair in pairs]
    return Side(
        count=len(pairs),
        rank_before=sum(pair.before.rank or 0 for pair in pairs) / len(pairs),
        rank_after=sum(pair.after.rank or 0 for pair in pairs) / len(pairs),
        lower=sum(fall > 0 for fall in falls),
        higher=sum(fall < 0 for fall in falls),
        shown_before=sum(pair.before.is_shown for pair in pairs),
        shown_after=sum(pair.after.is_shown for pair in pairs),
    )


def largest(decided: Iterable[DecidedPair]) -> list[DecidedPair]:
    """The decided pairs whose place changes, those that move most first."""
    moved = [pair for pair in decided if pair.places or pair.before.is_shown != pair.after.is_shown]
    return sorted(moved, key=_largest_first)[:MOST_MOVES]


def as_values(moves: Iterable[Move]) -> list[Mapping[str, object]]:
    """Moves as plain values, for storing."""
    return [
        {
            "request": move.request,
            "offer": move.offer,
            "before": [move.before.rank, move.before.hundredths, move.before.is_shown],
            "after": [move.after.rank, move.after.hundredths, move.after.is_shown],
        }
        for move in moves
    ]
