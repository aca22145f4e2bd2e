"""The periods of the matching brief: whole months on the configured clock, or any two days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

#: Longest period that one brief covers, in days.
LONGEST = 400


@dataclass(frozen=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date

    @property
    def record_type(self) -> str:
        """What a notice about a brief is about."""
        return "brief"

    @property
    def pk(self) -> int:
        """A number that no other period has: its first and last day one after the other."""
        return int(f"{self.start:%Y%m%d}{self.end:%Y%m%d}")

    @property
    def is_whole_months(self) -> bool:
        return self.start.day == 1 and (self.end + timedelta(days=1)).day == 1

    @property
    def label(self) -> str:
        """ "September–October 2026", "December 2026–January 2027", or both days in full."""
        if not self.is_whole_months:
            return _("%(start)s to %(end)s") % {
                "start": date_format(self.start, "j F Y"),
                "end": date_format(self.end, "j F Y"),
            }
        if (self.start.year, self.start.month) == (self.end.year, self.end.month):
            return date_format(self.start, "F Y")
        first = date_format(self.start, "F" if self.start.year == self.end.year else "F Y")
        return _("%(first)s–%(last)s") % {"first": first, "last": date_format(self.end, "F Y")}

    @property
    def previous(self) -> Period:
        """The period of the same length before: as many months where these are whole, else as many days."""
        end = self.start - timedelta(days=1)
        if self.is_whole_months:
            months = _month(self.end) - _month(self.start) + 1
            return Period(_first_day(_month(self.start) - months), end)
        return Period(end - (self.end - self.start), end)

    @property
    def file_name(self) -> str:
        return f"matching-brief-{self.start.isoformat()}-to-{self.end.isoformat()}"

    @property
    def query(self) -> str:
        return f"?start={self.start.isoformat()}&end={self.end.isoformat()}"


def last_full_period(today: date | None = None) -> Period:
    """The last period of the clock that has ended. With two months: January–February, March–April, and so on."""
    months = settings.MATCHING_BRIEF_MONTHS
    begun = _month(today or timezone.localdate()) // months * months
    return Period(_first_day(begun - months), _first_day(begun) - timedelta(days=1))


def next_brief_on(today: date | None = None) -> date:
    """The day from which on the next brief can be printed."""
    months = settings.MATCHING_BRIEF_MONTHS
    return _first_day((_month(today or timezone.localdate()) // months + 1) * months)


def checked_period(start: date, end: date) -> Period:
    """The period between two days. Raises `ValidationError` by field, saying what to do."""
    if end < start:
        raise ValidationError({"end": _("The end is before the start. Check both days.")})
    if end > timezone.localdate():
        raise ValidationError({"end": _("This day is still to come. Choose today or a day before.")})
    if (end - start).days >= LONGEST:
        raise ValidationError(
            {"start": _("One brief covers at most %(days)d days. Choose a later start.") % {"days": LONGEST}}
        )
    return Period(start, end)


def _month(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
