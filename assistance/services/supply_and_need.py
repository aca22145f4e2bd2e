"""Live offers and open needs, read into the counts of overlaps and gaps, as far as a reader may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assistance.matching import AreaTree
from assistance.matching.coverage import Coverage
from assistance.matching.coverage_values import SEVERAL, Cell, Demand, Reach, Supply, Verdict, region_of
from organizations.models import State
from organizations.models.states import RegionalGroup, sort_key

from ..coverage import CoverageTable
from ..models import Area, Need, Offer
from ..vocabulary_counts import live_offers, open_requests

VERDICT_LABELS: dict[Verdict, Any] = {
    Verdict.MET: gettext_lazy("Within reach"),
    Verdict.FULL: gettext_lazy("Only full offers"),
    Verdict.GENERAL: gettext_lazy("Only general capacity-building"),
    Verdict.NONE: gettext_lazy("No live offer"),
}
GROUPS, SUBREGIONS = "group", "subregion"
#: Ends the scope of what names a broad area and nothing inside it.
IN_GENERAL = "-only"


class Region(NamedTuple):
    """A column of the heat table. `code` is what addresses carry: `group:African`, `subregion:Western Africa`."""

    code: str
    label: str
    states: frozenset[str]


@dataclass(frozen=True)
class SupplyAndNeed:
    """All that one page counts: offers and needs that its reader may read, over all States and areas."""

    coverage: Coverage
    demands: Sequence[Demand]
    states: Sequence[State]
    areas: dict[str, Area]

    @cached_property
    def reach(self) -> dict[int, Reach]:
        """By primary key of a need: how many live offers reach it."""
        return self.coverage.reach(self.demands)

    def regions(self, by: str) -> list[Region]:
        """The regions of a grouping, in the order of the page."""
        return [region for region in regions_of(self.states) if region.code.startswith(f"{by}:")]

    def rows(self, opened: Iterable[str] = ()) -> dict[str, frozenset[str]]:
        """Rows of the heat table by scope: each top area with all below it; of an opened one also its parts.

        The parts are the area itself, in general, and each area below it. Areas no longer in use come only where a
        record names them.
        """
        tops: dict[str, set[str]] = defaultdict(set)
        for code in self._areas_shown():
            tops[self.coverage.areas.top_of(code)].add(code)
        rows: dict[str, frozenset[str]] = {}
        for top in sorted(tops):
            rows[top] = frozenset(tops[top])
            below = sorted(tops[top] - {top})
            if top in opened and below:
                rows[top + IN_GENERAL] = frozenset({top})
                rows |= {code: frozenset({code}) for code in below}
        return rows

    def _areas_shown(self) -> Iterator[str]:
        named = {demand.area for demand in self.demands}
        named |= {code for supply in self.coverage.supplies for code in supply.areas}
        return (code for code, area in self.areas.items() if not area.is_retired or code in named)

    def heat(self, by: str, opened: Iterable[str] = ()) -> dict[tuple[str, str], Cell]:
        """Cells by (row, region code); needs of several regions under `SEVERAL`."""
        regions = {region.code: region.states for region in self.regions(by)}
        return self.coverage.heat(self.demands, self.reach, regions, self.rows(opened))

    def gaps_by_state(self) -> dict[str, int]:
        """How many needs of each State no live offer with room reaches. Requests of organizations are left out."""
        found = {state.iso3: 0 for state in self.states}
        for demand in self.demands:
            if demand.requester in found and self.reach[demand.key].is_gap:
                found[demand.requester] += 1
        return found

    def codes_of(self, scope: str) -> frozenset[str]:
        """The area codes of a scope: an area with those inside it, or `BIO-only` for what is general to it."""
        if scope.endswith(IN_GENERAL):
            return frozenset({scope.removesuffix(IN_GENERAL)})
        return frozenset(other for other in self.areas if self.coverage.areas.is_within(other, scope))

    def label_of(self, scope: str) -> str:
        """A scope in words."""
        if scope.endswith(IN_GENERAL):
            return _("%(area)s, in general") % {"area": self.areas[scope.removesuffix(IN_GENERAL)].label}
        return self.areas[scope].label

    def region(self, code: str) -> Region:
        """The region behind a code that an address carries; `group:several` for needs of several regions."""
        by, _colon, name = code.partition(":")
        if name == SEVERAL:
            return Region(code, several_regions(), frozenset())
        return next(region for region in self.regions(by) if region.code == code)

    def demands_of(self, region: str) -> list[Demand]:
        """The needs that the heat table counts in a region, given by its code."""
        by, _colon, name = region.partition(":")
        members = {other.code: other.states for other in self.regions(by)}
        wanted = SEVERAL if name == SEVERAL else region
        return [demand for demand in self.demands if region_of(demand.states, members) == wanted]


def supply_and_need(who: Any, *, offers: QuerySet[Offer] | None = None) -> SupplyAndNeed:
    """Read what `who` may see; a fixed number of queries. `offers` narrows what is read of the live offers."""
    readable = live_offers(who)
    table = CoverageTable.read()
    states = sorted(State.objects.all(), key=lambda state: sort_key(state.name))
    areas = {area.code: area for area in Area.objects.select_related("parent").order_by("code")}
    tree = AreaTree(parents={code: area.parent.code if area.parent else None for code, area in areas.items()})
    supplies = read_supplies(readable if offers is None else offers, table)
    coverage = Coverage(supplies, [state.iso3 for state in states], tree)
    return SupplyAndNeed(coverage, read_demands(who, table), states, areas)


def read_supplies(offers: QuerySet[Offer], table: CoverageTable) -> list[Supply]:
    """Live offers without their texts: four queries however many there are."""
    rows = list(
        offers.order_by("pk").values_list(
            "pk",
            "coverage",
            "regional_groups",
            "capacity",
            "starts_on",
            "ends_on",
            "organization__acronym",
            "organization__parent__acronym",
            "state__iso3",
        )
    )
    keys = offers.order_by().values("pk")
    areas = _values_by_offer(Offer.areas.through.objects.filter(offer__in=keys), "area__code")
    bodies = _values_by_offer(Offer.members_of.through.objects.filter(offer__in=keys), "organization_id")
    states = _values_by_offer(Offer.states.through.objects.filter(offer__in=keys), "state__iso3")
    shapes: dict[tuple[Any, ...], frozenset[str]] = {}

    def covered(key: int, groups: Iterable[str]) -> frozenset[str]:
        shape = (tuple(sorted(groups)), tuple(bodies[key]), tuple(states[key]))
        if shape not in shapes:
            shapes[shape] = table.of_values(
                is_global=False, regional_groups=shape[0], organization_ids=shape[1], states=shape[2]
            )
        return shapes[shape]

    return [
        Supply(
            key=key,
            provider=acronym or iso3,
            areas=tuple(areas[key]),
            states=None if coverage == Offer.Coverage.GLOBAL else covered(key, groups),
            capacity=capacity,
            starts_on=starts_on,
            ends_on=ends_on,
            house=frozenset({parent} if parent else ()),
        )
        for key, coverage, groups, capacity, starts_on, ends_on, acronym, parent, iso3 in rows
    ]


def read_demands(who: Any, table: CoverageTable) -> list[Demand]:
    """Needs of the open requests that `who` reads in full: one query."""
    rows = Need.objects.filter(request__in=open_requests(who).order_by().values("pk")).order_by("pk")
    return [
        Demand(
            key=key,
            requester=iso3 or acronym,
            states=frozenset({iso3}) if iso3 else table.by_organization.get(organization_id, frozenset()),
            area=area,
            needed_from=needed_from,
            needed_by=needed_by,
        )
        for key, area, iso3, organization_id, acronym, needed_from, needed_by in rows.values_list(
            "pk",
            "area__code",
            "request__state__iso3",
            "request__organization_id",
            "request__organization__acronym",
            "request__needed_from",
            "request__needed_by",
        )
    ]


def regions_of(states: Iterable[State]) -> list[Region]:
    """UN regional groups in their usual order, then the M49 subregions by continent and name."""
    groups: dict[str, set[str]] = defaultdict(set)
    subregions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for state in states:
        groups[state.regional_group].add(state.iso3)
        name = state.m49_intermediate_region or state.m49_subregion
        subregions[state.m49_region, name].add(state.iso3)
    labels = {group.value: str(group.label) for group in RegionalGroup}
    found = [
        Region(f"{GROUPS}:{value}", labels[value], frozenset(groups[value])) for value in labels if value in groups
    ]
    return found + [
        Region(f"{SUBREGIONS}:{name}", name, frozenset(members))
        for (_continent, name), members in sorted(subregions.items())
    ]


def several_regions() -> str:
    return _("Several regions")


def _values_by_offer(rows: QuerySet, column: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for offer_id, value in rows.order_by("offer_id", column).values_list("offer_id", column):
        found[offer_id].append(value)
    return found
