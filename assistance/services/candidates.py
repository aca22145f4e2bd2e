"""Which offers could help with a request, and which requests an offer could help with: computed when asked, and why.

Nothing is stored and nobody is told. Offers are those that the reader sees; stored matches are not looked at, so that
what the experts think of stays with the Committee until they propose it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assistance.matching import Matcher, OfferProfile, RequestProfile
from assistance.matching.candidates import Candidate, Candidates, candidates_for, requests_for
from assistance.matching.explanation import Explanation
from assistance.matching.profiles import InvalidProfile, unknown_codes
from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import NotAllowed, allows, require

from ..models import AssistanceRequest, Match, Offer
from ..models.requests import CIRCULATED_STATUSES
from ..querysets import RequestQuerySet
from .ranking import MatchingNotPossible, current_matcher
from .shelf import ShelfMatcher, shelf_for

#: Not published, taken back, or over for good: nothing that could be asked would help.
NEVER_CANDIDATES = (Offer.Status.DRAFT, Offer.Status.WITHDRAWN, Offer.Status.COMPLETED)
#: A completed offer can still be compared with a request, to learn why it was not.
NEVER_COMPARED = (Offer.Status.DRAFT, Offer.Status.WITHDRAWN)


class PairReading(Enum):
    """As whom somebody reads a pair."""

    INSIDE = "the requester or the Committee"
    PROVIDER = "the provider of the offer, of a circulated request"


@dataclass(frozen=True)
class FoundOffers:
    """The candidates of a request, and the profiles that they were found from, by reference."""

    matcher: Matcher
    profile: RequestProfile
    offers: Mapping[str, OfferProfile]
    candidates: Candidates


@dataclass(frozen=True)
class FoundRequests:
    """The requests that an offer fits, and the profiles of those compared, by reference."""

    matcher: Matcher
    profile: OfferProfile
    requests: Mapping[str, RequestProfile]
    found: tuple[Candidate, ...]
    unknown_areas: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """One request and one offer: why, or why not. `match` is the stored match, if there is one that the reader sees."""

    request: AssistanceRequest
    offer: Offer
    reading: PairReading
    explanation: Explanation
    threshold: float
    warnings: tuple[Mapping[str, object], ...]
    unknown_areas: tuple[str, ...]
    match: Match | None

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [gate for gate in self.explanation["gates"] if not gate["passed"]]

    @property
    def is_suggested(self) -> bool:
        return not self.failed and self.explanation["score"] >= self.threshold


def comparable_offers(who: Any) -> QuerySet[Offer]:
    """Published offers that `who` sees and may compare with a request; sourced history is never matched."""
    return Offer.objects.visible_to(who).current().exclude(status__in=NEVER_COMPARED)


def comparable_requests(who: Any) -> QuerySet[AssistanceRequest]:
    """Open requests of which `who` reads the full text: providers once they are circulated, the Committee all."""
    return AssistanceRequest.objects.visible_to(who).open().filter(RequestQuerySet.full_text_q(actor_for(who)))


def why_not_compared(request: AssistanceRequest) -> str:
    """Why a request has no candidates whatever is offered; empty if it is compared."""
    if request.is_from_public_source:
        return _("This record comes from a public source. It is history: it is not compared with offers.")
    if not request.is_open and not request.is_draft:
        return _("This request has ended (%(status)s), so it is not compared with offers any more.") % {
            "status": request.get_status_display()
        }
    return ""


def offers_found(*, by: Any, request: AssistanceRequest) -> FoundOffers:
    """The offers that fit a request, and those that miss by one gate (the requester and the Committee).

    Raises `NotAllowed`, `ValidationError` where the request is not compared, `MatchingNotPossible`.
    """
    require(by, "see_candidates", request)
    if problem := why_not_compared(request):
        raise ValidationError(problem)
    matcher = _matcher()
    profile = _request_profile(matcher, request)
    offers = _offer_profiles(matcher, comparable_offers(by).exclude(status__in=NEVER_CANDIDATES))
    found = candidates_for(matcher, profile, offers.values())
    return FoundOffers(matcher, profile, offers, found)


def requests_found(*, by: Any, offer: Offer) -> FoundRequests:
    """The requests that an offer fits or misses by one gate (its provider and the Committee).

    A provider does not learn from it whom a requester prefers or declines. Raises `NotAllowed`, `MatchingNotPossible`.
    """
    require(by, "see_requests", offer)
    matcher = _matcher()
    rows = comparable_requests(by)
    inside = set(rows.filter(RequestQuerySet.inside_q(actor_for(by))).values_list("pk", flat=True))
    profiles = {
        profile.reference: profile if pk in inside else as_told(profile)
        for pk, profile in _request_profiles(matcher, rows).items()
    }
    (profile,) = _offer_profiles(matcher, Offer.objects.filter(pk=offer.pk)).values()
    found = requests_for(matcher, profile, profiles.values())
    return FoundRequests(matcher, profile, profiles, found, _unknown_areas(matcher, profile))


def pair_found(*, by: Any, request: AssistanceRequest, offer: Offer) -> Pair:
    """One pair explained, whether it fits or not.

    `request` is a row of `with_full_text_for(by)`, `offer` one that `by` sees. Raises `NotAllowed`, `ValidationError`
    for a record from a public source, `MatchingNotPossible`.
    """
    reading = reading_of_pair(by, request, offer)
    if request.is_from_public_source or offer.is_from_public_source:
        raise ValidationError(_("One of the two comes from a public source. It is history and is not compared."))
    matcher = _matcher()
    asked = _request_profile(matcher, request)
    if reading is PairReading.PROVIDER:
        asked = as_told(asked)
    (given,) = _offer_profiles(matcher, Offer.objects.filter(pk=offer.pk)).values()
    explanation = matcher.explain(asked, given)
    if reading is PairReading.PROVIDER:
        leave_out_wishes(explanation)
    stored = Match.objects.visible_to(by).filter(request=request, offer=offer)
    return Pair(
        request=request,
        offer=offer,
        reading=reading,
        explanation=explanation,
        threshold=matcher.policy.threshold,
        warnings=matcher.warnings(asked),
        unknown_areas=_unknown_areas(matcher, given),
        match=stored.select_related("request", "offer").first(),
    )


def reading_of_pair(who: Any, request: AssistanceRequest, offer: Offer) -> PairReading:
    """As whom `who` reads the pair. Raises `NotAllowed`. `request` is a row of `with_full_text_for(who)`."""
    if allows(who, "see_candidates", request):
        return PairReading.INSIDE
    is_circulated = request.status in CIRCULATED_STATUSES and getattr(request, "is_full_text", False)
    if is_circulated and allows(who, "see_requests", offer):
        return PairReading.PROVIDER
    raise NotAllowed("see_candidates", "request")


def may_read_pair(who: Any, request: AssistanceRequest, offer: Offer) -> bool:
    """Whether `who` may be told why, or why not. `request` is a row of `with_full_text_for(who)`."""
    try:
        reading_of_pair(who, request, offer)
    except NotAllowed:
        return False
    return True


def as_told(profile: RequestProfile) -> RequestProfile:
    """A request as providers read it: whom the requester prefers or declines stays inside."""
    return replace(profile, preferred_providers=frozenset(), declined_providers=frozenset())


def leave_out_wishes(explanation: Explanation) -> None:
    """Say nothing of what the requester wishes of single providers, not even that there is no wish.

    What the text says of a provider stays: whoever reads a circulated request reads that too.
    """
    explanation["parts"] = [part for part in explanation["parts"] if part["code"] != "preferred"]
    explanation["gates"] = [
        gate for gate in explanation["gates"] if gate["code"] != "not_declined" or not gate["passed"]
    ]


def _matcher() -> ShelfMatcher:
    current = current_matcher()
    return ShelfMatcher(current.directory, current.policy, shelf_for(current.directory))


def _request_profile(matcher: ShelfMatcher, request: AssistanceRequest) -> RequestProfile:
    (profile,) = _request_profiles(matcher, AssistanceRequest.objects.filter(pk=request.pk)).values()
    return profile


def _request_profiles(matcher: ShelfMatcher, rows: QuerySet[AssistanceRequest]) -> dict[int, RequestProfile]:
    try:
        return matcher.shelf.requests(rows)
    except InvalidProfile as problem:
        raise MatchingNotPossible(str(problem)) from problem


def _offer_profiles(matcher: ShelfMatcher, rows: QuerySet[Offer]) -> dict[str, OfferProfile]:
    try:
        found = matcher.shelf.offers(rows)
    except InvalidProfile as problem:
        raise MatchingNotPossible(str(problem)) from problem
    return {profile.reference: profile for profile in found.values()}


def _unknown_areas(matcher: Matcher, offer: OfferProfile) -> tuple[str, ...]:
    return unknown_codes(offer.areas, matcher.directory.areas.parents)
