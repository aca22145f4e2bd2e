"""Which States an offer covers: for matching, the API and the pages.

An offer is open to all States, or to the union of regional groups, of the full members of organizations and of single
States. States are named by their ISO 3166 alpha-3 code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organizations.models import Membership, State
from organizations.models.states import RegionalGroup

from .models import Offer

#: What an offer may name. "No regional group" is the absence of one: such a State is named by itself.
COVERAGE_GROUPS = tuple(group for group in RegionalGroup if group != RegionalGroup.NONE)
#: How many single States a short sentence names.
STATES_NAMED = 3


@dataclass(frozen=True)
class CoverageTable:
    """States by regional group and by organization (primary key), read once for any number of offers."""

    every_state: frozenset[str]
    by_group: Mapping[str, frozenset[str]]
    by_organization: Mapping[int, frozenset[str]]

    @classmethod
    def read(cls) -> CoverageTable:
        """Read groups and full members: two queries, however many offers follow."""
        groups: dict[str, set[str]] = {}
        every_state = set()
        for iso3, group in State.objects.order_by().values_list("iso3", "regional_group"):
            every_state.add(iso3)
            groups.setdefault(group, set()).add(iso3)
        members: dict[int, set[str]] = {}
        for organization_id, iso3 in full_memberships().values_list("organization_id", "state__iso3"):
            members.setdefault(organization_id, set()).add(iso3)
        return cls(
            frozenset(every_state),
            {group: frozenset(codes) for group, codes in groups.items()},
            {key: frozenset(codes) for key, codes in members.items()},
        )

    def of_values(
        self,
        *,
        is_global: bool,
        regional_groups: Iterable[str] = (),
        organization_ids: Iterable[int] = (),
        states: Iterable[str] = (),
    ) -> frozenset[str]:
        """The States that a selection covers."""
        if is_global:
            return self.every_state
        covered = set(states)
        for group in regional_groups:
            covered |= self.by_group.get(str(group), frozenset())
        for key in organization_ids:
            covered |= self.by_organization.get(key, frozenset())
        return frozenset(covered)

    def of(self, offer: Offer) -> frozenset[str]:
        """The States that an offer covers. Prefetch `members_of` and `states` where there are many offers."""
        is_global = offer.coverage == Offer.Coverage.GLOBAL
        return self.of_values(
            is_global=is_global,
            regional_groups=offer.regional_groups,
            organization_ids=() if is_global else (body.pk for body in offer.members_of.all()),
            states=() if is_global else (state.iso3 for state in offer.states.all()),
        )


def full_memberships() -> Any:
    """Memberships that count for coverage: full members (neither suspended nor former) that are UN Member States."""
    return Membership.objects.filter(status=Membership.Status.MEMBER, state__isnull=False).order_by()


def covered_states(offer: Offer) -> frozenset[str]:
    """The States that one offer covers, by ISO code."""
    return CoverageTable.read().of(offer)


def open_to_state_q(state: State) -> Q:
    """Offers that cover a State: no joins, so no row comes twice."""
    member_of = full_memberships().filter(state=state).values("organization_id")
    return (
        Q(coverage=Offer.Coverage.GLOBAL)
        | Q(regional_groups__contains=[state.regional_group])
        | Q(pk__in=Offer.states.through.objects.filter(state=state).values("offer_id"))
        | Q(pk__in=Offer.members_of.through.objects.filter(organization__in=member_of).values("offer_id"))
    )


def open_to_group_q(group: str) -> Q:
    """Offers that cover at least one State of a regional group."""
    has_member_there = Exists(
        full_memberships().filter(organization=OuterRef("organization_id"), state__regional_group=group)
    )
    return (
        Q(coverage=Offer.Coverage.GLOBAL)
        | Q(regional_groups__contains=[group])
        | Q(pk__in=Offer.states.through.objects.filter(state__regional_group=group).values("offer_id"))
        | Q(pk__in=Offer.members_of.through.objects.filter(has_member_there).values("offer_id"))
    )


def in_short(offer: Offer) -> str:
    """Whom an offer is open to, in a few words: "All States" or "Members of CARICOM; Peru"."""
    if offer.coverage == Offer.Coverage.GLOBAL:
        return _("All States")
    whom = _whom(offer)
    return whom[:1].upper() + whom[1:]


def in_words(offer: Offer, covered: Iterable[str]) -> str:
    """Whom an offer is open to, with how many States that makes; `covered` is what `CoverageTable.of` gives."""
    number = len(frozenset(covered))
    if offer.coverage == Offer.Coverage.GLOBAL:
        return _("Open to all States")
    if not number:
        return _("Open to no State yet")
    return ngettext("Open to %(number)d State: %(whom)s", "Open to %(number)d States: %(whom)s", number) % {
        "number": number,
        "whom": _whom(offer),
    }


def _whom(offer: Offer) -> str:
    parts = [str(RegionalGroup(group).label) for group in offer.regional_groups]
    parts += [_("members of %(organization)s") % {"organization": body.acronym} for body in offer.members_of.all()]
    parts += _states_in_short([state.name for state in offer.states.all()])
    return "; ".join(parts)


def _states_in_short(names: list[str]) -> list[str]:
    if len(names) <= STATES_NAMED + 1:
        return names
    rest = len(names) - STATES_NAMED
    more = ngettext("%(number)d more State", "%(number)d more States", rest) % {"number": rest}
    return [*names[:STATES_NAMED], more]
