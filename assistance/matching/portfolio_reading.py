"""From profiles to what a portfolio is planned on: who may get what, and how well it meets each need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from assistance.matching.engine import Matcher
from assistance.matching.portfolio_values import DecidedPair, OpenRequest, PossiblePair, Rules, Supply
from assistance.matching.profiles import OfferProfile, RequestProfile
from assistance.matching.scoring import score


def open_request(request: RequestProfile) -> OpenRequest:
    return OpenRequest(request.reference, request.requester, request.needs)


def supply(offer: OfferProfile) -> Supply:
    return Supply(offer.reference, offer.provider, offer.areas, offer.capacity)


def rules_of(matcher: Matcher, **chosen: Any) -> Rules:
    """Rules with the priorities and the reach of the matcher's policy; the others as `chosen`. Raises InvalidRules."""
    return Rules(priorities=dict(matcher.policy.priorities), reach=matcher.policy.reach, **chosen)


def possible_pairs(
    matcher: Matcher,
    requests: Iterable[RequestProfile],
    offers: Iterable[OfferProfile],
    progress: Callable[[int], None] = lambda done: None,
) -> list[PossiblePair]:
    """The pairs that reach the threshold and pass every gate but that of capacity.

    Offers without a place are among them: what a place more would bring is asked of them above all.
    """
    open_ended = {offer.reference: replace(offer, capacity=None) for offer in offers}
    book = matcher.book([open_ended[reference] for reference in sorted(open_ended)])
    found = []
    requests = list(requests)
    for number, (request, ranking) in enumerate(zip(requests, matcher.rank_each(requests, book), strict=True), start=1):
        found += [_pair(matcher, request, open_ended[one.offer], one.hundredths) for one in ranking.suggested]
        progress(number)
    return found


def _pair(matcher: Matcher, request: RequestProfile, offer: OfferProfile, hundredths: int) -> PossiblePair:
    met = tuple(served.value for served in matcher.pair(request, offer).served)
    return PossiblePair(request.reference, offer.reference, hundredths, met)


def decided_pair(matcher: Matcher, request: RequestProfile, offer: OfferProfile, *, holds_place: bool) -> DecidedPair:
    """A pair that people have decided, whatever the gates say today."""
    pair = matcher.pair(request, offer)
    met = tuple(served.value for served in pair.served)
    return DecidedPair(request.reference, offer.reference, score(pair).hundredths, met, holds_place)
