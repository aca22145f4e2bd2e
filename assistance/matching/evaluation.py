"""Measures rankings against the grades of judges.

- ndcg@5: discounted gain of the first five against the best possible order, gain 2^grade - 1; mean over the
  requests that have any grade above 0.
- precision@1: the first offer has the best grade that the request has; over the same requests.
- recall3@5: pairs graded 3 found among the first five, of all pairs graded 3.
- listed_precision, listed_recall: pairs suggested (at or above the policy's threshold) that are graded 1 or
  better, of all suggested; of all graded 1 or better.
- gate_errors: pairs among the first ten that may not be shown at all (closed, full, declined, not covered, own
  programme), by the tags alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from assistance.matching.bank import Bank
from assistance.matching.engine import Matcher, Ranking
from assistance.matching.gates import LIVE_STATUSES
from assistance.matching.profiles import Directory, OfferProfile, RequestProfile

MEASURES = ("ndcg@5", "precision@1", "recall3@5", "listed_precision", "listed_recall", "gate_errors")
DEPTH = 5
GATE_DEPTH = 10
BEST_GRADE = 3


@dataclass(frozen=True)
class RequestMeasures:
    """The measures of one request; None where it has nothing to find."""

    request: str
    ndcg: float | None
    first_is_best: bool | None
    best_found: int
    best_total: int
    listed_right: int
    listed: int
    relevant: int
    gate_errors: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "ndcg@5": _rounded(self.ndcg),
            "precision@1": None if self.first_is_best is None else float(self.first_is_best),
            "recall3@5": _rounded(_ratio(self.best_found, self.best_total)),
            "listed_precision": _rounded(_ratio(self.listed_right, self.listed)),
            "listed_recall": _rounded(_ratio(self.listed_right, self.relevant)),
            "gate_errors": self.gate_errors,
        }


@dataclass(frozen=True)
class Evaluation:
    """The measures of a bank, over all requests and for each."""

    requests: tuple[RequestMeasures, ...]

    def as_dict(self) -> dict[str, Any]:
        answerable = [found for found in self.requests if found.ndcg is not None]
        right = sum(found.listed_right for found in self.requests)
        return {
            "ndcg@5": _rounded(_ratio(sum(found.ndcg or 0.0 for found in answerable), len(answerable))),
            "precision@1": _rounded(_ratio(sum(bool(found.first_is_best) for found in answerable), len(answerable))),
            "recall3@5": _rounded(
                _ratio(
                    sum(found.best_found for found in self.requests),
                    sum(found.best_total for found in self.requests),
                )
            ),
            "listed_precision": _rounded(_ratio(right, sum(found.listed for found in self.requests))),
            "listed_recall": _rounded(_ratio(right, sum(found.relevant for found in self.requests))),
            "gate_errors": sum(found.gate_errors for found in self.requests),
            "requests": {found.request: found.as_dict() for found in self.requests},
        }


def rank_bank(bank: Bank, matcher: Matcher) -> dict[str, Ranking]:
    """One ranking a request, without explanations."""
    return {request.reference: matcher.rank(request, bank.offers, explained=False) for request in bank.requests}


def rankings_as_dict(rankings: Mapping[str, Ranking]) -> dict[str, list[dict[str, Any]]]:
    """Reference of the request to its offers, best first."""
    return {
        request: [
            {"offer": found.offer, "score": found.score, "suggested": found.suggested} for found in ranking.suggestions
        ]
        for request, ranking in rankings.items()
    }


def evaluate(bank: Bank, rankings: Mapping[str, Ranking], directory: Directory) -> Evaluation:
    """Measure rankings against a bank's grades."""
    offers = {offer.reference: offer for offer in bank.offers}
    return Evaluation(
        tuple(_measure(request, bank, rankings[request.reference], offers, directory) for request in bank.requests)
    )


def _measure(
    request: RequestProfile,
    bank: Bank,
    ranking: Ranking,
    offers: Mapping[str, OfferProfile],
    directory: Directory,
) -> RequestMeasures:
    reference = request.reference
    order = [found.offer for found in ranking.suggestions]
    grades = [bank.grade(reference, offer) for offer in order]
    all_grades = sorted((bank.grade(reference, offer) for offer in offers), reverse=True)
    ideal = _gain(all_grades[:DEPTH])
    shown = [bank.grade(reference, found.offer) for found in ranking.suggested]
    return RequestMeasures(
        request=reference,
        ndcg=_gain(grades[:DEPTH]) / ideal if ideal else None,
        first_is_best=(grades[:1] == all_grades[:1]) if ideal else None,
        best_found=grades[:DEPTH].count(BEST_GRADE),
        best_total=all_grades.count(BEST_GRADE),
        listed_right=sum(grade > 0 for grade in shown),
        listed=len(shown),
        relevant=sum(grade > 0 for grade in all_grades),
        gate_errors=sum(is_forbidden(request, offers[offer], directory) for offer in order[:GATE_DEPTH]),
    )


def is_forbidden(request: RequestProfile, offer: OfferProfile, directory: Directory) -> bool:
    """Whether the tags alone forbid to show a pair."""
    covered = directory.covered_by(offer)
    states = directory.states_of(request)
    out_of_reach = covered is not None and not states & covered and request.organization not in offer.members_of
    return (
        offer.status not in LIVE_STATUSES
        or offer.capacity == 0
        or offer.provider in request.declined_providers
        or offer.provider == request.requester
        or out_of_reach
    )


def _gain(grades: Sequence[int]) -> float:
    return sum(((1 << grade) - 1) / log2(place + 2) for place, grade in enumerate(grades))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
