"""Who may fit at all, told by areas alone: the first and coarsest sieve of a search.

It never leaves out a pair that passes the gates; what it lets through the gates still look at.
"""

from __future__ import annotations

from assistance.matching.closeness import area_closeness
from assistance.matching.offer_reading import OfferReading
from assistance.matching.pair import HELP_TO_DEFINE
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, OfferProfile
from assistance.matching.request_reading import RequestReading

LEAST = 0.2
"""Areas of less strength are left out of a search: no policy that reaches from here on finds anything by them."""


def areas_needed(reading: RequestReading) -> frozenset[str]:
    """The areas by which a search finds a request."""
    return frozenset(code for need in reading.needs for code, strength in need.areas.items() if strength >= LEAST)


def areas_offered(reading: OfferReading) -> frozenset[str]:
    """The areas by which a search finds an offer."""
    return frozenset(code for code, strength in reading.areas.items() if strength >= LEAST)


def helps_to_define(offer: OfferProfile, reading: OfferReading) -> bool:
    """Whether the offer is the answer to a request that does not yet know what it needs, in whatever area."""
    return "NEED" in reading.types and CATCH_ALL_AREA in offer.areas


def offered_in_reach(request: RequestReading, tree: AreaTree, reach: float) -> frozenset[str] | None:
    """The areas of which an offer must have one to be in reach of a request; None if any offer may be."""
    if reach < LEAST:
        return None
    strengths: dict[str, float] = {}
    for need in request.needs:
        for code, strength in need.areas.items():
            strengths[code] = max(strengths.get(code, 0.0), strength)
    return frozenset(
        given
        for given in tree.codes
        if any(strength * area_closeness(tree, needed, given) >= reach for needed, strength in strengths.items())
    )


def needed_in_reach(offer: OfferReading, tree: AreaTree, reach: float) -> frozenset[str] | None:
    """The areas of which a request must need one to be in reach of an offer; None if any request may be."""
    if reach < LEAST:
        return None
    return frozenset(
        needed
        for needed in tree.codes
        if any(strength * area_closeness(tree, needed, given) >= reach for given, strength in offer.areas.items())
    )


def vague_in_reach(reach: float) -> bool:
    """Whether help to define a need reaches a request that is vague."""
    return reach <= HELP_TO_DEFINE
