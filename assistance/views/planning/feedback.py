"""Where the policy and the people disagree: what dismissals and declines name, and the matches behind each number."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from assistance.matching.feedback import FEW, SCORED, Count, Feedback, said
from cooperation_portal.interface.csv_files import csv_response
from cooperation_portal.interface.lists import listing, unknown_parameters

from ...filters.feedback import BY, FeedbackFilter, FeedbackMatchFilter
from ...models import Match, MatchingPolicy, Misfit
from ...models.matches import REFUSED_STATUSES
from ...services.feedback import decisions, feedback_of, part_values
from .index import planning_page

SORTS: dict[str, list[Any]] = {"when": [F("decided_when"), "pk"], "score": ["score", "pk"]}
LABELS = dict(Misfit.choices)


@planning_page
@require_safe
def feedback(request: HttpRequest) -> HttpResponse:
    """Counts for each thing that may be named, and what the policy said of it."""
    found, together, by_version = _counted(request)
    return _page(request, found, together, by_version)


@planning_page
@require_safe
def feedback_csv(request: HttpRequest) -> HttpResponse:
    """The counts by policy version, a row for each thing that may be named; a wrong filter is said on the page."""
    found, together, by_version = _counted(request)
    if found.form.errors:
        return _page(request, found, together, by_version)
    header = [
        _("Policy version"),
        _("What did not fit"),
        _("Dismissed by experts"),
        _("Declined by requesters"),
        _("Declined by providers"),
        _("Policy where refused (0–1)"),
        _("Policy where accepted (0–1)"),
        _("Policy said high"),
    ]
    rows = [
        [
            version,
            LABELS[count.named],
            *count.by.values(),
            _rounded(count.mean_refused),
            _rounded(count.mean_accepted),
            count.disagreements,
        ]
        for version, counted in by_version.items()
        for count in counted.counts.values()
    ]
    return csv_response("feedback.csv", header, rows)


@planning_page
@require_safe
def feedback_matches(request: HttpRequest) -> HttpResponse:
    """The refused matches behind the counts, each with its reason."""
    refused = (
        decisions(request.user)
        .filter(status__in=REFUSED_STATUSES)
        .select_related("request__state", "request__organization", "offer__organization", "offer__state")
    )
    found = FeedbackMatchFilter(request.GET, queryset=refused, request=request)
    shown = listing(request, found, sorts=SORTS, default="-when")
    count = shown.page.paginator.count
    context = {
        "filter": found,
        "page": shown.page,
        "rows": [_row(match) for match in shown.page],
        "counted": ngettext("%(count)d match", "%(count)d matches", count) % {"count": count},
    }
    return render(request, "assistance/planning/feedback_matches.html", context)


def _counted(request: HttpRequest) -> tuple[FeedbackFilter, Feedback, dict[int, Feedback]]:
    """The filter and the counts; nothing is counted where the filter cannot be understood."""
    found = FeedbackFilter(request.GET, queryset=decisions(request.user), request=request)
    is_valid = found.form.is_valid()
    for name in unknown_parameters(request, found):
        found.form.add_error(
            None, _("This page has no filter “%(name)s”. Remove it from the address.") % {"name": name}
        )
        is_valid = False
    return found, *feedback_of(found.qs if is_valid else found.queryset.none())


def _page(
    request: HttpRequest, found: FeedbackFilter, together: Feedback, by_version: dict[int, Feedback]
) -> HttpResponse:
    chosen = {name: str(request.GET[name]) for name in found.filters if request.GET.get(name)}
    counts = list(together.counts.values())
    stored = dict(MatchingPolicy.objects.values_list("version", "pk"))
    context = {
        "filter": found,
        "together": together,
        "figures": [
            (_("accepted: shortlisted, proposed, agreed or a project"), together.accepted),
            (_("dismissed or declined"), together.refused, _list_url(chosen)),
            (_("of these name nothing that did not fit"), together.unnamed, _list_url(chosen, named="none")),
        ],
        "few": FEW,
        "csv_links": [(_("Counts as CSV"), f"{reverse('assistance:feedback_csv')}?{urlencode(chosen)}")],
        "bars": [
            (
                LABELS[count.named],
                count.disagreements,
                _list_url(chosen, named=count.named, high="on") if count.disagreements else "",
            )
            for count in sorted(counts, key=lambda count: -count.disagreements)
            if count.named in SCORED
        ],
        "rows": [_shown(count, _list_url(chosen, named=count.named)) for count in counts],
        "versions": [
            {
                "version": version,
                "pk": stored.get(version),
                "counted": counted,
                "url": _list_url(chosen | {"version": str(version)}),
            }
            for version, counted in by_version.items()
        ],
    }
    return render(request, "assistance/planning/feedback.html", context, status=422 if found.form.errors else 200)


def _list_url(chosen: dict[str, str], **more: str) -> str:
    return f"{reverse('assistance:feedback_matches')}?{urlencode(chosen | more)}"


def _shown(count: Count, url: str) -> dict[str, Any]:
    return {
        "label": LABELS[count.named],
        "url": url,
        "count": count,
        "refused": _per_cent(count.mean_refused),
        "accepted": _per_cent(count.mean_accepted),
        "is_scored": count.named in SCORED,
    }


def _row(match: Match) -> dict[str, Any]:
    named: str = match.named  # type: ignore[attr-defined]
    return {
        "match": match,
        "by": dict(BY).get(match.refused_by, ""),  # type: ignore[attr-defined]
        "named": LABELS.get(named, ""),
        "said": _per_cent(said(named, part_values(match.explanation.get("parts")))),
    }


def _per_cent(figure: float | None) -> str:
    return "–" if figure is None else _("%(share)s %%") % {"share": number_format(100 * figure, 0)}


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)
