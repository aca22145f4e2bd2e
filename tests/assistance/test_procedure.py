"""The nine steps, their clocks, and who acts next."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from assistance.models import AssistanceRequest, RequestStep
from assistance.services.procedure import (
    Kind,
    Turn,
    add_working_days,
    complete_step,
    next_step,
    objection_window_ends_on,
    open_steps,
    procedure_panel,
    window_problem,
)
from assistance.services.requests import request_authenticate, request_circulate, request_record_step
from cooperation_portal.records.lifecycle import IllegalTransition
from tests.factories import RequestFactory

pytestmark = pytest.mark.django_db

MONDAY = date(2027, 3, 1)


def on(day):
    return time_machine.travel(datetime(day.year, day.month, day.day, 9, tzinfo=UTC), tick=False)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (MONDAY, 0, MONDAY),
        (MONDAY, 1, date(2027, 3, 2)),
        (MONDAY, 5, date(2027, 3, 8)),
        (date(2027, 3, 5), 1, date(2027, 3, 8)),  # Friday to Monday
        (date(2027, 3, 6), 1, date(2027, 3, 8)),  # a Saturday does not count
        (date(2027, 3, 7), 5, date(2027, 3, 12)),
    ],
)
def test_working_days_are_monday_to_friday(start, count, end):
    assert add_working_days(start, count) == end


@pytest.fixture
def authenticated(expert):
    with on(MONDAY):
        request = RequestFactory(received_on=date(2027, 2, 25))
        open_steps(request)
        return request_authenticate(by=expert, request=request)


def test_the_window_lasts_five_working_days_from_authentication(authenticated):
    assert objection_window_ends_on(authenticated) == date(2027, 3, 8)


@pytest.mark.parametrize("day", [MONDAY, date(2027, 3, 5), date(2027, 3, 8)])
def test_nothing_is_circulated_while_members_may_object(authenticated, expert, day):
    with on(day), pytest.raises(IllegalTransition, match="8 March 2027"):
        request_circulate(by=expert, request=authenticated)
    authenticated.refresh_from_db()
    assert authenticated.status == "authenticated"


def test_the_day_after_the_window_the_request_is_circulated(authenticated, expert):
    with on(date(2027, 3, 9)):
        assert request_circulate(by=expert, request=authenticated).status == "circulated"
    assert authenticated.steps.get(kind=Kind.CIRCULATED).done_on == date(2027, 3, 9)


def test_a_later_circulation_to_members_opens_the_window_anew(authenticated, expert):
    with on(date(2027, 3, 4)):
        request_record_step(by=expert, request=authenticated, kind=Kind.CIRCULATED_INTERNALLY)
    assert objection_window_ends_on(authenticated) == date(2027, 3, 11)
    assert authenticated.steps.get(kind=Kind.CIRCULATED).due_on == date(2027, 3, 12)
    with on(date(2027, 3, 9)):
        assert "11 March 2027" in window_problem(authenticated)


def test_an_earlier_circulation_to_members_changes_nothing(authenticated, expert):
    with on(MONDAY):
        request_record_step(
            by=expert, request=authenticated, kind=Kind.CIRCULATED_INTERNALLY, done_on=date(2027, 2, 26)
        )
    assert objection_window_ends_on(authenticated) == date(2027, 3, 8)


def test_the_windows_length_is_a_setting(authenticated, settings):
    settings.OBJECTION_WINDOW_WORKING_DAYS = 2
    assert objection_window_ends_on(authenticated) == date(2027, 3, 3)
    settings.OBJECTION_WINDOW_WORKING_DAYS = 0
    with on(MONDAY):
        assert window_problem(authenticated) is None


def test_without_authentication_there_is_no_window(expert):
    request = RequestFactory(status="authenticated")
    assert objection_window_ends_on(request) is None
    with pytest.raises(IllegalTransition, match="authenticated"):
        request_circulate(by=expert, request=request)


def test_follow_up_falls_due_a_year_after_receipt(settings):
    request = RequestFactory(received_on=date(2027, 3, 1))
    open_steps(request)
    assert request.steps.get(kind=Kind.FOLLOWED_UP).due_on == date(2028, 2, 29)
    settings.FOLLOW_UP_AFTER_DAYS = 10
    open_steps(request)
    assert request.steps.get(kind=Kind.FOLLOWED_UP).due_on == date(2027, 3, 11)


def test_steps_are_stored_once(expert):
    request = RequestFactory()
    open_steps(request)
    open_steps(request)
    assert request.steps.count() == len(Kind)


def test_recording_a_step_again_corrects_it(expert):
    request = RequestFactory(received_on=date(2027, 2, 25))
    complete_step(request, Kind.ACKNOWLEDGED, by=expert, done_on=date(2027, 3, 1))
    complete_step(request, Kind.ACKNOWLEDGED, by=expert, done_on=date(2027, 3, 2), note="Second letter")
    step = request.steps.get(kind=Kind.ACKNOWLEDGED)
    assert (step.done_on, step.note, step.done_by_label) == (date(2027, 3, 2), "Second letter", expert.name)


@pytest.mark.parametrize(
    ("status", "turn", "who"),
    [
        ("draft", Turn.SUBMIT, "Peru"),
        ("submitted", Turn.AUTHENTICATE, "Secretariat and experts"),
        ("clarification", Turn.CLARIFY, "Peru"),
        ("referred", Turn.RELEASE, "Working group on assistance"),
        ("authenticated", Turn.CIRCULATE_INTERNALLY, "Secretariat and experts"),
        ("circulated", Turn.MATCHMAKE, "Committee’s experts"),
        ("being_assisted", Turn.FOLLOW_UP, "Chair of the Committee"),
    ],
)
def test_each_status_says_who_acts_next(peru, status, turn, who):
    step, actor, _due = next_step(RequestFactory(state=peru, status=status))
    assert (step, actor) == (turn, who)


@pytest.mark.parametrize("status", ["fulfilled", "closed", "withdrawn"])
def test_an_ended_request_waits_for_nobody(status):
    request = RequestFactory(status=status)
    assert next_step(request) is None
    assert {row["state"] for row in procedure_panel(request)} <= {"done", "skipped"}


def test_history_from_a_public_source_waits_for_nobody():
    assert next_step(RequestFactory(status="circulated", provenance="public_source")) is None


def test_steps_follow_one_another(authenticated, expert):
    with on(date(2027, 3, 2)):
        assert next_step(authenticated).step == Turn.CIRCULATE_INTERNALLY
        complete_step(authenticated, Kind.CIRCULATED_INTERNALLY, by=expert)
        assert next_step(authenticated).step == Turn.ACKNOWLEDGE
        complete_step(authenticated, Kind.ACKNOWLEDGED, by=expert)
        coming = next_step(authenticated)
    assert (coming.step, coming.due) == (Turn.CIRCULATE, date(2027, 3, 10))


def test_an_overdue_step_comes_first(authenticated):
    with on(date(2027, 3, 20)):
        coming = next_step(authenticated)
        assert (coming.step, coming.due, coming.is_overdue) == (Turn.CIRCULATE, date(2027, 3, 9), True)


def test_a_summary_with_consent_waits_to_be_published(expert):
    request = RequestFactory(status="circulated", public_summary="A summary.", summary_consent_on=MONDAY)
    assert next_step(request).step == Turn.PUBLISH_SUMMARY
    request.summary_consent_on = None
    assert next_step(request).step == Turn.MATCHMAKE


def test_after_the_last_step_the_requester_has_the_word(peru, expert):
    request = RequestFactory(state=peru, status="being_assisted")
    complete_step(request, Kind.FOLLOWED_UP, by=expert)
    assert next_step(request)[:2] == (Turn.FULFIL, "Peru")


def test_every_turn_names_an_action_of_the_role_table():
    from cooperation_portal.access.role_table import ROLE_TABLE

    assert all(("request", turn.action) in ROLE_TABLE for turn in Turn)


def states(request):
    return {row["label"]: row["state"] for row in procedure_panel(request)}


def test_the_panel_shows_what_is_done_now_and_next(authenticated):
    with on(date(2027, 3, 2)):
        shown = states(authenticated)
        notes = {row["label"]: row["note"] for row in procedure_panel(authenticated)}
    assert shown[Kind.AUTHENTICATED.label] == "done"
    assert shown[Kind.CIRCULATED_INTERNALLY.label] == "current"
    assert shown[Kind.CIRCULATED.label] == "next"
    assert "8 March 2027" in notes[Kind.CIRCULATED.label]
    assert "consent" in notes[Kind.SUMMARY_PUBLISHED.label]


def test_the_panel_of_a_referred_request_is_on_hold(authenticated):
    authenticated.status = "referred"
    with on(date(2029, 1, 1)):
        shown = states(authenticated)
    assert shown[Kind.CIRCULATED_INTERNALLY.label] == "held"
    assert sorted(set(shown.values())) == ["done", "held", "next"]


def test_an_overdue_clock_shows_on_panel_and_in_the_overdue_list(authenticated):
    with on(date(2027, 3, 9)):
        assert not AssistanceRequest.objects.overdue().exists()
    with on(date(2027, 3, 10)):
        assert states(authenticated)[Kind.CIRCULATED.label] == "overdue"
        assert AssistanceRequest.objects.overdue().get() == authenticated


def test_ended_and_historical_requests_are_never_overdue():
    for fields in ({"status": "closed"}, {"status": "circulated", "provenance": "public_source"}):
        RequestStep.objects.create(request=RequestFactory(**fields), kind=Kind.FOLLOWED_UP, due_on=date(2020, 1, 1))
    assert not AssistanceRequest.objects.overdue().exists()


def test_next_step_of_a_prefetched_request_asks_nothing(authenticated, django_assert_num_queries):
    request = AssistanceRequest.objects.select_related("state", "organization").prefetch_related("steps").get()
    with django_assert_num_queries(0):
        next_step(request)
        procedure_panel(request)
