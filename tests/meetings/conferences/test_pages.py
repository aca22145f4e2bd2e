"""The steps of planning a conference, its page, its files, and each party's appointments."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from meetings.models import Appointment, ConferencePlan, Meeting
from tests.factories import (
    AppointmentFactory,
    ConferencePlanFactory,
    MeetingFactory,
    OfferFactory,
    OrganizationFactory,
    RequestFactory,
    StateFactory,
)
from tests.meetings.asking import page, text

from .conftest import REGION, coming

pytestmark = pytest.mark.django_db

NEW = "/planning/conference/new/"


def typed(step: int, **changes) -> dict:
    """An address of the steps."""
    day = coming().isoformat()
    given = {
        "step": str(step),
        "region": REGION,
        "first": day,
        "last": day,
        "zone": "America/Panama",
        "title": "Example conference",
        "format": "in_person",
        "place": "Panama City",
        "country": "PER",
        "organizers": "CICTE",
        "visibility": "participants",
    }
    if step == 3:
        given |= {
            "begins": "09:00",
            "ends": "12:00",
            "minutes": "30",
            "pause": "0",
            "breaks": "",
            "tables": "2",
            "most": "",
            "s": ["S-PER", "S-CHL"],
            "p": ["O-CICTE", "O-OPCW"],
        }
    return given | changes


def saved(client, path: str, query: dict, **sent):
    """Look at the schedule, then send what its form holds."""
    shown = client.get(path, query)
    form = shown.context["save"]
    data = {name: value for name in form.fields if (value := form[name].value()) is not None} | sent
    return client.post(path + shown.context["save_address"], data)


@pytest.fixture
def planner(signed_in, expert):
    return signed_in(expert)


def test_step_one_asks_for_region_and_days(planner, region):
    shown = planner.get(NEW)
    assert shown.status_code == 200
    assert 'name="region"' in text(shown)
    assert "error-summary" not in text(shown)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": ""}, "Choose one."),
        ({"region": "group:Atlantis"}, "Select a valid choice"),
        ({"first": ""}, "Give a date."),
        ({"first": "soon"}, "year, month and day"),
        ({"zone": "Mars/Base"}, "Select a valid choice"),
        ({"organizers": "CICTE, NOBODY"}, "NOBODY"),
    ],
)
def test_step_one_keeps_what_was_typed_and_says_what_is_wrong(planner, region, changes, said):
    shown = planner.get(NEW, typed(2, **changes))
    assert shown.status_code == 422
    assert said in text(shown)
    assert 'value="Panama City"' in text(shown)


def test_step_two_shows_both_sides_ticked(planner, region):
    shown = planner.get(NEW, typed(2))
    assert shown.status_code == 200
    boxes = text(shown)
    for key in ("S-PER", "S-CHL", "O-CICTE", "O-OPCW"):
        assert f'value="{key}"' in boxes
    assert boxes.count(" checked") == 4
    assert '<input type="hidden" name="title" value="Example conference">' in boxes


def test_what_was_unticked_stays_unticked_on_the_way_back(planner, region):
    back = planner.get(NEW, typed(3, s=["S-PER"], minutes="45") | {"step": "2"})
    assert text(back).count(" checked") == 3
    assert 'value="45"' in text(back)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("nobody", "Nobody asks for help there"),
        ("waiting", "1 open request of this region is not authenticated yet, or is held."),
        ("unmet", "No live offer fits"),
    ],
)
def test_an_empty_region_says_why(planner, policy, setting, said):
    if setting == "waiting":
        RequestFactory(status="submitted")
    if setting == "unmet":
        RequestFactory(status="circulated")
    shown = planner.get(NEW, typed(2, country="", organizers=""))
    assert shown.status_code == 200
    assert said in text(shown)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tables": "0"}, "Without a table nobody can meet"),
        ({"tables": "x"}, "Give a whole number."),
        ({"minutes": "300"}, "longer than the day"),
        ({"breaks": "08:00-18:00"}, "The break 08:00–18:00 is longer than the day"),
        ({"breaks": "lunch"}, "“lunch” is no break"),
        ({"ends": "08:00"}, "ends before it begins"),
        ({"minutes": "1"}, "too short"),
        ({"last": (coming() - timedelta(days=1)).isoformat()}, "The last day is before the first"),
        ({"first": "2020-01-01", "last": "2020-01-02"}, "The first day is past"),
        ({"last": (coming() + timedelta(days=20)).isoformat()}, "at most 14"),
        ({"last": (coming() + timedelta(days=13)).isoformat(), "minutes": "5"}, "at most 120"),
        ({"s": []}, "Tick at least one requester."),
        ({"p": ["O-GONE"]}, "Tick at least one provider."),
        ({"most": "0"}, "nobody meets"),
    ],
)
def test_step_three_sends_back_what_makes_no_sense(planner, region, changes, said):
    shown = planner.get(NEW, typed(3, **changes))
    assert shown.status_code == 422
    assert said in text(shown)
    assert not Meeting.objects.exists()


def test_step_three_shows_the_schedule_by_time_table_and_party(planner, region):
    shown = planner.get(NEW, typed(3))
    assert shown.status_code == 200
    assert [row.times for day in shown.context["days"] for row in day.rows] == ["09:00–09:30", "09:30–10:00"]
    assert {row.key for row in shown.context["by_party"]} == {"S-PER", "S-CHL", "O-CICTE", "O-OPCW"}
    assert "No schedule within these limits is worth more." in text(shown)


def test_pairs_that_do_not_fit_are_listed_with_the_reason(planner, region):
    shown = planner.get(NEW, typed(3, most="1"))
    assert {row["reason"] for row in shown.context["left_out"]} == {
        "One of the two has as many meetings as it can have."
    }


def test_an_absence_a_pin_and_a_dropped_pair_are_added_one_after_the_other(planner, region):
    at = f"{coming().isoformat()}T"
    first = planner.get(NEW, typed(3, off_party="S-PER", off_slot=f"{at}09:00", drop_pair="S-CHL~O-OPCW"))
    assert first.status_code == 200
    assert "off=S-PER%40" in first.context["save_address"]
    second = planner.get(NEW + first.context["save_address"] + f"&pin_pair=S-PER~O-CICTE&pin_slot={at}11:00")
    kept = {name: second.context["adjust"][name].value() for name in ("off", "pin", "drop")}
    assert kept == {
        "off": (f"S-PER@{at}09:00",),
        "pin": (f"S-PER~O-CICTE@{at}11:00",),
        "drop": ("S-CHL~O-OPCW",),
    }
    cells = {(c.requester.ref, c.provider.ref): f"{c.starts:%H:%M}" for c, _o in _party(second, "S-PER")}
    assert cells["PER", "CICTE"] == "11:00"
    assert "09:00" not in cells.values()
    assert ("CHL", "OPCW") not in {(c.requester.ref, c.provider.ref) for c, _o in _party(second, "S-CHL")}


def _party(shown, key):
    return next(row.rows for row in shown.context["by_party"] if row.key == key)


def test_pins_that_cannot_be_kept_are_told_and_can_be_taken_back(planner, region):
    at = f"{coming().isoformat()}T09:00"
    shown = planner.get(NEW, typed(3, pin=[f"S-PER~O-CICTE@{at}", f"S-PER~O-OPCW@{at}"]))
    assert shown.status_code == 422
    assert "Peru is set to be in two meetings at once" in text(shown)
    assert text(shown).count(" checked") == 2


def test_an_absence_without_a_time_is_asked_for(planner, region):
    shown = planner.get(NEW, typed(3, off_party="S-PER"))
    assert shown.status_code == 422
    assert "Choose the time at which this party cannot come." in text(shown)


def test_unknown_adjustments_are_left_aside_with_a_warning(planner, region):
    shown = planner.get(NEW, typed(3, drop=["S-PER~O-GONE"]))
    assert shown.status_code == 200
    assert "fits nothing any more" in text(shown)


def test_saving_creates_the_meeting_and_leads_to_its_schedule(planner, region):
    answer = saved(planner, NEW, typed(3))
    plan = ConferencePlan.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == plan.get_absolute_url()
    assert plan.meeting.title == "Example conference"
    assert plan.meeting.country == region.peru
    assert plan.appointments.count() == 4


def test_the_title_may_be_left_to_the_portal(planner, region):
    saved(planner, NEW, typed(3, title=""))
    assert Meeting.objects.get().title == "Regional assistance conference: Latin American and Caribbean States"


def test_sending_the_form_twice_creates_one(planner, region):
    shown = planner.get(NEW, typed(3))
    form = shown.context["save"]
    data = {name: form[name].value() for name in ("key", "seen")}
    answers = [planner.post(NEW + shown.context["save_address"], data) for _turn in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Meeting.objects.count() == 1


def test_a_second_conference_there_and_then_is_refused_in_words(planner, region):
    saved(planner, NEW, typed(3))
    answer = saved(planner, NEW, typed(3))
    assert answer.status_code == 422
    assert Meeting.objects.get().reference in text(answer)


def test_a_schedule_not_seen_is_not_saved(planner, region):
    answer = saved(planner, NEW, typed(3), seen="0" * 32)
    assert answer.status_code == 422
    assert "changed while you looked" in text(answer)
    assert planner.post(f"{NEW}?step=3", {}).status_code == 422
    assert not Meeting.objects.exists()


def test_the_stored_schedule_is_changed_in_the_same_steps(planner, region):
    saved(planner, NEW, typed(3))
    plan = ConferencePlan.objects.get()
    change = reverse("meetings:conference_change", args=[plan.ref])
    first = planner.get(change)
    assert first.context["hours"].minutes == 30
    assert 'name="title"' not in text(planner.get(change, {"region": REGION, "zone": "UTC", "step": "1"}))
    answer = saved(planner, change, {**dict(first.wsgi_request.GET), **_query(first), "drop_pair": "S-PER~O-OPCW"})
    assert answer["Location"] == plan.get_absolute_url()
    assert plan.appointments.standing().count() == 3
    assert Meeting.objects.count() == 1


def _query(shown) -> dict:
    from django.http import QueryDict

    return dict(QueryDict(shown.context["save_address"].removeprefix("?")).lists())


def test_a_stale_change_asks_again(planner, region):
    saved(planner, NEW, typed(3))
    change = reverse("meetings:conference_change", args=[ConferencePlan.objects.get().ref])
    shown = planner.get(change)
    form, path = shown.context["save"], change + shown.context["save_address"]
    data = {name: form[name].value() for name in form.fields}
    assert planner.post(path, data).status_code == 302
    answer = planner.post(path, data)
    assert answer.status_code == 422
    assert "Somebody changed this schedule meanwhile" in text(answer)
    again = {name: answer.context["save"][name].value() for name in form.fields}
    assert planner.post(path, again).status_code == 302


@pytest.mark.parametrize("status", ["held", "cancelled"])
def test_a_frozen_schedule_leads_back_to_its_page(planner, region, status):
    plan = ConferencePlanFactory(meeting__status=status)
    change = reverse("meetings:conference_change", args=[plan.ref])
    assert planner.get(change)["Location"] == plan.get_absolute_url()
    assert change not in text(planner.get(plan.get_absolute_url()))


def test_an_announced_conference_gets_a_schedule_from_its_page(planner, region):
    meeting = MeetingFactory(
        kind="assistance_conference", starts_on=coming(), ends_on=coming(), regional_group="GRULAC"
    )
    change = reverse("meetings:conference_change", args=[meeting.reference])
    assert change in text(page(planner, "detail", meeting.reference))
    assert '<option value="group:GRULAC" selected>' in text(planner.get(change))
    query = {name: value for name, value in typed(3).items() if name not in ("first", "last", "title", "format")}
    assert saved(planner, change, query).status_code == 302
    assert Meeting.objects.get().conference.appointments.count() == 4
    undated = MeetingFactory(kind="assistance_conference", starts_on=None, ends_on=None)
    answer = planner.get(reverse("meetings:conference_change", args=[undated.reference]))
    assert answer["Location"] == reverse("meetings:edit", args=[undated.reference])
    other = MeetingFactory(kind="training")
    assert planner.get(reverse("meetings:conference_change", args=[other.reference])).status_code == 404


# What is shown of a stored schedule


@pytest.fixture
def plan(peru, cicte):
    """Confirmed; Peru meets CICTE about a circulated request and an OPCW that is not told yet."""
    meeting = MeetingFactory(
        title="Example conference",
        kind="assistance_conference",
        status="confirmed",
        visibility="network",
        place="Panama City",
    )
    plan = ConferencePlanFactory(meeting=meeting)
    asked = RequestFactory(state=peru, status="circulated", title="=Laboratories")
    hidden = RequestFactory(state=peru, status="authenticated", title="Hidden words")
    offer = OfferFactory(organization=cicte, title="Courses")
    opcw = OrganizationFactory(acronym="OPCW", name="=2+5 Example")
    given = {"plan": plan, "requester_state": peru}
    AppointmentFactory(**given, table=1, provider_organization=cicte, subjects=[(asked, offer), (hidden, offer)])
    later = datetime(2027, 3, 1, 15, tzinfo=UTC)
    AppointmentFactory(
        **given,
        table=2,
        starts_at=later,
        provider_organization=opcw,
        subjects=[(hidden, OfferFactory(organization=opcw))],
    )
    return plan


def test_the_list_shows_conferences_and_filters_them(planner, plan):
    ConferencePlanFactory(
        meeting__title="Another", meeting__starts_on=date(2028, 1, 1), meeting__ends_on=date(2028, 1, 2)
    )
    shown = text(page(planner, "conference_list"))
    assert shown.index("Another") < shown.index("Example conference")
    assert "Another" not in text(page(planner, "conference_list", q="example conf"))
    assert "Another" not in text(page(planner, "conference_list", status="confirmed"))
    assert "This list has no filter" in text(page(planner, "conference_list", colour="red"))
    assert "No conference fits" in text(page(planner, "conference_list", q="nothing such"))


def test_an_empty_list_says_what_to_do(planner, signed_in, observer):
    assert "Plan a conference" in text(page(planner, "conference_list"))
    shown = text(page(signed_in(observer), "conference_list"))
    assert "No conference has a schedule yet" in shown
    assert reverse("meetings:conference_new") not in shown


def test_the_page_of_a_conference_shows_all_and_who_is_not_told(planner, plan):
    shown = text(planner.get(plan.get_absolute_url()))
    assert "09:00–09:30" in shown
    assert "provider not told" in shown
    assert "One appointment is about a request that is neither circulated nor proposed" in shown
    assert "The days of the meeting were changed" not in shown
    Meeting.objects.update(ends_on="2027-03-05")
    assert "The days of the meeting were changed" in text(planner.get(plan.get_absolute_url()))


def test_members_read_the_plan_and_change_nothing(signed_in, observer, plan):
    shown = signed_in(observer).get(plan.get_absolute_url())
    assert shown.status_code == 200
    assert "Change the schedule" not in text(shown)


def test_csv_has_a_line_an_appointment_and_no_formula(planner, plan):
    answer = page(planner, "conference_csv", plan.ref)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer["Content-Type"].startswith("text/csv")
    assert [(row["Date"], row["Starts"], row["Ends"], row["Table"]) for row in rows] == [
        ("2027-03-01", "09:00", "09:30", "1"),
        ("2027-03-01", "10:00", "10:30", "2"),
    ]
    assert (
        rows[0]
        | {
            "Requester": "Peru",
            "Requester code": "PER",
            "Provider code": "CICTE",
            "Time zone": "America/Panama",
            "Value": "1.00",
        }
        == rows[0]
    )
    assert rows[1]["Provider"] == "'=2+5 Example"
    assert rows[0]["Requests"].count("REQ-") == 2


def events(answer) -> list:
    calendar = Calendar.from_ical(answer.content)
    return list(calendar.walk("VEVENT"))


def test_the_calendar_reads_back_with_times_places_and_identity(planner, plan):
    answer = page(planner, "conference_calendar", plan.ref)
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["America/Panama"]
    first, second = events(answer)
    assert first.decoded("DTSTART") == datetime(2027, 3, 1, 9, tzinfo=ZoneInfo("America/Panama"))
    assert first.decoded("DTEND") - first.decoded("DTSTART") == timedelta(minutes=30)
    assert (str(first["SUMMARY"]), str(first["LOCATION"])) == ("Peru – CICTE", "Table 1, Panama City")
    assert (str(first["STATUS"]), int(first["SEQUENCE"]), str(first["CLASS"])) == ("CONFIRMED", 0, "CONFIDENTIAL")
    row = plan.appointments.first()
    assert str(first["UID"]) == str(row.uid) != str(second["UID"])
    assert "Laboratories" not in answer.content.decode()


def test_a_cancelled_appointment_and_a_planned_conference_are_marked(planner, plan):
    Appointment.objects.filter(table=2).update(is_cancelled=True, revision=1)
    Meeting.objects.update(status="planned")
    assert [str(event["STATUS"]) for event in events(page(planner, "conference_calendar", plan.ref))] == [
        "TENTATIVE",
        "CANCELLED",
    ]
    assert len(list(csv.reader(io.StringIO(page(planner, "conference_csv", plan.ref).content.decode())))) == 2
    Meeting.objects.update(status="cancelled")
    answers = events(page(planner, "conference_calendar", plan.ref))
    assert {str(event["STATUS"]) for event in answers} == {"CANCELLED"}


def test_one_partys_calendar_holds_its_own(planner, plan):
    own = events(page(planner, "conference_calendar", plan.ref, party="O-OPCW"))
    assert [str(event["SUMMARY"]) for event in own] == ["Peru – OPCW"]
    assert len(events(page(planner, "conference_calendar", plan.ref, party="S-PER"))) == 2
    assert page(planner, "conference_calendar", plan.ref, party="S-XXX").status_code == 404


def test_each_party_reads_its_own_appointments_and_what_it_may_know(
    signed_in, plan, editor, state_focal_point, outsider
):
    provider = page(signed_in(editor), "appointments", plan.meeting.reference)
    assert "=Laboratories" in text(provider)
    assert "Hidden words" not in text(provider)
    assert "OPCW" not in text(provider)
    requester = text(page(signed_in(state_focal_point), "appointments", plan.meeting.reference))
    assert "Hidden words" in requester
    assert "OPCW" in requester
    assert page(signed_in(outsider), "appointments", plan.meeting.reference).status_code == 404
    mine = events(page(signed_in(editor), "appointments_calendar", plan.meeting.reference))
    assert [str(event["SUMMARY"]) for event in mine] == ["Peru – CICTE"]


def test_cancelled_appointments_leave_the_page_and_stay_in_the_calendar(signed_in, plan, editor):
    Appointment.objects.update(is_cancelled=True)
    client = signed_in(editor)
    assert "All your appointments were cancelled" in text(page(client, "appointments", plan.meeting.reference))
    assert str(events(page(client, "appointments_calendar", plan.meeting.reference))[0]["STATUS"]) == "CANCELLED"


def test_the_meetings_page_leads_to_what_one_may_see(signed_in, plan, editor, outsider, expert, observer):
    def links(who) -> set[str]:
        shown = page(signed_in(who), "detail", plan.meeting.reference)
        return {str(label) for label, _url in shown.context["conference_links"]}

    assert links(editor) == {"Your appointments"}
    assert links(outsider) == set()
    assert links(expert) == links(observer) == {"Schedule of bilateral meetings"}
    plan.delete()
    assert links(expert) == {"Schedule bilateral meetings"}
    assert links(observer) == set()


def test_the_desk_shows_appointments_to_come(signed_in, plan, editor, outsider):
    def part(who):
        parts = {part.key: part for part in signed_in(who).get("/dashboard/").context["parts"]}
        return parts.get("appointments")

    assert [task["label"] for task in part(editor).tasks] == ["Peru – CICTE"]
    assert "1 March 2027, 09:00 (America/Panama), table 1" in part(editor).tasks[0]["about"]
    assert part(outsider) is None
    for number, row in enumerate(Appointment.objects.all()):
        past = datetime(2020, 1, 1, number, tzinfo=UTC)
        Appointment.objects.filter(pk=row.pk).update(starts_at=past, ends_at=past + timedelta(minutes=30))
    assert part(editor) is None


@pytest.mark.parametrize(
    "name", ["conference_list", "conference_detail", "conference_csv", "conference_calendar", "appointments"]
)
def test_queries_do_not_grow_with_appointments(signed_in, expert, editor, plan, name, cicte):
    client = signed_in(editor if name == "appointments" else expert)
    arguments = [] if name == "conference_list" else [plan.meeting.reference]

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page(client, name, *arguments).status_code == 200
        return len(queries)

    count()
    few = count()
    for number in range(4):
        state = StateFactory()
        asked = RequestFactory(state=state, status="circulated")
        AppointmentFactory(
            plan=plan,
            requester_state=state,
            provider_organization=cicte,
            starts_at=datetime(2027, 3, 2, 14 + number, tzinfo=UTC),
            subjects=[(asked, OfferFactory(organization=cicte))],
        )
        ConferencePlanFactory()
    assert count() == few
