"""The pages of meetings: what they show, to whom, and what they do with bad input."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.models import ActionItem, AgendaItem, Document, Meeting, Note
from meetings.services.meetings import meeting_update
from tests.factories import (
    ActionItemFactory,
    AreaFactory,
    DocumentFactory,
    MeetingFactory,
    NoteFactory,
    OrganizationFactory,
    ParagraphFactory,
    ParticipationFactory,
    StateFactory,
)
from tests.meetings.samples import HTML, PDF, upload

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)> =HYPERLINK("http://x") {{ 7*7 }}'


def page(client, name, *args, **query):
    return client.get(reverse(f"meetings:{name}", args=args), query)


def text(response) -> str:
    return response.content.decode()


def meeting_data(**changes):
    """What the form sends for a new meeting."""
    data = {
        "title": "Example workshop",
        "kind": "workshop",
        "format": "in_person",
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-02",
        "place": "Example city",
        "visibility": "network",
        "participations-TOTAL_FORMS": "2",
        "participations-INITIAL_FORMS": "0",
        "participations-0-party": "",
        "participations-0-role": "participant",
        "participations-1-role": "participant",
        "agenda-TOTAL_FORMS": "1",
        "agenda-INITIAL_FORMS": "0",
        "agenda-0-day": "1",
    }
    return data | changes


# The list


def test_visitor_sees_public_meetings_newest_first(client):
    MeetingFactory(title="Older", starts_on="2020-01-01", ends_on=None)
    MeetingFactory(title="Newer", starts_on="2021-01-01", ends_on=None)
    MeetingFactory(title="Undated", starts_on=None, ends_on=None)
    MeetingFactory(title="Hidden", visibility="network")
    shown = text(page(client, "list"))
    assert "Hidden" not in shown
    assert shown.index("Newer") < shown.index("Older") < shown.index("Undated")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "lome"}, {"Lomé"}),
        ({"q": "PLACE lom"}, {"Lomé"}),
        ({"q": "100%"}, set()),
        ({"kind": "training"}, {"Course"}),
        ({"region": "African"}, {"Lomé"}),
        ({"year": "2014"}, {"Lomé"}),
        ({"format": "virtual"}, {"Course"}),
        ({"status": "cancelled"}, {"Off"}),
        ({"when": "upcoming"}, {"Course"}),
        ({"when": "past"}, {"Lomé"}),
        ({"organization": "CICTE"}, {"Lomé", "Off"}),
    ],
)
def test_filters_find_what_they_say(client, cicte, query, found):
    soon = timezone.localdate() + timedelta(days=9)
    lome = MeetingFactory(
        title="Lomé", place="Place", starts_on="2014-06-05", ends_on=None, regional_group="African", status="held"
    )
    ParticipationFactory(meeting=lome, organization=cicte)
    ParticipationFactory(meeting=lome, organization=cicte, role="speaker")
    MeetingFactory(title="Course", starts_on=soon, ends_on=soon, kind="training", format="virtual", place="")
    MeetingFactory(title="Off", starts_on=soon, ends_on=None, status="cancelled", organization=cicte)
    response = page(client, "list", **query)
    assert {meeting.title for meeting in response.context["page"]} == found


@pytest.mark.parametrize(
    "query", [{"kind": "party"}, {"year": "19x"}, {"organization": "NOBODY"}, {"sort": "owner"}, {"colour": "red"}]
)
def test_filter_that_is_not_known_is_told_and_shows_nothing(client, query):
    MeetingFactory()
    response = page(client, "list", **query)
    assert response.status_code == 200
    assert list(response.context["page"]) == []
    assert "Nothing is shown" in text(response)


@pytest.mark.parametrize(("sort", "first"), [("title", "A"), ("-title", "B"), ("date", "B"), ("-date", "A")])
def test_list_is_sorted_by_its_columns(client, sort, first):
    MeetingFactory(title="A", starts_on="2026-01-01", ends_on=None)
    MeetingFactory(title="B", starts_on="2025-01-01", ends_on=None)
    assert next(iter(page(client, "list", sort=sort).context["page"])).title == first


def test_list_has_twenty_five_a_page(client):
    for _number in range(26):
        MeetingFactory()
    assert len(page(client, "list").context["page"]) == 25
    assert len(page(client, "list", page="2").context["page"]) == 1


def test_list_needs_as_many_queries_for_thirty_meetings_as_for_two(client, django_assert_num_queries):
    def full_meeting():
        meeting = MeetingFactory(country=StateFactory(), organization=OrganizationFactory())
        ParticipationFactory(meeting=meeting)

    for _number in range(2):
        full_meeting()
    page(client, "list")
    with django_assert_num_queries(4) as few:
        page(client, "list")
    for _number in range(28):
        full_meeting()
    with django_assert_num_queries(len(few)):
        page(client, "list")


# The page


def test_page_needs_as_many_queries_for_thirty_of_everything_as_for_two(signed_in, expert, django_assert_num_queries):
    meeting = MeetingFactory()

    def add():
        ParticipationFactory(meeting=meeting)
        ParticipationFactory(meeting=meeting, state=StateFactory())
        DocumentFactory(meeting=meeting)
        ActionItemFactory(meeting=meeting)
        AgendaItem.objects.create(meeting=meeting, title="Item")
        MeetingFactory(follows_up=meeting)

    client = signed_in(expert)
    for _number in range(2):
        add()
    page(client, "detail", meeting.reference)
    with django_assert_num_queries(13) as few:
        page(client, "detail", meeting.reference)
    for _number in range(28):
        add()
    with django_assert_num_queries(len(few)):
        page(client, "detail", meeting.reference)


def test_participants_stand_by_category_with_role_and_head_count(client):
    meeting = MeetingFactory(participants_as_stated="25 organizations that are not named")
    ParticipationFactory(
        meeting=meeting, organization=OrganizationFactory(acronym="UNX", category="un_entity"), head_count=3
    )
    ParticipationFactory(
        meeting=meeting, organization=OrganizationFactory(acronym="SUB", category="subregional"), role="speaker"
    )
    ParticipationFactory(meeting=meeting, state=StateFactory(name_en="Peru"), head_count=2, role="host")
    response = page(client, "detail", meeting.reference)
    groups = {str(group.label): group.people for group in response.context["groups"]}
    assert groups == {"United Nations entities": 3, "Regional and subregional organizations": None, "States": 2}
    shown = text(response)
    assert "5 people are counted below" in shown
    assert "25 organizations that are not named" in shown


def test_hidden_meeting_and_missing_one_are_the_same_404(client):
    hidden = MeetingFactory(visibility="committee")
    answers = [page(client, "detail", reference) for reference in (hidden.reference, "MTG-1900-999")]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_documents_and_actions_are_shown_to_their_readers_only(client, signed_in, editor, outsider, cicte):
    meeting = MeetingFactory()
    ParticipationFactory(meeting=meeting, organization=cicte)
    DocumentFactory(meeting=meeting, title="Secret paper")
    assert "Secret paper" not in text(page(client, "detail", meeting.reference))
    assert "Secret paper" not in text(page(signed_in(outsider), "detail", meeting.reference))
    assert "Secret paper" in text(page(signed_in(editor), "detail", meeting.reference))


def test_overdue_action_is_told(client):
    meeting = MeetingFactory()
    ActionItemFactory(meeting=meeting, visibility="public", due_on=timezone.localdate() - timedelta(days=3))
    assert "3 days overdue" in text(page(client, "detail", meeting.reference))


def test_buttons_are_there_for_those_who_may(client, signed_in, editor, expert, outsider, cicte):
    meeting = MeetingFactory(organization=cicte)
    edit = reverse("meetings:edit", args=[meeting.reference])
    cancel = reverse("meetings:transition", args=[meeting.reference, "cancel"])
    note = reverse("meetings:note_edit", args=[meeting.reference])
    shown = {
        "visitor": text(page(client, "detail", meeting.reference)),
        "outsider": text(page(signed_in(outsider), "detail", meeting.reference)),
        "editor": text(page(signed_in(editor), "detail", meeting.reference)),
        "expert": text(page(signed_in(expert), "detail", meeting.reference)),
    }
    assert {name for name, html in shown.items() if edit in html} == {"editor", "expert"}
    assert {name for name, html in shown.items() if cancel in html} == {"editor", "expert"}
    assert {name for name, html in shown.items() if note in html} == {"expert"}


@pytest.mark.parametrize("name", ["new", "edit", "note_edit", "document_new", "action_new"])
def test_visitor_is_sent_to_sign_in(client, name):
    args = [] if name == "new" else [MeetingFactory().reference]
    answer = page(client, name, *args)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["edit", "note_edit", "document_new", "action_new"])
def test_member_without_the_right_gets_403_and_nothing_changes(signed_in, outsider, name):
    meeting = MeetingFactory()
    client = signed_in(outsider)
    address = reverse(f"meetings:{name}", args=[meeting.reference])
    assert client.get(address).status_code == 403
    assert client.post(address, meeting_data()).status_code == 403
    meeting.refresh_from_db()
    assert meeting.version == 1


# Planning and editing


def test_editor_plans_a_meeting_with_participants_and_agenda(signed_in, editor, cicte, peru):
    data = meeting_data(
        organization=str(cicte.pk),
        **{
            "participations-0-party": "cicte – Inter-American Committee against Terrorism",
            "participations-0-role": "organizer",
            "participations-0-head_count": "4",
            "participations-1-party": "peru",
            "agenda-0-title": "Opening",
            "agenda-0-starts_at": "09:30",
        },
    )
    response = signed_in(editor).post(reverse("meetings:new"), data)
    meeting = Meeting.objects.get()
    assert response.status_code == 302
    assert response.url == meeting.get_absolute_url()
    assert meeting.organization == cicte
    assert {(part.party.ref, part.role, part.head_count) for part in meeting.participations.all()} == {
        ("CICTE", "organizer", 4),
        ("PER", "participant", None),
    }
    assert str(meeting.agenda.get().starts_at) == "09:30:00"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": ""}, "title", "Fill this in"),
        ({"title": "x" * 251}, "title", "Shorten this to 250"),
        ({"kind": "party"}, "kind", ""),
        ({"starts_on": "12.3.2027"}, "starts_on", "for example 2027-03-12"),
        ({"starts_on": "2027-03-03"}, "ends_on", "before the first"),
        ({"starts_on": ""}, "starts_on", "first day"),
        ({"country": "999999"}, "country", ""),
        ({"organization": "NOBODY"}, "organization", "No such organization"),
        ({"organization": "Peru"}, "organization", "No such organization"),
        ({"follows_up": "MTG-1900-999"}, "follows_up", "No meeting has this reference"),
        ({"visibility": "everyone"}, "visibility", ""),
    ],
)
def test_wrong_entry_comes_back_beside_its_field_with_what_was_typed(signed_in, expert, peru, changes, field, words):
    response = signed_in(expert).post(reverse("meetings:new"), meeting_data(summary="Kept as typed", **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert words in str(response.context["form"].errors[field])
    assert "Kept as typed" in text(response)
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"participations-0-party": "Nobody"}, "No such organization or State"),
        ({"participations-0-head_count": "5"}, "Name the organization or State"),
        ({"participations-0-party": "CICTE", "participations-0-head_count": "-1"}, "at least 1"),
        ({"participations-0-party": "CICTE", "participations-1-party": "CICTE"}, "listed twice"),
        ({"participations-TOTAL_FORMS": "many"}, ""),
        ({"agenda-0-starts_at": "25:00", "agenda-0-title": "Opening"}, "hours and minutes"),
        ({"agenda-0-starts_at": "10:00"}, "Name the item"),
        ({"agenda-0-day": "9", "agenda-0-title": "Late"}, "ends on day 2"),
    ],
)
def test_wrong_row_comes_back_with_a_message(signed_in, expert, cicte, changes, words):
    response = signed_in(expert).post(reverse("meetings:new"), meeting_data(**changes))
    assert response.status_code == 422
    assert words in text(response)
    assert not Meeting.objects.exists()


def test_one_more_row_keeps_what_was_typed_and_complains_of_nothing(signed_in, expert):
    data = meeting_data(title="", **{"participations-0-party": "Nobody", "add_row": "participations"})
    response = signed_in(expert).post(reverse("meetings:new"), data)
    assert response.status_code == 200
    assert "participations-2-party" in text(response)
    assert 'value="Nobody"' in text(response)
    assert "No such organization" not in text(response)


def test_editor_cannot_plan_for_another_organization_by_its_key(signed_in, editor):
    other = OrganizationFactory()
    response = signed_in(editor).post(reverse("meetings:new"), meeting_data(organization=str(other.pk)))
    assert response.status_code == 422
    assert not Meeting.objects.exists()


def test_hidden_meeting_cannot_be_named_as_the_one_followed_up(signed_in, editor, cicte):
    hidden = MeetingFactory(visibility="committee")
    data = meeting_data(organization=str(cicte.pk), follows_up=hidden.reference)
    response = signed_in(editor).post(reverse("meetings:new"), data)
    assert response.status_code == 422
    assert "No meeting has this reference" in text(response)


def test_follow_up_that_the_editor_cannot_see_is_kept(signed_in, editor, cicte):
    hidden = MeetingFactory(visibility="committee")
    meeting = MeetingFactory(organization=cicte, follows_up=hidden)
    client = signed_in(editor)
    assert hidden.reference not in text(page(client, "edit", meeting.reference))
    client.post(
        reverse("meetings:edit", args=[meeting.reference]), meeting_data(organization=str(cicte.pk), title="Renamed")
    )
    meeting.refresh_from_db()
    assert (meeting.title, meeting.follows_up) == ("Renamed", hidden)


def test_form_shows_what_is_stored_and_saving_it_changes_nothing(signed_in, expert, cicte, peru):
    meeting = MeetingFactory(organization=cicte, follows_up=MeetingFactory(), country=peru)
    ParticipationFactory(meeting=meeting, organization=cicte, role="organizer", head_count=2)
    AgendaItem.objects.create(meeting=meeting, title="Opening", day=1)
    client = signed_in(expert)
    shown = page(client, "edit", meeting.reference)
    forms = [shown.context["form"], *shown.context["participations"], *shown.context["agenda"]]
    forms += [shown.context["participations"].management_form, shown.context["agenda"].management_form]
    data = {bound.html_name: bound.value() for form in forms for bound in form if bound.value() not in (None, False)}
    assert client.post(reverse("meetings:edit", args=[meeting.reference]), data).status_code == 302
    entry = meeting.__class__.objects.get(pk=meeting.pk)
    assert (entry.organization, entry.follows_up_id, entry.country) == (cicte, meeting.follows_up_id, peru)
    assert [str(part) for part in entry.participations.all()] == ["CICTE (organizer)"]
    assert [item.title for item in entry.agenda.all()] == ["Opening"]


def test_edit_of_a_meeting_changed_meanwhile_shows_both_and_saves_on_the_second_try(signed_in, expert, cicte):
    meeting = MeetingFactory(title="First")
    client = signed_in(expert)
    address = reverse("meetings:edit", args=[meeting.reference])
    data = meeting_data(title="Mine", expected_version="1", **{"participations-0-party": "CICTE"})
    meeting_update(by=expert, meeting=meeting, values={"title": "Theirs"})
    response = client.post(address, data)
    assert response.status_code == 422
    shown = text(response)
    assert "changed while you were writing" in shown
    assert "Mine" in shown
    assert "Theirs" in shown
    assert 'name="expected_version" value="2"' in shown
    assert client.post(address, data | {"expected_version": "2"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.title == "Mine"


def test_what_people_type_is_shown_as_text(client, signed_in, expert):
    signed_in(expert).post(
        reverse("meetings:new"), meeting_data(title=HOSTILE, place=HOSTILE[:100], summary=HOSTILE, visibility="public")
    )
    meeting = Meeting.objects.get()
    for shown in (text(page(client, "detail", meeting.reference)), text(page(client, "list"))):
        assert "<script>alert" not in shown
        assert "<img" not in shown


# Steps


def test_step_is_taken_only_after_it_was_confirmed(signed_in, expert):
    meeting = MeetingFactory()
    client = signed_in(expert)
    address = reverse("meetings:transition", args=[meeting.reference, "confirm"])
    assert "What will happen" in text(client.get(address))
    meeting.refresh_from_db()
    assert meeting.status == "planned"
    assert client.post(address, {"expected_version": "1"}).status_code == 302
    meeting.refresh_from_db()
    assert meeting.status == "confirmed"


def test_cancelling_without_a_reason_comes_back(signed_in, expert):
    meeting = MeetingFactory()
    address = reverse("meetings:transition", args=[meeting.reference, "cancel"])
    response = signed_in(expert).post(address, {"reason": ""})
    assert response.status_code == 422
    assert "Fill this in" in text(response)


def test_unknown_step_is_404_and_illegal_one_is_told(signed_in, expert):
    meeting = MeetingFactory(status="held")
    client = signed_in(expert)
    assert client.get(reverse("meetings:transition", args=[meeting.reference, "celebrate"])).status_code == 404
    response = client.post(reverse("meetings:transition", args=[meeting.reference, "confirm"]), {})
    assert response.status_code == 422
    assert "not possible while the status is" in text(response)


# Documents


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


# Action items


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


# Notes


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
