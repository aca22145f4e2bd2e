"""The engine: rank offers for a request, explain a pair, and keep the reasons of what is not suggested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from assistance.matching import gates as gate_rules
from assistance.matching.batch import BestOffers, best_offers
from assistance.matching.book import OfferBook
from assistance.matching.explanation import Explanation, explain_pair
from assistance.matching.gates import GateResult
from assistance.matching.offer_reading import OfferReading, read_offer
from assistance.matching.pair import Pair
from assistance.matching.policy import Policy
from assistance.matching.profiles import Directory, OfferProfile, RequestProfile, unknown_codes
from assistance.matching.request_reading import RequestReading, read_request
from assistance.matching.scoring import score
from assistance.matching.values import points

RANKED_AT_ONCE = 100
"""Requests that `rank_each` ranks at once: enough to be fast, few enough to tell of progress."""


@dataclass(frozen=True)
class Suggestion:
    """An offer that passed every gate. `suggested` says whether its score reaches the policy's threshold."""

    offer: str
    hundredths: int
    suggested: bool
    explanation: Explanation | None = None

    @property
    def score(self) -> float:
        return points(self.hundredths)


@dataclass(frozen=True)
class Rejection:
    """An offer that failed at least one gate, with the gates it failed."""

    offer: str
    failed: tuple[GateResult, ...]


@dataclass(frozen=True)
class Ranking:
    """One request's offers, best first, equal scores by reference; and why the others are not among them.

    `warnings` are codes with parameters about the request itself (see `codes`).
    """

    request: str
    policy: str
    suggestions: tuple[Suggestion, ...]
    rejected: tuple[Rejection, ...] = ()
    warnings: tuple[Mapping[str, object], ...] = field(default=())

    @property
    def suggested(self) -> tuple[Suggestion, ...]:
        """Those to show: at or above the threshold."""
        return tuple(suggestion for suggestion in self.suggestions if suggestion.suggested)

    @property
    def near_misses(self) -> tuple[Rejection, ...]:
        """Offers that failed exactly one gate: worth a question to the provider."""
        return tuple(rejection for rejection in self.rejected if len(rejection.failed) == 1)


