"""Reads of meetings, documents, action items and notes."""

from __future__ import annotations

from typing import Any, Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from assistance.querysets import CIRCULATED_REQUEST_STATUSES, PARTY_MATCH_STATUSES
from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.querysets import EVERYTHING, NOTHING, VisibleQuerySet, level_q, owner_q


def takes_part_q(actor: Actor, *, meeting: str) -> Q:
    """Rows whose meeting (`meeting` is the path to its primary key) the actor's organization or State takes part in."""
    if not (actor.organization_ids or actor.state_ids):
        return NOTHING
    parts = apps.get_model("meetings", "Participation").objects.filter(owner_q(actor))
    return Q(Exists(parts.filter(meeting=OuterRef(meeting))))


COMING_STATUSES = ("planned", "confirmed")
#: From confirmation on, the parties find their own appointments of a conference.
SHARED_STATUSES = ("confirmed", "held")
#: Up and down the line of follow-ups; UNION ends even a circle.
_CHAIN = """
WITH RECURSIVE before AS (
    SELECT id, follows_up_id FROM meetings_meeting WHERE id = %s
    UNION
    SELECT earlier.id, earlier.follows_up_id
    FROM meetings_meeting earlier JOIN before ON earlier.id = before.follows_up_id
), after AS (
    SELECT id FROM meetings_meeting WHERE id = %s
    UNION
    SELECT later.id FROM meetings_meeting later JOIN after ON later.follows_up_id = after.id
)
SELECT id FROM before UNION SELECT id FROM after
"""


class MeetingQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        taking_part = Q(visibility=Level.PARTICIPANTS) & takes_part_q(actor, meeting="pk")
        return level_q(actor) | owner_q(actor, state="") | taking_part

    def upcoming(self) -> Self:
        """Still to come or going on today, and planned ones that have no date yet."""
        today = timezone.localdate()
        dated = Q(starts_on__gte=today) | Q(ends_on__gte=today)
        return self.filter(dated | Q(starts_on=None, status__in=COMING_STATUSES)).exclude(status="cancelled")

    def past(self) -> Self:
        """Over; also what was held on a day that is not known."""
        today = timezone.localdate()
        over = Q(starts_on__lt=today) & (Q(ends_on=None) | Q(ends_on__lt=today))
        return self.filter(over | (Q(starts_on=None) & ~Q(status__in=COMING_STATUSES)))

    def with_part_of(self, organization: Any) -> Self:
        """Meetings in which an organization takes part in any role, or whose page it keeps."""
        parts = apps.get_model("meetings", "Participation").objects.filter(
            organization=organization, meeting=OuterRef("pk")
        )
        return self.filter(Q(organization=organization) | Exists(parts))

    def chain_of(self, meeting: Any) -> Self:
        """Meetings that `meeting` follows up, directly or not, and those that follow it up; not itself."""
        return self.filter(pk__in=RawSQL(_CHAIN, [meeting.pk, meeting.pk])).exclude(pk=meeting.pk)  # noqa: S611


class OfMeetingQuerySet(VisibleQuerySet):
    """Rows that belong to a meeting: never visible where the meeting is not."""

    def with_visible_meeting_q(self, actor: Actor) -> Q:
        meetings = apps.get_model("meetings", "Meeting").objects.visible_to(actor)
        return Q(meeting__in=meetings.values("pk"))


