"""Meetings in the workbench."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cooperation_portal.audit.models import AuditEntry
from meetings.models import Meeting, Note
from tests.factories import (
    ActionItemFactory,
    DocumentFactory,
    MeetingFactory,
    NoteFactory,
    ParagraphFactory,
    ParticipationFactory,
)

pytestmark = pytest.mark.django_db

LISTS = ["meeting", "note", "document", "actionitem"]


def address(name: str, *args) -> str:
    return reverse(f"admin:meetings_{name}", args=args)


def form_data(meeting: Meeting | None = None, **changes) -> dict:
    data = {
        "title": "Example meeting",
        "kind": "workshop",
        "summary": "",
        "starts_on": "2027-05-01",
        "ends_on": "",
        "format": "in_person",
        "place": "Example city",
        "visibility": "network",
        "expected_version": meeting.version if meeting else "",
    }
    for prefix in ("participations", "agenda"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return data | changes


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_for_committee_and_stay_shut_for_others(name, signed_in, expert, observer, secretariat, editor):
    ParticipationFactory(meeting=NoteFactory().meeting)
    ActionItemFactory()
    DocumentFactory()
    for user in (expert, observer, secretariat):
        assert signed_in(user).get(address(f"{name}_changelist")).status_code == 200
    assert signed_in(editor).get(address(f"{name}_changelist")).status_code == 302


@pytest.mark.parametrize("name", LISTS)
def test_lists_need_as_many_queries_for_thirty_rows_as_for_two(name, signed_in, expert, django_assert_num_queries):
    def add():
        meeting = NoteFactory().meeting
        ActionItemFactory(meeting=meeting)
        DocumentFactory(meeting=meeting)

    client = signed_in(expert)
    for _number in range(2):
        add()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address(f"{name}_changelist"))
    with CaptureQueriesContext(connection) as few:
        client.get(address(f"{name}_changelist"))
    for _number in range(28):
        add()
    with django_assert_num_queries(len(few)):
        client.get(address(f"{name}_changelist"))


def test_expert_adds_a_meeting_with_a_participant(signed_in, expert, cicte):
    rows = {"participations-TOTAL_FORMS": "1", "participations-0-organization": cicte.pk}
    rows |= {"participations-0-role": "organizer", "participations-0-head_count": "3"}
    response = signed_in(expert).post(address("meeting_add"), form_data(**rows))
    assert response.status_code == 302, response.context["errors"]
    meeting = Meeting.objects.get()
    assert meeting.reference.startswith("MTG-2027-")
    assert [str(part) for part in meeting.participations.all()] == ["CICTE (organizer)"]
    assert AuditEntry.objects.get().after["participations"] == ["CICTE (organizer)"]


def test_change_follows_the_rules_of_the_services(signed_in, expert):
    first = MeetingFactory()
    second = MeetingFactory(follows_up=first)
    client = signed_in(expert)
    response = client.post(address("meeting_change", first.pk), form_data(first, follows_up=second.pk))
    assert response.status_code == 200
    assert "follows up this meeting" in response.content.decode()
    response = client.post(address("meeting_change", first.pk), form_data(first, starts_on="", ends_on="2027-05-02"))
    assert response.status_code == 200
    first.refresh_from_db()
    assert (first.follows_up, first.version) == (None, 1)


def test_stale_change_is_told(signed_in, expert):
    meeting = MeetingFactory(version=2)
    response = signed_in(expert).post(address("meeting_change", meeting.pk), form_data(meeting, expected_version="1"))
    assert "Somebody changed this record" in response.content.decode()


def test_day_given_for_a_month_is_known_to_the_day(signed_in, expert):
    meeting = MeetingFactory(date_precision="month", starts_on="2015-09-01", ends_on=None)
    signed_in(expert).post(address("meeting_change", meeting.pk), form_data(meeting, starts_on="2015-09-07"))
    meeting.refresh_from_db()
    assert (str(meeting.starts_on), meeting.date_precision) == ("2015-09-07", "day")


def test_observer_changes_nothing(signed_in, observer):
    meeting = MeetingFactory()
    assert signed_in(observer).post(address("meeting_change", meeting.pk), form_data(meeting)).status_code == 403


def test_notes_are_published_from_the_list_if_their_meeting_was_held(signed_in, expert):
    held = NoteFactory(status=Note.Status.DRAFT, meeting__status="held")
    early = NoteFactory(status=Note.Status.DRAFT)
    response = signed_in(expert).post(
        address("note_changelist"), {"action": "publish", "_selected_action": [held.pk, early.pk]}, follow=True
    )
    assert set(Note.objects.values_list("pk", "status")) == {(held.pk, "published"), (early.pk, "draft")}
    assert "Mark the meeting as held first" in response.content.decode()


def test_unconfirmed_paragraph_is_not_offered(signed_in, expert):
    ParagraphFactory(paragraph=21, is_confirmed=False)
    ParagraphFactory(paragraph=20)
    shown = signed_in(expert).get(address("note_add")).content.decode()
    assert "OP 20" in shown
    assert "OP 21" not in shown
