"""Loads `meetings/reference/meetings.csv`, and from `notes.json` what is known of some meetings in detail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from assistance.models.offers import DatePrecision
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Provenance
from cooperation_portal.reference.parties import Parties
from cooperation_portal.reference.sync import Outcome, Part, Wanted, bring_in
from cooperation_portal.reference.tables import Folders, Row, Table
from organizations.models.states import RegionalGroup
from organizations.services.reference import CONFIDENCES

from ..models import Meeting, Participation
from .reference_notes import Detail, details_read

FOLDER = Path(__file__).resolve().parent.parent / "reference"
FILES = {name: FOLDER / name for name in ("meetings.csv", "notes.json")}

KINDS = {
    "IRO meeting": Meeting.Kind.IRO_MEETING,
    "assistance conference": Meeting.Kind.ASSISTANCE_CONFERENCE,
    "side event": Meeting.Kind.SIDE_EVENT,
    "country visit": Meeting.Kind.COUNTRY_VISIT,
    "PoC training": Meeting.Kind.TRAINING,
    "workshop": Meeting.Kind.WORKSHOP,
    "peer review": Meeting.Kind.PEER_REVIEW,
    "review": Meeting.Kind.REVIEW,
    "Committee meeting": Meeting.Kind.COMMITTEE_MEETING,
}
FORMATS = {
    "in person": Meeting.Format.IN_PERSON,
    "virtual": Meeting.Format.VIRTUAL,
    "hybrid": Meeting.Format.HYBRID,
}
#: From the finest to the coarsest.
PRECISIONS = (DatePrecision.DAY, DatePrecision.MONTH, DatePrecision.YEAR)
#: Words in a title that name the region which a meeting was for.
REGION_WORDS = (
    (re.compile(r"Latin America|Caribbean"), RegionalGroup.GRULAC),
    (re.compile(r"Africa"), RegionalGroup.AFRICAN),
    (re.compile(r"Asia|ASEAN"), RegionalGroup.ASIA_PACIFIC),
)
ACTIONS = ("meeting.created", "meeting.updated")


@dataclass
class _MeetingRow:
    wanted: Wanted
    year: str
    title: str


def meetings_load(*, folders: Folders, parties: Parties) -> list[Outcome]:
    """Load meetings, then notes and action items. Call inside a transaction; raises `BadReference`."""
    rows = _read_meetings(folders, parties)
    references = {row.wanted.values["reference"] for row in rows}
    details = details_read(folders=folders, parties=parties, references=references)
    for row in rows:
        detail = details.meetings.get(row.wanted.values["reference"])
        if detail is not None:
            _apply(detail, row.wanted)
    outcome = bring_in(
        Meeting,
        [row.wanted for row in rows],
        key=("reference",),
        what="Meetings",
        actions=ACTIONS,
        parts=("participations__organization", "participations__state"),
    )
    return [outcome, *details.load()]


def _read_meetings(folders: Folders, parties: Parties) -> list[_MeetingRow]:
    columns = (
        "title",
        "start_date",
        "end_date",
        "place",
        "country_iso3",
        "format",
        "organizers",
        "participants",
        "kind",
        "summary",
        "source",
        "confidence",
        "note",
    )

    def make(row: Row) -> _MeetingRow:
        starts_on, starts_precision = row.day("start_date")
        ends_on, ends_precision = row.day("end_date", is_end=True)
        row.in_order(starts_on, ends_on, "end_date")
        organizers = row.text("organizers", longest=300)
        participants = row.text("participants")
        is_over = starts_on is None or (ends_on or starts_on) < timezone.localdate()
        title = row.text("title", required=True, longest=250)
        values = {
            "reference": "",
            "title": title,
            "kind": row.choice("kind", KINDS, default=Meeting.Kind.WORKSHOP),
            "format": row.choice("format", FORMATS, default=Meeting.Format.IN_PERSON),
            "status": Meeting.Status.HELD if is_over else Meeting.Status.PLANNED,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "date_precision": max(starts_precision, ends_precision, key=PRECISIONS.index),
            "place": row.text("place", longest=120),
            "country": row.looked_up("country_iso3", parties.states, what="State"),
            "regional_group": next((group for words, group in REGION_WORDS if words.search(title)), ""),
            "organization": _page_owner(organizers, parties),
            "summary": row.text("summary", longest=4000),
            "organizers_as_stated": organizers,
            "participants_as_stated": participants,
            "note_on_source": row.text("note", longest=300),
            "visibility": Level.PUBLIC,
            "provenance": Provenance.PUBLIC_SOURCE,
            "source": row.text("source", required=True),
            "confidence": row.choice("confidence", CONFIDENCES, default=CONFIDENCES["low"]),
        }
        parts = {"participations": _participations(organizers, participants, parties)}
        return _MeetingRow(Wanted(row.place, values, parts=parts), str(starts_on.year) if starts_on else "ND", title)

    table = Table(folders.path("meetings.csv"), columns)
    rows = table.read(make, key=lambda row: (row.title, row.wanted.values["starts_on"]), key_column="title")
    _give_references(rows)
    return rows


def _give_references(rows: Iterable[_MeetingRow]) -> None:
    """`MTG-2010-001`: year and place in the file, so that new rows belong at its end. `ND`: no date is known."""
    last: dict[str, int] = {}
    for row in rows:
        last[row.year] = last.get(row.year, 0) + 1
        row.wanted.values["reference"] = f"MTG-{row.year}-{last[row.year]:03d}"


def _page_owner(organizers: str, parties: Parties) -> Any:
    """The first organization among the organizers keeps the meeting's page."""
    found = (parties.find(name)[0] for name in _names(organizers))
    return next((organization for organization in found if organization is not None), None)


def _participations(organizers: str, participants: str, parties: Parties) -> list[Part]:
    """Links to those whom the source names exactly; who organizes is not listed again as a participant."""
    parts = []
    seen = set()
    roles = ((organizers, Participation.PartRole.ORGANIZER), (participants, Participation.PartRole.PARTICIPANT))
    for text, role in roles:
        for name in _names(text):
            organization, state = parties.find(name)
            party = organization or state
            if party is None or party in seen:
                continue
            seen.add(party)
            parts.append(Part({"organization": organization, "state": state, "role": role, "head_count": None}))
    return parts


def _names(text: str) -> list[str]:
    return [name.strip() for name in re.split(r"[;,]", text) if name.strip()]


def _apply(detail: Detail, wanted: Wanted) -> None:
    """Put what the notes file knows in place of what the table could only guess from its words."""
    wanted.values |= detail.values
    wanted.parts["participations"] = detail.participations
