"""Planning, editing and moving meetings, and what bad input gives."""

from __future__ import annotations

import pytest
from django.urls import reverse

from meetings.models import AgendaItem, Meeting
from meetings.services.meetings import meeting_update
from tests.factories import (
    MeetingFactory,
    OrganizationFactory,
    ParticipationFactory,
)
from tests.meetings.asking import meeting_data, page, text

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)> =HYPERLINK("http://x") {{ 7*7 }}'


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
