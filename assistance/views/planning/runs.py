"""Runs of the matching service: which there were, how far one is, and the button that asks for one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.lists import listing

from ... import run_pages
from ...filters.runs import RunFilter
from ...models import AssistanceRequest, MatchingPolicy, MatchingRun
from ...services.matching import run_on_demand
from .index import planning_page

SORTS: dict[str, list[Any]] = {
    "number": ["pk"],
    "started": [F("started_at"), "pk"],
    "took": [F("finished_at") - F("started_at"), "pk"],
    "suggested": ["suggested", "pk"],
}


@planning_page
@require_http_methods(["GET", "HEAD", "POST"])
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, the newest first; POST asks for one over everything, or over the request that is named."""
    if request.method == "POST":
        return _ask(request)
    rows = MatchingRun.objects.visible_to(request.user).select_related("offer", "request")
    found = RunFilter(request.GET, queryset=rows, request=request)
    shown = listing(request, found, sorts=SORTS, default="-number")
    count = shown.page.paginator.count
    context = {
        "filter": found,
        "page": shown.page,
        "rows": [
            {"run": run, "about": run_pages.about(run), "took": run_pages.duration(run.duration)} for run in shown.page
        ],
        "counted": ngettext("%(count)d run", "%(count)d runs", count) % {"count": count},
        "may_run": allows(request.user, "run", "match"),
    }
    return render(request, "assistance/planning/run_list.html", context)


def _ask(request: HttpRequest) -> HttpResponse:
    """Queue a run and show it; one that waits already for the same is shown instead."""
    require(request.user, "run", "match")
    reference = request.POST.get("request")
    record = None
    if reference:
        record = get_object_or_404(AssistanceRequest.objects.visible_to(request.user), reference=reference)
        if not record.is_open:
            messages.error(request, _("Only open requests are matched, and this one is not open."))
            return redirect(record)
    return redirect(run_on_demand(by=request.user, request=record))


@planning_page
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: why, over what, how far, what came of it. While it waits or works the page follows it."""
    run = get_object_or_404(MatchingRun.objects.visible_to(request.user).select_related("offer", "request"), pk=pk)
    policy = MatchingPolicy.objects.filter(version=run.policy_version).first() if run.policy_version else None
    response = render(
        request,
        "assistance/planning/run_detail.html",
        {
            "run": run,
            "about": run_pages.about(run),
            "progress": run_pages.progress(run),
            "took": run_pages.duration(run.duration),
            "problem": run_pages.problem(run),
            "figures": run_pages.figures(run),
            "phases": run_pages.phases(run),
            "policy": policy if policy and allows(request.user, "view", policy) else None,
            "may_run": allows(request.user, "run", "match"),
        },
    )
    if request.htmx and not run.is_waiting:
        # What stands outside the part that is followed, status and facts, changes with the end.
        response["HX-Refresh"] = "true"
    return response
