"""What templates say of an offer: `{% load offers %}`."""

from __future__ import annotations

from django import template

from assistance import coverage, periods
from assistance.models import Offer

register = template.Library()


@register.filter
def starts(offer: Offer) -> str:
    """When it starts, no more precise than known."""
    return periods.in_words(offer.starts_on, offer.starts_precision)


@register.filter
def ends(offer: Offer) -> str:
    """When it ends, no more precise than known."""
    return periods.in_words(offer.ends_on, offer.ends_precision)


@register.filter
def open_to(offer: Offer) -> str:
    """Whom it is open to, in a few words; prefetch `members_of` and `states`."""
    return coverage.in_short(offer)
