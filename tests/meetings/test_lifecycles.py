"""The transition tables of meetings and notes: every pair that is not in them is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.records.lifecycle import IllegalTransition
from cooperation_portal.records.write import StaleVersion
from meetings.models import Meeting, Note
from meetings.services.meetings import STEPS, meeting_actions, meeting_move
from meetings.services.notes import note_publish
from tests.factories import MeetingFactory, NoteFactory

pytestmark = pytest.mark.django_db

S = Meeting.Status
LEGAL = {
    (S.PLANNED, "confirm"): S.CONFIRMED,
    (S.PLANNED, "cancel"): S.CANCELLED,
    (S.CONFIRMED, "hold"): S.HELD,
    (S.CONFIRMED, "cancel"): S.CANCELLED,
}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("action", STEPS)
def test_every_step_goes_where_the_table_says_or_is_refused(status, action, expert):
    today = timezone.localdate()
    meeting = MeetingFactory(status=status, starts_on=today, ends_on=today)
    target = LEGAL.get((status, action))
    if target is None:
        with pytest.raises(IllegalTransition):
            meeting_move(by=expert, meeting=meeting, action=action, reason="because")
        meeting.refresh_from_db()
        assert (meeting.status, meeting.version) == (status, 1)
        assert not AuditEntry.objects.exists()
    else:
        moved = meeting_move(by=expert, meeting=meeting, action=action, reason="because")
        assert (moved.status, moved.version) == (target, 2)
        assert AuditEntry.objects.get().action == STEPS[action]


def test_page_offers_just_the_steps_of_the_table(expert):
    today = timezone.localdate()
    for status in S:
        offered = meeting_actions(expert, MeetingFactory(status=status, starts_on=today, ends_on=today))
        assert offered == [action for action in STEPS if (status, action) in LEGAL]


def test_meeting_to_come_is_not_offered_to_be_marked_as_held(expert):
    soon = timezone.localdate() + timedelta(days=1)
    meeting = MeetingFactory(status=S.CONFIRMED, starts_on=soon, ends_on=None)
    assert meeting_actions(expert, meeting) == ["cancel"]


def test_meeting_without_dates_is_not_confirmed(expert):
    meeting = MeetingFactory(starts_on=None, ends_on=None)
    with pytest.raises(IllegalTransition, match="dates"):
        meeting_move(by=expert, meeting=meeting, action="confirm")


def test_meeting_without_a_place_is_confirmed_only_if_virtual(expert):
    meeting = MeetingFactory(place="")
    with pytest.raises(IllegalTransition, match="place"):
        meeting_move(by=expert, meeting=meeting, action="confirm")
    virtual = MeetingFactory(place="", format=Meeting.Format.VIRTUAL)
    assert meeting_move(by=expert, meeting=virtual, action="confirm").status == S.CONFIRMED


def test_meeting_still_to_come_is_not_held(expert):
    meeting = MeetingFactory(status=S.CONFIRMED, starts_on=timezone.localdate() + timedelta(days=1), ends_on=None)
    with pytest.raises(IllegalTransition, match="not begun"):
        meeting_move(by=expert, meeting=meeting, action="hold")


def test_meeting_is_not_cancelled_without_a_reason(expert):
    meeting = MeetingFactory()
    with pytest.raises(ValidationError) as caught:
        meeting_move(by=expert, meeting=meeting, action="cancel", reason="  ")
    assert "reason" in caught.value.message_dict
    meeting.refresh_from_db()
    assert meeting.status == S.PLANNED


def test_step_on_a_stale_page_is_refused(expert):
    meeting = MeetingFactory()
    meeting_move(by=expert, meeting=meeting, action="confirm", expected_version=1)
    with pytest.raises(StaleVersion):
        meeting_move(by=expert, meeting=meeting, action="cancel", expected_version=1, reason="late")


def test_note_is_published_once_and_only_of_a_held_meeting(expert):
    early = NoteFactory(status=Note.Status.DRAFT, meeting__status=S.CONFIRMED)
    with pytest.raises(IllegalTransition, match="held"):
        note_publish(by=expert, note=early)
    note = NoteFactory(status=Note.Status.DRAFT, meeting__status=S.HELD)
    assert note_publish(by=expert, note=note).published_at is not None
    with pytest.raises(IllegalTransition):
        note_publish(by=expert, note=note)
