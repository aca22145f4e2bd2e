"""Meetings and appointments as calendars (RFC 5545).

An event keeps its identity when it is moved, counts its changes and is marked when it is cancelled, so that a calendar
that is taken anew corrects the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDuration
from icalendar.enums import CLASS, STATUS, TRANSP

from assistance.models.offers import DatePrecision
from cooperation_portal.access.actors import VISITOR
from cooperation_portal.access.levels import Level
from cooperation_portal.interface.text import without_control_characters

from .models import Appointment, ConferencePlan, Meeting

CONTENT_TYPE = "text/calendar; charset=utf-8"
_MADE_BY = "-//1540 Cooperation Network//Meetings//EN"
#: Events of meetings are named by this and their reference, which never changes.
_MEETINGS = UUID("9e0b6a52-5b0f-4d6c-8a35-0d3c2ac01540")
#: How long a meeting stays in a feed after it is over, and how often calendars should ask.
KEPT = timedelta(days=365)
ASK_EVERY = timedelta(hours=6)
#: What a calendar says of an event, by the status of the meeting.
STANDING = {
    Meeting.Status.PLANNED: STATUS.TENTATIVE,
    Meeting.Status.CONFIRMED: STATUS.CONFIRMED,
    Meeting.Status.HELD: STATUS.CONFIRMED,
    Meeting.Status.CANCELLED: STATUS.CANCELLED,
}


def public_feed() -> bytes:
    """The meetings that anyone may read."""
    return _feed("public", _("1540 Cooperation Network: meetings"), _meetings_of(VISITOR))


def personal_feed(user: Any) -> bytes:
    """The meetings that a person may read now, and the own appointments at conferences."""
    own = Appointment.objects.of_own(user).filter(ends_at__gte=timezone.now() - KEPT)
    appointments = own.select_related("plan__meeting").with_parties().order_by("starts_at", "pk")
    name = _("1540 Cooperation Network: my meetings")
    return _feed(f"person {user.pk}", name, _meetings_of(user), list(appointments))


def _meetings_of(who: Any) -> Iterable[Meeting]:
    """Coming ones, those going on, and those of the last year; only where the days are known."""
    since = timezone.localdate() - KEPT
    rows = Meeting.objects.visible_to(who).filter(date_precision=DatePrecision.DAY)
    recent = rows.filter(Q(starts_on__gte=since) | Q(ends_on__gte=since))
    return recent.select_related("country").order_by("starts_on", "pk")


def _feed(key: str, name: str, meetings: Iterable[Meeting], appointments: Sequence[Appointment] = ()) -> bytes:
    """The same bytes while nothing changed; `key` tells the calendars of a portal apart."""
    calendar = Calendar.new(prodid=_MADE_BY, uid=uuid5(_MEETINGS, key), name=name)
    # RFC 7986, section 5.7, and its older name, which is all that some calendars read.
    calendar.add("REFRESH-INTERVAL", vDuration(ASK_EVERY, params={"VALUE": "DURATION"}))
    calendar.add("X-PUBLISHED-TTL", vDuration(ASK_EVERY))
    for meeting in meetings:
        calendar.add_component(meeting_event(meeting))
    for row in appointments:
        url = f"{settings.SITE_URL}{reverse('meetings:appointments', args=[row.plan.meeting.reference])}"
        calendar.add_component(appointment_event(row.plan, row, url))
    add_time_zones(calendar, appointments)
    return bytes(calendar.to_ical())


def meeting_event(meeting: Meeting) -> Event:
    """A meeting by its days. It does not make anybody busy: reading of a meeting is not going there."""
    first: date = meeting.starts_on  # type: ignore[assignment]  # only meetings whose days are known come here
    url = f"{settings.SITE_URL}{meeting.get_absolute_url()}"
    places = (meeting.place, meeting.country.name if meeting.country else "")
    return Event.new(
        uid=uuid5(_MEETINGS, meeting.reference),
        stamp=meeting.updated_at,
        created=meeting.created_at,
        last_modified=meeting.updated_at,
        start=first,
        end=(meeting.ends_on or first) + timedelta(days=1),
        summary=without_control_characters(meeting.title),
        location=without_control_characters(", ".join(part for part in places if part)) or None,
        description=_("%(kind)s, %(format)s. %(reference)s: %(url)s")
        % {
            "kind": meeting.get_kind_display(),
            "format": meeting.get_format_display(),
            "reference": meeting.reference,
            "url": url,
        },
        classification=CLASS.PUBLIC if meeting.visibility == Level.PUBLIC else CLASS.CONFIDENTIAL,
        sequence=meeting.version,
        status=STANDING[Meeting.Status(meeting.status)],
        transparency=TRANSP.TRANSPARENT,
        url=url,
    )


def appointment_event(plan: ConferencePlan, row: Appointment, url: str) -> Event:
    """A bilateral meeting: the two parties, the time and the table. Not what is asked for: calendars are kept in many
    places."""
    meeting, zone = plan.meeting, plan.zone
    return Event.new(
        uid=row.uid,
        stamp=plan.updated_at,
        start=row.starts_at.astimezone(zone),
        end=row.ends_at.astimezone(zone),
        summary=_("%(requester)s – %(provider)s") % {"requester": row.requester, "provider": row.provider},
        location=_place(meeting, row),
        description=_("Bilateral meeting at “%(meeting)s” (%(reference)s).")
        % {"meeting": meeting.title, "reference": meeting.reference},
        classification=CLASS.CONFIDENTIAL,
        sequence=row.revision,
        status=STATUS.CANCELLED if row.is_cancelled else STANDING[Meeting.Status(meeting.status)],
        url=url,
    )


def add_time_zones(calendar: Calendar, appointments: Sequence[Appointment]) -> None:
    """Define the zones in which appointments are told, a year around them."""
    days = [_day(row.starts_at) for row in appointments if row.plan.zone.key != "UTC"]
    if days:
        year = timedelta(days=366)
        calendar.add_missing_timezones(first_date=min(days) - year, last_date=max(days) + year)


def _day(moment: datetime) -> date:
    return moment.date()


def _place(meeting: Meeting, row: Appointment) -> str:
    if meeting.place:
        return _("Table %(table)d, %(place)s") % {"table": row.table, "place": meeting.place}
    return _("Table %(table)d") % {"table": row.table}
