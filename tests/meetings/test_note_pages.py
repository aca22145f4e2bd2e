"""Writing, publishing and reading notes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from meetings.models import Note
from tests.factories import (
    AreaFactory,
    MeetingFactory,
    NoteFactory,
    ParagraphFactory,
    ParticipationFactory,
)
from tests.meetings.asking import page, text

pytestmark = pytest.mark.django_db


def note_data(**changes):
    return {
        "kind": "information_note",
        "prepared_by": "Group of Experts",
        "background": "Why it took place.",
        "highlights": "- One\n- Two",
        "visibility": "network",
        "issues-TOTAL_FORMS": "1",
        "issues-INITIAL_FORMS": "0",
    } | changes


def test_expert_writes_and_publishes_a_note(client, signed_in, expert, editor):
    meeting = MeetingFactory(status="held")
    paragraph, area = ParagraphFactory(paragraph=20), AreaFactory(code="LAW", label="Law enforcement")
    writer = signed_in(expert)
    address = reverse("meetings:note_edit", args=[meeting.reference])
    data = note_data(
        paragraphs=[str(paragraph.pk)], **{"issues-0-text": "Enforcing laws", "issues-0-areas": [area.code]}
    )
    assert writer.post(address, data).status_code == 302
    assert page(signed_in(editor), "note", meeting.reference).status_code == 404
    publish = reverse("meetings:note_publish", args=[meeting.reference])
    assert "Publish" in text(writer.get(publish))
    assert writer.post(publish, {"expected_version": "1"}).status_code == 302
    shown = text(page(signed_in(editor), "note", meeting.reference))
    for words in ("Group of Experts", "<li>One</li>", "2325 (2016), OP 20", "Enforcing laws", "Law enforcement"):
        assert words in shown
    assert page(client, "note", meeting.reference).status_code == 404


def test_unconfirmed_paragraphs_are_not_offered(signed_in, expert):
    meeting = MeetingFactory()
    unconfirmed = ParagraphFactory(paragraph=21, is_confirmed=False)
    client = signed_in(expert)
    assert "2325 (2016), OP 21" not in text(page(client, "note_edit", meeting.reference))
    response = client.post(
        reverse("meetings:note_edit", args=[meeting.reference]), note_data(paragraphs=[str(unconfirmed.pk)])
    )
    assert response.status_code == 422
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"background": ""}, "Fill this in"),
        ({"highlights": "x" * 12001}, "Shorten this to 12000"),
        ({"issues-0-text": "Laws"}, "Tick at least one area"),
        ({"issues-0-areas": ["LAW"]}, "Say what the issue is"),
        ({"issues-0-text": "Laws", "issues-0-areas": ["QQQ"]}, ""),
    ],
)
def test_wrong_note_comes_back_with_what_was_typed(signed_in, expert, changes, words):
    AreaFactory(code="LAW")
    meeting = MeetingFactory()
    response = signed_in(expert).post(
        reverse("meetings:note_edit", args=[meeting.reference]), note_data(recommendations="Kept as typed", **changes)
    )
    assert response.status_code == 422
    assert words in text(response)
    assert "Kept as typed" in text(response)
    assert not Note.objects.exists()


def test_note_changed_meanwhile_shows_both(signed_in, expert):
    note = NoteFactory(version=2, background="Theirs", meeting__status="held")
    note.paragraphs.add(ParagraphFactory(paragraph=24))
    response = signed_in(expert).post(
        reverse("meetings:note_edit", args=[note.meeting.reference]), note_data(background="Mine", expected_version="1")
    )
    assert response.status_code == 422
    assert "changed while you were writing" in text(response)
    assert "Theirs" in text(response)
    assert "2325 (2016), OP 24" in text(response)


def test_note_page_needs_as_many_queries_for_thirty_issues_as_for_two(client, django_assert_num_queries):
    note = NoteFactory(visibility="public")

    def add():
        note.future_issues.create(text="Issue").areas.add(AreaFactory())
        note.paragraphs.add(ParagraphFactory(resolution=1000 + note.paragraphs.count(), paragraph=1))
        ParticipationFactory(meeting=note.meeting)

    for _number in range(2):
        add()
    page(client, "note", note.meeting.reference)
    with django_assert_num_queries(6) as few:
        page(client, "note", note.meeting.reference)
    for _number in range(28):
        add()
    with django_assert_num_queries(len(few)):
        page(client, "note", note.meeting.reference)


def test_meeting_without_a_note_has_no_note_page(client):
    assert page(client, "note", MeetingFactory().reference).status_code == 404
