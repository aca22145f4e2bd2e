"""The desk of each role: what waits for a person, in bounded lists and a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.policy import allows
from cooperation_portal.access.roles import Role

from . import committee, everybody, organization, secretariat, state
from .parts import Part

__all__ = ["Part", "parts_for"]


def parts_for(user: Any) -> list[Part]:
    """The parts of a person's desk, the most urgent first; parts without content are left out."""
    actor = actor_for(user)
    parts: list[Part | None] = []
    for applies, make in DESK:
        if applies(actor):
            parts += make(user, actor)
    return [part for part in parts if part is not None]


def _acts_for_somebody(actor: Actor) -> bool:
    return bool(actor.organization_ids or actor.state_ids)


#: Whom a part concerns, and the parts, in the order of the page.
DESK: tuple[tuple[Callable[[Actor], Any], Callable[[Any, Actor], list[Part | None]]], ...] = (
    (lambda actor: not actor.is_member, lambda user, actor: [everybody.newcomer(user)]),
    (_acts_for_somebody, lambda user, actor: [everybody.proposals(user)]),
    (
        lambda actor: actor.is_expert,
        lambda user, actor: [
            committee.incoming(user),
            committee.overdue(user),
            committee.match_queue(user),
            committee.matching_brief(user),
        ],
    ),
    (lambda actor: actor.state_ids, lambda user, actor: [state.requests(user, actor)]),
    (
        lambda actor: allows(actor, "approve", "affiliation"),
        lambda user, actor: [everybody.people_to_decide(user)],
    ),
    (
        lambda actor: actor.organization_ids,
        lambda user, actor: [organization.to_keep_true(user, actor), organization.offers(user, actor)],
    ),
    (
        lambda actor: actor.organizations.get(Role.FOCAL_POINT),
        lambda user, actor: [organization.keys(user, actor)],
    ),
    (lambda actor: actor.state_ids, lambda user, actor: [state.to_keep_true(user, actor)]),
    (lambda actor: actor.is_secretariat, lambda user, actor: [secretariat.network(user)]),
    (
        lambda actor: actor.is_committee and not actor.is_expert,
        lambda user, actor: [committee.new_requests(user), committee.new_offers(user)],
    ),
    (_acts_for_somebody, lambda user, actor: [everybody.appointments(user), everybody.action_items(user, actor)]),
    (lambda actor: True, lambda user, actor: [everybody.next_meetings(user)]),
)
