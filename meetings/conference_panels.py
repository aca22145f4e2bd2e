"""What the pages of a conference show: its appointments by day, time and table, and by party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assistance.matching.conference import Slot
from cooperation_portal.access.policy import allows

from .models import Appointment, ConferencePlan, Meeting
from .querysets import COMING_STATUSES
from .services.conference_arrangement import Arrangement
from .services.conference_candidates import Party, party_key

#: More columns than this scroll sideways inside their frame.
TABLES_SIDE_BY_SIDE = 6


@dataclass(frozen=True)
class Cell:
    """One bilateral meeting; times are local. `about` are requests with the offers that fit them, as the reader sees
    them; `untold` says that the provider may not know of it yet.
    """

    starts: datetime
    ends: datetime
    table: int
    requester: Party
    provider: Party
    points: float
    about: tuple[tuple[Any, Any], ...] = ()
    untold: bool = False

    @property
    def times(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"


@dataclass
class TimeRow:
    """What happens at one time; `cells` has a place for each table."""

    times: str
    cells: list[Cell | None]


@dataclass
class DayTable:
    day: date
    rows: list[TimeRow] = field(default_factory=list)


@dataclass
class PartyRows:
    """A party's own meetings in order; `side` is whom it meets in each."""

    key: str
    party: Party
    rows: list[tuple[Cell, Party]] = field(default_factory=list)


def day_tables(cells: Iterable[Cell], tables: int) -> list[DayTable]:
    """Cells (in order of time) by day, time and table; times at which nobody meets are left out."""
    days: list[DayTable] = []
    for day, of_day in groupby(cells, key=lambda cell: cell.starts.date()):
        table = DayTable(day)
        for _start, at_once in groupby(of_day, key=lambda cell: cell.starts):
            here = {cell.table: cell for cell in at_once}
            row = [here.get(number) for number in range(1, tables + 1)]
            table.rows.append(TimeRow(next(iter(here.values())).times, row))
        days.append(table)
    return days


def by_party(cells: Iterable[Cell]) -> list[PartyRows]:
    """Each party's own meetings, parties by name."""
    found: dict[str, PartyRows] = {}
    for cell in cells:
        for own, other in ((cell.requester, cell.provider), (cell.provider, cell.requester)):
            key = party_key(own)
            found.setdefault(key, PartyRows(key, own)).rows.append((cell, other))
    return sorted(found.values(), key=lambda row: (row.party.sort_key, row.key))


def arranged_cells(arrangement: Arrangement) -> list[Cell]:
    """The cells of a schedule that is not saved."""
    zone = ZoneInfo(arrangement.options.hours.zone)
    found = []
    for row in arrangement.schedule.appointments:
        starts_at, ends_at = arrangement.times(row)
        fits = arrangement.candidate(row.pair).fits
        found.append(
            Cell(
                starts_at.astimezone(zone),
                ends_at.astimezone(zone),
                row.table,
                arrangement.party(row.pair.requester),
                arrangement.party(row.pair.provider),
                row.pair.value / 100,
                tuple((fit.request, fit.offer) for fit in fits),
            )
        )
    return found


def stored_cells(appointments: Sequence[Appointment], zone: ZoneInfo) -> list[Cell]:
    """The cells of saved appointments (with parties and subjects loaded); `is_told` is annotated for the Committee."""
    return [
        Cell(
            row.local_start(zone),
            row.local_end(zone),
            row.table,
            row.requester,
            row.provider,
            row.value / 100,
            tuple((subject.request, subject.offer) for subject in row.subjects.all()),
            not getattr(row, "is_told", True),
        )
        for row in appointments
    ]


def conference_links(who: Any, meeting: Meeting) -> list[tuple[str, str]]:
    """Where a meeting's page leads to: the reader's own appointments, and for planners the schedule."""
    if meeting.kind != Meeting.Kind.ASSISTANCE_CONFERENCE or not getattr(who, "is_authenticated", False):
        return []
    found = []
    if Appointment.objects.of_own(who).filter(plan__meeting=meeting).exists():
        found.append((_("Your appointments"), reverse("meetings:appointments", args=[meeting.reference])))
    if allows(who, "view", ConferencePlan):
        plan = ConferencePlan.objects.visible_to(who).filter(meeting=meeting).select_related("meeting").first()
        if plan is not None:
            found.append((_("Schedule of bilateral meetings"), plan.get_absolute_url()))
        elif allows(who, "create", ConferencePlan) and meeting.status in COMING_STATUSES:
            label = _("Schedule bilateral meetings")
            found.append((label, reverse("meetings:conference_change", args=[meeting.reference])))
    return found


def slot_in_words(slot: Slot) -> str:
    """ "1 March 2027, 09:00"."""
    return _("%(day)s, %(time)s") % {"day": date_format(slot.day, "j F Y"), "time": f"{slot.start:%H:%M}"}
