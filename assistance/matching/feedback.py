"""Where the policy and the people disagree: what was named as not fitting, against what the score said of it.

People who dismiss or decline a pair may name what did not fit. The score has spoken on the same thing: with a part that
raises, with parts that lower for the same cause, or with both. What it said is put into one figure from 0 (against the
pair) to 1 (nothing against it), so that "the policy said high, people said no" can be counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

HIGH = 0.5
"""From this figure on the policy is taken to have been for the pair."""
FEW = 5
"""Fewer decisions than this are to be read with care."""

By = Literal["expert", "requester", "provider"]

RAISES: Mapping[str, str] = {
    "needs": "needs",
    "types": "types",
    "weapons": "weapons",
    "region": "region",
    "timing": "timing",
    "language": "language",
    "specificity": "specificity",
}
"""What may be named, and the part of the score that raises for it."""
LOWERS: Mapping[str, tuple[str, ...]] = {
    "types": ("unwanted",),
    "region": ("coverage_gap", "outside_region"),
    "language": ("language_barrier",),
    "overlap": ("overlap",),
}
"""What may be named, and the parts that lower for it."""
SCORED = (*RAISES, "overlap")
"""What may be named and is scored; of anything else (no capacity, other reasons) the policy says nothing."""


@dataclass(frozen=True)
class Verdict:
    """One decided pair: the policy version that scored it, the values of its parts, and what people said.

    `by` is who refused it, None for an accepted pair; `named` what did not fit, empty where nothing was named.
    """

    policy: int
    values: Mapping[str, float]
    by: By | None = None
    named: str = ""


def said(named: str, values: Mapping[str, float]) -> float | None:
    """What the policy said of `named`, from 0 to 1; None where the pair has no such part.

    The value of the part that raises, lessened by each part that lowers for the same cause.
    """
    raising, lowering = RAISES.get(named), LOWERS.get(named, ())
    known = [code for code in (raising, *lowering) if code in values]
    if not known or (raising and raising not in values):
        return None
    figure = values[raising] if raising else 1.0
    for code in lowering:
        figure *= 1 - values.get(code, 0.0)
    return figure


@dataclass
class Count:
    """What was named as not fitting: how often and by whom, and what the policy said in these and in accepted pairs.

    `disagreements` counts the pairs in which the policy said high (`HIGH` or more) and people named it.
    """

    named: str
    by: dict[By, int] = field(default_factory=lambda: {"expert": 0, "requester": 0, "provider": 0})
    disagreements: int = 0
    _refused: list[float] = field(default_factory=list)
    _accepted: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many dismissals and declines name it."""
        return sum(self.by.values())

    @property
    def mean_refused(self) -> float | None:
        """What the policy said on average in the pairs that were refused for it."""
        return sum(self._refused) / len(self._refused) if self._refused else None

    @property
    def mean_accepted(self) -> float | None:
        """And in the pairs that people accepted."""
        return sum(self._accepted) / len(self._accepted) if self._accepted else None

    @property
    def is_few(self) -> bool:
        """Too few to conclude anything from."""
        return self.total < FEW

    def refuse(self, by: By, figure: float | None) -> None:
        self.by[by] += 1
        if figure is not None:
            self._refused.append(figure)
            self.disagreements += figure >= HIGH

    def accept(self, figure: float | None) -> None:
        if figure is not None:
            self._accepted.append(figure)


@dataclass
class Feedback:
    """All decided pairs, or those of one policy version, counted."""

    counts: dict[str, Count]
    accepted: int = 0
    refused: int = 0
    unnamed: int = 0

    @classmethod
    def of_nothing(cls, names: Iterable[str]) -> Feedback:
        return cls({name: Count(name) for name in names})

    def add(self, verdict: Verdict) -> None:
        if verdict.by is None:
            self.accepted += 1
            for name, count in self.counts.items():
                count.accept(said(name, verdict.values))
            return
        self.refused += 1
        if verdict.named:
            self.counts[verdict.named].refuse(verdict.by, said(verdict.named, verdict.values))
        else:
            self.unnamed += 1

    @property
    def disagreements(self) -> int:
        return sum(count.disagreements for count in self.counts.values())


def count_feedback(verdicts: Iterable[Verdict], names: Iterable[str]) -> tuple[Feedback, dict[int, Feedback]]:
    """Count all verdicts together, and by policy version, newest first. `names` are all things that may be named.

    Verdicts are looked at one by one, so they may come from a database cursor. Raises `KeyError` for a name that is
    not among `names`.
    """
    names = tuple(names)
    together = Feedback.of_nothing(names)
    by_version: dict[int, Feedback] = defaultdict(lambda: Feedback.of_nothing(names))
    for verdict in verdicts:
        together.add(verdict)
        by_version[verdict.policy].add(verdict)
    return together, dict(sorted(by_version.items(), reverse=True))
