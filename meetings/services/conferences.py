"""Making and changing the schedule of a conference. Each service checks the actor, locks, computes, writes and records.

The schedule is the Committee's. Once the conference is confirmed its parties find their own appointments, and are told
when these change. After it was held or called off nothing is changed any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from cooperation_portal import changes
from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.write import created, lock, recorded
from organizations.models import Organization, State, User

from ..models import Appointment, AppointmentSubject, ConferencePlan, Meeting, Participation
from ..regions import region_name, regional_group_of
from .conference_arrangement import Arrangement, arrange
from .conference_candidates import Party, conference_candidates
from .conference_options import Options
from .meeting_values import PartValues
from .meetings import meeting_create

#: Serializes the making of conferences, so that the same one is not made twice.
CONFERENCE_LOCK = 1540_0020
PartRole = Participation.PartRole


@dataclass(frozen=True)
class Facts:
    """What the meeting's page says of a new conference."""

    title: str
    format: str
    place: str
    country: State | None
    organizers: Sequence[Party]
    visibility: str


def conference_arrange(*, by: Any, region: str, options: Options) -> Arrangement:
    """Compute a schedule without saving it. Raises `MatchingNotPossible` and `ValidationError`."""
    require(by, "create", ConferencePlan)
    return arrange(conference_candidates(by, region), options)


@transaction.atomic
@changes.together()
def conference_create(
    *, by: Any, key: uuid.UUID, region: str, facts: Facts, options: Options, seen: str = ""
) -> ConferencePlan:
    """Create the meeting, who takes part, and its schedule.

    `key` is of the form: sent a second time it gives back what it made. `seen` is the fingerprint of the schedule that
    the expert looked at; if the records have changed since, `ValidationError` and nothing is written.
    """
    require(by, "create", ConferencePlan)
    _one_at_a_time()
    if (made := ConferencePlan.objects.filter(key=key).first()) is not None:
        return made
    _refuse_second(region, options.hours.first, options.hours.last)
    arrangement = _arranged(by, region, options, seen)
    meeting = meeting_create(
        by=by,
        values={
            "title": facts.title or _("Regional assistance conference: %(region)s") % {"region": region_name(region)},
            "kind": Meeting.Kind.ASSISTANCE_CONFERENCE,
            "format": facts.format,
            "starts_on": options.hours.first,
            "ends_on": options.hours.last,
            "place": facts.place,
            "country": facts.country,
            "regional_group": regional_group_of(region),
            "visibility": facts.visibility,
        },
        participations=_hosts(facts),
    )
    plan = _plan(by, key, meeting, region, arrangement)
    _list_parties(by, meeting, plan)
    return plan


@transaction.atomic
@changes.together()
def conference_attach(
    *, by: Any, key: uuid.UUID, meeting: Meeting, region: str, options: Options, seen: str = ""
) -> ConferencePlan:
    """Give a conference that is announced already its schedule."""
    require(by, "create", ConferencePlan)
    _one_at_a_time()
    meeting = lock(meeting)
    if (made := ConferencePlan.objects.filter(meeting=meeting).first()) is not None:
        if made.key == key:
            return made
        raise ValidationError(_("Somebody gave this conference a schedule meanwhile. Open it and change it there."))
    _refuse_wrong_kind(meeting)
    _refuse_frozen(meeting)
    _refuse_second(region, options.hours.first, options.hours.last)
    arrangement = _arranged(by, region, options, seen)
    plan = _plan(by, key, meeting, region, arrangement)
    _list_parties(by, meeting, plan)
    _tell(plan, {row.pk for row in plan.appointments.all()})
    return plan


