"""Packages of offers for one request, computed on the spot: nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assistance.matching.candidates import Kind
from assistance.matching.packages import Candidate, Packages, candidate, find_packages
from assistance.matching.solver import SolverFailed
from cooperation_portal.access.policy import require

from ..models import AssistanceRequest, Match, Offer
from .candidates import FoundOffers, offers_found
from .profiles import offer_profiles
from .ranking import MatchingNotPossible

#: Decisions that stand: their offers are part of every package and of every plan.
SETTLED = (Match.Status.PROPOSED, Match.Status.AGREED, Match.Status.PROJECT)
#: Pairs that somebody has said no to.
PUT_ASIDE = (Match.Status.DISMISSED, Match.Status.DECLINED)


@dataclass(frozen=True)
class RequestPackages:
    """The packages of a request, and what they were found from. `settled` and `put_aside` are offers by reference."""

    found: FoundOffers
    packages: Packages
    candidates: int
    settled: Mapping[str, Match]
    put_aside: frozenset[str]


def packages_of(*, by: Any, request: AssistanceRequest) -> RequestPackages:
    """The fewest offers that together meet a request (the Committee).

    Pairs that were dismissed or declined are left out; what is proposed or agreed is part of every package. Raises
    `NotAllowed`, `ValidationError` where the request is not compared, `MatchingNotPossible`.
    """
    require(by, "view", "planning")
    found = offers_found(by=by, request=request)
    stored = Match.objects.filter(request=request).select_related("offer", "request").defer("explanation")
    settled = {match.offer.reference: match for match in stored if match.status in SETTLED}
    put_aside = frozenset(match.offer.reference for match in stored if match.status in PUT_ASIDE)
    candidates = [*_suggested(found, settled, put_aside), *_settled(found, settled)]
    policy = found.matcher.policy
    try:
        packages = find_packages(found.profile.needs, candidates, priorities=policy.priorities, reach=policy.reach)
    except SolverFailed as problem:
        raise MatchingNotPossible(
            _("The solver gave up on this request: %(problem)s") % {"problem": problem}
        ) from problem
    return RequestPackages(found, packages, len(candidates) - len(settled), settled, put_aside)


def _suggested(found: FoundOffers, settled: Mapping[str, Match], put_aside: frozenset[str]) -> list[Candidate]:
    return [
        candidate(found.matcher.pair(found.profile, found.offers[one.offer]), one.hundredths)
        for one in found.candidates.of(Kind.SUGGESTED)
        if one.offer not in settled and one.offer not in put_aside
    ]


def _settled(found: FoundOffers, settled: Mapping[str, Match]) -> list[Candidate]:
    """Decided offers, whatever the gates say of them today."""
    rows = Offer.objects.filter(pk__in=[match.offer_id for match in settled.values()])
    return [
        candidate(
            found.matcher.pair(found.profile, profile),
            round(100 * settled[profile.reference].score),
            is_settled=True,
        )
        for profile in offer_profiles(rows).values()
    ]