class DocumentQuerySet(OfMeetingQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        taking_part = Q(visibility=Level.PARTICIPANTS) & (
            takes_part_q(actor, meeting="meeting_id") | owner_q(actor, organization="meeting__organization", state="")
        )
        return (level_q(actor) | taking_part | owner_q(actor)) & self.with_visible_meeting_q(actor)


class ActionItemQuerySet(OfMeetingQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """By level; those who are asked and who keep the meeting's page always."""
        taking_part = Q(visibility=Level.PARTICIPANTS) & takes_part_q(actor, meeting="meeting_id")
        keeping = owner_q(actor, organization="meeting__organization", state="")
        return (level_q(actor) | taking_part | keeping | owner_q(actor)) & self.with_visible_meeting_q(actor)

    def open(self) -> Self:
        return self.filter(status="open")


class NoteQuerySet(OfMeetingQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """Published notes by level; drafts are the experts' and the secretariat's, who write them."""
        readable = Q(status="published") & (
            level_q(actor) | (Q(visibility=Level.PARTICIPANTS) & takes_part_q(actor, meeting="meeting_id"))
        )
        if actor.is_expert or actor.is_secretariat:
            readable |= Q(status="draft")
        return readable & self.with_visible_meeting_q(actor)


class ConferencePlanQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """The Committee's: the whole schedule says which State asks for what. Parties read their own appointments."""
        return EVERYTHING if actor.is_committee else NOTHING


class AppointmentQuerySet(VisibleQuerySet):
    """Appointments. A party is told of its own once the conference is confirmed, a provider only where it may know that
    the other side asks: where it reads one of the requests behind it, or was proposed the match.
    """

    def readable_q(self, actor: Actor) -> Q:
        if actor.is_committee:
            return EVERYTHING
        if not actor.is_member:
            return NOTHING
        meetings = apps.get_model("meetings", "Meeting").objects.visible_to(actor).filter(status__in=SHARED_STATUSES)
        return Q(plan__meeting__in=meetings.values("pk")) & (
            owner_q(actor, organization="requester_organization", state="requester_state")
            | (self._provides_q(actor) & Q(Exists(self._subjects().filter(self._known_q(actor)))))
        )

    @staticmethod
    def _provides_q(actor: Actor) -> Q:
        return owner_q(actor, organization="provider_organization", state="provider_state")

    @staticmethod
    def _subjects() -> Any:
        return apps.get_model("meetings", "AppointmentSubject").objects.filter(appointment=OuterRef("pk"))

    @staticmethod
    def _known_q(actor: Actor) -> Q:
        """Subjects whose request the actor reads, or whose match was proposed to it."""
        requests = apps.get_model("assistance", "AssistanceRequest").objects.visible_to(actor)
        matches = apps.get_model("assistance", "Match").objects.visible_to(actor)
        proposed = matches.filter(request=OuterRef("request"), offer=OuterRef("offer"))
        return Q(request__in=requests.values("pk")) | Q(Exists(proposed))

    def of_own(self, who: Any) -> Self:
        """Appointments to which an organization or State of `who` is a party; also for those who read all."""
        actor = actor_for(who)
        requests = owner_q(actor, organization="requester_organization", state="requester_state")
        return self.visible_to(who).filter(requests | self._provides_q(actor))

    def with_telling(self) -> Self:
        """Annotate `is_told`: whether the provider may know, once it is confirmed, that the other side asks."""
        return self.annotate(is_told=self._told())

    def told(self) -> Self:
        """Those whose provider may know that the other side asks."""
        return self.filter(self._told())

    def _told(self) -> Exists:
        """The rule of `readable_q` for every provider at once."""
        matches = apps.get_model("assistance", "Match").objects.filter(
            request=OuterRef("request"),
            offer=OuterRef("offer"),
            status__in=PARTY_MATCH_STATUSES,
            proposed_at__isnull=False,
        )
        circulated = Q(request__status__in=CIRCULATED_REQUEST_STATUSES)
        summary = Q(request__summary_published_on__isnull=False) & ~Q(request__status__in=("draft", "withdrawn"))
        known = self._subjects().filter(circulated | summary | Q(Exists(matches)))
        return Exists(known)

    def standing(self) -> Self:
        """Not cancelled."""
        return self.filter(is_cancelled=False)

    def with_parties(self) -> Self:
        return self.select_related(
            "requester_organization", "requester_state", "provider_organization", "provider_state"
        )


class CalendarAddressQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """One's own."""
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)

    def in_force(self) -> Self:
        return self.filter(revoked_at=None)
