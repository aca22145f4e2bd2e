"""The dates of a meeting in words, no more precise than its source."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assistance.models.offers import DatePrecision

from .models import Meeting


def when(meeting: Meeting) -> str:
    """ "8–9 June 2022", "30 November – 2 December 2027", "September 2015", "2015" or "Date not known"."""
    start, end = meeting.starts_on, meeting.ends_on
    if start is None:
        return _("Date not known")
    if meeting.date_precision == DatePrecision.YEAR:
        return date_format(start, "Y")
    if meeting.date_precision == DatePrecision.MONTH:
        return date_format(start, "F Y")
    if end is None or end == start:
        return date_format(start, "j F Y")
    return _between(start, end)


def _between(start: date, end: date) -> str:
    last = date_format(end, "j F Y")
    if (start.year, start.month) == (end.year, end.month):
        return _("%(first_day)s–%(last_day)s") % {"first_day": start.day, "last_day": last}
    first = date_format(start, "j F" if start.year == end.year else "j F Y")
    return _("%(first_day)s – %(last_day)s") % {"first_day": first, "last_day": last}


def days(meeting: Meeting) -> int | None:
    """How many days a meeting lasts; None while its dates are not known to the day."""
    if meeting.starts_on is None or meeting.date_precision != DatePrecision.DAY:
        return None
    return ((meeting.ends_on or meeting.starts_on) - meeting.starts_on).days + 1


def date_of_day(meeting: Meeting, number: int) -> date | None:
    """The date of the meeting's first, second ... day; None while its dates are not known to the day."""
    if days(meeting) is None or meeting.starts_on is None:
        return None
    return meeting.starts_on + timedelta(days=number - 1)
