"""Reads `meetings/reference/notes.json`: participants by role, action items and notes of well-known meetings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistance.models import Area, ResolutionParagraph
from cooperation_portal.access.levels import Level
from cooperation_portal.records.models import Provenance
from cooperation_portal.reference.parties import Parties
from cooperation_portal.reference.sync import Outcome, Part, Wanted, bring_in
from cooperation_portal.reference.tables import BadReference, Folders, Problems, read_json

from ..models import ActionItem, Meeting, Note, Participation

FILE = "notes.json"
ROLES = {value.value: value for value in Participation.PartRole}
STATUSES = {value.value: value for value in ActionItem.Status}
KINDS = {value.value: value for value in Note.Kind}
NOTE_TEXTS = ("prepared_by", "background", "highlights", "recommendations", "additional_comments", "disclaimer")
NOTE_KEYS = frozenset({"kind", "paragraphs", "future_issues", *NOTE_TEXTS})
MEETING_KEYS = frozenset({"participants_as_stated", "participations", "action_items", "note"})


@dataclass
class Detail:
    """What the file knows of one meeting. `action_items` and `note` lack their meeting until it is stored."""

    values: dict[str, Any]
    participations: list[Part]
    action_items: list[Wanted] = field(default_factory=list)
    note: Wanted | None = None


@dataclass
class Details:
    """All details by meeting reference."""

    meetings: dict[str, Detail]

    def load(self) -> list[Outcome]:
        """Write action items and notes; the meetings must be stored. Call inside a transaction."""
        stored = Meeting.objects.in_bulk(self.meetings, field_name="reference")
        action_items, notes = [], []
        for reference, detail in self.meetings.items():
            for item in [*detail.action_items, *([detail.note] if detail.note else [])]:
                item.values["meeting"] = stored[reference]
            action_items += detail.action_items
            notes += [detail.note] if detail.note else []
        return [
            bring_in(
                ActionItem,
                action_items,
                key=("meeting", "what"),
                what="Action items",
                actions=("action_item.created", "action_item.updated"),
            ),
            bring_in(
                Note,
                notes,
                key=("meeting",),
                what="Notes",
                actions=("note.created", "note.updated"),
                parts=("future_issues__areas",),
            ),
        ]


def details_read(*, folders: Folders, parties: Parties, references: Collection[str]) -> Details:
    """Read the file; every problem is told with the meeting and the key. Raises `BadReference`."""
    content = read_json(folders.path(FILE))
    if not isinstance(content, dict):
        raise BadReference([f"{FILE}: is not an object of meetings by reference. Correct it."])
    reader = _Reader(parties)
    meetings = {}
    for reference, entry in content.items():
        if reference not in references:
            reader.problems.add(f"{FILE}, {reference}", "is no meeting of meetings.csv. Correct the reference.")
        else:
            meetings[reference] = reader.detail(f"{FILE}, {reference}", entry)
    reader.problems.stop_if_any()
    return Details(meetings)


class _Reader:
    def __init__(self, parties: Parties) -> None:
        self.problems = Problems()
        self.parties = parties
        self.areas: Mapping[str, Area] = Area.objects.in_bulk(field_name="code")
        self.paragraphs = {paragraph.ref: paragraph for paragraph in ResolutionParagraph.objects.all()}

    def detail(self, place: str, entry: dict[str, Any]) -> Detail:
        self._check_keys(place, entry, MEETING_KEYS)
        items = [
            self._action_item(f"{place}, action item {number}", item)
            for number, item in enumerate(entry.get("action_items", []), start=1)
        ]
        note = entry.get("note")
        return Detail(
            values={"participants_as_stated": entry.get("participants_as_stated", "")},
            participations=[
                self._participation(f"{place}, participation {number}", item)
                for number, item in enumerate(entry.get("participations", []), start=1)
            ],
            action_items=items,
            note=self._note(f"{place}, note", note) if note else None,
        )

    def _participation(self, place: str, item: dict[str, Any]) -> Part:
        self._check_keys(place, item, {"organization", "state", "role", "head_count"})
        return Part(
            {
                **self._party(place, item),
                "role": self._known(place, item.get("role"), ROLES, "role"),
                "head_count": item.get("head_count"),
            }
        )

    def _action_item(self, place: str, item: dict[str, Any]) -> Wanted:
        self._check_keys(place, item, {"organization", "state", "what", "status", "follow_up"})
        values = {
            **self._party(place, item),
            "what": item.get("what", ""),
            "status": self._known(place, item.get("status"), STATUSES, "status"),
            "follow_up": item.get("follow_up", ""),
            "visibility": Level.PUBLIC,
            "provenance": Provenance.PUBLIC_SOURCE,
        }
        return Wanted(place, values)

    def _note(self, place: str, entry: dict[str, Any]) -> Wanted:
        self._check_keys(place, entry, NOTE_KEYS)
        values = {name: entry.get(name, "") for name in NOTE_TEXTS} | {
            "kind": self._known(place, entry.get("kind"), KINDS, "kind of note"),
            "status": Note.Status.PUBLISHED,
            "visibility": Level.PUBLIC,
            "provenance": Provenance.PUBLIC_SOURCE,
        }
        paragraphs = self._all_known(place, entry.get("paragraphs", []), self.paragraphs, "operative paragraph")
        issues = [
            Part(
                {"text": issue.get("text", ""), "position": position},
                {"areas": self._all_known(place, issue.get("areas", []), self.areas, "area")},
            )
            for position, issue in enumerate(entry.get("future_issues", []))
        ]
        return Wanted(place, values, {"paragraphs": paragraphs}, {"future_issues": issues})

    def _party(self, place: str, item: dict[str, Any]) -> dict[str, Any]:
        """The organization or State named; one of the two at most."""
        return {
            name: self._known(place, item[name], known, name) if item.get(name) else None
            for name, known in (("organization", self.parties.organizations), ("state", self.parties.states))
        }

    def _known(self, place: str, value: Any, known: Mapping[str, Any], what: str) -> Any:
        if value not in known:
            self.problems.add(place, f"“{value}” is no known {what}. Correct it or add it to its file first.")
        return known.get(value)

    def _all_known(self, place: str, values: list[Any], known: Mapping[str, Any], what: str) -> list[Any]:
        found = [self._known(place, value, known, what) for value in values]
        return [record for record in found if record is not None]

    def _check_keys(self, place: str, entry: Mapping[str, Any], known: Collection[str]) -> None:
        if unknown := sorted(set(entry) - set(known)):
            self.problems.add(place, f"has unknown keys: {', '.join(unknown)}. Use: {', '.join(sorted(known))}.")
