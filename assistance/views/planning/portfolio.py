"""Portfolio pages: ask for a plan, follow it, read it from every side, and take it along as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.csv_files import csv_response
from cooperation_portal.interface.lists import PAGE, PER_PAGE

from ...forms.portfolio import ChangeSearch, PlanForm, PlanSearch
from ...models import PortfolioPlan
from ...portfolio_files import TABLES
from ...portfolio_pages import ShownPlan, holding
from ...services.portfolio_plans import WAITING, plan_ask
from .index import planning_page

FORMER_PER_PAGE = 10
Status = PortfolioPlan.Status


class Part(NamedTuple):
    """One side from which a plan is read: its title and its rows. Its template has its name."""

    title: Any
    rows: Callable[[ShownPlan], list[Any]]
    search: type[PlanSearch] = PlanSearch


PARTS: dict[str, Part] = {
    "offers": Part(gettext_lazy("Who takes what"), ShownPlan.offers),
    "requests": Part(gettext_lazy("What each request gets"), ShownPlan.requests),
    "left": Part(gettext_lazy("Left with nothing"), ShownPlan.left),
    "changes": Part(gettext_lazy("Changes against today"), ShownPlan.changes, ChangeSearch),
}


@planning_page
@require_http_methods(["GET", "HEAD", "POST"])
def portfolio(request: HttpRequest) -> HttpResponse:
    """The latest plan, the form that asks for another, and the plans before it."""
    form = PlanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.user, "run", "match")
        if form.is_valid():
            plan = plan_ask(by=request.user, **form.cleaned_data)
            if plan.is_waiting:
                messages.success(request, _("The plan is asked for. This page shows it as soon as it is there."))
            return redirect("assistance:portfolio")
    plans = PortfolioPlan.objects.all()
    latest = plans.filter(status=Status.DONE).first()
    failed = plans.filter(status=Status.FAILED).defer("result").first()
    context = {
        "form": form,
        "may_ask": allows(request.user, "run", "match"),
        "waiting": list(plans.filter(status__in=WAITING).defer("result")),
        "failed": failed if failed and (latest is None or failed.pk > latest.pk) else None,
        "former": Paginator(plans.defer("result"), FORMER_PER_PAGE).get_page(request.GET.get(PAGE)),
        **(_overview(latest, request, at_home=True) if latest else {"plan": None}),
    }
    return render(request, "assistance/planning/portfolio.html", context, status=422 if form.errors else 200)


@planning_page
@require_safe
def portfolio_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: what it reaches and under what it was computed; while it is computed, how far it is."""
    plan = get_object_or_404(PortfolioPlan, pk=pk)
    context = _overview(plan, request) if plan.status == Status.DONE else {"plan": plan, "waiting": [plan]}
    return render(request, "assistance/planning/portfolio_plan.html", context)


@planning_page
@require_safe
def portfolio_part(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """One table of a plan, searched and paged."""
    if part not in PARTS:
        raise Http404
    plan = _finished(pk)
    shown = ShownPlan(plan, request.user)
    form = PARTS[part].search(request.GET)
    for name in sorted(set(request.GET) - {*form.fields, PAGE}):
        form.add_error(None, _("This list has no filter “%(name)s”. Remove it from the address.") % {"name": name})
    rows = _searched(PARTS[part].rows(shown), form.cleaned_data) if form.is_valid() else []
    context = {
        "plan": plan,
        "title": PARTS[part].title,
        "links": _links(plan),
        "filter_form": form,
        "is_searched": any(request.GET.get(name) for name in form.fields),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get(PAGE)),
        "count": len(rows),
    }
    return render(request, f"assistance/planning/portfolio_{part}.html", context)


@planning_page
@require_safe
def portfolio_places(request: HttpRequest, pk: int) -> HttpResponse:
    """What one more place in each area would bring: never more rows than there are areas."""
    plan = _finished(pk)
    rows = ShownPlan(plan, request.user).places()
    gaining = [row for row in rows if row.met or row.helped]
    context = {
        "plan": plan,
        "links": _links(plan),
        "rows": gaining,
        "bars": [(row.area, round(row.met, 2)) for row in gaining],
        "without": [row.area for row in rows if not (row.met or row.helped)],
        "is_exact": all(row.is_exact for row in rows),
    }
    return render(request, "assistance/planning/portfolio_places.html", context)


@planning_page
@require_safe
def portfolio_csv(request: HttpRequest, pk: int, table: str) -> HttpResponse:
    """One table of a plan as a file."""
    if table not in TABLES:
        raise Http404
    plan = _finished(pk)
    return csv_response(f"plan-{plan.pk}-{table}.csv", *TABLES[table](ShownPlan(plan, request.user)))


def _searched(rows: list[Any], wanted: dict[str, Any]) -> list[Any]:
    found = holding(rows, wanted["q"])
    return [row for row in found if row.kind == wanted["change"]] if wanted.get("change") else found


def _finished(pk: int) -> PortfolioPlan:
    """A plan with a result, or 404."""
    return get_object_or_404(PortfolioPlan, pk=pk, status=Status.DONE)


def _overview(plan: PortfolioPlan, request: HttpRequest, *, at_home: bool = False) -> dict[str, Any]:
    shown = ShownPlan(plan, request.user)
    result = plan.result
    return {
        "plan": plan,
        "links": _links(plan, at_home=at_home),
        "is_empty": not result["requesters"],
        "result": result,
        "percent": round(100 * result["met"] / result["asked"]) if result["asked"] else 0,
        "gap_percent": 100 * (plan.gap or 0),
        "figures": [
            (_("Requesters helped"), len(result["helped"]), _url(plan, "requests")),
            (_("Left with nothing"), len(result["left"]), _url(plan, "left")),
            (_("New pairs"), shown.new, _url(plan, "changes")),
            (_("Needs that stay open"), len(result["open_needs"]), _url(plan, "requests")),
        ],
        "downloads": [
            (_("Pairs (CSV)"), reverse("assistance:portfolio_csv", args=[plan.pk, "pairs"])),
            (_("Open needs (CSV)"), reverse("assistance:portfolio_csv", args=[plan.pk, "open-needs"])),
            (_("One more place (CSV)"), reverse("assistance:portfolio_csv", args=[plan.pk, "places"])),
        ],
    }


def _url(plan: PortfolioPlan, part: str) -> str:
    return reverse("assistance:portfolio_part", args=[plan.pk, part])


def _links(plan: PortfolioPlan, *, at_home: bool = False) -> list[tuple[Any, str]]:
    """The pages of one plan, side by side; the overview of the latest also stands on the portfolio's own page."""
    return [
        (_("Overview"), reverse("assistance:portfolio") if at_home else plan.get_absolute_url()),
        *((part.title, _url(plan, name)) for name, part in PARTS.items()),
        (_("One more place"), reverse("assistance:portfolio_places", args=[plan.pk])),
    ]
