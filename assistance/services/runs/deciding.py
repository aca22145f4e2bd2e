"""What becomes of the stored suggestions of one request: no database, only what is stored and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...models import Match
from ...models.matches import DECIDED_STATUSES

SUGGESTED, SUPERSEDED = Match.Status.SUGGESTED.value, Match.Status.SUPERSEDED.value


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored pair, without its explanation."""

    pk: int
    offer: int
    reference: str
    status: str
    hundredths: int
    rank: int
    version: int
    inputs: str
    policy_version: int

    @property
    def is_decided(self) -> bool:
        return self.status in DECIDED_STATUSES

    @property
    def is_suggested(self) -> bool:
        return self.status == SUGGESTED


@dataclass(frozen=True, slots=True)
class Found:
    """An offer that may be suggested. `is_as_stored`: it was not looked at now and stays as it is."""

    offer: int
    reference: str
    hundredths: int
    is_as_stored: bool = False

    @property
    def order(self) -> tuple[int, str]:
        """Best first, equal scores by reference."""
        return -self.hundredths, self.reference


@dataclass(slots=True)
class Placed:
    """A pair that is suggested from now on, at its place."""

    rank: int
    found: Found
    stored: Stored | None


@dataclass(slots=True)
class Decision:
    """The suggestions of a request in order, and the stored ones that give way."""

    placed: list[Placed] = field(default_factory=list)
    dropped: list[Stored] = field(default_factory=list)


def decide(stored: Mapping[int, Stored], found: Iterable[Found], limit: int) -> Decision:
    """Suggest the best `limit` of `found` that nobody has decided; whatever else is suggested gives way.

    A decided pair takes nobody's place: after a dismissal the next run over the request brings in the next best.
    """
    decision = Decision()
    for item in sorted(found, key=lambda item: item.order):
        match = stored.get(item.offer)
        if match is not None and match.is_decided:
            continue
        if len(decision.placed) == limit:
            break
        decision.placed.append(Placed(len(decision.placed) + 1, item, match))
    kept = {placed.found.offer for placed in decision.placed}
    decision.dropped = [match for match in stored.values() if match.is_suggested and match.offer not in kept]
    return decision


def with_one(stored: Mapping[int, Stored], offer: int, found: Found | None) -> list[Found]:
    """The stored suggestions as they are, but for one offer, which was looked at again (None: no longer fits)."""
    others = [
        Found(match.offer, match.reference, match.hundredths, is_as_stored=True)
        for match in stored.values()
        if match.is_suggested and match.offer != offer
    ]
    return others if found is None else [*others, found]


def leaves_room(stored: Mapping[int, Stored], offer: int, decision: Decision, limit: int) -> bool:
    """Whether an offer that nobody stored may now be better than what is left, after one offer was looked at again.

    The list was cut off at `limit`, and the offer has left it, or has sunk to its end with a lower score.
    """
    before = stored.get(offer)
    if before is None or not before.is_suggested:
        return False
    if sum(match.is_suggested or match.is_decided for match in stored.values()) < limit:
        return False
    last = decision.placed[-1] if decision.placed else None
    if offer not in {placed.found.offer for placed in decision.placed}:
        return True
    return last is not None and last.found.offer == offer and last.found.hundredths < before.hundredths
