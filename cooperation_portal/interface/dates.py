"""Dates and clocks in words."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .tones import Tone

#: Days after which what a page shows is stale, and very stale, if nobody confirmed it.
STALE_AFTER, VERY_STALE_AFTER = 183, 365


def as_day(value: datetime.date | datetime.datetime | None) -> datetime.date | None:
    """Give the day of a date or of a moment, in the reader's time zone."""
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def in_words(value: datetime.date | datetime.datetime | None) -> str:
    """Write a day as 12 March 2027; nothing for None."""
    day = as_day(value)
    return date_format(day, "j F Y") if day else ""


@dataclass(frozen=True)
class Clock:
    """What a clock says: `text` first, `detail` in smaller type."""

    text: str
    detail: str
    tone: Tone
    day: datetime.date


def clock(due: Any, *, done: Any = None, soon: int = 7, today: datetime.date | None = None) -> Clock | None:
    """Say how a due date stands: days left, due today, days overdue, or done and whether in time."""
    due_on, done_on = as_day(due), as_day(done)
    if done_on:
        late = (done_on - due_on).days if due_on else 0
        if late > 0:
            detail = ngettext("%(days)d day late", "%(days)d days late", late) % {"days": late}
            return Clock(_("Done on %(date)s") % {"date": in_words(done_on)}, detail, Tone.NEUTRAL, done_on)
        return Clock(_("Done on %(date)s") % {"date": in_words(done_on)}, "", Tone.GOOD, done_on)
    if not due_on:
        return None
    left = (due_on - (today or timezone.localdate())).days
    date = in_words(due_on)
    if left < 0:
        text = ngettext("%(days)d day overdue", "%(days)d days overdue", -left) % {"days": -left}
        return Clock(text, _("since %(date)s") % {"date": date}, Tone.PROBLEM, due_on)
    tone = Tone.ATTENTION if left <= soon else Tone.NEUTRAL
    if left == 0:
        return Clock(_("Due today"), date, tone, due_on)
    text = ngettext("%(days)d day left", "%(days)d days left", left) % {"days": left}
    return Clock(text, _("due %(date)s") % {"date": date}, tone, due_on)


def confirmed(on: Any, *, today: datetime.date | None = None) -> Clock:
    """Say when a record was last confirmed to be true, and whether that is too long ago."""
    today = today or timezone.localdate()
    day = as_day(on)
    if not day:
        return Clock(_("Never confirmed"), "", Tone.ATTENTION, today)
    age = (today - day).days
    text = _("Confirmed on %(date)s") % {"date": in_words(day)}
    if age <= STALE_AFTER:
        return Clock(text, "", Tone.GOOD, day)
    months = max(6, round(age / 30.44))
    detail = ngettext("%(months)d month ago", "%(months)d months ago", months) % {"months": months}
    return Clock(text, detail, Tone.PROBLEM if age > VERY_STALE_AFTER else Tone.ATTENTION, day)
