"""Where programmes of different providers meet: a list of cells of State and area, and one State with all of its."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.matching.coverage_values import Group, Overlap
from cooperation_portal.interface.csv_files import csv_response
from cooperation_portal.interface.dates import in_words
from cooperation_portal.interface.lists import PAGE, PER_PAGE, SORT
from organizations.models import State

from ...forms.coverage import OverlapForm
from ...models import Need, Offer
from ...services.supply_and_need import SupplyAndNeed, supply_and_need
from ...vocabulary_counts import live_offers
from .access import counted_for, coverage_links, coverage_page, refuse_unknown
from .lists import reach_in_words

DEFAULT_SORT = "-providers"
#: Areas on one page of a State, and programmes of one area before the list of offers is named.
AREAS_ON_PAGE, PROGRAMMES_SHOWN = 10, 12
NEEDS_SHOWN = 10


@coverage_page
def coverage_overlaps(request: HttpRequest) -> HttpResponse:
    """Cells in which programmes of different providers meet, and who they are."""
    counted = supply_and_need(request.user)
    form = OverlapForm(request.GET, counted=counted)
    refuse_unknown(request, form, SORT, PAGE)
    sort = request.GET.get(SORT) or DEFAULT_SORT
    names = {state.iso3: place for place, state in enumerate(counted.states)}
    sorts: dict[str, Callable[[Overlap], Any]] = {
        "state": lambda cell: names[cell.state],
        "area": lambda cell: cell.area,
        "programmes": lambda cell: cell.programmes,
        "providers": lambda cell: cell.providers,
        "everyone": lambda cell: cell.everyone,
    }
    if sort.removeprefix("-") not in sorts:
        form.add_error(None, _("This list cannot be sorted by “%(name)s”.") % {"name": sort})
        sort = DEFAULT_SORT
    cells = chosen_overlaps(counted, form) if not form.errors else []
    cells.sort(key=lambda cell: (names[cell.state], cell.area))
    cells.sort(key=sorts[sort.removeprefix("-")], reverse=sort.startswith("-"))
    page = Paginator(cells, PER_PAGE).get_page(request.GET.get(PAGE))
    context = {
        "form": form,
        "page": page,
        "rows": cells_in_words(counted, page),
        "counted": ngettext("%(count)s overlap", "%(count)s overlaps", len(cells))
        % {"count": number_format(len(cells))},
        "links": coverage_links(),
        "counted_for": counted_for(request.user),
    }
    return render(request, "assistance/coverage/overlaps.html", context)


@coverage_page
def coverage_overlaps_csv(request: HttpRequest) -> HttpResponse:
    """Every overlap with its providers, one line a State and area; narrowed like the list."""
    counted = supply_and_need(request.user)
    form = OverlapForm(request.GET, counted=counted)
    refuse_unknown(request, form)
    header = [
        _("State code"),
        _("State"),
        _("Area code"),
        _("Area"),
        _("Programmes made for it"),
        _("Providers"),
        _("Who they are"),
        _("Free places"),
        _("Together from"),
        _("Together until"),
        _("Offers open to all States"),
    ]
    if form.errors:
        problems = [str(message) for messages in form.errors.values() for message in messages]
        return HttpResponse("\n".join(problems), content_type="text/plain; charset=utf-8", status=400)
    names = {state.iso3: state.name for state in counted.states}
    lines = []
    for cell in chosen_overlaps(counted, form):
        group = counted.coverage.group(cell.state, cell.area)
        starts_on, ends_on = group.together or (None, None)
        lines.append(
            [
                cell.state,
                names[cell.state],
                cell.area,
                counted.label_of(cell.area),
                cell.programmes,
                cell.providers,
                "; ".join(providers_in_words(group, names)),
                group.places,
                starts_on,
                ends_on if group.together else _("They do not run at the same time"),
                cell.everyone,
            ]
        )
    return csv_response("overlaps.csv", header, lines)


@coverage_page
def coverage_state(request: HttpRequest, iso3: str) -> HttpResponse:
    """One State: area by area the programmes that meet there, and its needs that nobody reaches."""
    state = get_object_or_404(State.objects.visible_to(request.user), iso3=iso3)
    counted = supply_and_need(request.user)
    cells = counted.coverage.overlaps(states=[iso3])
    cells.sort(key=lambda cell: (-cell.providers, cell.area))
    page = Paginator(cells, AREAS_ON_PAGE).get_page(request.GET.get(PAGE))
    own = [demand.key for demand in counted.demands if demand.requester == iso3]
    out_of_reach = [key for key in own if counted.reach[key].is_gap]
    needs = (
        Need.objects.filter(pk__in=out_of_reach)
        .select_related("area", "request__state")
        .order_by("-request__received_on", "pk")[:NEEDS_SHOWN]
    )
    context = {
        "state": state,
        "page": page,
        "sections": sections_of(request.user, counted, page),
        "overlaps_total": len(cells),
        "needs": [{"need": need, **reach_in_words(counted.reach[need.pk])} for need in needs],
        "needs_total": len(own),
        "gaps_total": len(out_of_reach),
        "counted_for": counted_for(request.user),
    }
    return render(request, "assistance/coverage/state.html", context)


def chosen_overlaps(counted: SupplyAndNeed, form: OverlapForm) -> list[Overlap]:
    """The overlaps that the form asks for."""
    chosen = form.cleaned_data
    states = {state.iso3 for state in counted.states}
    if chosen.get("region"):
        states &= counted.region(chosen["region"]).states
    if chosen.get("state"):
        states &= {chosen["state"]}
    codes = counted.codes_of(chosen["area"]) if chosen.get("area") else None
    return counted.coverage.overlaps(states=sorted(states), areas=codes, provider=chosen.get("provider") or None)


def cells_in_words(counted: SupplyAndNeed, cells: Iterable[Overlap]) -> list[dict[str, Any]]:
    """Rows of the list: State, area, who meets there, when together."""
    names = {state.iso3: state.name for state in counted.states}
    rows = []
    for cell in cells:
        group = counted.coverage.group(cell.state, cell.area)
        rows.append(
            {
                "cell": cell,
                "state": names[cell.state],
                "area": counted.label_of(cell.area),
                "providers": providers_in_words(group, names),
                "together": together_in_words(group.together),
                "places": group.places,
            }
        )
    return rows


def providers_in_words(group: Group, names: Mapping[str, str]) -> list[str]:
    """Acronyms of organizations and names of States, in alphabetical order."""
    found = {names.get(supply.provider, supply.provider) for supply in group.made}
    return sorted(found, key=str.casefold)


def together_in_words(together: tuple[Any, Any] | None) -> str:
    """From when to when two providers run at once."""
    if together is None:
        return _("They do not run at the same time")
    starts_on, ends_on = together
    if starts_on and ends_on:
        return _("%(start)s to %(end)s") % {"start": in_words(starts_on), "end": in_words(ends_on)}
    if starts_on:
        return _("From %(start)s") % {"start": in_words(starts_on)}
    if ends_on:
        return _("Until %(end)s") % {"end": in_words(ends_on)}
    return _("Without a known end")


def sections_of(who: Any, counted: SupplyAndNeed, cells: Iterable[Overlap]) -> list[dict[str, Any]]:
    """The areas of one page with their programmes; two queries for all of them."""
    groups = [(cell, counted.coverage.group(cell.state, cell.area)) for cell in cells]
    wanted = {
        supply.key
        for _cell, group in groups
        for supply in group.made[:PROGRAMMES_SHOWN] + group.everyone[:PROGRAMMES_SHOWN]
    }
    offers: dict[int, Offer] = (
        live_offers(who).select_related("organization", "state").prefetch_related("areas").in_bulk(wanted)
    )
    return [
        {
            "cell": cell,
            "area": counted.areas.get(cell.area),
            "made": [offers[supply.key] for supply in group.made[:PROGRAMMES_SHOWN] if supply.key in offers],
            "everyone": [offers[supply.key] for supply in group.everyone[:PROGRAMMES_SHOWN] if supply.key in offers],
            "together": together_in_words(group.together),
            "places": group.places,
        }
        for cell, group in groups
    ]
