"""One request against many offers: which are suggested, which fall short, and which fail one single gate.

An offer that fails exactly one gate is a near miss: worth a question to its provider ("could it run until June?").
The rules are those of `gates` and `scoring`; here they are asked in the order of their cost, and no longer than an
offer can still be a candidate. Subject is never a single failure: without a need in reach no form of help can be
wanted either, so an offer on something else fails two gates and is left out at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistance.matching import gates
from assistance.matching.closeness import area_closeness
from assistance.matching.engine import Matcher
from assistance.matching.gates import GateResult
from assistance.matching.pair import Pair
from assistance.matching.profiles import OfferProfile, RequestProfile
from assistance.matching.scoring import score
from assistance.matching.values import points

BY_COST = (
    gates.live,
    gates.capacity,
    gates.period,
    gates.not_own,
    gates.not_declined,
    gates.open_by_text,
    gates.covered,
    gates.need_in_reach,
    gates.form_of_help,
    gates.language,
    gates.not_already_received,
)
"""All gates, the cheapest first. A test holds it against `gates.GATES`."""
ROUNDING = 1e-9
"""The quick bound multiplies in another order than the gate; it must never be below it."""


class Kind(StrEnum):
    """What an offer is to a request, the best first."""

    SUGGESTED = "suggested"
    BELOW_THRESHOLD = "below_threshold"
    NEAR_MISS = "near_miss"


@dataclass(frozen=True)
class Candidate:
    """An offer for a request. `failed` is the one gate that a near miss fails; its score is what it would have."""

    request: str
    offer: str
    kind: Kind
    hundredths: int
    failed: GateResult | None = None

    @property
    def score(self) -> float:
        return points(self.hundredths)


@dataclass(frozen=True)
class Candidates:
    """A request's candidates: suggested, then below the threshold, then near misses; in each the best first, equal
    scores by reference. `compared` counts the offers looked at, `warnings` are those of the request (see `codes`)."""

    request: str
    policy: str
    found: tuple[Candidate, ...]
    compared: int
    warnings: tuple[Mapping[str, object], ...] = ()

    def of(self, kind: Kind) -> tuple[Candidate, ...]:
        return tuple(candidate for candidate in self.found if candidate.kind == kind)

    @property
    def near_misses(self) -> tuple[Candidate, ...]:
        return self.of(Kind.NEAR_MISS)


def candidates_for(matcher: Matcher, request: RequestProfile, offers: Iterable[OfferProfile]) -> Candidates:
    """Every offer that is a candidate for a request. Linear in the offers, whose texts the matcher reads once."""
    nearest = _Nearest(matcher, request)
    found = []
    compared = 0
    for offer in offers:
        compared += 1
        if nearest.may_reach(offer):
            candidate = judged(matcher.pair(request, offer))
            if candidate is not None:
                found.append(candidate)
    return Candidates(
        request.reference,
        matcher.policy.version,
        tuple(sorted(found, key=_best_first)),
        compared,
        matcher.warnings(request),
    )


def requests_for(matcher: Matcher, offer: OfferProfile, requests: Iterable[RequestProfile]) -> tuple[Candidate, ...]:
    """The other way round: what one offer is to each request, in the same order."""
    judgements = (judged(matcher.pair(request, offer)) for request in requests)
    return tuple(sorted((one for one in judgements if one is not None), key=_best_first))


def judged(pair: Pair) -> Candidate | None:
    """What the offer is to the request; None where it fails two gates or more."""
    failed: GateResult | None = None
    for gate in BY_COST:
        result = gate(pair)
        if not result.passed:
            if failed is not None:
                return None
            failed = result
    hundredths = score(pair).hundredths
    kind = Kind.NEAR_MISS
    if failed is None:
        is_suggested = hundredths >= round(100 * pair.policy.threshold)
        kind = Kind.SUGGESTED if is_suggested else Kind.BELOW_THRESHOLD
    return Candidate(pair.request.reference, pair.offer.reference, kind, hundredths, failed)


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _best_first(candidate: Candidate) -> tuple[int, int, str, str]:
    return _ORDER[candidate.kind], -candidate.hundredths, candidate.offer, candidate.request


class _Nearest:
    """For one request: how near an offer can be at best, from its areas alone.

    Never less than the gate `need_in_reach` finds: weapon types and excluded areas only take away from it.
    """

    def __init__(self, matcher: Matcher, request: RequestProfile) -> None:
        self._matcher = matcher
        reading = matcher.read_request(request)
        # A request that does not know its needs is also served by help to define them, whatever the areas.
        self._is_open = reading.is_vague
        self._least = matcher.policy.reach - ROUNDING
        values = [matcher.policy.priorities[need.need.priority] for need in reading.needs]
        highest = max(values, default=1.0)
        tree = matcher.directory.areas
        self._best: dict[str, float] = {}
        for value, need in zip(values, reading.needs, strict=True):
            for needed, strength in need.areas.items():
                for given in tree.codes:
                    near = value / highest * strength * area_closeness(tree, needed, given)
                    self._best[given] = max(self._best.get(given, 0.0), near)

    def may_reach(self, offer: OfferProfile) -> bool:
        if self._is_open:
            return True
        areas = self._matcher.read_offer(offer).areas
        return any(strength * self._best.get(code, 0.0) >= self._least for code, strength in areas.items())
