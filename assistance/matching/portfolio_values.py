"""The plain values from which a portfolio is planned, and the rules that are chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistance.matching.policy import DEFAULT_POLICY
from assistance.matching.profiles import NeedProfile

WHOLE = 10_000
"""A need of the highest priority, met in full, in the whole numbers that are compared."""


class InvalidRules(ValueError):
    """Rules that no plan can follow; the message says which value is wrong."""


@dataclass(frozen=True)
class OpenRequest:
    """A request: who asks (iso3 or acronym) and for what."""

    reference: str
    requester: str
    needs: tuple[NeedProfile, ...]


@dataclass(frozen=True)
class Supply:
    """An offer and its places left; None means that no limit is known."""

    offer: str
    provider: str
    areas: tuple[str, ...] = ()
    places: int | None = None


@dataclass(frozen=True)
class PossiblePair:
    """A pair that may be suggested. `met` is how well (0-1) it meets each need, in the order of the request."""

    request: str
    offer: str
    hundredths: int
    met: tuple[float, ...]


@dataclass(frozen=True)
class DecidedPair(PossiblePair):
    """A pair that people have decided. `holds_place`: it takes one of the places that are counted as left."""

    holds_place: bool = True


@dataclass(frozen=True)
class Rules:
    """What a plan follows beside the places.

    - `priorities`, `reach`: as in `Policy`; a need counts as met from `reach` on.
    - `offers_per_request`: a request gets at most so many offers, those decided already included.
    - `unstated_places`: an offer with no known limit takes at most so many new requests in one plan: no limit known
      is not the same as no limit.
    - `seconds`: how long an exact answer is waited for.
    """

    priorities: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_POLICY.priorities))
    reach: float = DEFAULT_POLICY.reach
    offers_per_request: int = 3
    unstated_places: int = 5
    seconds: float = 20.0

    def __post_init__(self) -> None:
        for name, least in (("offers_per_request", 1), ("unstated_places", 0), ("seconds", 0)):
            if getattr(self, name) < least:
                raise InvalidRules(f"{name} is {getattr(self, name)}; it must be at least {least}.")
