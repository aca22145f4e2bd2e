"""The plain values that the matching library reads.

Every record is named by its natural key: a State by its ISO 3166 alpha-3 code, an organization by its
acronym, an area and a type of assistance by its code, a request and an offer by its reference. The field names
are those of the exchange format (`requests.json`, `offers.json`). All profiles are immutable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from assistance.matching.glossary import Glossary
from assistance.matching.text import Lexicon

PRIORITIES = ("high", "medium", "low")
CATCH_ALL_AREA = "CAP"
REGIONAL_CATEGORIES = frozenset({"regional", "subregional"})
STATE_CATEGORY = "State"


class InvalidProfile(ValueError):
    """A record or vocabulary that no ranking could be trusted with; the message says which and why."""


@dataclass(frozen=True)
class AreaTree:
    """The areas of assistance: code to parent code, None for a top area.

    Raises InvalidProfile for an unknown parent and for a tree that runs in a circle.
    """

    parents: Mapping[str, str | None]
    weapon_types: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, parent in self.parents.items():
            if parent is not None and parent not in self.parents:
                raise InvalidProfile(f"Area {code} has the unknown parent {parent}.")
        for code in self.parents:
            seen = {code}
            above = self.parents[code]
            while above is not None:
                if above in seen:
                    raise InvalidProfile(f"The area tree runs in a circle at {above}.")
                seen.add(above)
                above = self.parents[above]

    def __contains__(self, code: object) -> bool:
        return code in self.parents

    @cached_property
    def codes(self) -> tuple[str, ...]:
        return tuple(sorted(self.parents))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The areas above `code`, nearest first; empty for a top area or an unknown code."""
        return self._above.get(code, ())

    @cached_property
    def _above(self) -> Mapping[str, tuple[str, ...]]:
        lines: dict[str, tuple[str, ...]] = {}
        for code, parent in self.parents.items():
            line = []
            while parent is not None:
                line.append(parent)
                parent = self.parents[parent]
            lines[code] = tuple(line)
        return lines

    def is_top(self, code: str) -> bool:
        return self.parents.get(code, "") is None

    def top_of(self, code: str) -> str:
        """The top area that `code` lies in, or `code` itself."""
        above = self.ancestors(code)
        return above[-1] if above else code

    @cached_property
    def _with_areas_below(self) -> frozenset[str]:
        return frozenset(parent for parent in self.parents.values() if parent is not None)

    def has_below(self, code: str) -> bool:
        return code in self._with_areas_below

    def is_within(self, code: str, top: str) -> bool:
        return code == top or top in self.ancestors(code)


@dataclass(frozen=True)
class StateProfile:
    """A State: UN regional group, the M49 regions it lies in, and the groups of need it belongs to."""

    iso3: str
    regional_group: str = ""
    regions: frozenset[str] = frozenset()
    is_ldc: bool = False
    is_lldc: bool = False
    is_sids: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderProfile:
    """Who offers: an organization or a State.

    `category` is international, regional, subregional, UN entity, NGO, national agency or State. `region` is
    what a body without members of its own works for: a UN regional group (UNREC: African) or a State.
    """

    key: str
    category: str
    name: str = ""
    parent: str | None = None
    members: frozenset[str] = frozenset()
    region: str = ""
    has_contact: bool = False


@dataclass(frozen=True)
class NeedProfile:
    """One need of a request. `key` is stable within the request; an empty `types` means any form of help."""

    key: str
    area: str
    types: tuple[str, ...] = ()
    priority: str = "medium"

    def __post_init__(self) -> None:
        if self.priority not in PRIORITIES:
            raise InvalidProfile(f"Need {self.key} has the unknown priority {self.priority!r}.")


@dataclass(frozen=True)
class ExistingAssistance:
    """Help that the requester has already: by whom, in which area, until when (None: no end is known)."""

    organization: str
    area: str
    until: date | None = None


@dataclass(frozen=True)
class RequestProfile:
    """A request by a State (`state`, iso3) or by an organization for its members (`organization`)."""

    reference: str
    needs: tuple[NeedProfile, ...]
    state: str | None = None
    organization: str | None = None
    title: str = ""
    description: str = ""
    weapon_types: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    needed_from: date | None = None
    needed_by: date | None = None
    received_on: date | None = None
    preferred_providers: frozenset[str] = frozenset()
    declined_providers: frozenset[str] = frozenset()
    existing_assistance: tuple[ExistingAssistance, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.state) == bool(self.organization):
            raise InvalidProfile(f"Request {self.reference} needs either a State or an organization.")
        if self.needed_from and self.needed_by and self.needed_by < self.needed_from:
            raise InvalidProfile(f"Request {self.reference} is needed by a date before it is needed from.")

    def __hash__(self) -> int:
        """Equal profiles have equal references; to hash every field would cost more than what is looked up."""
        return hash(self.reference)

    @property
    def requester(self) -> str:
        return self.state or self.organization or ""


