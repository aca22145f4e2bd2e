"""The start of every read: `Model.objects.visible_to(who)`."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Q, QuerySet

from .actors import Actor, actor_for
from .levels import Level

NOTHING = Q(pk__in=[])
EVERYTHING = ~NOTHING


def levels_read_by(actor: Actor) -> list[Level]:
    """The visibility levels an actor reads by membership alone, ownership and participation aside."""
    levels = [Level.PUBLIC]
    if actor.is_member:
        levels.append(Level.NETWORK)
    if actor.is_committee:
        levels += [Level.PARTICIPANTS, Level.COMMITTEE]
    return levels


def level_q(actor: Actor, *, prefix: str = "") -> Q:
    """Records whose own level the actor reads."""
    return Q(**{f"{prefix}visibility__in": levels_read_by(actor)})


def owner_q(actor: Actor, *, organization: str = "organization", state: str = "state") -> Q:
    """Records owned by an organization or State for which the actor holds a role."""
    condition = NOTHING
    if organization and actor.organization_ids:
        condition |= Q(**{f"{organization}_id__in": actor.organization_ids})
    if state and actor.state_ids:
        condition |= Q(**{f"{state}_id__in": actor.state_ids})
    return condition


class VisibleQuerySet(QuerySet):
    """A queryset that knows who may read its rows. Each model says so in `readable_q`."""

    def visible_to(self, who: Any) -> Self:
        """Rows that `who` (a user, an API key, an `Actor` or None) may read; never with duplicates."""
        return self.filter(self.readable_q(actor_for(who)))

    def readable_q(self, actor: Actor) -> Q:
        raise NotImplementedError(f"{type(self).__name__} does not say who reads its rows.")


class PublicQuerySet(VisibleQuerySet):
    """Vocabularies and other rows that anyone may read."""

    def readable_q(self, actor: Actor) -> Q:
        return EVERYTHING
