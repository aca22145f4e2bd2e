"""What services write, and whom they refuse."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.access.roles import Role
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.write import StaleVersion
from meetings.models import Document, Meeting, Note
from meetings.services.action_items import action_item_create, action_item_update
from meetings.services.documents import document_post, document_remove
from meetings.services.meeting_values import AgendaValues, PartValues
from meetings.services.meetings import meeting_create, meeting_move, meeting_update
from meetings.services.notes import IssueValues, note_create, note_update
from tests.conftest import holder
from tests.factories import (
    ActionItemFactory,
    AreaFactory,
    DocumentFactory,
    MeetingFactory,
    NoteFactory,
    OrganizationFactory,
    ParagraphFactory,
    ParticipationFactory,
)
from tests.meetings.samples import PDF, upload

pytestmark = pytest.mark.django_db

VALUES = {"title": "Example meeting", "kind": Meeting.Kind.WORKSHOP}
NOTE_VALUES = {"prepared_by": "Group of Experts", "background": "Why.", "highlights": "What."}


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    """Real files, so that what is left behind is seen."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}


def test_editor_plans_a_meeting_of_the_own_organization(editor, cicte, peru):
    meeting = meeting_create(
        by=editor,
        values={**VALUES, "organization": cicte},
        participations=[PartValues(cicte, "organizer", 3), PartValues(peru)],
        agenda=[AgendaValues(2, "Second day"), AgendaValues(1, "Opening")],
    )
    assert meeting.reference.startswith("MTG-")
    assert {str(part) for part in meeting.participations.all()} == {"CICTE (organizer)", "PER (participant)"}
    assert [str(item) for item in meeting.agenda.all()] == ["1. Opening", "2. Second day"]
    assert AuditEntry.objects.get().action == "meeting.created"
    assert Change.objects.get().object_ref == meeting.reference


@pytest.mark.parametrize("name", ["outsider", "observer", "state_focal_point", "newcomer"])
def test_nobody_else_plans_a_meeting_of_that_organization(name, cicte, request):
    with pytest.raises(NotAllowed):
        meeting_create(by=request.getfixturevalue(name), values={**VALUES, "organization": cicte})
    assert not Meeting.objects.exists()


def test_staff_cannot_plan_a_meeting_that_nobody_keeps(editor):
    with pytest.raises(NotAllowed):
        meeting_create(by=editor, values=VALUES)


def test_expert_plans_a_meeting_that_the_experts_keep(expert):
    assert meeting_create(by=expert, values=VALUES).organization is None


def test_editor_cannot_hand_the_page_to_another_organization(editor, cicte):
    meeting = MeetingFactory(organization=cicte)
    with pytest.raises(NotAllowed):
        meeting_update(by=editor, meeting=meeting, values={"organization": OrganizationFactory()})


def test_status_is_not_a_value_that_editors_write(expert):
    with pytest.raises(KeyError):
        meeting_update(by=expert, meeting=MeetingFactory(), values={"status": "held"})


def test_stale_edit_changes_nothing(expert):
    meeting = MeetingFactory(title="First")
    meeting_update(by=expert, meeting=meeting, values={"title": "Second"}, expected_version=1)
    with pytest.raises(StaleVersion):
        meeting_update(by=expert, meeting=meeting, values={"title": "Third"}, expected_version=1)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.version) == ("Second", 2)


def test_participations_that_stay_keep_their_key(expert, cicte, peru):
    meeting = MeetingFactory()
    kept = ParticipationFactory(meeting=meeting, organization=cicte, head_count=1)
    ParticipationFactory(meeting=meeting, state=peru)
    meeting_update(
        by=expert,
        meeting=meeting,
        values={},
        participations=[PartValues(cicte, "participant", 4), PartValues(cicte, "speaker")],
    )
    assert {(row.pk == kept.pk, row.role, row.head_count) for row in meeting.participations.all()} == {
        (True, "participant", 4),
        (False, "speaker", None),
    }


def test_body_is_not_listed_twice_in_one_role(expert, cicte):
    with pytest.raises(ValidationError, match="twice"):
        meeting_update(
            by=expert, meeting=MeetingFactory(), values={}, participations=[PartValues(cicte), PartValues(cicte)]
        )


def test_agenda_stays_within_the_days_of_the_meeting(expert):
    with pytest.raises(ValidationError, match="ends on day 2"):
        meeting_update(by=expert, meeting=MeetingFactory(), values={}, agenda=[AgendaValues(3, "Too late")])


