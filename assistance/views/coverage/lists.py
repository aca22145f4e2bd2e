"""The records behind the heat table: needs with what reaches them, and offers with whom they were made for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import ngettext

from assistance.matching.coverage_values import Reach, Verdict
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.tones import Tone

from ...coverage import in_short
from ...filters.coverage import NEED_SORTS, OFFER_SORTS, CoverageNeedFilter, CoverageOfferFilter
from ...models import Need
from ...periods import period
from ...services.supply_and_need import VERDICT_LABELS, supply_and_need
from ...vocabulary_counts import live_offers
from .access import counted_for, coverage_links, coverage_page

PRIORITY_TONES = {"high": Tone.ATTENTION, "medium": Tone.NEUTRAL, "low": Tone.NEUTRAL}
VERDICT_TONES = {
    Verdict.MET: Tone.GOOD,
    Verdict.FULL: Tone.ATTENTION,
    Verdict.GENERAL: Tone.ATTENTION,
    Verdict.NONE: Tone.PROBLEM,
}


@coverage_page
def coverage_needs(request: HttpRequest) -> HttpResponse:
    """Open needs, each with how many live offers reach it."""
    counted = supply_and_need(request.user)
    readable = (
        Need.objects.filter(pk__in=[demand.key for demand in counted.demands])
        .select_related("area", "request__state", "request__organization")
        .prefetch_related("types")
    )
    found = CoverageNeedFilter(request.GET, queryset=readable, request=request, counted=counted)
    shown = listing(request, found, sorts=NEED_SORTS, default="requester")
    number = shown.page.paginator.count
    context = {
        "filter": found,
        "page": shown.page,
        "rows": [
            {"need": need, "tone": PRIORITY_TONES[need.priority], **reach_in_words(counted.reach[need.pk])}
            for need in shown.page
        ],
        "counted": ngettext("%(count)s open need", "%(count)s open needs", number) % {"count": number_format(number)},
        "links": coverage_links(),
        "counted_for": counted_for(request.user),
        "query": _cell_query(request),
    }
    return render(request, "assistance/coverage/needs.html", context)


@coverage_page
def coverage_offers(request: HttpRequest) -> HttpResponse:
    """Live offers, each with whom it was made for."""
    counted = supply_and_need(request.user)
    readable = (
        live_offers(request.user)
        .select_related("organization", "state")
        .prefetch_related("areas", "members_of", "states")
        .defer("summary", "source")
    )
    found = CoverageOfferFilter(request.GET, queryset=readable, request=request, counted=counted)
    shown = listing(request, found, sorts=OFFER_SORTS, default="title")
    number = shown.page.paginator.count
    context = {
        "filter": found,
        "page": shown.page,
        "rows": [{"offer": offer, "whom": in_short(offer), "period": period(offer)} for offer in shown.page],
        "counted": ngettext("%(count)s live offer", "%(count)s live offers", number) % {"count": number_format(number)},
        "links": coverage_links(),
        "counted_for": counted_for(request.user),
        "query": _cell_query(request),
    }
    return render(request, "assistance/coverage/offers.html", context)


def _cell_query(request: HttpRequest) -> str:
    """Region, State and area as asked for: the same field of the table in the other lists."""
    kept = request.GET.copy()
    for name in list(kept):
        if name not in ("region", "state", "area") or not kept[name]:
            del kept[name]
    return f"?{kept.urlencode()}" if kept else ""


def reach_in_words(reach: Reach) -> dict[str, Any]:
    """The verdict on a need with its tone, and the figures behind it in a sentence."""
    parts = []
    if reach.made:
        parts.append(ngettext("%(n)d made for it", "%(n)d made for it", reach.made) % {"n": reach.made})
    if reach.everyone:
        parts.append(
            ngettext("%(n)d open to all States", "%(n)d open to all States", reach.everyone) % {"n": reach.everyone}
        )
    if reach.full:
        parts.append(ngettext("%(n)d full", "%(n)d full", reach.full) % {"n": reach.full})
    if reach.general and reach.is_gap:
        parts.append(ngettext("%(n)d general", "%(n)d general", reach.general) % {"n": reach.general})
    return {
        "verdict": VERDICT_LABELS[reach.verdict],
        "verdict_tone": VERDICT_TONES[reach.verdict],
        "figures": parts,
    }