@transaction.atomic
@changes.together()
def conference_reschedule(
    *,
    by: Any,
    plan: ConferencePlan,
    region: str,
    options: Options,
    expected_version: int | None = None,
    seen: str = "",
) -> ConferencePlan:
    """Compute the schedule anew. Parties of a confirmed conference whose own appointments change are told."""
    require(by, "update", plan)
    _one_at_a_time()
    meeting = lock(plan.meeting)
    _refuse_wrong_kind(meeting)
    with recorded(plan, by=by, action="conference.rescheduled", expected_version=expected_version) as plan:
        _refuse_frozen(meeting)
        _refuse_second(region, options.hours.first, options.hours.last, beside=plan)
        arrangement = _arranged(by, region, options, seen)
        _write_fields(plan, region, arrangement)
        changed = _write_appointments(plan, arrangement, keeps_cancelled=plan.is_shared)
    _list_parties(by, meeting, plan)
    if plan.is_shared:
        _tell(plan, changed)
    return plan


def _arranged(by: Any, region: str, options: Options, seen: str) -> Arrangement:
    arrangement = arrange(conference_candidates(by, region), options)
    if seen and seen != arrangement.fingerprint:
        raise ValidationError(
            _("Requests or offers changed while you looked. The schedule below is the new one: look at it, then save.")
        )
    return arrangement


def _refuse_second(region: str, first: date, last: date, beside: ConferencePlan | None = None) -> None:
    """No State can be at two conferences of its region at once. `beside` is the plan that is being changed."""
    others = ConferencePlan.objects.filter(region=region, first_day__lte=last, last_day__gte=first)
    if beside is not None:
        others = others.exclude(pk=beside.pk)
    earlier = others.exclude(meeting__status=Meeting.Status.CANCELLED).select_related("meeting").first()
    if earlier is not None:
        sentence = _("There is a conference for this region on these days: %(reference)s. Change that one.")
        raise ValidationError({"first": sentence % {"reference": earlier.ref}})


def _refuse_wrong_kind(meeting: Meeting) -> None:
    if meeting.kind != Meeting.Kind.ASSISTANCE_CONFERENCE:
        raise ValidationError(
            _("Only an assistance conference has bilateral meetings. Change the meeting's kind first.")
        )


def _refuse_frozen(meeting: Meeting) -> None:
    if meeting.status == Meeting.Status.HELD:
        raise ValidationError(_("The conference was held. Its schedule stays as it was."))
    if meeting.status == Meeting.Status.CANCELLED:
        raise ValidationError(_("The conference was called off. Its schedule stays as it was."))


def _plan(by: Any, key: uuid.UUID, meeting: Meeting, region: str, arrangement: Arrangement) -> ConferencePlan:
    plan = ConferencePlan(key=key, meeting=meeting, provenance=meeting.provenance)
    _write_fields(plan, region, arrangement)
    with created(plan, by=by, action="conference.created") as plan:
        _write_appointments(plan, arrangement, keeps_cancelled=False)
    return plan


def _write_fields(plan: ConferencePlan, region: str, arrangement: Arrangement) -> None:
    hours = arrangement.options.hours
    plan.region, plan.time_zone = region, hours.zone
    plan.first_day, plan.last_day = hours.first, hours.last
    plan.options = arrangement.options.as_json()
    plan.policy_version = arrangement.candidates.policy
    plan.value, plan.bound = arrangement.schedule.value, arrangement.schedule.bound


