"""The appointments of a conference as files: a table for spreadsheets, and calendars (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event
from icalendar.enums import CLASS, STATUS

from cooperation_portal.interface.csv_files import csv_response

from .models import Appointment, ConferencePlan, Meeting

CALENDAR_MADE_BY = "-//1540 Cooperation Network//Conference//EN"
#: What a calendar says of an appointment, by the status of the meeting.
STANDING = {
    Meeting.Status.PLANNED: STATUS.TENTATIVE,
    Meeting.Status.CONFIRMED: STATUS.CONFIRMED,
    Meeting.Status.HELD: STATUS.CONFIRMED,
    Meeting.Status.CANCELLED: STATUS.CANCELLED,
}


def appointments_table(plan: ConferencePlan, appointments: Iterable[Appointment]) -> HttpResponse:
    """One line an appointment, in order of time; parties and subjects loaded."""
    header = [
        _("Conference"),
        _("Date"),
        _("Starts"),
        _("Ends"),
        _("Time zone"),
        _("Table"),
        _("Requester"),
        _("Requester code"),
        _("Provider"),
        _("Provider code"),
        _("Value"),
        _("Requests"),
        _("Offers"),
    ]
    zone = plan.zone
    rows = (
        [
            plan.ref,
            row.local_start(zone).date(),
            f"{row.local_start(zone):%H:%M}",
            f"{row.local_end(zone):%H:%M}",
            plan.time_zone,
            row.table,
            row.requester.name,
            row.requester.ref,
            row.provider.name,
            row.provider.ref,
            f"{row.value / 100:.2f}",
            "; ".join(subject.request.reference for subject in row.subjects.all()),
            "; ".join(subject.offer.reference for subject in row.subjects.all()),
        ]
        for row in appointments
    )
    return csv_response(f"{plan.ref}.csv", header, rows)


def appointments_calendar(
    plan: ConferencePlan, appointments: Sequence[Appointment], *, name: Any, file_name: str, url: str
) -> HttpResponse:
    """A calendar with one event an appointment.

    An event keeps its identity when it is moved, counts its changes and is marked when it is cancelled, so that a
    calendar that is taken anew corrects the earlier one. It names the two parties, the time and the table, and not what
    is asked for: calendars are kept in many places.
    """
    calendar = Calendar.new(prodid=CALENDAR_MADE_BY, name=str(name), method="PUBLISH", url=url)
    for row in appointments:
        calendar.add_component(_event(plan, row, url))
    if appointments and plan.zone.key != "UTC":
        days = [row.local_start(plan.zone).date() for row in appointments]
        calendar.add_missing_timezones(
            first_date=min(days) - timedelta(days=366), last_date=max(days) + timedelta(days=366)
        )
    response = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}.ics"'
    return response


def _event(plan: ConferencePlan, row: Appointment, url: str) -> Event:
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


def _place(meeting: Meeting, row: Appointment) -> str:
    if meeting.place:
        return _("Table %(table)d, %(place)s") % {"table": row.table, "place": meeting.place}
    return _("Table %(table)d") % {"table": row.table}
