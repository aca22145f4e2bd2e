"""Creating, changing and freezing the schedule of a conference."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cooperation_portal.access.policy import NotAllowed
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.changes.models import Change
from cooperation_portal.notices.models import Notice
from cooperation_portal.records.write import StaleVersion
from meetings.models import Appointment, ConferencePlan, Meeting
from meetings.services.conference_options import Adjustments
from meetings.services.conferences import (
    Facts,
    conference_arrange,
    conference_attach,
    conference_create,
    conference_reschedule,
)
from meetings.services.meetings import meeting_move
from tests.conftest import holder
from tests.factories import AppointmentFactory, MeetingFactory, OfferFactory, ParticipationFactory, RequestFactory

from .conftest import REGION, coming, options

pytestmark = pytest.mark.django_db


def facts(**changes) -> Facts:
    given = {
        "title": "Example conference",
        "format": "in_person",
        "place": "Panama City",
        "country": None,
        "organizers": (),
        "visibility": "participants",
    }
    return Facts(**(given | changes))


def create(by, *, key=None, chosen=None, **changes) -> ConferencePlan:
    key = key or uuid.uuid4()
    return conference_create(by=by, key=key, region=REGION, facts=facts(**changes), options=chosen or options())


def pairs(plan) -> set[tuple[str, str]]:
    return {(row.requester.ref, row.provider.ref) for row in plan.appointments.standing()}


def confirmed(plan, by) -> ConferencePlan:
    meeting_move(by=by, meeting=plan.meeting, action="confirm")
    return ConferencePlan.objects.get(pk=plan.pk)


def test_creates_the_meeting_with_its_participants_and_appointments(region, expert):
    plan = create(expert, organizers=(region.cicte,), country=region.chile)
    meeting = plan.meeting
    assert (meeting.kind, meeting.status, meeting.regional_group) == ("assistance_conference", "planned", "GRULAC")
    assert (meeting.starts_on, meeting.ends_on, meeting.visibility) == (coming(), coming(), "participants")
    roles = {(row.party.ref, row.role) for row in meeting.participations.all()}
    assert roles == {("CICTE", "organizer"), ("CHL", "host"), ("PER", "participant"), ("OPCW", "participant")}
    assert pairs(plan) == {("PER", "CICTE"), ("PER", "OPCW"), ("CHL", "CICTE"), ("CHL", "OPCW")}
    assert plan.value == plan.bound > 0


def test_times_are_those_of_the_clock_at_the_place(region, expert):
    plan = create(expert)
    first = plan.appointments.first()
    local = datetime.combine(coming(), datetime.min.time().replace(hour=9), tzinfo=ZoneInfo("America/Panama"))
    assert first.starts_at == local
    assert {row.revision for row in plan.appointments.all()} == {0}


def test_appointments_say_which_request_and_offer_they_are_about(region, expert):
    row = create(expert).appointments.get(requester_state=region.peru, provider_organization=region.cicte)
    assert [(subject.request, subject.offer) for subject in row.subjects.all()] == [(region.of_peru, region.by_cicte)]


def test_is_recorded_for_audit_and_change_feed(region, expert):
    plan = create(expert)
    entry = AuditEntry.objects.get(object_type="conference", object_id=plan.pk)
    assert (entry.action, entry.actor_label) == ("conference.created", str(expert))
    assert len(entry.after["appointments"]) == 4
    assert Change.objects.filter(object_type="conference", object_id=plan.pk).exists()


def test_the_same_form_sent_twice_creates_once(region, expert):
    key = uuid.uuid4()
    assert create(expert, key=key) == create(expert, key=key)
    assert Meeting.objects.count() == ConferencePlan.objects.count() == 1


def test_a_second_conference_of_the_region_on_these_days_is_refused(region, expert):
    first = create(expert)
    with pytest.raises(ValidationError) as problem:
        create(expert)
    assert first.ref in problem.value.message_dict["first"][0]
    meeting_move(by=expert, meeting=first.meeting, action="cancel", reason="Example.")
    assert create(expert) != first


def test_a_schedule_that_changed_since_it_was_seen_is_not_saved(region, expert):
    seen = conference_arrange(by=expert, region=REGION, options=options()).fingerprint
    RequestFactory(state=region.peru, status="circulated", needs=[("BIO.LAB", ["WKSH"], "high")])
    common = {"by": expert, "key": uuid.uuid4(), "region": REGION, "facts": facts(), "options": options()}
    with pytest.raises(ValidationError, match="changed while you looked"):
        conference_create(**common, seen=seen)
    assert not Meeting.objects.exists()
    now = conference_arrange(by=expert, region=REGION, options=options()).fingerprint
    assert conference_create(**common, seen=now).appointments.count() == 4


@pytest.mark.parametrize("role", ["editor", "focal_point", "state_focal_point", "observer", "outsider", "newcomer"])
def test_others_do_not_plan_conferences(region, people, role):
    with pytest.raises(NotAllowed):
        create(people[role])
    plan = create(people["expert"])
    with pytest.raises(NotAllowed):
        conference_reschedule(by=people[role], plan=plan, region=REGION, options=options())


def test_the_secretariat_plans_too(region, secretariat):
    assert create(secretariat).appointments.count() == 4


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tables": 0}, "tables"),
        ({"minutes": 600}, "minutes"),
        ({"breaks": "08:00-13:00"}, "breaks"),
        ({"breaks": "noon"}, "breaks"),
        ({"first": coming(-1)}, "first"),
        ({"last": coming(59)}, "last"),
        ({"most": 0}, "most"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(region, expert, changes, field):
    with pytest.raises(ValidationError) as problem:
        create(expert, chosen=options(**changes))
    assert set(problem.value.message_dict) == {field}
    assert not Meeting.objects.exists()


def test_nobody_ticked_is_refused(region, expert):
    with pytest.raises(ValidationError, match="fits a provider"):
        create(expert, chosen=options("S-XXX"))


def test_adjustments_are_kept(region, expert):
    slot = f"{coming().isoformat()}T10:00"
    adjustments = Adjustments(
        absent=(f"S-CHL@{coming().isoformat()}T09:00",), pins=(f"S-PER~O-CICTE@{slot}",), dropped=("S-CHL~O-OPCW",)
    )
    plan = create(expert, chosen=options(adjustments=adjustments))
    assert ("CHL", "OPCW") not in pairs(plan)
    pinned = plan.appointments.get(requester_state=region.peru, provider_organization=region.cicte)
    assert f"{pinned.local_start(plan.zone):%H:%M}" == "10:00"
    chile = plan.appointments.get(requester_state=region.chile)
    assert f"{chile.local_start(plan.zone):%H:%M}" != "09:00"


def test_adjustments_that_fit_nothing_any_more_are_warned_of(region, expert):
    adjustments = Adjustments(absent=("S-PER@2020-01-01T09:00",), pins=("S-XXX~O-CICTE",), dropped=("S-PER~O-GONE",))
    found = conference_arrange(by=expert, region=REGION, options=options(adjustments=adjustments))
    assert len(found.warnings) == 3
    assert "Peru, 2020-01-01 09:00" in found.warnings[0]


def test_rescheduling_a_planned_conference_replaces_its_appointments(region, expert):
    plan = create(expert)
    again = conference_reschedule(by=expert, plan=plan, region=REGION, options=options("S-PER"))
    assert pairs(again) == {("PER", "CICTE"), ("PER", "OPCW")}
    assert again.appointments.count() == 2
    assert again.version == plan.version + 1
    assert not Notice.objects.filter(action="conference.rescheduled").exists()


def test_a_pair_keeps_its_identity_and_counts_its_changes(region, expert):
    plan = create(expert)
    before = {(row.requester.ref, row.provider.ref): row for row in plan.appointments.all()}
    again = conference_reschedule(
        by=expert, plan=plan, region=REGION, options=options(begins=datetime.min.time().replace(hour=10))
    )
    for row in again.appointments.all():
        earlier = before[row.requester.ref, row.provider.ref]
        assert (row.uid, row.revision) == (earlier.uid, earlier.revision + 1)
    same = conference_reschedule(
        by=expert, plan=again, region=REGION, options=options(begins=datetime.min.time().replace(hour=10))
    )
    assert {row.revision for row in same.appointments.all()} == {1}


def test_after_confirmation_parties_are_told_of_their_own_changes_and_cancelled_ones_stay(
    region, expert, editor, focal_point, state_focal_point
):
    opcw = holder("focal_point", organization=region.opcw)
    plan = confirmed(create(expert), expert)
    Notice.objects.all().delete()
    again = conference_reschedule(
        by=expert, plan=plan, region=REGION, options=options("S-PER", "S-CHL", providers=("O-CICTE",))
    )
    assert pairs(again) == {("PER", "CICTE"), ("CHL", "CICTE")}
    gone = again.appointments.filter(is_cancelled=True)
    assert {row.provider.ref for row in gone} == {"OPCW"}
    assert {row.revision for row in gone} == {1}
    told = Notice.objects.filter(action="conference.rescheduled").values_list("user__email", flat=True)
    # OPCW knows of Peru's circulated request; CICTE's own may have moved.
    assert {opcw.email, state_focal_point.email} <= set(told)
    assert editor.email not in told
    assert "Peru" not in str(list(Notice.objects.values_list("params", flat=True)))
    back = conference_reschedule(by=expert, plan=again, region=REGION, options=options())
    assert len(pairs(back)) == 4
    assert {row.revision for row in back.appointments.filter(provider_organization=region.opcw)} == {2}
    assert not back.appointments.filter(is_cancelled=True).exists()


def test_a_provider_that_may_not_know_who_asks_is_not_told(region, expert):
    region.of_peru.delete()
    opcw = holder("focal_point", organization=region.opcw)
    plan = confirmed(create(expert), expert)
    conference_reschedule(by=expert, plan=plan, region=REGION, options=options(providers=("O-CICTE",)))
    assert not Notice.objects.filter(action="conference.rescheduled", user=opcw).exists()


@pytest.mark.parametrize("status", ["held", "cancelled"])
def test_what_was_held_or_called_off_is_frozen(region, expert, status):
    plan = create(expert)
    Meeting.objects.filter(pk=plan.meeting_id).update(status=status)
    before = list(plan.appointments.values_list("pk", flat=True))
    with pytest.raises(ValidationError, match="stays as it was"):
        conference_reschedule(by=expert, plan=plan, region=REGION, options=options("S-PER"))
    assert list(plan.appointments.values_list("pk", flat=True)) == before


def test_somebody_elses_change_is_not_overwritten(region, expert):
    plan = create(expert)
    conference_reschedule(by=expert, plan=plan, region=REGION, options=options(), expected_version=plan.version)
    with pytest.raises(StaleVersion):
        conference_reschedule(
            by=expert, plan=plan, region=REGION, options=options("S-PER"), expected_version=plan.version
        )


def test_an_announced_conference_gets_its_schedule(region, expert):
    meeting = MeetingFactory(kind="assistance_conference", starts_on=coming(), ends_on=coming())
    ParticipationFactory(meeting=meeting, organization=region.cicte, role="organizer")
    key = uuid.uuid4()
    given = {"by": expert, "key": key, "meeting": meeting, "region": REGION, "options": options()}
    plan = conference_attach(**given)
    assert conference_attach(**given) == plan
    roles = {(row.party.ref, row.role) for row in meeting.participations.all()}
    assert roles == {
        ("CICTE", "organizer"),
        ("OPCW", "participant"),
        ("PER", "participant"),
    }, "Chile's request is not circulated: the list of participants must not tell that it asks"
    with pytest.raises(ValidationError, match="meanwhile"):
        conference_attach(**(given | {"key": uuid.uuid4()}))


def test_only_an_assistance_conference_gets_one(region, expert):
    with pytest.raises(ValidationError, match="Only an assistance conference"):
        conference_attach(
            by=expert, key=uuid.uuid4(), meeting=MeetingFactory(kind="training"), region=REGION, options=options()
        )


def test_a_new_offer_brings_a_new_provider(region, expert):
    plan = create(expert)
    late = OfferFactory(organization__acronym="LATE")
    chosen = options(providers=("O-CICTE", "O-OPCW", "O-LATE"))
    again = conference_reschedule(by=expert, plan=plan, region=REGION, options=chosen)
    assert ("PER", "LATE") in pairs(again)
    assert again.meeting.participations.filter(organization=late.organization).exists()


def test_the_database_itself_refuses_a_clash(region):
    row = AppointmentFactory(requester_state=region.peru, provider_organization=region.cicte, table=1)
    for clash in (
        {"requester_state": region.peru, "table": 2},
        {"provider_organization": region.cicte, "table": 2},
        {"table": 1},
        {"requester_state": region.peru, "provider_organization": region.cicte, "starts_at": row.ends_at, "table": 2},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AppointmentFactory(plan=row.plan, **clash)
    assert Appointment.objects.count() == 1
