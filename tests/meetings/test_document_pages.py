"""Posting, reading and removing documents; asking for action and answering."""

from __future__ import annotations

import pytest
from django.urls import reverse

from meetings.models import ActionItem, Document
from tests.factories import (
    ActionItemFactory,
    DocumentFactory,
    MeetingFactory,
    ParticipationFactory,
)
from tests.meetings.asking import page, text
from tests.meetings.samples import HTML, PDF, upload

pytestmark = pytest.mark.django_db


def test_document_is_sent_as_a_file_in_which_nothing_runs(client):
    document = DocumentFactory(visibility="public", file_name='évil "name".pdf')
    response = page(client, "document", document.pk)
    assert response.status_code == 200
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in response["Cache-Control"]


def test_document_is_404_for_those_who_cannot_read_it(client, signed_in, outsider):
    document = DocumentFactory()
    assert page(client, "document", document.pk).status_code == 404
    assert page(signed_in(outsider), "document", document.pk).status_code == 404
    assert page(client, "document", 10**18).status_code == 404


def test_document_whose_file_is_lost_is_404_and_logged(client, caplog):
    document = DocumentFactory(visibility="public")
    document.file.storage.delete(document.file.name)
    assert page(client, "document", document.pk).status_code == 404
    assert "missing from the storage" in caplog.text


def test_participant_posts_a_document_for_participants_unless_said_otherwise(signed_in, editor, cicte):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    client = signed_in(editor)
    shown = page(client, "document_new", meeting.reference)
    assert shown.context["form"]["visibility"].value() == "participants"
    response = client.post(
        reverse("meetings:document_new", args=[meeting.reference]),
        {"title": "Our paper", "visibility": "participants", "file": upload("paper.pdf", PDF)},
    )
    assert response.status_code == 302
    document = Document.objects.get()
    assert (document.organization, document.visibility) == (cicte, "participants")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"file": upload("page.pdf", HTML, "application/pdf")}, "file"),
        ({"file": upload("page.html", HTML)}, "file"),
        ({"file": upload("empty.pdf", b"")}, "file"),
        ({}, "file"),
        ({"file": upload("paper.pdf", PDF), "title": ""}, "title"),
        ({"file": upload("paper.pdf", PDF), "visibility": "everyone"}, "visibility"),
    ],
)
def test_wrong_document_comes_back_with_a_message(signed_in, editor, cicte, data, field):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    response = signed_in(editor).post(
        reverse("meetings:document_new", args=[meeting.reference]),
        {"title": "Our paper", "visibility": "participants"} | data,
    )
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Document.objects.exists()


def test_removal_of_a_document_is_confirmed_first(signed_in, editor, cicte):
    document = DocumentFactory(organization=cicte)
    client = signed_in(editor)
    address = reverse("meetings:document_remove", args=[document.pk])
    assert "cannot be taken back" in text(client.get(address))
    assert Document.objects.exists()
    assert client.post(address, {}).status_code == 302
    assert not Document.objects.exists()


def test_another_participants_document_is_not_removed(signed_in, editor, cicte):
    document = DocumentFactory()
    ParticipationFactory(meeting=document.meeting, organization=cicte)
    assert signed_in(editor).post(reverse("meetings:document_remove", args=[document.pk])).status_code == 403
    assert Document.objects.exists()


def test_expert_asks_a_body_and_the_body_answers(signed_in, expert, editor, cicte):
    meeting = MeetingFactory()
    address = reverse("meetings:action_new", args=[meeting.reference])
    data = {"what": "Send the paper", "asked": "CICTE", "due_on": "2027-01-01", "visibility": "network"}
    assert signed_in(expert).post(address, data).status_code == 302
    item = ActionItem.objects.get()
    assert item.organization == cicte
    client = signed_in(editor)
    shown = page(client, "action_edit", item.pk)
    assert set(shown.context["form"].fields) == {"status", "follow_up", "expected_version"}
    answer = {"status": "done", "follow_up": "Sent on Monday.", "what": "Something else", "expected_version": "1"}
    assert client.post(reverse("meetings:action_edit", args=[item.pk]), answer).status_code == 302
    item.refresh_from_db()
    assert (item.status, item.follow_up, item.what) == ("done", "Sent on Monday.", "Send the paper")


def test_stale_answer_shows_both(signed_in, expert):
    item = ActionItemFactory(version=2, follow_up="Theirs")
    response = signed_in(expert).post(
        reverse("meetings:action_edit", args=[item.pk]),
        {
            "what": item.what,
            "asked": item.organization.acronym,
            "status": "done",
            "follow_up": "Mine",
            "visibility": "network",
            "expected_version": "1",
        },
    )
    assert response.status_code == 422
    assert "changed while you were writing" in text(response)
    assert "Theirs" in text(response)
