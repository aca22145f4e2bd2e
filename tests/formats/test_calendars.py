"""Calendars to subscribe to: public meetings, and each person's own by a private address."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from cooperation_portal.access.actors import VISITOR
from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from meetings.models import CalendarAddress
from meetings.services.calendars import calendar_address_create, calendar_address_revoke
from meetings.services.meetings import meeting_move
from organizations.models import User
from organizations.services.users import user_deactivate
from tests.factories import (
    AppointmentFactory,
    ConferencePlanFactory,
    MeetingFactory,
    OfferFactory,
    ParticipationFactory,
    RequestFactory,
)

pytestmark = pytest.mark.django_db

PUBLIC = "/meetings/calendar.ics"


def soon(days: int = 20) -> date:
    return timezone.localdate() + timedelta(days=days)


def meeting(**values):
    return MeetingFactory(**{"starts_on": soon(), "ends_on": soon(21), **values})


def events(path: str, client: Client | None = None):
    answer = (client or Client()).get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def titles(path: str) -> set[str]:
    return {str(event["SUMMARY"]) for event in events(path)}


def address_of(person: User) -> str:
    _address, secret = calendar_address_create(by=person)
    return f"/calendar/{secret}.ics"


def test_the_public_calendar_holds_public_meetings_of_a_year_back_and_all_to_come(signed_in, expert):
    meeting(title="To come")
    meeting(title="Far ahead", starts_on=soon(900), ends_on=None)
    meeting(title="Last winter", starts_on=soon(-300), ends_on=soon(-299), status="held")
    meeting(title="Long ago", starts_on=soon(-500), ends_on=None, status="held")
    meeting(title="Month only", date_precision="month")
    meeting(title="No date", starts_on=None, ends_on=None)
    meeting(title="Network", visibility="network")
    expected = {"To come", "Far ahead", "Last winter"}
    assert titles(PUBLIC) == expected
    assert {str(event["SUMMARY"]) for event in events(PUBLIC, signed_in(expert))} == expected


def test_an_event_says_when_where_and_how_it_stands(settings, peru):
    settings.SITE_URL = "https://portal.example"
    row = meeting(title="Course; with, signs\\", place="Lima", country=peru, status="confirmed")
    [event] = events(PUBLIC)
    assert str(event["SUMMARY"]) == "Course; with, signs\\"
    assert event.decoded("DTSTART") == row.starts_on
    assert event.decoded("DTEND") == row.ends_on + timedelta(days=1), "the day after the last (RFC 5545, 3.6.1)"
    assert str(event["LOCATION"]) == "Lima, Peru"
    assert str(event["STATUS"]) == "CONFIRMED"
    assert str(event["URL"]) == f"https://portal.example/meetings/{row.reference}/"
    assert event.decoded("DTSTAMP") == event.decoded("LAST-MODIFIED") == row.updated_at.replace(microsecond=0)
    assert str(event["TRANSP"]) == "TRANSPARENT"
    assert b"VTIMEZONE" not in Client().get(PUBLIC).content, "days need no time zone"


def test_a_meeting_of_one_day_ends_the_next(peru):
    meeting(starts_on=date(2099, 12, 31), ends_on=None)
    [event] = events(PUBLIC)
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (date(2099, 12, 31), date(2100, 1, 1))


def test_a_change_keeps_the_event_and_counts(expert):
    row = meeting(place="Lima")
    [before] = events(PUBLIC)
    meeting_move(by=expert, meeting=row, action="confirm")
    [confirmed] = events(PUBLIC)
    assert confirmed["UID"] == before["UID"]
    assert int(confirmed["SEQUENCE"]) > int(before["SEQUENCE"])
    row.refresh_from_db()
    meeting_move(by=expert, meeting=row, action="cancel", reason="No room.")
    [cancelled] = events(PUBLIC)
    assert (cancelled["UID"], str(cancelled["STATUS"])) == (before["UID"], "CANCELLED")
    assert int(cancelled["SEQUENCE"]) > int(confirmed["SEQUENCE"])


def test_calendars_are_told_its_name_and_when_to_ask_again():
    lines = Client().get(PUBLIC).content.decode().split("\r\n")
    for line in (
        "VERSION:2.0",
        "X-WR-CALNAME:1540 Cooperation Network: meetings",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
    ):
        assert lines.count(line) == 1, line


def test_control_characters_do_not_reach_calendars():
    meeting(title="Bell \x07 here")
    assert titles(PUBLIC) == {"Bell  here"}


def test_a_private_address_gives_what_the_person_may_read(people, cicte):
    meeting(title="Public")
    meeting(title="Network", visibility="network")
    ParticipationFactory(meeting=meeting(title="Participants", visibility="participants"), organization=cicte)
    meeting(title="Committee", visibility="committee")
    expected = {
        "newcomer": {"Public"},
        "outsider": {"Public", "Network"},
        "editor": {"Public", "Network", "Participants"},
        "expert": {"Public", "Network", "Participants", "Committee"},
    }
    for name, found in expected.items():
        assert titles(address_of(people[name])) == found, name


def test_own_appointments_at_a_conference_are_in_it_with_their_time_zone(people, cicte, peru):
    conference = meeting(kind="assistance_conference", status="confirmed", visibility="network", place="Panama City")
    plan = ConferencePlanFactory(meeting=conference, time_zone="America/Panama")
    start = datetime.combine(soon(), datetime.min.time(), UTC) + timedelta(hours=14)
    about = [(RequestFactory(state=peru, status="circulated"), OfferFactory(organization=cicte))]
    own = {"requester_state": peru, "provider_organization": cicte, "subjects": about}
    AppointmentFactory(plan=plan, starts_at=start, **own)
    AppointmentFactory(plan=plan, starts_at=start)
    found = [event for event in events(address_of(people["editor"])) if "–" in str(event["SUMMARY"])]
    assert [str(event["SUMMARY"]) for event in found] == ["Peru – CICTE"]
    assert found[0].decoded("DTSTART") == start
    assert found[0]["DTSTART"].params["TZID"] == "America/Panama"
    assert [event for event in events(address_of(people["outsider"])) if "–" in str(event["SUMMARY"])] == []


def test_a_lost_role_is_felt_at_the_next_fetch(editor):
    meeting(title="Network", visibility="network")
    path = address_of(editor)
    assert titles(path) == {"Network"}
    editor.affiliations.update(status="ended")
    assert titles(path) == set()


def test_a_shut_account_has_no_calendar(editor, secretariat):
    path = address_of(editor)
    assert Client().get(path).status_code == 200
    user_deactivate(by=secretariat, user=User.objects.get(pk=editor.pk), reason="Left.")
    assert Client().get(path).status_code == 404


def test_a_new_address_ends_the_old_one_and_revoking_ends_it_too(editor):
    first, second = address_of(editor), address_of(editor)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert calendar_address_revoke(by=editor)
    assert Client().get(second).status_code == 404
    assert not calendar_address_revoke(by=editor), "there is none any more"
    told = AuditEntry.objects.filter(object_type="calendar_address").order_by("pk").values_list("action", flat=True)
    made, revoked = "calendar_address.created", "calendar_address.revoked"
    assert list(told) == [made, revoked, made, revoked]


@pytest.mark.parametrize("secret", ["x", "A" * 43, "-" * 43])
def test_any_other_address_does_not_exist(secret, editor):
    address_of(editor)
    assert Client().get(f"/calendar/{secret}.ics").status_code == 404


def test_the_secret_itself_is_kept_nowhere(editor):
    address, secret = calendar_address_create(by=editor)
    assert len(secret) == 43
    row = CalendarAddress.objects.filter(pk=address.pk).values().get()
    assert row["secret_hash"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert all(secret not in str(entry) for entry in AuditEntry.objects.values())


@pytest.mark.parametrize("who", [None, VISITOR])
def test_only_a_person_has_an_address(db, who):
    with pytest.raises(NotAllowed):
        calendar_address_create(by=who)


def test_the_secret_stands_in_no_line_of_the_log(editor, settings):
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    console = next(handler for handler in logging.getLogger().handlers if handler.name == "console")
    handler = Kept(logging.DEBUG)
    handler.setFormatter(console.formatter)
    logging.getLogger().addHandler(handler)
    try:
        path = address_of(editor)
        calendar_address_revoke(by=editor)
        assert Client().get(path).status_code == 404
    finally:
        logging.getLogger().removeHandler(handler)
    told = [line for line in lines if "/calendar/" in line]
    assert told, "Django tells of what was not found"
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert all(secret not in line for line in told)


def test_a_calendar_that_has_it_is_told_so(editor):
    meeting(title="Network", visibility="network")
    path, client = address_of(editor), Client()
    first = client.get(path)
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    meeting(title="Another", visibility="network")
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert client.get(PUBLIC)["Cache-Control"] == "public, no-cache"


def test_the_page_shows_the_address_once_and_when_it_was_fetched(signed_in, editor, settings):
    settings.SITE_URL = "https://portal.example"
    client = signed_in(editor)
    assert "You have none" in client.get("/profile/calendar/").content.decode()
    made = client.post("/profile/calendar/new/")
    [path] = re.findall(r"https://portal\.example(/calendar/[\w-]{43}\.ics)", made.content.decode())
    assert "no-store" in made["Cache-Control"]
    page = client.get("/profile/calendar/").content.decode()
    assert path not in page
    assert "Not yet" in page
    events(path)
    assert "Not yet" not in client.get("/profile/calendar/").content.decode()


def test_renewing_and_revoking_are_confirmed_first(signed_in, editor):
    path = address_of(editor)
    client = signed_in(editor)
    for name, words in (("new", "stops working at once"), ("revoke", "get nothing more")):
        assert words in client.get(f"/profile/calendar/{name}/").content.decode()
        assert Client().get(path).status_code == 200, "looking changes nothing"
    assert client.post("/profile/calendar/revoke/").status_code == 302
    assert Client().get(path).status_code == 404
    for name in ("new", "revoke"):
        assert client.get(f"/profile/calendar/{name}/")["Location"] == "/profile/calendar/", "there is none"


def test_pages_lead_to_the_calendars(signed_in, editor, client):
    assert f'href="{PUBLIC}"' not in client.get("/meetings/?q=none+such").content.decode()
    meeting()
    assert f'href="{PUBLIC}"' in client.get("/meetings/").content.decode()
    assert 'href="/profile/calendar/"' in signed_in(editor).get("/meetings/").content.decode()
    assert 'href="/profile/calendar/"' in signed_in(editor).get("/profile/").content.decode()


def test_a_feed_needs_the_same_queries_for_two_and_for_forty(editor, django_assert_max_num_queries):
    for _number in range(40):
        meeting(visibility="network")
    path = address_of(editor)
    with django_assert_max_num_queries(8):
        Client().get(path)
