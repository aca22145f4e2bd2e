"""Who may fit whom, told by the database: gates that columns and kept readings can tell, before any text is read.

A search never leaves out a pair that the gates let through. Where no reading is kept, or the record has been written
since, the record counts as found.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q

from assistance.matching import Directory, OfferProfile, RequestProfile
from assistance.matching.reach import needed_in_reach, offered_in_reach, vague_in_reach

from ...models import Offer
from . import limits
from .records import Records


def requests_for(offer: OfferProfile, records: Records) -> Q:
    """Requests that an offer may answer."""
    matcher = records.matcher
    reading = matcher.read_offer(offer)
    fits = ~Q(declined_providers__acronym=offer.provider)
    if offer.starts_on:
        fits &= Q(needed_by=None) | Q(needed_by__gte=offer.starts_on)
    if offer.ends_on:
        fits &= Q(needed_from=None) | Q(needed_from__lte=offer.ends_on)
    if reading.covered is not None:
        bodies = _bodies_covered(offer, reading.covered, matcher.directory)
        fits &= Q(state__iso3__in=reading.covered) | Q(organization__acronym__in=bodies)
    areas = needed_in_reach(reading, matcher.directory.areas, matcher.policy.reach)
    if areas is not None:
        near = Q(reading_kept__areas__overlap=sorted(areas))
        if vague_in_reach(matcher.policy.reach):
            near |= Q(reading_kept__is_vague=True)
        fits &= near | _unread(records)
    return fits


def _bodies_covered(offer: OfferProfile, covered: frozenset[str], directory: Directory) -> list[str]:
    """Organizations of whose members the offer is open to some, or whose members it names."""
    return [key for key in directory.providers if key in offer.members_of or directory.members(key) & covered]


def offers_for(requests: Iterable[RequestProfile], records: Records) -> Q:
    """Offers with room that may answer one of the requests."""
    with_room = Q(capacity=None) | Q(capacity__gt=0)
    asked = list(requests)
    if len(asked) > limits.MOST_SEARCHED:
        return with_room
    fits = Q(pk__in=[])
    for request in asked:
        fits |= _offers_for_one(request, records)
    return with_room & fits


def _offers_for_one(request: RequestProfile, records: Records) -> Q:
    matcher = records.matcher
    reading = matcher.read_request(request)
    states = sorted(matcher.directory.states_of(request))
    known = Q(reading_kept__covered=None) | Q(reading_kept__covered__overlap=states)
    if request.organization:
        named = Offer.members_of.through.objects.filter(organization__acronym=request.organization)
        known |= Q(pk__in=named.values("offer"))
    areas = offered_in_reach(reading, matcher.directory.areas, matcher.policy.reach)
    if areas is not None:
        near = Q(reading_kept__areas__overlap=sorted(areas))
        if reading.is_vague and vague_in_reach(matcher.policy.reach):
            near |= Q(reading_kept__helps_to_define=True)
        known &= near
    fits = known | _unread(records)
    if request.needed_by:
        fits &= Q(starts_on=None) | Q(starts_on__lte=request.needed_by)
    if request.needed_from:
        fits &= Q(ends_on=None) | Q(ends_on__gte=request.needed_from)
    refused = request.declined_providers | reading.declined
    if refused:
        fits &= ~(Q(organization__acronym__in=refused) | Q(state__iso3__in=refused))
    return fits


def _unread(records: Records) -> Q:
    """No reading is kept, or the record or the vocabulary is another since."""
    return (
        Q(reading_kept=None)
        | ~Q(reading_kept__record_version=F("version"))
        | ~Q(reading_kept__vocabulary=records.vocabulary)
    )
