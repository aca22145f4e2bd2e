"""What editors do with meetings. Each service checks the actor, locks, changes, records and notifies.

Raised to every caller: `NotAllowed` (the role table says no), `StaleVersion` (the record is not the version given as
`expected_version`), `IllegalTransition` (the status does not allow it) and `ValidationError` by field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import allows, require
from cooperation_portal.access.roles import Role
from cooperation_portal.notices.sending import notify
from cooperation_portal.records.models import Provenance, next_reference
from cooperation_portal.records.write import created, recorded
from organizations.models import User

from ..dates import when
from ..lifecycles import MEETING_LIFE_CYCLE, has_begun
from ..models import Meeting
from .meeting_values import (
    AgendaValues,
    PartValues,
    check_dates,
    check_follow_up,
    write_agenda,
    write_fields,
    write_participations,
)

#: The audit's name of each step.
STEPS = {"confirm": "meeting.confirmed", "hold": "meeting.held", "cancel": "meeting.cancelled"}
#: Steps of which those who take part are told.
TOLD_STEPS = frozenset({"confirm", "cancel"})


def meeting_create(
    *,
    by: Any,
    values: dict[str, Any],
    participations: Sequence[PartValues] = (),
    agenda: Sequence[AgendaValues] = (),
) -> Meeting:
    """Plan a meeting. Staff plan for their own organization; experts and the secretariat for any or for none."""
    meeting = Meeting()
    write_fields(meeting, values)
    require(by, "create", meeting)
    check_dates(meeting)
    check_follow_up(meeting)
    meeting.confirmed_on = timezone.localdate()
    with transaction.atomic():
        year = (meeting.starts_on or timezone.localdate()).year
        meeting.reference = next_reference("MTG", year)
        with created(meeting, by=by, action="meeting.created") as meeting:
            write_participations(meeting, participations)
            write_agenda(meeting, agenda)
    return meeting


def meeting_update(
    *,
    by: Any,
    meeting: Meeting,
    values: dict[str, Any],
    participations: Sequence[PartValues] | None = None,
    agenda: Sequence[AgendaValues] | None = None,
    expected_version: int | None = None,
) -> Meeting:
    """Say something else on a meeting's page; rows that are None stay as they are.

    What the organization that keeps the page saves, it has confirmed: a record from public sources becomes its own.
    """
    require(by, "update", meeting)
    with recorded(meeting, by=by, action="meeting.updated", expected_version=expected_version) as meeting:
        require(by, "update", meeting)
        write_fields(meeting, values)
        # Nobody hands a page to an organization for which they could not make one.
        require(by, "create", meeting)
        check_dates(meeting)
        check_follow_up(meeting)
        if _keeps_page(by, meeting):
            meeting.provenance, meeting.confirmed_on = _own_provenance(meeting), timezone.localdate()
        if participations is not None:
            write_participations(meeting, participations)
        if agenda is not None:
            write_agenda(meeting, agenda)
    return meeting


def meeting_move(
    *, by: Any, meeting: Meeting, action: str, expected_version: int | None = None, reason: str = ""
) -> Meeting:
    """Confirm, hold or cancel a meeting. Those who take part are told when it is confirmed or cancelled."""
    require(by, action, meeting)
    with recorded(
        meeting, by=by, action=STEPS[action], expected_version=expected_version, reason=reason.strip(), clean=False
    ) as meeting:
        require(by, action, meeting)
        row = MEETING_LIFE_CYCLE.move(meeting, action)
        if row.asks_reason and not reason.strip():
            raise ValidationError({"reason": _("Say why. Those who wanted to come will read it.")})
        if action in TOLD_STEPS:
            _tell(meeting, action=STEPS[action], reason=reason.strip())
    return meeting


def meeting_actions(who: Any, meeting: Meeting) -> list[str]:
    """The steps that `who` may take now, in the order of the buttons; a meeting to come is not yet marked as held."""
    waits = {"hold"} if has_begun(meeting) is not None else set()
    return [
        row.action
        for row in MEETING_LIFE_CYCLE.open_from(meeting)
        if row.action not in waits and allows(who, row.action, meeting)
    ]


def focal_points_reading(meeting: Meeting, bodies: set[tuple[str, int]] | None = None) -> QuerySet[User]:
    """The focal points of `bodies`, of all that take part by default, as far as they can read the meeting's page."""
    if meeting.visibility == Level.COMMITTEE:
        readers = meeting.owners()
    elif meeting.visibility == Level.PARTICIPANTS or bodies is None:
        readers = meeting.parties()
    else:
        readers = bodies
    told = readers if bodies is None else readers & bodies
    return User.objects.acting_for(told, Role.FOCAL_POINT, Role.STATE_FOCAL_POINT)


def _tell(meeting: Meeting, *, action: str, reason: str) -> None:
    notify(
        action=action,
        obj=meeting,
        users=focal_points_reading(meeting),
        path=meeting.get_absolute_url(),
        params={"meeting": meeting.title, "when": when(meeting), "place": meeting.place, "reason": reason},
    )


def _keeps_page(by: Any, meeting: Meeting) -> bool:
    actor = actor_for(by)
    return any(("organization", key) in meeting.owners() for key in actor.organization_ids)


def _own_provenance(meeting: Meeting) -> str:
    return Provenance.PORTAL if meeting.is_from_public_source else meeting.provenance