class Matcher:
    """Matches under one directory, one policy and one day. Readings of texts are kept for the next call."""

    def __init__(self, directory: Directory, policy: Policy, today: date) -> None:
        self.directory = directory
        self.policy = policy
        self.today = today
        self._offers: dict[OfferProfile, OfferReading] = {}
        self._requests: dict[RequestProfile, RequestReading] = {}

    def rank(
        self,
        request: RequestProfile,
        offers: Iterable[OfferProfile] | OfferBook,
        limit: int | None = None,
        *,
        explained: bool = True,
        with_rejected: bool = True,
    ) -> Ranking:
        """Rank the offers for one request.

        `limit` keeps the best so many; `explained` gives those suggested their explanation; `with_rejected`
        keeps the reasons of the others. With an OfferBook all offers are scored at once, which is what a run
        over many requests wants; it then gives no reasons unless asked for.
        """
        if isinstance(offers, OfferBook):
            if not with_rejected:
                return self._rank_book(request, offers, limit, explained=explained)
            offers = offers.offers
        return self._rank_pairs(request, offers, limit, explained=explained, with_rejected=with_rejected)

    def _rank_book(self, request: RequestProfile, book: OfferBook, limit: int | None, *, explained: bool) -> Ranking:
        best = self.rank_many([request], book, limit)
        return self._ranking(request, best, 0, explained=explained)

    def _ranking(self, request: RequestProfile, best: BestOffers, place: int, *, explained: bool) -> Ranking:
        suggestions, rows = [], best.of(place)
        for row, hundredths in zip(best.offers[rows].tolist(), best.hundredths[rows].tolist(), strict=True):
            suggested = hundredths >= self._least
            explanation = self.explain(request, best.book.offers[row]) if explained and suggested else None
            suggestions.append(Suggestion(best.book.references[row], hundredths, suggested, explanation))
        return Ranking(request.reference, self.policy.version, tuple(suggestions), warnings=self.warnings(request))

    def rank_each(
        self, requests: Iterable[RequestProfile], book: OfferBook, limit: int | None = None
    ) -> Iterator[Ranking]:
        """What `rank` says of each request, one after the other, without explanations or the reasons of others.

        Many are ranked at once, so that this is the way to go through many requests.
        """
        left = iter(requests)
        while some := list(islice(left, RANKED_AT_ONCE)):
            best = self.rank_many(some, book, limit)
            for place, request in enumerate(some):
                yield self._ranking(request, best, place, explained=False)

    def rank_many(
        self,
        requests: Sequence[RequestProfile],
        book: OfferBook,
        limit: int | None = None,
        *,
        suggested_only: bool = False,
    ) -> BestOffers:
        """The best `limit` offers of each request as arrays, with the value and points of every part.

        The same offers, scores and order as `rank` gives request by request, many times faster. With
        `suggested_only` those below the policy's threshold are left out. Sentences, warnings and the reasons of the
        others are made by `explain`, `warnings` and `rank` for those that are shown.
        """
        readings = [self.read_request(request) for request in requests]
        return best_offers(requests, readings, book, self.policy, limit, self._least if suggested_only else 0)

    @property
    def _least(self) -> int:
        """The threshold in hundredths."""
        return round(100 * self.policy.threshold)

    def _rank_pairs(
        self,
        request: RequestProfile,
        offers: Iterable[OfferProfile],
        limit: int | None,
        *,
        explained: bool,
        with_rejected: bool,
    ) -> Ranking:
        passed: list[tuple[int, str, Pair, tuple[GateResult, ...]]] = []
        rejected: list[Rejection] = []
        for offer in offers:
            pair = self.pair(request, offer)
            results = gate_rules.check(pair)
            failed = tuple(result for result in results if not result.passed)
            if failed:
                rejected.append(Rejection(offer.reference, failed))
            else:
                passed.append((score(pair).hundredths, offer.reference, pair, results))
        passed.sort(key=lambda item: (-item[0], item[1]))
        rejected.sort(key=lambda rejection: (len(rejection.failed), rejection.offer))
        suggestions = tuple(
            self._suggestion(hundredths, pair, results, explained=explained)
            for hundredths, _, pair, results in passed[:limit]
        )
        return Ranking(
            request.reference,
            self.policy.version,
            suggestions,
            tuple(rejected) if with_rejected else (),
            self.warnings(request),
        )

    def _suggestion(
        self, hundredths: int, pair: Pair, results: tuple[GateResult, ...], *, explained: bool
    ) -> Suggestion:
        suggested = hundredths >= self._least
        explanation = explain_pair(pair, results, score(pair)) if explained and suggested else None
        return Suggestion(pair.offer.reference, hundredths, suggested, explanation)

    def explain(self, request: RequestProfile, offer: OfferProfile) -> Explanation:
        """Why, or why not: all gates and parts of one pair, whether it is suggested or not."""
        pair = self.pair(request, offer)
        return explain_pair(pair, gate_rules.check(pair), score(pair))

    def book(self, offers: Iterable[OfferProfile]) -> OfferBook:
        """The offers as arrays, for ranking many requests against them."""
        return OfferBook(offers, self.read_offer, self.directory, self.today)

    def pair(self, request: RequestProfile, offer: OfferProfile) -> Pair:
        return Pair(
            request,
            self.read_request(request),
            offer,
            self.read_offer(offer),
            self.directory,
            self.policy,
            self.today,
        )

    def read_offer(self, offer: OfferProfile) -> OfferReading:
        reading = self._offers.get(offer)
        if reading is None:
            reading = self._offers[offer] = read_offer(offer, self.directory)
        return reading

    def read_request(self, request: RequestProfile) -> RequestReading:
        reading = self._requests.get(request)
        if reading is None:
            reading = self._requests[request] = read_request(request, self.directory)
        return reading

    def warnings(self, request: RequestProfile) -> tuple[Mapping[str, object], ...]:
        """What is wrong with a request although it can be ranked."""
        found: list[Mapping[str, object]] = []
        if not request.needs:
            found.append({"code": "no_needs", "params": {}})
        unknown = unknown_codes((need.area for need in request.needs), self.directory.areas.parents)
        if unknown:
            found.append({"code": "unknown_areas", "params": {"areas": list(unknown)}})
        forms = unknown_codes((form for need in request.needs for form in need.types), self.directory.type_families)
        if forms:
            found.append({"code": "unknown_types", "params": {"types": list(forms)}})
        both = sorted(request.preferred_providers & request.declined_providers)
        if both:
            found.append({"code": "preferred_and_declined", "params": {"providers": both}})
        if not self.directory.states_of(request) & self.directory.states.keys():
            found.append({"code": "requester_unknown", "params": {"requester": request.requester}})
        return tuple(found)


def rank(
    request: RequestProfile,
    offers: Iterable[OfferProfile],
    directory: Directory,
    policy: Policy,
    today: date,
    limit: int | None = None,
) -> Ranking:
    """Rank offers for one request, with explanations and the reasons of the rejected."""
    return Matcher(directory, policy, today).rank(request, offers, limit)


def explain(
    request: RequestProfile, offer: OfferProfile, directory: Directory, policy: Policy, today: date
) -> Explanation:
    """Explain one pair, suggested or not."""
    return Matcher(directory, policy, today).explain(request, offer)
