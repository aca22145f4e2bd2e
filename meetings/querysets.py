"""Reads of meetings, documents, action items and notes."""

from __future__ import annotations

from typing import Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.levels import Level
from cooperation_portal.access.querysets import NOTHING, VisibleQuerySet, level_q, owner_q


def takes_part_q(actor: Actor, *, meeting: str) -> Q:
    """Rows whose meeting (`meeting` is the path to its primary key) the actor's organization or State takes part in."""
    if not (actor.organization_ids or actor.state_ids):
        return NOTHING
    parts = apps.get_model("meetings", "Participation").objects.filter(owner_q(actor))
    return Q(Exists(parts.filter(meeting=OuterRef(meeting))))


class MeetingQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        taking_part = Q(visibility=Level.PARTICIPANTS) & takes_part_q(actor, meeting="pk")
        return level_q(actor) | owner_q(actor, state="") | taking_part

    def upcoming(self) -> Self:
        return self.filter(starts_on__gte=timezone.localdate()).exclude(status="cancelled")


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
        return (level_q(actor) | owner_q(actor)) & self.with_visible_meeting_q(actor)

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
