"""An example conference that is still to come, with its people, agenda, bilateral meetings and things to do."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta

from django.utils import timezone

from cooperation_portal.records.models import Provenance, next_reference
from cooperation_portal.records.write import created
from meetings.models import ActionItem, Meeting
from meetings.services.conference_candidates import conference_candidates
from meetings.services.conference_options import Hours, Options
from meetings.services.conferences import conference_attach
from organizations.models import Organization, State, User

REGION = "group:GRULAC"
PARTICIPANTS = (
    ("CICTE", "organizer", 4),
    ("UNODA", "organizer", 2),
    ("1540 GoE", "speaker", 2),
    ("OPCW", "participant", 1),
    ("INTERPOL", "participant", 1),
    ("VERTIC", "observer", 1),
)
STATES = (("PAN", "host", 5), ("PER", "participant", 2), ("COL", "participant", 2), ("URY", "participant", 1))
AGENDA = (
    (1, time(9, 30), "Opening and purpose of the conference"),
    (1, time(10, 30), "Requests of the region and who could answer them"),
    (1, time(14, 0), "Bilateral meetings"),
    (2, time(9, 30), "Help that has begun: what went well, what did not"),
    (2, time(15, 0), "What to do next, and by when"),
)


def load_meeting(people: dict[str, User]) -> Meeting:
    """A conference two months ahead."""
    expert = people["expert@committee.example"]
    start = timezone.localdate() + timedelta(days=60)
    meeting = Meeting(
        reference=next_reference("MTG", start.year),
        title="Example regional assistance conference for Latin America and the Caribbean",
        kind=Meeting.Kind.ASSISTANCE_CONFERENCE,
        status=Meeting.Status.CONFIRMED,
        starts_on=start,
        ends_on=start + timedelta(days=1),
        place="Panama City",
        country=State.objects.get(iso3="PAN"),
        regional_group="GRULAC",
        organization=Organization.objects.get(acronym="CICTE"),
        summary="An example: States that ask for help meet those who offer it, two by two.",
        provenance=Provenance.EXAMPLE,
    )
    with created(meeting, by=expert, action="meeting.created"):
        for acronym, role, count in PARTICIPANTS:
            meeting.participations.create(
                organization=Organization.objects.get(acronym=acronym), role=role, head_count=count
            )
        for code, role, count in STATES:
            meeting.participations.create(state=State.objects.get(iso3=code), role=role, head_count=count)
        for position, (day, at, title) in enumerate(AGENDA):
            meeting.agenda.create(day=day, starts_at=at, title=title, position=position)
    for acronym, what, days in (
        ("CICTE", "Send the list of open places in courses", 14),
        ("OPCW", "Say which experts could come to bilateral meetings", 30),
        ("UNODA", "Ask the States of the region for their wishes", -3),
    ):
        item = ActionItem(
            meeting=meeting,
            organization=Organization.objects.get(acronym=acronym),
            what=what,
            due_on=timezone.localdate() + timedelta(days=days),
            provenance=Provenance.EXAMPLE,
        )
        with created(item, by=expert, action="action_item.created"):
            pass
    _schedule(expert, meeting, start)
    return meeting


def _schedule(expert: User, meeting: Meeting, start: date) -> None:
    """Bilateral meetings on the first afternoon, as the agenda says."""
    candidates = conference_candidates(expert, REGION)
    hours = Hours(
        first=start,
        last=start + timedelta(days=1),
        zone="America/Panama",
        begins=time(14),
        ends=time(17, 30),
        minutes=30,
        breaks="15:30-16:00, 2 14:00-17:30",
        tables=3,
    )
    requesters, providers = ([side.key for side in sides] for sides in (candidates.requesters, candidates.providers))
    options = Options(hours, tuple(requesters), tuple(providers))
    conference_attach(by=expert, key=uuid.uuid4(), meeting=meeting, region=REGION, options=options)
