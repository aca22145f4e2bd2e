"""Rankings over stored records, computed on the spot for pages that plan: nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.matching import Matcher, OfferProfile, Policy, Ranking, RequestProfile
from assistance.matching.policy import InvalidPolicy
from assistance.matching.profiles import InvalidProfile

from ..models import AssistanceRequest, MatchingPolicy, Offer
from .matching import policy_in_force
from .profiles import directory, offer_profiles, request_profiles


class MatchingNotPossible(Exception):
    """Nothing can be ranked; the message says why and what to do, for the reader of a page."""


@dataclass(frozen=True)
class Rankings:
    """Open requests, live offers and, for each request, its suggestions; everything by reference, best first."""

    matcher: Matcher
    requests: Mapping[str, RequestProfile]
    offers: Mapping[str, OfferProfile]
    of: Mapping[str, Ranking]


def current_matcher(policy: Policy | None = None) -> Matcher:
    """The matching library with today's directory, under `policy` or the one in force.

    Raises `MatchingNotPossible` where no policy is stored, or policy or vocabularies are broken.
    """
    try:
        return Matcher(directory(), policy or policy_in_force(), timezone.localdate())
    except MatchingPolicy.DoesNotExist:
        raise MatchingNotPossible(
            _("There is no matching policy yet. The secretariat adds one in the workbench, or loads reference data.")
        ) from None
    except (InvalidPolicy, InvalidProfile) as problem:
        raise MatchingNotPossible(
            _("The matching service cannot rank: %(problem)s The secretariat can mend this in the workbench.")
            % {"problem": problem}
        ) from problem


def rank_records(
    requests: QuerySet[AssistanceRequest],
    offers: QuerySet[Offer],
    *,
    policy: Policy | None = None,
    limit: int | None = None,
) -> Rankings:
    """Rank `offers` for each of `requests` as the runs do; explanations are left to `matcher.explain`.

    The caller narrows both to what the reader may see. Raises `MatchingNotPossible`.
    """
    matcher = current_matcher(policy)
    try:
        asked = {profile.reference: profile for profile in request_profiles(requests).values()}
        given = {profile.reference: profile for profile in offer_profiles(offers).values()}
    except InvalidProfile as problem:
        raise MatchingNotPossible(str(problem)) from problem
    book = matcher.book([given[reference] for reference in sorted(given)])
    of = {ranking.request: ranking for ranking in matcher.rank_each(asked.values(), book, limit)}
    return Rankings(matcher, asked, given, of)
