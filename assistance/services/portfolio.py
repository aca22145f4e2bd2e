"""A portfolio over stored records: reads them, plans, and says what changes against what is decided today.

`Outcome.result` is what a stored plan keeps: references, natural keys, codes and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assistance.matching import Matcher, OfferProfile, RequestProfile
from assistance.matching.portfolio import Assignment, DecidedPair, Portfolio, PossiblePair, plan_portfolio
from assistance.matching.portfolio_reading import decided_pair, open_request, possible_pairs, rules_of, supply
from assistance.matching.profiles import InvalidProfile
from assistance.matching.solver import SolverFailed
from assistance.matching.values import points

from ..models import AssistanceRequest, Match, Offer
from .packages import PUT_ASIDE, SETTLED
from .profiles import offer_profiles, request_profiles
from .ranking import MatchingNotPossible, current_matcher

#: How long an exact answer is waited for.
SECONDS = 20.0
#: How often the reading of pairs tells how far it is, in requests.
TELL_EVERY = 20

Progress = Callable[[str, int, int], None]
Pair = tuple[str, str]
"""References of a request and an offer."""


@dataclass(frozen=True)
class Outcome:
    """A computed plan under a policy version."""

    portfolio: Portfolio
    policy_version: int
    result: dict[str, Any]


@dataclass(frozen=True)
class _World:
    """What is planned on: profiles by reference, and the stored decisions by pair."""

    matcher: Matcher
    requests: Mapping[str, RequestProfile]
    offers: Mapping[str, OfferProfile]
    statuses: Mapping[Pair, str]

    def decided(self) -> list[DecidedPair]:
        """Proposed, agreed and in project; an agreement has taken its place from the offer's capacity already."""
        pairs = sorted(pair for pair, status in self.statuses.items() if status in SETTLED)
        missing = {offer for _request, offer in pairs} - self.offers.keys()
        ended = {one.reference: one for one in offer_profiles(Offer.objects.filter(reference__in=missing)).values()}
        return [
            decided_pair(
                self.matcher,
                self.requests[request],
                self.offers.get(offer) or ended[offer],
                holds_place=self.statuses[request, offer] == Match.Status.PROPOSED,
            )
            for request, offer in pairs
        ]

    def possible(self, progress: Progress) -> list[PossiblePair]:
        """Pairs that may be suggested, but for those that were dismissed or declined."""
        total = len(self.requests)

        def tell(done: int) -> None:
            if done % TELL_EVERY == 0:
                progress("reading", done, total)

        found = possible_pairs(self.matcher, self.requests.values(), self.offers.values(), tell)
        return [one for one in found if self.statuses.get((one.request, one.offer)) not in PUT_ASIDE]


def compute_portfolio(
    *, offers_per_request: int, unstated_places: int, progress: Progress, seconds: float = SECONDS
) -> Outcome:
    """Plan over all open requests and live offers. Raises `MatchingNotPossible`, with a sentence for the reader."""
    progress("reading", 0, 0)
    world = _read()
    pairs, decided = world.possible(progress), world.decided()
    rules = rules_of(
        world.matcher, offers_per_request=offers_per_request, unstated_places=unstated_places, seconds=seconds
    )
    try:
        portfolio = plan_portfolio(
            map(open_request, world.requests.values()),
            map(supply, world.offers.values()),
            pairs,
            decided,
            rules=rules,
            progress=progress,
        )
    except SolverFailed as problem:
        raise MatchingNotPossible(_("The solver gave up on this plan: %(problem)s") % {"problem": problem}) from problem
    result = _result(world, portfolio, {(one.request, one.offer): one for one in [*pairs, *decided]})
    return Outcome(portfolio, int(world.matcher.policy.version), result)


def _read() -> _World:
    matcher = current_matcher()
    try:
        requests = {one.reference: one for one in request_profiles(AssistanceRequest.objects.open()).values()}
        offers = {one.reference: one for one in offer_profiles(Offer.objects.live()).values()}
    except InvalidProfile as problem:
        raise MatchingNotPossible(str(problem)) from problem
    stored = Match.objects.filter(request__reference__in=requests).exclude(
        status__in=(Match.Status.SUGGESTED, Match.Status.SUPERSEDED)
    )
    rows = stored.values_list("request__reference", "offer__reference", "status")
    return _World(matcher, requests, offers, {(request, offer): status for request, offer, status in rows})


def _result(world: _World, found: Portfolio, pairs: Mapping[Pair, PossiblePair]) -> dict[str, Any]:
    reach = world.matcher.policy.reach
    rows = [_pair_row(one, world) for one in found.assignments]
    return {
        "size": dict(found.size),
        "requesters": {reference: profile.requester for reference, profile in sorted(world.requests.items())},
        "helped": list(found.helped),
        "helped_bound": found.helped_bound,
        "left": dict(found.left),
        "met": round(found.met, 4),
        "met_bound": round(found.met_bound, 4),
        "asked": round(found.asked, 4),
        "pairs": rows,
        "freed": list(_freed(world, found, pairs, reach)),
        "open_needs": [
            {"request": one.request, "area": one.need.area, "priority": one.need.priority, "reason": one.reason}
            for one in found.left_needs
        ],
        "offers": _offer_rows(world, found),
        "margins": [
            {
                "area": one.area,
                "helped": one.helped,
                "met": round(one.met, 4),
                "offer": one.offer,
                "is_exact": one.is_exact,
            }
            for one in found.margins
        ],
    }


def _pair_row(one: Assignment, world: _World) -> dict[str, Any]:
    """A pair of the plan. It is `same` if people have chosen it already, else `new`."""
    status = world.statuses.get((one.request, one.offer), "")
    return {
        "request": one.request,
        "offer": one.offer,
        "score": points(one.hundredths),
        "status": status,
        "change": "same" if status else "new",
        "needs": [
            {"area": served.need.area, "priority": served.need.priority, "met": round(served.met, 4)}
            for served in one.served
        ],
    }


def _freed(
    world: _World, found: Portfolio, pairs: Mapping[Pair, PossiblePair], reach: float
) -> Iterable[dict[str, Any]]:
    """Pairs that people chose and the plan has no use for: proposals that serve no need best, and shortlisted pairs
    that it leaves out. `reason`: see the place `freed` of the library's codes."""
    serving = {(one.request, one.offer): one.served for one in found.assignments}
    still_open = {(one.request, one.need.key) for one in found.left_needs}
    for (request, offer), status in sorted(world.statuses.items()):
        is_idle_proposal = status == Match.Status.PROPOSED and not serving.get((request, offer), ())
        is_left_out = status == Match.Status.SHORTLISTED and (request, offer) not in serving
        if not (is_idle_proposal or is_left_out):
            continue
        pair = pairs.get((request, offer))
        needs = world.requests[request].needs
        could = {needs[place].key for place, met in enumerate(pair.met) if met >= reach} if pair else set()
        if not could:
            reason = "fits_no_more"
        elif any((request, key) in still_open for key in could):
            reason = "place_elsewhere"
        else:
            reason = "met_by_others"
        yield {"request": request, "offer": offer, "status": status, "reason": reason}


def _offer_rows(world: _World, found: Portfolio) -> list[dict[str, Any]]:
    """Every offer of the plan: its places (`stated` null: no limit known), what it takes, what is left."""
    planned = {one.offer for one in found.assignments}
    return [
        {
            "offer": reference,
            "provider": world.offers[reference].provider,
            "stated": world.offers[reference].capacity,
            "places": found.places[reference],
            "taken": found.taken.get(reference, 0),
        }
        for reference in sorted(planned & world.offers.keys())
    ]