def _write_appointments(plan: ConferencePlan, arrangement: Arrangement, *, keeps_cancelled: bool) -> set[int]:
    """Make the plan's appointments these; give back the keys of those that are new, moved or cancelled.

    A pair keeps its identity in calendars, so what was known of it is carried over.
    """
    before = {_pair_of(row): row for row in plan.appointments.with_parties()}
    wanted = {
        (_side(arrangement.party(row.pair.requester)), _side(arrangement.party(row.pair.provider))): row
        for row in arrangement.schedule.appointments
    }
    gone = [row for pair, row in before.items() if pair not in wanted and keeps_cancelled]
    cancelled = [row for row in gone if not row.is_cancelled]
    for row in cancelled:
        row.is_cancelled, row.revision = True, row.revision + 1
    Appointment.objects.bulk_update(cancelled, ["is_cancelled", "revision"])
    plan.appointments.exclude(pk__in=[row.pk for row in gone]).delete()
    made, fits, moved = [], [], []
    for pair, found in wanted.items():
        starts_at, ends_at = arrangement.times(found)
        fresh = Appointment(
            plan=plan,
            starts_at=starts_at,
            ends_at=ends_at,
            table=found.table,
            value=found.pair.value,
            **_columns("requester", arrangement.party(found.pair.requester)),
            **_columns("provider", arrangement.party(found.pair.provider)),
        )
        old = before.get(pair)
        is_new = old is None or old.is_cancelled
        is_moved = old is not None and (old.starts_at, old.ends_at, old.table) != (starts_at, ends_at, found.table)
        if old is not None:
            fresh.revision = old.revision + (is_new or is_moved)
        made.append(fresh)
        fits.append(arrangement.candidate(found.pair).fits)
        moved.append(is_new or is_moved)
    Appointment.objects.bulk_create(made)
    AppointmentSubject.objects.bulk_create(
        AppointmentSubject(appointment=row, request=fit.request, offer=fit.offer, score=fit.hundredths)
        for row, of_pair in zip(made, fits, strict=True)
        for fit in of_pair
    )
    return {row.pk for row in cancelled} | {row.pk for row, is_moved in zip(made, moved, strict=True) if is_moved}


Key = tuple[str, int]


def _side(party: Party) -> Key:
    return (party.record_type, party.pk)


def _pair_of(row: Appointment) -> tuple[Key, Key]:
    return (_side(row.requester), _side(row.provider))


def _columns(side: str, party: Party) -> dict[str, Party]:
    return {f"{side}_{party.record_type}": party}


def _hosts(facts: Facts) -> list[PartValues]:
    rows = {_side(party): PartValues(party, PartRole.ORGANIZER) for party in facts.organizers}
    if facts.country is not None:
        rows.setdefault(_side(facts.country), PartValues(facts.country, PartRole.HOST))
    return list(rows.values())


def _list_parties(by: Any, meeting: Meeting, plan: ConferencePlan) -> None:
    """Whoever has an appointment of which both sides may know takes part.

    The list of a meeting is read by all who take part: who stands on it for an appointment alone would be known to
    ask, or to be wanted, before the request is circulated. Nobody is taken off the list, since they may come for the
    rest.
    """
    listed = {side for row in meeting.participations.all() for side in row.owners()}
    known = plan.appointments.standing().told().with_parties()
    parties = {_side(party): party for row in known for party in row.parties}
    missing = [party for side, party in sorted(parties.items()) if side not in listed]
    if not missing:
        return
    require(by, "update", meeting)
    with recorded(meeting, by=by, action="meeting.updated", clean=False) as locked:
        Participation.objects.bulk_create(
            Participation(
                meeting=locked,
                organization=party if isinstance(party, Organization) else None,
                state=party if isinstance(party, State) else None,
            )
            for party in missing
        )


def _tell(plan: ConferencePlan, changed: set[int]) -> None:
    """Tell the focal points of parties whose own appointments changed, as far as these may know of them."""
    if not plan.is_shared:
        return
    parties = {
        _side(party): party for row in plan.appointments.filter(pk__in=changed).with_parties() for party in row.parties
    }
    for (kind, key), _party in sorted(parties.items()):
        reader = _acting_for(kind, key)
        if not Appointment.objects.of_own(reader).filter(pk__in=changed).exists():
            continue
        notify(
            action="conference.rescheduled",
            obj=plan,
            users=User.objects.acting_for({(kind, key)}, Role.FOCAL_POINT, Role.STATE_FOCAL_POINT),
            path=f"{plan.meeting.get_absolute_url()}appointments/",
            params={"meeting": plan.meeting.title},
        )


def _acting_for(kind: str, key: int) -> Actor:
    """A reader who acts for one party and nobody else."""
    if kind == "state":
        return Actor(states=frozenset({key}))
    return Actor(organizations={Role.FOCAL_POINT: frozenset({key})})


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CONFERENCE_LOCK])
