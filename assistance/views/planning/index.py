"""The way in to the planning pages, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cooperation_portal.access.policy import allows, require

from ...services.ranking import MatchingNotPossible


class Page(NamedTuple):
    """A planning page: URL name, title, and the question it answers; who may open it as (action, record)."""

    url_name: str
    title: Any
    question: Any
    needs: tuple[str, str] = ("view", "planning")


#: In the order in which an expert works.
PAGES: tuple[Page, ...] = (
    Page(
        "assistance:coverage",
        _("Overlaps and gaps"),
        _("Which needs does no live offer reach, and where do several providers work on the same?"),
        ("view", "coverage"),
    ),
    Page(
        "assistance:portfolio",
        _("Portfolio"),
        _("Who should take what, so that most need is met and no State is forgotten?"),
    ),
    Page(
        "meetings:conference_list",
        _("Regional assistance conferences"),
        _("Who of a region should meet which provider, when and at which table?"),
    ),
    Page(
        "assistance:planning_brief",
        _("Matching brief"),
        _("What came in, what was decided, what is overdue and what nobody offers?"),
    ),
    Page(
        "admin:assistance_matchingpolicy_changelist",
        _("Matching policy"),
        _("What counts how much, what did each version change, and what would other weights move?"),
        ("view", "policy"),
    ),
    Page(
        "assistance:feedback",
        _("Feedback"),
        _("Where do the policy and those who dismiss or decline disagree?"),
    ),
    Page(
        "assistance:run_list",
        _("Runs of the matching service"),
        _("When was what compared, why, and what came of it?"),
    ),
)


def planning_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a view to those who may plan; say plainly why nothing can be computed where that is so."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request.user, "view", "planning")
        try:
            return view(request, *args, **kwargs)
        except MatchingNotPossible as problem:
            return render(request, "assistance/planning/not_possible.html", {"problem": problem}, status=409)

    return guarded


@planning_page
@require_safe
def planning_index(request: HttpRequest) -> HttpResponse:
    """The planning pages that the reader may open, each with the question it answers."""
    pages = [page for page in PAGES if allows(request.user, *page.needs)]
    return render(request, "assistance/planning/index.html", {"pages": pages})