def test_end_needs_a_start_and_comes_after_it(expert):
    meeting = MeetingFactory()
    with pytest.raises(ValidationError) as caught:
        meeting_update(by=expert, meeting=meeting, values={"starts_on": None})
    assert "starts_on" in caught.value.message_dict


def test_follow_ups_never_form_a_circle(expert):
    first = MeetingFactory()
    second = MeetingFactory(follows_up=first)
    third = MeetingFactory(follows_up=second)
    with pytest.raises(ValidationError) as caught:
        meeting_update(by=expert, meeting=first, values={"follows_up": third})
    assert "follows_up" in caught.value.message_dict
    with pytest.raises(ValidationError):
        meeting_update(by=expert, meeting=first, values={"follows_up": first})


def test_date_of_a_source_stays_a_month_until_an_editor_gives_the_day(expert):
    from datetime import date

    meeting = MeetingFactory(starts_on=date(2015, 9, 1), ends_on=None, date_precision="month")
    assert meeting_update(by=expert, meeting=meeting, values={"title": "New"}).date_precision == "month"
    dated = meeting_update(by=expert, meeting=meeting, values={"starts_on": date(2015, 9, 7)})
    assert dated.date_precision == "day"


def test_sourced_meeting_becomes_its_organizations_own_when_that_edits_it(editor, expert, cicte):
    meeting = MeetingFactory(organization=cicte, provenance="public_source", confirmed_on=None)
    assert meeting_update(by=expert, meeting=meeting, values={"place": "A"}).is_from_public_source
    own = meeting_update(by=editor, meeting=meeting, values={"place": "B"})
    assert not own.is_from_public_source
    assert own.confirmed_on is not None


def test_participants_are_told_of_a_cancelled_meeting(expert, focal_point, editor, state_focal_point, cicte, outsider):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    meeting_move(by=expert, meeting=meeting, action="cancel", reason="The host withdrew.")
    notice = Notice.objects.get()
    assert (notice.user, notice.action) == (focal_point, "meeting.cancelled")
    assert notice.params["reason"] == "The host withdrew."


def test_nobody_is_told_of_a_page_that_they_cannot_read(expert, focal_point, cicte):
    meeting = MeetingFactory(visibility="committee")
    ParticipationFactory(meeting=meeting, organization=cicte)
    meeting_move(by=expert, meeting=meeting, action="cancel", reason="Not public.")
    assert not Notice.objects.exists()


def test_action_item_is_told_to_the_focal_points_of_the_body_asked(expert, focal_point, editor, cicte):
    item = action_item_create(
        by=expert, meeting=MeetingFactory(), values={"what": "Send the paper", "organization": cicte}
    )
    assert [(notice.user, notice.action) for notice in Notice.objects.all()] == [(focal_point, "action_item.created")]
    assert Notice.objects.get().path == item.get_absolute_url()


def test_action_item_for_everybody_is_told_to_every_participant(expert, focal_point, state_focal_point, cicte, peru):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    ParticipationFactory(meeting=meeting, state=peru)
    action_item_create(by=expert, meeting=meeting, values={"what": "Write one page"})
    assert {notice.user for notice in Notice.objects.all()} == {focal_point, state_focal_point}


def test_body_asked_says_how_it_stands_and_no_more(editor, cicte):
    item = ActionItemFactory(organization=cicte)
    answered = action_item_update(by=editor, item=item, values={"status": "done", "follow_up": "Sent."})
    assert answered.status == "done"
    with pytest.raises(NotAllowed):
        action_item_update(by=editor, item=item, values={"due_on": None})


def test_outsider_does_not_answer_for_the_body_asked(outsider, cicte):
    with pytest.raises(NotAllowed):
        action_item_update(by=outsider, item=ActionItemFactory(organization=cicte), values={"status": "done"})


def test_new_body_asked_is_told(expert, focal_point, cicte):
    item = ActionItemFactory()
    action_item_update(by=expert, item=item, values={"organization": cicte})
    assert Notice.objects.get().user == focal_point


