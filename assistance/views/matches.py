"""Pages of matches: what is proposed to me, why, and my answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import allows, require
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface.lists import listing

from ..comparison import side_by_side
from ..explanations import explain
from ..filters.matches import MatchFilter
from ..forms.matches import MatchAnswerForm
from ..lifecycles.matches import may_reach_the_parties
from ..models import AssistanceRequest, Match, Project
from ..services.candidates import may_read_pair
from ..services.matches import match_answer, sides_of

SORTS = {"score": ["score", "pk"], "proposed": [F("proposed_at"), "pk"]}


@login_required
@require_safe
def match_list(request: HttpRequest) -> HttpResponse:
    """Matches that the reader may see: the parties' proposals, or everything for the Committee."""
    visible = Match.objects.visible_to(request.user).select_related(
        "request__state", "request__organization", "offer__organization", "offer__state"
    )
    found = MatchFilter(request.GET, queryset=visible.prefetch_related("answers"), request=request)
    shown = listing(request, found, sorts=SORTS, default="-score")
    count = shown.page.paginator.count
    return render(
        request,
        "assistance/match_list.html",
        {
            "filter": found,
            "page": shown.page,
            "counted": ngettext("%(count)d match", "%(count)d matches", count) % {"count": count},
            "is_committee": actor_for(request.user).is_committee,
        },
    )


def visible_match(request: HttpRequest, pk: int) -> Match:
    """The match, or the same 404 as for one that does not exist."""
    return get_object_or_404(
        Match.objects.visible_to(request.user).select_related(
            "request__state", "request__organization", "offer__organization", "offer__state"
        ),
        pk=pk,
    )


@login_required
@require_safe
def match_detail(request: HttpRequest, pk: int) -> HttpResponse:
    match = visible_match(request, pk)
    form = MatchAnswerForm(initial={"expected_version": match.version})
    return render(request, "assistance/match_detail.html", _page(request, match, form))


@login_required
@require_http_methods(["POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or decline for one's side; a refused answer keeps what was typed."""
    match = visible_match(request, pk)
    require(request.user, "answer", match)
    form = MatchAnswerForm(request.POST)
    if form.is_valid():
        try:
            answered = match_answer(
                by=request.user,
                match=match,
                accept=form.is_accepted,
                reason=form.cleaned_data["reason"],
                misfit=form.cleaned_data["misfit"],
                expected_version=form.cleaned_data["expected_version"],
            )
        except ValidationError as problem:
            form.add_error("reason" if "reason" in getattr(problem, "error_dict", {}) else None, _plain(problem))
        else:
            messages.success(request, _said(answered))
            return redirect(answered)
    return render(request, "assistance/match_detail.html", _page(request, visible_match(request, pk), form), status=422)


def _plain(problem: ValidationError) -> list[str]:
    return problem.messages


def _said(match: Match) -> str:
    if match.status == Match.Status.AGREED:
        return _("Both parties have accepted. A project can be started.")
    if match.status == Match.Status.DECLINED:
        return _("You declined. The experts and the other party have been told why.")
    return _("You accepted. The other party and the experts have been told.")


def _page(request: HttpRequest, match: Match, form: MatchAnswerForm) -> dict[str, Any]:
    answers = {row.side: row for row in match.answers.all()}
    sides = sides_of(request.user, match)
    to_answer = [side for side in sides if side not in answers] if match.status == Match.Status.PROPOSED else []
    asked = AssistanceRequest.objects.visible_to(request.user).with_full_text_for(request.user)
    readable = asked.select_related("state", "organization").filter(pk=match.request_id).first()
    return {
        "match": match,
        "explanation": explain(match),
        "readable_request": readable,
        "may_compare": readable is not None and may_read_pair(request.user, readable, match.offer),
        "comparison": side_by_side(match),
        "answers": list(answers.values()),
        "sides_to_answer": to_answer,
        "held_because": may_reach_the_parties(match) if match.status == Match.Status.PROPOSED else None,
        "may_start_project": match.status == Match.Status.AGREED
        and allows(request.user, "create", Project(organization=match.offer.organization, state=match.offer.state)),
        "form": form,
        "is_committee": actor_for(request.user).is_committee,
        "history": [
            {"who": entry.who, "at": entry.at, "what": entry.get_action_display(), "text": entry.reason}
            for entry in AuditEntry.objects.visible_to(request.user).about(match)[:50]
        ],
    }
