"""The steps that people take on a request: what is open to whom, and one confirmation page for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import NotAllowed, allows
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.records.write import StaleVersion

from ..forms import request_actions as forms
from ..lifecycles.requests import REQUEST_DEEDS, REQUEST_LIFE_CYCLE, deed_problem
from ..models import AssistanceRequest
from ..services.procedure import REQUESTERS_TURNS, Turn, next_step
from .request_action_pages import ACTION_PAGES, QUOTING, ActionPage


@dataclass(frozen=True)
class OpenAction:
    """An action that a person may take now; with a `problem`, one that has to wait and why.

    `is_turn`: it is what comes next, and this person's side is to do it.
    """

    name: str
    label: Any
    url: str
    is_danger: bool
    is_turn: bool
    problem: Any = None


def permission_of(action: str) -> str:
    """The action of the role table that allows an action of a page."""
    return "consent" if action == "withdraw_consent" else action


def problem_with(record: AssistanceRequest, action: str) -> Any:
    """Why the action cannot be taken now, whoever asks; None if it can."""
    if record.is_from_public_source:
        return _("This record comes from a public source. It is history and cannot be changed.")
    if action in REQUEST_DEEDS:
        return deed_problem(record, action)
    row = REQUEST_LIFE_CYCLE.find(action, record.status)
    if row is None:
        return _("This is not possible while the status is “%(status)s”.") % {"status": record.get_status_display()}
    return row.condition(record) if row.condition else None


def open_actions(who: Any, record: AssistanceRequest) -> list[OpenAction]:
    """What `who` may do with the request at its status, what comes next first and what ends it last."""
    if record.is_from_public_source:
        return []
    labels = {row.action: row.label for row in REQUEST_LIFE_CYCLE.open_from(record)}
    labels |= {
        deed: label
        for deed, (statuses, label, _condition) in REQUEST_DEEDS.items()
        if deed in ACTION_PAGES and record.status in statuses and _is_timely(record, deed)
    }
    coming = next_step(record)
    actor = actor_for(who)
    is_requesters = coming is not None and coming.step in REQUESTERS_TURNS
    turn = coming.step.action if coming is not None and is_requesters != actor.is_committee else ""
    found = [
        OpenAction(
            name=action,
            label=label,
            url=reverse("assistance:request_transition", args=[record.reference, action]),
            is_danger=ACTION_PAGES[action].is_danger,
            is_turn=action == turn,
            problem=problem_with(record, action),
        )
        for action, label in labels.items()
        if allows(who, permission_of(action), record)
    ]
    return sorted(found, key=lambda action: (not action.is_turn, action.is_danger))


def _is_timely(record: AssistanceRequest, deed: str) -> bool:
    """Leave out what does not arise: consent twice, its withdrawal without one, publishing what is public."""
    if deed == "withdraw_consent":
        return record.summary_consent_on is not None and record.summary_published_on is None
    if deed in QUOTING:
        has_consent = record.summary_consent_on is not None
        return (
            bool(record.public_summary) and record.summary_published_on is None and has_consent == (deed != "consent")
        )
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_transition(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask before an action is taken, then take it. What was typed stays if it is refused."""
    page = ACTION_PAGES.get(action)
    if page is None:
        raise Http404
    readable = AssistanceRequest.objects.visible_to(request.user).select_related("state", "organization")
    record = get_object_or_404(readable, reference=reference)
    if not allows(request.user, permission_of(action), record):
        raise NotAllowed(permission_of(action), "request")
    if request.method == "POST":
        return _take(request, record, action, page)
    problem = problem_with(record, action)
    if problem is not None:
        messages.error(request, problem)
        goes_on_editing = action == "submit" and record.is_draft
        return redirect("assistance:request_edit", record.reference) if goes_on_editing else redirect(record)
    initial = page.form.initial_for(record)
    if action == "record_step":
        initial["kind"] = _wanted_step(request, record)
    return _confirm(request, record, action, page.form(initial=initial))


def _wanted_step(request: HttpRequest, record: AssistanceRequest) -> str:
    """The step named in the address, else the one that comes next."""
    coming = next_step(record)
    by_default = coming.step.kind if coming is not None and coming.step.action == "record_step" else ""
    return request.GET.get("kind", by_default or "")


def _take(request: HttpRequest, record: AssistanceRequest, action: str, page: ActionPage) -> HttpResponse:
    form = page.form(request.POST)
    if form.is_valid():
        try:
            done = page.service(by=request.user, request=record, **form.cleaned_data)
        except StaleVersion as problem:
            data = request.POST.copy()
            data["expected_version"] = str(problem.current.version)
            form = page.form(data)
            form.add_error(
                None, _("The request changed while this page was open. Look at it as it is now, then confirm again.")
            )
            return _confirm(request, problem.current, action, form, status=409)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, page.done)
            return redirect(done or "assistance:request_list")
    return _confirm(request, record, action, form, status=422)


def _confirm(
    request: HttpRequest, record: AssistanceRequest, action: str, form: forms.ConfirmForm, *, status: int = 200
) -> HttpResponse:
    page = ACTION_PAGES[action]
    deed = REQUEST_DEEDS.get(action)
    row = next(row for row in REQUEST_LIFE_CYCLE.transitions if row.action == action) if deed is None else None
    label = deed[1] if deed else row.label  # type: ignore[union-attr]
    needs_reference = action == Turn.AUTHENTICATE.value and not record.document_reference
    context = {
        "record": record,
        "title": label,
        "kind": _("Request “%(title)s”") % {"title": record.title},
        "reference": record.reference,
        "sentence": page.sentence,
        "consequences": page.consequences,
        "form": form,
        "submit": label,
        "cancel_url": record.get_absolute_url(),
        "danger": page.is_danger,
        "quoted": action in QUOTING,
        "areas": [need.area for need in record.needs.select_related("area")] if action in QUOTING else [],
        "needs_reference": needs_reference,
    }
    return render(request, "assistance/request_confirm.html", context, status=status)
