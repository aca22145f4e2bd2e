"""The dates of an offer in words, no more precise than its source."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .models import Offer
from .models.offers import DatePrecision

_FORMATS = {DatePrecision.DAY: "j F Y", DatePrecision.MONTH: "F Y", DatePrecision.YEAR: "Y"}


def in_words(day: date | None, precision: str = DatePrecision.DAY) -> str:
    """ "12 March 2027", "March 2027" or "2027"; nothing for None."""
    return date_format(day, _FORMATS[DatePrecision(precision)]) if day else ""


def period(offer: Offer) -> str:
    """From when to when an offer runs; nothing if it gives no dates."""
    starts = in_words(offer.starts_on, offer.starts_precision)
    ends = in_words(offer.ends_on, offer.ends_precision)
    if starts and ends:
        return _("%(start)s to %(end)s") % {"start": starts, "end": ends}
    if starts:
        return _("From %(start)s") % {"start": starts}
    if ends:
        return _("Until %(end)s") % {"end": ends}
    return ""
