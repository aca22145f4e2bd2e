"""Who reads an appointment: the Committee always; its parties after confirmation, a provider only if it may know."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from meetings.models import Appointment, ConferencePlan
from tests.conftest import holder
from tests.factories import (
    AppointmentFactory,
    ConferencePlanFactory,
    MatchFactory,
    MeetingFactory,
    OfferFactory,
    RequestFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db

PUBLISHED = {"public_summary": "S", "summary_consent_on": date(2026, 1, 1), "summary_published_on": date(2026, 1, 8)}


def scheduled(peru, cicte, *, status="confirmed", visibility="network"):
    """An appointment about a submitted request."""
    meeting = MeetingFactory(kind="assistance_conference", status=status, visibility=visibility)
    asked = RequestFactory(state=peru)
    offer = OfferFactory(organization=cicte)
    plan = ConferencePlanFactory(meeting=meeting)
    return AppointmentFactory(plan=plan, requester_state=peru, provider_organization=cicte, subjects=[(asked, offer)])


def readers(people) -> set[str]:
    return {name for name, who in people.items() if Appointment.objects.visible_to(who).exists()}


COMMITTEE = {"expert", "observer", "secretariat"}
PROVIDER, REQUESTER = {"editor", "focal_point"}, {"state_focal_point"}


@pytest.mark.parametrize(
    ("status", "readers_outside"),
    [("planned", set()), ("confirmed", PROVIDER | REQUESTER), ("held", PROVIDER | REQUESTER), ("cancelled", set())],
)
def test_parties_read_their_own_once_the_conference_is_confirmed(peru, cicte, people, status, readers_outside):
    row = scheduled(peru, cicte, status=status)
    type(row.subjects.get().request).objects.update(status="circulated")
    assert readers(people) == COMMITTEE | readers_outside


@pytest.mark.parametrize(
    ("request_status", "more", "is_told"),
    [
        ("authenticated", {}, False),
        ("referred", {}, False),
        ("circulated", {}, True),
        ("being_assisted", {}, True),
        ("authenticated", PUBLISHED, True),
        ("withdrawn", PUBLISHED, False),
    ],
)
def test_a_provider_reads_it_only_where_it_may_know_that_the_other_asks(
    peru, cicte, people, request_status, more, is_told
):
    row = scheduled(peru, cicte)
    type(row.subjects.get().request).objects.update(status=request_status, **more)
    assert readers(people) == COMMITTEE | REQUESTER | (PROVIDER if is_told else set())
    assert Appointment.objects.with_telling().get().is_told is is_told


@pytest.mark.parametrize(("match_status", "is_told"), [("suggested", False), ("proposed", True), ("agreed", True)])
def test_a_match_proposed_to_it_tells_the_provider(peru, cicte, people, match_status, is_told):
    row = scheduled(peru, cicte)
    subject = row.subjects.get()
    proposed_at = timezone.now() if is_told else None
    MatchFactory(request=subject.request, offer=subject.offer, status=match_status, proposed_at=proposed_at)
    assert (readers(people) >= PROVIDER) is is_told
    assert Appointment.objects.with_telling().get().is_told is is_told


def test_a_state_that_provides_is_told_as_an_organization_is(peru, people):
    chile = StateFactory()
    meeting = MeetingFactory(kind="assistance_conference", status="confirmed", visibility="network")
    asked, offer = RequestFactory(state=chile, status="circulated"), OfferFactory(state=peru, organization=None)
    AppointmentFactory(
        plan__meeting=meeting,
        requester_state=chile,
        provider_organization=None,
        provider_state=peru,
        subjects=[(asked, offer)],
    )
    assert readers(people) == COMMITTEE | {"state_focal_point"}


def test_nobody_outside_reads_one_of_a_meeting_that_they_do_not_see(peru, cicte, people):
    row = scheduled(peru, cicte, visibility="committee")
    type(row.subjects.get().request).objects.update(status="circulated")
    assert readers(people) == COMMITTEE


def test_the_whole_plan_is_the_committees(peru, cicte, people):
    scheduled(peru, cicte)
    found = {name for name, who in people.items() if ConferencePlan.objects.visible_to(who).exists()}
    assert found == COMMITTEE


def test_own_appointments_are_those_of_whom_one_acts_for(peru, cicte, expert, state_focal_point):
    row = scheduled(peru, cicte)
    AppointmentFactory(plan=row.plan)
    assert list(Appointment.objects.of_own(state_focal_point)) == [row]
    assert not Appointment.objects.of_own(expert).exists()
    both = holder("expert", organization=cicte)
    assert not Appointment.objects.of_own(both).exclude(pk=row.pk).exists()
