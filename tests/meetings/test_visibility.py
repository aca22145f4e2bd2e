"""Who reads which meeting, document, action item and note."""

from __future__ import annotations

import pytest

from cooperation_portal.access.levels import Level
from meetings.models import ActionItem, Document, Meeting, Note
from tests.factories import (
    ActionItemFactory,
    DocumentFactory,
    MeetingFactory,
    NoteFactory,
    OrganizationFactory,
    ParticipationFactory,
)

pytestmark = pytest.mark.django_db

COMMITTEE = {"expert", "observer", "secretariat"}
MEMBERS = COMMITTEE | {"editor", "focal_point", "state_focal_point", "outsider"}
#: The organization of editor and focal point takes part; the State of the State focal point does not.
PARTICIPANTS = COMMITTEE | {"editor", "focal_point"}
READERS = {
    Level.PUBLIC: MEMBERS | {"visitor", "newcomer"},
    Level.NETWORK: MEMBERS,
    Level.PARTICIPANTS: PARTICIPANTS,
    Level.COMMITTEE: COMMITTEE,
}


def readers(people, record) -> set[str]:
    rows = type(record).objects
    return {name for name, user in people.items() if rows.visible_to(user).filter(pk=record.pk).exists()}


@pytest.fixture
def meeting(cicte):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    return meeting


@pytest.mark.parametrize("level", Level)
def test_meeting_is_read_by_its_level(level, meeting, people):
    meeting.visibility = level
    meeting.save()
    assert readers(people, meeting) == READERS[level]


@pytest.mark.parametrize("level", Level)
def test_document_is_read_by_its_level(level, meeting, people):
    document = DocumentFactory(meeting=meeting, organization=OrganizationFactory(), visibility=level)
    assert readers(people, document) == READERS[level]


@pytest.mark.parametrize("level", Level)
def test_action_item_is_read_by_its_level(level, meeting, people):
    item = ActionItemFactory(meeting=meeting, visibility=level)
    assert readers(people, item) == READERS[level]


@pytest.mark.parametrize("level", Level)
def test_published_note_is_read_by_its_level(level, meeting, people):
    assert readers(people, NoteFactory(meeting=meeting, visibility=level)) == READERS[level]


@pytest.mark.parametrize("level", Level)
def test_draft_note_is_read_by_those_who_write_it(level, meeting, people):
    note = NoteFactory(meeting=meeting, visibility=level, status=Note.Status.DRAFT)
    assert readers(people, note) == {"expert", "secretariat"}


@pytest.mark.parametrize("factory", [DocumentFactory, ActionItemFactory, NoteFactory])
def test_nothing_of_a_hidden_meeting_is_seen(factory, people):
    hidden = MeetingFactory(visibility=Level.COMMITTEE)
    extra = {} if factory is NoteFactory else {"organization": None}
    assert readers(people, factory(meeting=hidden, visibility=Level.PUBLIC, **extra)) == COMMITTEE


def test_page_keeper_reads_the_own_hidden_meeting_and_what_is_asked_there(cicte, people):
    meeting = MeetingFactory(visibility=Level.COMMITTEE, organization=cicte)
    assert readers(people, meeting) == COMMITTEE | {"editor", "focal_point"}
    item = ActionItemFactory(meeting=meeting, visibility=Level.COMMITTEE)
    assert readers(people, item) == COMMITTEE | {"editor", "focal_point"}


def test_poster_and_body_asked_read_what_is_theirs(meeting, cicte, people):
    document = DocumentFactory(meeting=meeting, organization=cicte, visibility=Level.COMMITTEE)
    assert readers(people, document) == COMMITTEE | {"editor", "focal_point"}
    item = ActionItemFactory(meeting=meeting, organization=cicte, visibility=Level.COMMITTEE)
    assert readers(people, item) == COMMITTEE | {"editor", "focal_point"}


def test_state_that_takes_part_reads_what_participants_read(meeting, peru, people):
    ParticipationFactory(meeting=meeting, state=peru)
    document = DocumentFactory(meeting=meeting, organization=OrganizationFactory(), visibility=Level.PARTICIPANTS)
    assert readers(people, document) == PARTICIPANTS | {"state_focal_point"}


def test_two_roles_and_two_parts_give_no_row_twice(meeting, cicte, editor):
    ParticipationFactory(meeting=meeting, organization=cicte, role="speaker")
    DocumentFactory(meeting=meeting, organization=cicte)
    for model in (Meeting, Document, ActionItem):
        rows = list(model.objects.visible_to(editor))
        assert len(rows) == len(set(rows))


def test_chain_of_follow_ups_leaves_out_what_is_hidden():
    first = MeetingFactory()
    hidden = MeetingFactory(follows_up=first, visibility=Level.COMMITTEE)
    third = MeetingFactory(follows_up=hidden)
    MeetingFactory()
    chain = Meeting.objects.visible_to(None).chain_of(first)
    assert set(chain) == {third}
    assert set(Meeting.objects.chain_of(third)) == {first, hidden}


def test_chain_ends_in_a_circle_that_somebody_wrote_past_the_rules():
    first = MeetingFactory()
    second = MeetingFactory(follows_up=first)
    Meeting.objects.filter(pk=first.pk).update(follows_up=second)
    assert set(Meeting.objects.chain_of(first)) == {second}
