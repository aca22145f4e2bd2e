"""The appointments of a conference as files: a table for spreadsheets, and calendars (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from icalendar import Calendar

from cooperation_portal.interface.csv_files import csv_response

from .calendars import CONTENT_TYPE, add_time_zones, appointment_event
from .models import Appointment, ConferencePlan

CALENDAR_MADE_BY = "-//1540 Cooperation Network//Conference//EN"


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

    Cancelled ones are in it, marked as such, so that a calendar that is taken anew corrects the earlier one.
    """
    calendar = Calendar.new(prodid=CALENDAR_MADE_BY, name=str(name), method="PUBLISH", url=url)
    for row in appointments:
        calendar.add_component(appointment_event(plan, row, url))
    add_time_zones(calendar, appointments)
    response = HttpResponse(calendar.to_ical(), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name}.ics"'
    return response