@dataclass(frozen=True)
class OfferProfile:
    """An offer. `provider` is an acronym or, for a State that offers, its iso3.

    `coverage` is global, or selected: then any one of `regional_groups`, `members_of`, `states` is enough.
    `capacity` is how many more requesters can be served; None means that no limit is known.
    """

    reference: str
    provider: str
    title: str = ""
    summary: str = ""
    kind: str = "programme"
    status: str = "ongoing"
    areas: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    weapon_types: frozenset[str] = frozenset()
    coverage: str = "selected"
    regional_groups: frozenset[str] = frozenset()
    members_of: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    capacity: int | None = None
    funders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise InvalidProfile(f"Offer {self.reference} ends before it starts.")

    def __hash__(self) -> int:
        """Equal profiles have equal references; to hash every field would cost more than what is looked up."""
        return hash(self.reference)


@dataclass(frozen=True)
class Directory:
    """Everything a ranking must know besides the two records: States, providers, areas, types, words."""

    states: Mapping[str, StateProfile]
    providers: Mapping[str, ProviderProfile]
    areas: AreaTree
    type_families: Mapping[str, str]
    glossary: Glossary = field(default_factory=Glossary.empty)

    def provider(self, key: str) -> ProviderProfile:
        """The provider's profile; one that is not listed is known by its key alone."""
        found = self.providers.get(key)
        if found is not None:
            return found
        return ProviderProfile(key=key, category=STATE_CATEGORY if key in self.states else "")

    def lineage(self, key: str) -> tuple[str, ...]:
        """`key` and the organizations above it, nearest first."""
        line = [key]
        above = self.provider(key).parent
        while above and above not in line:
            line.append(above)
            above = self.provider(above).parent
        return tuple(line)

    def members(self, acronym: str) -> frozenset[str]:
        """Full members that are States of the directory (territories and entities are left out)."""
        return self.provider(acronym).members & self.states.keys()

    def states_of(self, request: RequestProfile) -> frozenset[str]:
        """The States that a request speaks for: one, or the members of the organization that asks."""
        if request.state:
            return frozenset({request.state})
        return self.members(request.organization or "")

    def in_group(self, group: str) -> frozenset[str]:
        return self._by_group.get(group, frozenset())

    @cached_property
    def _by_group(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for state in self.states.values():
            for name in {state.regional_group, *state.regions} - {""}:
                found.setdefault(name, set()).add(state.iso3)
        return {name: frozenset(members) for name, members in found.items()}

    def covered_by(self, offer: OfferProfile) -> frozenset[str] | None:
        """The States that the offer's coverage names; None means all of them."""
        if offer.coverage == "global":
            return None
        covered: set[str] = set(offer.states)
        for group in offer.regional_groups:
            covered |= self.in_group(group)
        for acronym in offer.members_of:
            covered |= self.provider(acronym).members
        return frozenset(covered)

    def home_of(self, key: str) -> frozenset[str]:
        """The States of the region that a regional body, or a body that works for one region, belongs to.

        Empty for bodies that work everywhere. A body without members of its own has those of its region or,
        if it is an organ of a regional body (CICTE of OAS), of its parent.
        """
        provider = self.provider(key)
        if provider.members:
            return provider.members & self.states.keys()
        if provider.region in self.states:
            return frozenset({provider.region})
        if self.in_group(provider.region):
            return self.in_group(provider.region)
        if provider.category in REGIONAL_CATEGORIES and provider.parent:
            return self.members(provider.parent)
        return frozenset()

    @cached_property
    def names(self) -> Lexicon:
        """Finds States and organizations by their full names; acronyms are too like words to be looked for."""
        states = ((f"states:{state.iso3}", name) for state in self.states.values() for name in state.names)
        bodies = (
            (f"members:{provider.key}", provider.name)
            for provider in self.providers.values()
            if provider.members and provider.name
        )
        return Lexicon([*states, *bodies])


def unknown_codes(codes: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The codes that the vocabulary does not have, sorted; retired codes are unknown too."""
    return tuple(sorted(set(codes) - set(known)))
