"""Others who work on the same as an offer, so that donors find each other before they meet in a ministry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistance.matching import AreaTree
from assistance.matching.profiles import CATCH_ALL_AREA

from ..coverage import CoverageTable
from ..models import Area, Offer
from ..vocabulary_counts import live_offers
from .supply_and_need import read_supplies

SHOWN = 5


@dataclass(frozen=True)
class Other:
    """A live offer of somebody else on the same area, or one inside the other, and in how many of the same States."""

    offer: Offer
    states: int


def others_on_the_same(who: Any, offer: Offer) -> tuple[list[Other], int]:
    """The offers that share most States with a live offer made for some States, and how many there are in all.

    Offers open to all States are left out on both sides: they meet everyone. A fixed number of queries.
    """
    if offer.coverage == Offer.Coverage.GLOBAL or not offer.is_live:
        return [], 0
    tree = AreaTree(parents=dict(Area.objects.values_list("code", "parent__code")))
    codes = near_codes(tree, offer.areas.values_list("code", flat=True))
    elsewhere = (
        live_offers(who)
        .filter(coverage=Offer.Coverage.SELECTED)
        .filter(pk__in=Offer.areas.through.objects.filter(area__code__in=codes).values("offer_id"))
        .exclude(pk=offer.pk)
    )
    same_provider = {"organization": offer.organization_id} if offer.organization_id else {"state": offer.state_id}
    table = CoverageTable.read()
    here = table.of(offer)
    found = []
    for supply in read_supplies(elsewhere.exclude(**same_provider), table):
        shared = len(here & (supply.states or frozenset()) - {supply.provider})
        if shared:
            found.append((-shared, supply.key))
    found.sort()
    offers = live_offers(who).select_related("organization", "state").in_bulk([key for _shared, key in found[:SHOWN]])
    return [Other(offers[key], -shared) for shared, key in found[:SHOWN] if key in offers], len(found)


def near_codes(tree: AreaTree, areas: Any) -> set[str]:
    """The areas themselves, those inside them and those around them; general capacity-building is near to nothing."""
    codes: set[str] = set()
    for area in areas:
        codes |= {area, *tree.ancestors(area)} | {code for code in tree.codes if tree.is_within(code, area)}
    return {code for code in codes if not tree.is_within(code, CATCH_ALL_AREA)}
