"""Reads of vocabularies, offers, requests, matches and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, Value, When
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
from cooperation_portal.records.searching import Plain, contains_q, plain_names, words_of

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
    def inside_q(actor: Actor) -> Q:
        """The requester and the Committee: they also read the procedure and the preferred and declined providers."""
        condition = owner_q(actor)
        if actor.is_committee:
            condition |= ~Q(status="draft")
        return condition

    @classmethod
    def full_text_q(cls, actor: Actor) -> Q:
        """The requester and the Committee; providers of the network once circulated. A draft is its owner's alone.

        What comes from a public source is public already: everyone reads it.
        """
        condition = cls.inside_q(actor) | Q(provenance="public_source")
        if actor.organization_ids:
            condition |= Q(status__in=CIRCULATED_REQUEST_STATUSES)
        elif actor.state_ids:
            # A State is a provider while it has a live offer of its own.
            own_offers = apps.get_model("assistance", "Offer").objects.live().filter(state_id__in=actor.state_ids)
            condition |= Q(Exists(own_offers), status__in=CIRCULATED_REQUEST_STATUSES)
        return condition

    def with_full_text_for(self, who: Any) -> Self:
        """Annotate how much of a row `who` reads: `is_full_text` the confidential text and not only the public summary,
        `is_inside` also what stays between the requester and the Committee.
        """
        actor = actor_for(who)
        return self.annotate(is_full_text=_flag(self.full_text_q(actor)), is_inside=_flag(self.inside_q(actor)))

    def current(self) -> Self:
        return self.exclude(provenance="public_source")

    def open(self) -> Self:
        """In the procedure: submitted and not ended."""
        return self.current().filter(status__in=OPEN_REQUEST_STATUSES)

    def containing(self, text: str, who: Any) -> Self:
        """Rows that contain every word of `text` in what `who` reads of them: what is hidden never answers a search."""
        actor = actor_for(who)
        rows = self.alias(
            shown_text=plain_names(
                "reference",
                "title",
                "public_summary",
                "state__name_en",
                "organization__acronym",
                "organization__name",
            ),
            full_text=Plain(F("description")),
            inside_text=Plain(F("document_reference")),
        )
        needs = apps.get_model("assistance", "Need").objects.alias(detail_text=Plain(F("detail")))
        for word in words_of(text):
            in_needs = needs.filter(contains_q("detail_text", word), request=OuterRef("pk"))
            confidential = contains_q("full_text", word) | Exists(in_needs)
            rows = rows.filter(
                contains_q("shown_text", word)
                | (confidential & self.full_text_q(actor))
                | (contains_q("inside_text", word) & self.inside_q(actor))
            )
        return rows

    def overdue(self, on: date | None = None) -> Self:
        """In the procedure, with a step whose clock has run out by a day, today by default."""
        day = on or timezone.localdate()
        steps = apps.get_model("assistance", "RequestStep").objects
        late = steps.filter(request=OuterRef("pk"), done_on=None, due_on__lt=day)
        return self.open().filter(Exists(late))


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


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


class RunQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """The Committee: a run names requests."""
        return EVERYTHING if actor.is_committee else NOTHING

    def over_everything(self) -> Self:
        return self.filter(offer=None, request=None)


class ProjectQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        """By level, and always to the parties; a concept is the lead's and the Committee's until consultation opens."""
        if actor.is_committee:
            return level_q(actor) | owner_q(actor)
        return ((level_q(actor) | self.party_q(actor)) & ~Q(status="concept")) | owner_q(actor)

    def party_q(self, actor: Actor) -> Q:
        """States helped, contributing organizations, and both sides of the matches behind a project."""
        if not actor.is_member:
            return NOTHING
        project: Any = self.model
        helped = project.states.through.objects.filter(project=OuterRef("pk"), state__in=actor.state_ids)
        gives = apps.get_model("assistance", "ProjectContribution").objects.filter(
            project=OuterRef("pk"), organization__in=actor.organization_ids
        )
        matched = project.matches.through.objects.filter(project=OuterRef("pk")).filter(
            owner_q(actor, organization="match__request__organization", state="match__request__state")
            | owner_q(actor, organization="match__offer__organization", state="match__offer__state")
        )
        return Q(Exists(helped)) | Q(Exists(gives)) | Q(Exists(matched))

    def open(self) -> Self:
        """Neither completed nor cancelled."""
        return self.exclude(status__in=("completed", "cancelled"))

    def containing(self, text: str) -> Self:
        """Rows that contain every word of `text` in title, summary, reference or the lead's name."""
        rows = self.alias(
            shown_text=plain_names(
                "reference", "title", "summary", "organization__acronym", "organization__name", "state__name_en"
            )
        )
        for word in words_of(text):
            rows = rows.filter(contains_q("shown_text", word))
        return rows
