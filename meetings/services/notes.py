"""Writing and publishing the note of a meeting. Raised: `NotAllowed`, `StaleVersion`, `ValidationError`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.models import Area, ResolutionParagraph
from cooperation_portal.access.policy import require
from cooperation_portal.records.write import created, lock, recorded

from ..lifecycles import NOTE_LIFE_CYCLE
from ..models import FutureIssue, Meeting, Note

MAX_ISSUES = 40
NOTE_FIELDS = frozenset(
    {
        "kind",
        "prepared_by",
        "background",
        "highlights",
        "recommendations",
        "additional_comments",
        "disclaimer",
        "visibility",
    }
)


@dataclass(frozen=True)
class IssueValues:
    """Assistance that will be needed, and the areas it belongs to."""

    text: str
    areas: tuple[Area, ...]


def note_create(
    *,
    by: Any,
    meeting: Meeting,
    values: dict[str, Any],
    paragraphs: Sequence[ResolutionParagraph] = (),
    issues: Sequence[IssueValues] = (),
) -> Note:
    """Start the note of a meeting, as a draft. A meeting has one."""
    require(by, "create", Note)
    with transaction.atomic():
        meeting = lock(meeting)
        if Note.objects.filter(meeting=meeting).exists():
            raise ValidationError(_("Somebody started the note of this meeting meanwhile. Open it and go on there."))
        note = Note(meeting=meeting)
        _write(note, values)
        with created(note, by=by, action="note.created") as note:
            _write_relations(note, paragraphs, issues)
    return note


def note_update(
    *,
    by: Any,
    note: Note,
    values: dict[str, Any],
    paragraphs: Sequence[ResolutionParagraph] | None = None,
    issues: Sequence[IssueValues] | None = None,
    expected_version: int | None = None,
) -> Note:
    """Write on; relations that are None stay. A published note may be corrected: the history keeps what it said."""
    require(by, "update", note)
    with recorded(note, by=by, action="note.updated", expected_version=expected_version) as note:
        _write(note, values)
        _write_relations(note, paragraphs, issues)
    return note


def note_publish(*, by: Any, note: Note, expected_version: int | None = None) -> Note:
    """Let the readers of the note's level read it."""
    require(by, "publish", note)
    with recorded(note, by=by, action="note.published", expected_version=expected_version) as note:
        NOTE_LIFE_CYCLE.move(note, "publish")
        note.published_at = timezone.now()
    return note


def _write(note: Note, values: dict[str, Any]) -> None:
    if unknown := set(values) - NOTE_FIELDS:
        raise KeyError(f"Not a field of a note: {sorted(unknown)}")
    for name, value in values.items():
        setattr(note, name, value)


def _write_relations(
    note: Note, paragraphs: Sequence[ResolutionParagraph] | None, issues: Sequence[IssueValues] | None
) -> None:
    if paragraphs is not None:
        for paragraph in paragraphs:
            if not paragraph.is_confirmed:
                raise ValidationError(
                    {"paragraphs": _("%(paragraph)s was not checked against the text yet.") % {"paragraph": paragraph}}
                )
        note.paragraphs.set(paragraphs)
    if issues is not None:
        _write_issues(note, issues)


def _write_issues(note: Note, issues: Sequence[IssueValues]) -> None:
    if len(issues) > MAX_ISSUES:
        raise ValidationError({"issues": _("A note lists at most %(n)d issues.") % {"n": MAX_ISSUES}})
    for issue in issues:
        if not issue.areas:
            raise ValidationError({"issues": _("Tie “%(issue)s” to at least one area.") % {"issue": issue.text}})
    note.future_issues.all().delete()
    made = FutureIssue.objects.bulk_create(
        [FutureIssue(note=note, text=issue.text, position=position) for position, issue in enumerate(issues)]
    )
    through = FutureIssue.areas.through
    through.objects.bulk_create(
        [
            through(futureissue_id=row.pk, area_id=area.pk)
            for row, issue in zip(made, issues, strict=True)
            for area in issue.areas
        ]
    )
