"""Identifiers of organizations and activities (IATI standard, "Organisation identifiers" and "Activity identifiers").

An organization that is registered has an identifier such as XM-DAC-12345; the secretariat enters it. Where there is
none the portal makes one that says so by its first word: no register has that prefix, so it is never taken for one.
"""

from __future__ import annotations

import re
from typing import Final

from django.db.models import QuerySet

from organizations.models import Organization, State

from ..models import Offer

UNREGISTERED: Final = "UNREGISTERED-1540CN"
#: The reference of an offer at the end of an identifier that the portal made.
_REFERENCE = re.compile(r"-(OFF-\d{4}-\d+)$", re.ASCII)


def of_body(body: Organization | State) -> str:
    """The registered identifier, or one made of the portal's prefix and the body's key."""
    return (body.iati_identifier if isinstance(body, Organization) else "") or unregistered(body)


def unregistered(body: Organization | State) -> str:
    """What the portal calls a body that is not registered; of one registered since, what older files call it."""
    return f"{UNREGISTERED}-{body.iso3 if isinstance(body, State) else body.slug}"


def of_offer(offer: Offer) -> str:
    """The identifier with which an offer was imported, or the provider's with the offer's reference."""
    return offer.iati_identifier or made_of_reference(offer)


def made_of_reference(offer: Offer) -> str:
    """The identifier of an offer that was not imported."""
    return f"{of_body(offer.provider)}-{offer.reference}"


def all_of_offer(offer: Offer) -> set[str]:
    """Every identifier under which an offer is, or was, told of."""
    made = {made_of_reference(offer), f"{unregistered(offer.provider)}-{offer.reference}"}
    return made | {offer.iati_identifier} if offer.iati_identifier else made


def held_by(offers: QuerySet[Offer], wanted: set[str]) -> dict[str, Offer]:
    """Which of the identifiers `wanted` an offer of `offers` has; of several the one that is older."""
    references = {found.group(1) for one in wanted if (found := _REFERENCE.search(one))}
    rows = (offers.filter(iati_identifier__in=wanted) | offers.filter(reference__in=references)).order_by("-pk")
    return {
        identifier: offer
        for offer in rows.select_related("organization", "state")
        for identifier in all_of_offer(offer) & wanted
    }


def borrowed(offers: QuerySet[Offer]) -> set[int]:
    """Primary keys of imported offers whose identifier another of `offers` has by its reference, or had first.

    Such an offer is published under the identifier of its own provider, so that a file names none twice.
    """
    imported = dict(offers.exclude(iati_identifier="").values_list("pk", "iati_identifier"))
    others: dict[str, int] = {}
    for pk, identifier in sorted(imported.items()):
        others.setdefault(identifier, pk)
    references = {found.group(1) for one in others if (found := _REFERENCE.search(one))}
    for offer in offers.filter(reference__in=references).select_related("organization", "state"):
        for identifier in {made_of_reference(offer), f"{unregistered(offer.provider)}-{offer.reference}"}:
            others[identifier] = offer.pk
    return {pk for pk, identifier in imported.items() if others[identifier] != pk}
