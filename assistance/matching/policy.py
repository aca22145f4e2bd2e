"""The policy: how much each part of a score counts, and from which score on a pair is suggested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

PARTS = ("needs", "types", "weapons", "region", "timing", "language", "specificity", "words", "preferred")
"""Parts that raise a score. Their weights are shares of 100 points, whatever they add up to."""
LOWERING = ("overlap", "language_barrier", "coverage_gap", "outside_region", "unwanted")
"""Parts that lower it. Their weights are percentages taken off when the part is 1."""

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "needs": 38,
    "types": 16,
    "weapons": 4,
    "region": 9,
    "timing": 8,
    "language": 6,
    "specificity": 6,
    "words": 8,
    "preferred": 5,
}
DEFAULT_LOWERING: Mapping[str, float] = {
    "overlap": 75,
    "language_barrier": 60,
    "coverage_gap": 30,
    "outside_region": 75,
    "unwanted": 20,
}
DEFAULT_PRIORITIES: Mapping[str, float] = {"high": 1.0, "medium": 0.6, "low": 0.35}


class InvalidPolicy(ValueError):
    """A policy that cannot rank; the message says which value is wrong."""


@dataclass(frozen=True)
class Policy:
    """Weights and limits, with the version under which every stored score names them.

    - `weights`: part to weight, at least 0 and not all 0; a part left out weighs 0.
    - `lowering`: part to the percentage (0-100) that it takes off at its full value.
    - `priorities`: how a high, a medium and a low need count against each other (above 0, at most 1).
    - `threshold`: the score (0-100) from which on a pair is suggested.
    - `reach`: how well (0-1) an offer must serve some need to be considered at all.
    - `breadth`: the share (0-1) of the fit that comes from all needs together; the rest from the best met.

    Raises InvalidPolicy.
    """

    version: str
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    lowering: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_LOWERING))
    priorities: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_PRIORITIES))
    threshold: float = 20.0
    reach: float = 0.25
    breadth: float = 0.25

    def __post_init__(self) -> None:
        _check_weights(self.weights)
        _check_lowering(self.lowering)
        _check_priorities(self.priorities)
        _check_range("threshold", self.threshold, 0, 100)
        _check_range("reach", self.reach, 0, 1)
        _check_range("breadth", self.breadth, 0, 1)

    @cached_property
    def shares(self) -> Mapping[str, int]:
        """Each part's share of 100 points, in hundredths: whole numbers that add up to 10,000 exactly.

        What rounding down leaves over goes to the parts with the largest remainders.
        """
        total = sum(self.weights.values())
        exact = {part: 10_000 * self.weights.get(part, 0) / total for part in PARTS}
        shares = {part: int(value) for part, value in exact.items()}
        left = 10_000 - sum(shares.values())
        by_remainder = sorted(PARTS, key=lambda part: (shares[part] - exact[part], PARTS.index(part)))
        for part in by_remainder[:left]:
            shares[part] += 1
        return shares

    def taken(self, part: str) -> float:
        """The share (0-1) that a lowering part takes off at its full value."""
        return float(self.lowering.get(part, 0)) / 100

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for storing; `Policy(**stored)` is the same policy again."""
        return {
            "version": self.version,
            "weights": dict(self.weights),
            "lowering": dict(self.lowering),
            "priorities": dict(self.priorities),
            "threshold": self.threshold,
            "reach": self.reach,
            "breadth": self.breadth,
        }


def _check_weights(weights: Mapping[str, float]) -> None:
    unknown = sorted(set(weights) - set(PARTS))
    if unknown:
        raise InvalidPolicy(f"Unknown part in the weights: {', '.join(unknown)}.")
    for part, weight in weights.items():
        _check_number(f"The weight of {part}", weight)
        if weight < 0:
            raise InvalidPolicy(f"The weight of {part} is negative ({weight}); it must be 0 or more.")
    if not any(weights.values()):
        raise InvalidPolicy("All weights are 0; at least one part must count.")


def _check_lowering(lowering: Mapping[str, float]) -> None:
    unknown = sorted(set(lowering) - set(LOWERING))
    if unknown:
        raise InvalidPolicy(f"Unknown lowering part: {', '.join(unknown)}.")
    for part, percentage in lowering.items():
        _check_range(part, percentage, 0, 100)


def _check_priorities(priorities: Mapping[str, float]) -> None:
    if set(priorities) != set(DEFAULT_PRIORITIES):
        raise InvalidPolicy("The priorities must be exactly high, medium and low.")
    for name, value in priorities.items():
        _check_number(f"The priority {name}", value)
        if not 0 < value <= 1:
            raise InvalidPolicy(f"The priority {name} is {value}; it must be above 0 and at most 1.")


def _check_range(name: str, value: float, lowest: float, highest: float) -> None:
    _check_number(name, value)
    if not lowest <= value <= highest:
        raise InvalidPolicy(f"{name} is {value}; it must be from {lowest} to {highest}.")


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InvalidPolicy(f"{name} is {value!r}; it must be a number.")


DEFAULT_POLICY = Policy(version="1")
