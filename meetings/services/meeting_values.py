"""What a meeting's page says, as its editors give it, and the rules that it must satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assistance.models.offers import DatePrecision
from organizations.models import Organization, State

from ..dates import days
from ..models import AgendaItem, Meeting, Participation

#: More rows than this is a mistake, not a meeting.
MAX_PARTICIPATIONS, MAX_AGENDA_ITEMS = 300, 200
#: What an editor writes directly; status, reference and the words of sources are not among it.
MEETING_FIELDS = frozenset(
    {
        "title",
        "kind",
        "format",
        "starts_on",
        "ends_on",
        "place",
        "country",
        "regional_group",
        "organization",
        "follows_up",
        "summary",
        "visibility",
        "source",
    }
)


@dataclass(frozen=True)
class PartValues:
    """One body's part in a meeting."""

    party: Organization | State
    role: str = Participation.PartRole.PARTICIPANT
    head_count: int | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.party.record_type, self.party.pk, self.role)


@dataclass(frozen=True)
class AgendaValues:
    """One item on the agenda; `day` counts from 1."""

    day: int
    title: str
    starts_at: time | None = None


def write_fields(meeting: Meeting, values: dict[str, Any]) -> None:
    """Set fields of a meeting. Raises `KeyError` for a field that editors do not write."""
    if unknown := set(values) - MEETING_FIELDS:
        raise KeyError(f"Not a field that editors write: {sorted(unknown)}")
    dates_before = (meeting.starts_on, meeting.ends_on)
    for name, value in values.items():
        setattr(meeting, name, value)
    # A day given by an editor is known to the day; a month kept from a source stays a month.
    if (meeting.starts_on, meeting.ends_on) != dates_before:
        meeting.date_precision = DatePrecision.DAY


def check_dates(meeting: Meeting) -> None:
    """An end without a beginning says nothing."""
    if meeting.ends_on is not None and meeting.starts_on is None:
        raise ValidationError({"starts_on": _("Give the first day as well.")})


def check_follow_up(meeting: Meeting) -> None:
    """Follow-ups form a line, never a circle."""
    earlier, seen = meeting.follows_up, {meeting.pk}
    while earlier is not None:
        if earlier.pk in seen:
            raise ValidationError(
                {"follows_up": _("“%(title)s” itself follows up this meeting.") % {"title": meeting.follows_up}}
            )
        seen.add(earlier.pk)
        earlier = earlier.follows_up


def write_participations(meeting: Meeting, rows: Sequence[PartValues]) -> None:
    """Make the meeting's participations these; what stays keeps its key."""
    if len(rows) > MAX_PARTICIPATIONS:
        sentence = _("A meeting lists at most %(n)d bodies.") % {"n": MAX_PARTICIPATIONS}
        raise ValidationError({"participations": sentence})
    wanted: dict[tuple[str, int, str], PartValues] = {}
    for row in rows:
        if row.key in wanted:
            sentence = _("%(body)s is listed twice in the same role. Remove one row.") % {"body": row.party}
            raise ValidationError({"participations": sentence})
        wanted[row.key] = row
    for part in meeting.participations.all():
        (kind, key) = next(iter(part.owners()))
        row_wanted = wanted.pop((kind, key, part.role), None)
        if row_wanted is None:
            part.delete()
        elif part.head_count != row_wanted.head_count:
            part.head_count = row_wanted.head_count
            part.save(update_fields=["head_count"])
    Participation.objects.bulk_create(
        [
            Participation(
                meeting=meeting,
                organization=row.party if isinstance(row.party, Organization) else None,
                state=row.party if isinstance(row.party, State) else None,
                role=row.role,
                head_count=row.head_count,
            )
            for row in wanted.values()
        ]
    )


def write_agenda(meeting: Meeting, rows: Sequence[AgendaValues]) -> None:
    """Make the meeting's agenda this, in the order of day, time and rows as given."""
    if len(rows) > MAX_AGENDA_ITEMS:
        raise ValidationError({"agenda": _("An agenda has at most %(n)d items.") % {"n": MAX_AGENDA_ITEMS}})
    last_day = days(meeting)
    for row in rows:
        if last_day is not None and row.day > last_day:
            raise ValidationError(
                {
                    "agenda": _("“%(item)s” is set for day %(day)d, but the meeting ends on day %(last)d.")
                    % {"item": row.title, "day": row.day, "last": last_day}
                }
            )
    meeting.agenda.all().delete()
    ordered = sorted(rows, key=lambda row: (row.day, row.starts_at is None, row.starts_at or time.min))
    AgendaItem.objects.bulk_create(
        [
            AgendaItem(meeting=meeting, day=row.day, starts_at=row.starts_at, title=row.title, position=position)
            for position, row in enumerate(ordered)
        ]
    )
