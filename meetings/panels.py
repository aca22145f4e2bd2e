"""What a meeting's page shows, arranged for the reader: who takes part, by kind; the agenda, by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization

from .dates import date_of_day
from .models import AgendaItem, Meeting, Participation

Category = Organization.Category
STATES = "state"
#: As the Committee's notes list participants; subregional bodies stand with the regional ones.
GROUPS: tuple[tuple[str, Any], ...] = (
    (Category.INTERNATIONAL, _("International organizations")),
    (Category.UN_ENTITY, _("United Nations entities")),
    (Category.REGIONAL, _("Regional and subregional organizations")),
    (Category.NATIONAL_AGENCY, _("National agencies")),
    (Category.NGO, _("Non-governmental organizations")),
    (STATES, _("States")),
)
LISTED_WITH = {Category.SUBREGIONAL: Category.REGIONAL}


@dataclass
class PartGroup:
    """Participants of one kind; `people` is the sum of the head counts that are known, None if none is."""

    label: Any
    rows: list[Participation] = field(default_factory=list)

    @property
    def people(self) -> int | None:
        return people(self.rows)


def participant_groups(rows: Iterable[Participation]) -> list[PartGroup]:
    """Participations (with organization and State loaded) by kind, in the order of notes; empty kinds left out."""
    groups = {key: PartGroup(label) for key, label in GROUPS}
    for row in rows:
        category = row.organization.category if row.organization else STATES
        groups[LISTED_WITH.get(Category(category), category) if row.organization else STATES].rows.append(row)
    for group in groups.values():
        group.rows.sort(key=lambda row: (row.party.sort_key, row.role))
    return [group for group in groups.values() if group.rows]


def people(rows: Iterable[Participation]) -> int | None:
    counts = [row.head_count for row in rows if row.head_count]
    return sum(counts) if counts else None


def organizers(rows: Iterable[Participation]) -> list[Participation]:
    """Who organizes and who hosts, organizers first."""
    order = (Participation.PartRole.ORGANIZER, Participation.PartRole.HOST)
    found = [row for row in rows if row.role in order]
    return sorted(found, key=lambda row: (order.index(Participation.PartRole(row.role)), row.party.sort_key))


@dataclass
class AgendaDay:
    number: int
    date: date | None
    items: list[AgendaItem] = field(default_factory=list)


def agenda_days(meeting: Meeting, items: Iterable[AgendaItem]) -> list[AgendaDay]:
    """Agenda items (in order) by day."""
    found: dict[int, AgendaDay] = {}
    for item in items:
        found.setdefault(item.day, AgendaDay(item.day, date_of_day(meeting, item.day))).items.append(item)
    return list(found.values())


def part_words(party: Any, role: str, head_count: int | None) -> str:
    """A part in one line, for comparing versions."""
    label = Participation.PartRole(role).label
    if head_count:
        words = ngettext("%(party)s, %(role)s, %(n)d person", "%(party)s, %(role)s, %(n)d people", head_count)
        return words % {"party": party, "role": label, "n": head_count}
    return gettext("%(party)s, %(role)s") % {"party": party, "role": label}


def differing(label: Any, yours: Iterable[str], theirs: Iterable[str]) -> dict[str, Any]:
    """A row of a conflict for two lists of lines: only what one has and the other has not."""
    left, right = list(yours), list(theirs)
    only_left = [line for line in left if line not in right]
    only_right = [line for line in right if line not in left]
    if only_left or only_right:
        nothing = [gettext("nothing that the other has not")]
        only_left, only_right = only_left or nothing, only_right or nothing
    return {"label": label, "left": only_left, "right": only_right}
