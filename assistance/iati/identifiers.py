"""Identifiers of organizations and activities (IATI standard, "Organisation identifiers" and "Activity identifiers").

An organization that is registered has an identifier such as XM-DAC-12345; the secretariat enters it. Where there is
none the portal makes one that says so by its first word: no register has that prefix, so it is never taken for one.
"""

from __future__ import annotations

from typing import Final

from organizations.models import Organization, State

from ..models import Offer

UNREGISTERED: Final = "UNREGISTERED-1540CN"


def of_body(body: Organization | State) -> str:
    """The registered identifier, or one made of the portal's prefix and the body's key."""
    if isinstance(body, State):
        return f"{UNREGISTERED}-{body.iso3}"
    return body.iati_identifier or f"{UNREGISTERED}-{body.slug}"


def of_offer(offer: Offer) -> str:
    """The identifier with which an offer was imported, or the provider's with the offer's reference."""
    return offer.iati_identifier or f"{of_body(offer.provider)}-{offer.reference}"
