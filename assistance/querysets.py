"""Reads of vocabularies, offers, requests, matches and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.querysets import (
    EVERYTHING,
    NOTHING,
    PublicQuerySet,
    VisibleQuerySet,
    level_q,
    owner_q,
)

if TYPE_CHECKING:
    from datetime import date

LIVE_OFFER_STATUSES = ("planned", "ongoing")
OPEN_REQUEST_STATUSES = (
    "submitted",
    "clarification",
    "authenticated",
    "circulated",
    "being_assisted",
    "referred",
)
CIRCULATED_REQUEST_STATUSES = ("circulated", "being_assisted")
PARTY_MATCH_STATUSES = ("proposed", "agreed", "project", "declined")


class VocabularyQuerySet(PublicQuerySet):
    def in_use(self) -> Self:
        """Entries that may still be chosen."""
        return self.filter(is_retired=False)


class OfferQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """Published offers by level; the provider's own always. A draft is its owner's alone."""
        return (~Q(status="draft") & level_q(actor)) | owner_q(actor)

    def current(self) -> Self:
        """Posted in the portal; sourced history left out."""
        return self.exclude(provenance="public_source")

    def live(self, on: date | None = None) -> Self:
        """Planned or ongoing and not past the end on a day, today by default."""
        day = on or timezone.localdate()
        return self.current().filter(Q(ends_on=None) | Q(ends_on__gte=day), status__in=LIVE_OFFER_STATUSES)


class RequestQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """Rows of which the actor may read something: the full text or the published summary."""
        return self.full_text_q(actor) | (summary_is_public_q() & ~Q(status__in=("draft", "withdrawn")))

    @staticmethod
    def full_text_q(actor: Actor) -> Q:
        """The requester and the Committee; providers of the network once circulated. A draft is its owner's alone."""
        condition = owner_q(actor)
        if actor.is_committee:
            condition |= ~Q(status="draft")
        if actor.organization_ids:
            condition |= Q(status__in=CIRCULATED_REQUEST_STATUSES)
        return condition

    def with_full_text_for(self, who: Any) -> Self:
        """Annotate `is_full_text`: whether `who` reads the confidential text or only the public summary."""
        return self.annotate(
            is_full_text=Case(
                When(self.full_text_q(actor_for(who)), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            )
        )

    def current(self) -> Self:
        return self.exclude(provenance="public_source")

    def open(self) -> Self:
        """In the procedure: submitted and not ended."""
        return self.current().filter(status__in=OPEN_REQUEST_STATUSES)


def summary_is_public_q() -> Q:
    return Q(summary_published_on__isnull=False)


class MatchQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """The Committee sees all; the two parties see what an expert has proposed to them."""
        if actor.is_committee:
            return EVERYTHING
        if not actor.is_member:
            return NOTHING
        is_party = owner_q(actor, organization="request__organization", state="request__state") | owner_q(
            actor, organization="offer__organization", state="offer__state"
        )
        return Q(status__in=PARTY_MATCH_STATUSES, proposed_at__isnull=False) & is_party

    def waiting_for_experts(self) -> Self:
        return self.filter(status__in=("suggested", "shortlisted"))

    def waiting_for(self, who: Any) -> Self:
        """Proposals that a side of `who` has not answered yet."""
        actor = actor_for(who)
        answers = apps.get_model("assistance", "MatchAnswer").objects.filter(match=OuterRef("pk"))
        as_requester = owner_q(actor, organization="request__organization", state="request__state")
        as_provider = owner_q(actor, organization="offer__organization", state="offer__state")
        return self.filter(status="proposed").filter(
            (as_requester & ~Exists(answers.filter(side="requester")))
            | (as_provider & ~Exists(answers.filter(side="provider")))
        )


class ProjectQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """By level and to the lead; a concept is the lead's and the Committee's until consultation opens."""
        seen_by_level = level_q(actor)
        if not actor.is_committee:
            seen_by_level &= ~Q(status="concept")
        helped = NOTHING
        if actor.state_ids:
            through = self.model.states.through
            helped = Exists(through.objects.filter(project=OuterRef("pk"), state__in=actor.state_ids)) & ~Q(
                status="concept"
            )
        return seen_by_level | owner_q(actor) | helped
