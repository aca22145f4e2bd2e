"""Who asks: one value for a signed-in person, a partner's key and a visitor.

Every read and every permission starts from an `Actor`. It is built from the database at the first use in a request, so
that a lost role, a suspended organization or a deactivated user is felt by the next request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .roles import COMMITTEE_ROLES, Role

if TYPE_CHECKING:
    from cooperation_portal.api.models import ApiKey
    from organizations.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a key or a visitor with the roles held now.

    `organizations` maps a role to the primary keys of the organizations for which it is held; `states` are those of
    which the person is a focal point.
    """

    user_id: int | None = None
    api_key_id: int | None = None
    label: str = ""
    organizations: dict[Role, frozenset[int]] = field(default_factory=dict)
    states: frozenset[int] = frozenset()
    committee_roles: frozenset[Role] = frozenset()
    is_system: bool = False

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None or self.api_key_id is not None

    @property
    def organization_ids(self) -> frozenset[int]:
        """Organizations whose own records this actor reads, drafts included."""
        return frozenset().union(*self.organizations.values()) if self.organizations else frozenset()

    @property
    def state_ids(self) -> frozenset[int]:
        return self.states

    @property
    def bodies(self) -> frozenset[tuple[str, int]]:
        """Organizations and States for which this actor acts, as `owners` and `parties` of records name them."""
        organizations = (("organization", key) for key in self.organization_ids)
        return frozenset([*organizations, *(("state", key) for key in self.states)])

    @property
    def roles(self) -> frozenset[Role]:
        held = set(self.committee_roles)
        held.update(role for role, keys in self.organizations.items() if keys)
        if self.states:
            held.add(Role.STATE_FOCAL_POINT)
        return frozenset(held)

    @property
    def is_member(self) -> bool:
        """Belongs to the network: holds at least one role, in person or by key."""
        return bool(self.organization_ids or self.states or self.committee_roles)

    @property
    def is_committee(self) -> bool:
        return bool(self.committee_roles & COMMITTEE_ROLES)

    @property
    def is_expert(self) -> bool:
        return Role.EXPERT in self.committee_roles

    @property
    def is_secretariat(self) -> bool:
        return Role.SECRETARIAT in self.committee_roles

    @property
    def kind(self) -> str:
        if self.is_system:
            return "system"
        if self.api_key_id is not None:
            return "api_key"
        return "user" if self.user_id is not None else "visitor"


VISITOR = Actor()
#: The portal itself: nightly tasks and commands. It passes every permission check and sees what the Committee sees.
SYSTEM = Actor(
    label="system",
    committee_roles=frozenset({Role.EXPERT, Role.SECRETARIAT}),
    is_system=True,
)


def actor_for(who: Any) -> Actor:
    """Give the actor behind a user, an API key, an actor or nobody.

    The result is kept on the user or key object, which lives as long as one request.
    """
    if who is None:
        return VISITOR
    if isinstance(who, Actor):
        return who
    kept = getattr(who, "_actor", None)
    if kept is not None:
        return kept
    if not getattr(who, "is_authenticated", False):
        return VISITOR
    builder = getattr(who, "build_actor", None)
    if builder is None:
        raise TypeError(f"{type(who).__name__} is nobody the portal knows: pass a user, an API key or an Actor.")
    actor = builder()
    who._actor = actor
    return actor


def actor_for_user(user: User) -> Actor:
    """Read a user's active affiliations (one query) into an actor."""
    if not user.is_active:
        return VISITOR
    organizations: dict[Role, set[int]] = {}
    states: set[int] = set()
    committee: set[Role] = set()
    for role_value, organization_id, state_id in user.affiliations.in_force().values_list(
        "role", "organization_id", "state_id"
    ):
        role = Role(role_value)
        if role in COMMITTEE_ROLES:
            committee.add(role)
        elif state_id is not None:
            states.add(state_id)
        else:
            organizations.setdefault(role, set()).add(organization_id)
    return Actor(
        user_id=user.pk,
        label=str(user),
        organizations={role: frozenset(keys) for role, keys in organizations.items()},
        states=frozenset(states),
        committee_roles=frozenset(committee),
    )


def actor_for_api_key(key: ApiKey) -> Actor:
    """A key reads for its organization and, with the write scope, writes as its editor and keeps its contacts."""
    if not key.is_live:
        return VISITOR
    return actor_for_keys_of(key.organization_id, key_id=key.pk, label=f"{key.organization.acronym} key {key.prefix}")


def actor_for_keys_of(organization_id: int, *, key_id: int = 0, label: str = "") -> Actor:
    """What every key of an organization reads, whichever key it is: mirrors and the change feed are kept by it."""
    own = frozenset({organization_id})
    # An editor's rights, and those over contacts: focal points make keys and answer for what comes with them.
    return Actor(api_key_id=key_id, label=label, organizations={Role.EDITOR: own, Role.PARTNER_SYSTEM: own})
