"""Reads of organizations, people and contacts."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cooperation_portal.access.actors import Actor
from cooperation_portal.access.policy import allows
from cooperation_portal.access.querysets import (
    EVERYTHING,
    NOTHING,
    PublicQuerySet,
    VisibleQuerySet,
    level_q,
    owner_q,
)
from cooperation_portal.access.roles import COMMITTEE_ROLES, Role


class OrganizationQuerySet(PublicQuerySet):
    def in_good_standing(self) -> Self:
        """Not suspended from the network."""
        return self.filter(suspended_on=None)

    def without_coordinator(self) -> Self:
        """Organizations of the network that have named no point of contact now in office (resolution 2325, OP 24).

        The paragraph speaks to international and regional organizations, so others are left out.
        """
        contacts = apps.get_model("organizations", "PointOfContact").objects.current()
        return self.in_good_standing().filter(
            ~Exists(contacts.filter(organization=OuterRef("pk"), role="coordinator")),
            category__in=("international", "regional", "subregional"),
        )


class UserQuerySet(VisibleQuerySet):
    """People see themselves, focal points their own people, the secretariat all."""

    def readable_q(self, actor: Actor) -> Q:
        if actor.is_secretariat:
            return EVERYTHING
        if actor.user_id is None:
            return NOTHING
        focal_for = managed_bodies_q(actor, prefix="affiliations__")
        own_people = self.model._default_manager.filter(focal_for).values("pk")
        return Q(pk=actor.user_id) | Q(pk__in=own_people)

    def active(self) -> Self:
        return self.filter(is_active=True)

    def acting_for(self, owners: set[tuple[str, int]], *roles: Role) -> Self:
        """Active people who hold one of `roles` for one of `owners` (as `Record.owners()` gives them)."""
        bodies = NOTHING
        for kind, key in owners:
            bodies |= Q(**{f"{kind}_id": key})
        held = apps.get_model("organizations", "Affiliation").objects.in_force()
        return self.active().filter(pk__in=held.filter(bodies, role__in=roles).values("user_id"))

    def with_committee_role(self, *roles: Role) -> Self:
        held = apps.get_model("organizations", "Affiliation").objects.in_force()
        return self.active().filter(pk__in=held.filter(role__in=roles).values("user_id"))


def managed_bodies_q(actor: Actor, *, prefix: str = "") -> Q:
    """Rows of organizations and States whose people the actor manages."""
    condition = NOTHING
    organizations = actor.organizations.get(Role.FOCAL_POINT)
    if organizations:
        condition |= Q(**{f"{prefix}organization_id__in": organizations})
    if actor.state_ids:
        condition |= Q(**{f"{prefix}state_id__in": actor.state_ids})
    return condition


class AffiliationQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        if actor.is_secretariat:
            return EVERYTHING
        own = NOTHING if actor.user_id is None else Q(user_id=actor.user_id)
        if not allows(actor, "view", "affiliation"):
            return own
        return own | (managed_bodies_q(actor) & ~Q(role__in=COMMITTEE_ROLES))

    def in_force(self) -> Self:
        """Approved, not ended, and the organization is not suspended."""
        return self.filter(status="active").filter(
            Q(organization__isnull=True) | Q(organization__suspended_on__isnull=True)
        )

    def waiting(self) -> Self:
        return self.filter(status="requested")


class PointOfContactQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        return level_q(actor) | owner_q(actor)

    def current(self, on: Any = None) -> Self:
        """In office on a day, today by default."""
        day = on or timezone.localdate()
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=day), valid_from__lte=day)

    def not_verified_since(self, day: date) -> Self:
        """Last verified, or first named, before a day."""
        return self.filter(Q(verified_on__lt=day) | Q(verified_on=None, valid_from__lt=day))


class InformationSheetQuerySet(VisibleQuerySet):
    def readable_q(self, actor: Actor) -> Q:
        published = Q(status="published") & level_q(actor)
        return published | owner_q(actor, state="")
