"""From planned to held, and from draft to published: the transition tables of meetings and their notes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.lifecycle import LifeCycle, Transition

from .models import Meeting, Note

M, N = Meeting.Status, Note.Status


def is_ready_to_confirm(meeting: Meeting) -> Any:
    """Who reads "confirmed" books a flight: dates and place must stand."""
    if meeting.starts_on is None:
        return _("Give the meeting its dates first.")
    if meeting.format != Meeting.Format.VIRTUAL and not meeting.place:
        return _("Give the meeting its place first, or make it virtual.")
    return None


def has_begun(meeting: Meeting) -> Any:
    """What lies ahead has not been held."""
    if meeting.starts_on is not None and meeting.starts_on > timezone.localdate():
        return _("It has not begun yet. Check its dates, or wait until it takes place.")
    return None


def is_of_a_held_meeting(note: Note) -> Any:
    """A note says what was said; a meeting that did not take place has none."""
    if note.meeting.status != M.HELD:
        return _("Mark the meeting as held first: a note tells what was said there.")
    return None


MEETING_LIFE_CYCLE = LifeCycle(
    M,
    [
        Transition("confirm", frozenset({M.PLANNED}), M.CONFIRMED, _("Confirm meeting"), condition=is_ready_to_confirm),
        Transition("hold", frozenset({M.CONFIRMED}), M.HELD, _("Mark as held"), condition=has_begun),
        Transition("cancel", frozenset({M.PLANNED, M.CONFIRMED}), M.CANCELLED, _("Call off meeting"), asks_reason=True),
    ],
)

NOTE_LIFE_CYCLE = LifeCycle(
    N, [Transition("publish", frozenset({N.DRAFT}), N.PUBLISHED, _("Publish note"), condition=is_of_a_held_meeting)]
)