def test_note_ties_paragraphs_and_issues(expert):
    note = note_create(
        by=expert,
        meeting=MeetingFactory(),
        values=NOTE_VALUES,
        paragraphs=[ParagraphFactory(paragraph=20)],
        issues=[IssueValues("Laws", (AreaFactory(code="LEG"), AreaFactory(code="LAW")))],
    )
    assert note.status == Note.Status.DRAFT
    assert [paragraph.ref for paragraph in note.paragraphs.all()] == ["2325/20"]
    assert {area.code for area in note.future_issues.get().areas.all()} == {"LEG", "LAW"}


def test_meeting_has_one_note(expert):
    note = NoteFactory()
    with pytest.raises(ValidationError, match="started"):
        note_create(by=expert, meeting=note.meeting, values=NOTE_VALUES)


def test_unconfirmed_paragraph_is_not_cited(expert):
    with pytest.raises(ValidationError) as caught:
        note_create(
            by=expert,
            meeting=MeetingFactory(),
            values=NOTE_VALUES,
            paragraphs=[ParagraphFactory(paragraph=21, is_confirmed=False)],
        )
    assert "paragraphs" in caught.value.message_dict
    assert not Note.objects.exists()


def test_issue_without_an_area_is_refused(expert):
    with pytest.raises(ValidationError, match="at least one area"):
        note_update(by=expert, note=NoteFactory(), values={}, issues=[IssueValues("Laws", ())])


@pytest.mark.parametrize("name", ["editor", "focal_point", "state_focal_point", "observer", "outsider"])
def test_only_experts_and_secretariat_write_notes(name, cicte, request):
    meeting = MeetingFactory(organization=cicte)
    with pytest.raises(NotAllowed):
        note_create(by=request.getfixturevalue(name), meeting=meeting, values=NOTE_VALUES)


def post(by, meeting, poster, **changes):
    values = {"title": "Paper", "visibility": "participants", "file": upload("paper.pdf", PDF)} | changes
    return document_post(by=by, meeting=meeting, poster=poster, **values)


def test_participant_posts_a_document_under_a_name_of_the_portals_own(editor, cicte, tmp_path):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    document = post(editor, meeting, cicte, file=upload("../../évil name.pdf", PDF))
    assert document.file_name == "évil name.pdf"
    assert document.file.name.startswith("documents/")
    assert "vil" not in document.file.name
    assert (tmp_path / document.file.name).read_bytes() == PDF
    assert (document.content_type, document.size) == ("application/pdf", len(PDF))


def test_body_that_does_not_take_part_posts_nothing(editor, cicte):
    with pytest.raises(NotAllowed):
        post(editor, MeetingFactory(), cicte)
    assert not Document.objects.exists()


def test_nobody_posts_in_the_name_of_another_body(editor, cicte):
    meeting = MeetingFactory()
    other = OrganizationFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    ParticipationFactory(meeting=meeting, organization=other)
    with pytest.raises(NotAllowed):
        post(editor, meeting, other)


def test_refused_file_leaves_nothing_behind(editor, cicte, tmp_path):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    with pytest.raises(ValidationError):
        post(editor, meeting, cicte, file=upload("page.pdf", b"<html></html>"))
    with pytest.raises(ValidationError):
        post(editor, meeting, cicte, visibility="everyone")
    assert not Document.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_file_is_taken_back_when_the_write_fails_late(editor, cicte, tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no audit")

    monkeypatch.setattr("cooperation_portal.records.write.audit.record", broken)
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    with pytest.raises(RuntimeError):
        post(editor, meeting, cicte)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_removed_document_is_gone_with_its_file_and_stays_in_the_audit(
    editor, cicte, tmp_path, django_capture_on_commit_callbacks
):
    document = DocumentFactory(organization=cicte)
    key = document.pk
    with django_capture_on_commit_callbacks(execute=True):
        document_remove(by=editor, document=document)
    assert not Document.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert AuditEntry.objects.get().action == "document.removed"
    assert (Change.objects.get().op, Change.objects.get().object_id) == ("remove", key)


@pytest.mark.parametrize("name", ["outsider", "observer", "state_focal_point"])
def test_document_is_removed_by_its_poster_experts_and_secretariat_only(name, cicte, request):
    with pytest.raises(NotAllowed):
        document_remove(by=request.getfixturevalue(name), document=DocumentFactory(organization=cicte))


def test_former_participant_still_removes_the_own_document(cicte):
    document = DocumentFactory(organization=cicte)
    document_remove(by=holder(Role.FOCAL_POINT, organization=cicte), document=document)
    assert not Document.objects.exists()
