"""The list of meetings and the page of each: what they show, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.models import AgendaItem
from tests.factories import (
    ActionItemFactory,
    DocumentFactory,
    MeetingFactory,
    OrganizationFactory,
    ParticipationFactory,
    StateFactory,
)
from tests.meetings.asking import meeting_data, page, text

pytestmark = pytest.mark.django_db


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
    with django_assert_num_queries(14) as few:
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
