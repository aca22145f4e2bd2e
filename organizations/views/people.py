"""People of an organization or State: who acts for it, who asks to, and how that changes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cooperation_portal.access.actors import actor_for
from cooperation_portal.access.policy import allows, require
from cooperation_portal.access.roles import ORGANIZATION_ROLES
from cooperation_portal.interface.refusals import add_problem

from ..forms.people import AffiliationRequestForm, EndAffiliationForm, InviteForm, RefuseForm, RoleForm
from ..models import Affiliation, Organization, State
from ..services.affiliations import (
    affiliation_approve,
    affiliation_change_role,
    affiliation_end,
    affiliation_invite,
    affiliation_refuse,
    affiliation_request,
    is_last_focal_point,
    people_path,
)
from .organizations import visible_organization
from .states import visible_state

#: Former people shown; the audit has all.
FORMER_SHOWN = 25


@login_required
@require_http_methods(["GET", "POST"])
def organization_people(request: HttpRequest, slug: str) -> HttpResponse:
    return _people(request, visible_organization(request, slug))


@login_required
@require_http_methods(["GET", "POST"])
def state_people(request: HttpRequest, iso3: str) -> HttpResponse:
    return _people(request, visible_state(request, iso3))


def _people(request: HttpRequest, body: Organization | State) -> HttpResponse:
    """People and open requests of a body, with the form that invites one more."""
    kind = "organization" if isinstance(body, Organization) else "state"
    require(request.user, "view", Affiliation(**{kind: body}))
    form = InviteForm(
        request.POST or None,
        body=body,
        gives_committee_roles=allows(request.user, "grant_committee_role", "affiliation"),
    )
    if request.method == "POST" and form.is_valid():
        try:
            invited = affiliation_invite(by=request.user, body=body, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("%(person)s is told by mail.") % {"person": invited.user})
            return redirect(people_path(body))
    rows = Affiliation.objects.visible_to(request.user).filter(**{kind: body}).select_related("user")
    former = rows.filter(status__in=("refused", "ended")).order_by("-updated_at")[:FORMER_SHOWN]
    return render(
        request,
        "organizations/people.html",
        {
            "body": body,
            "form": form,
            "waiting": rows.waiting().order_by("created_at"),
            "holders": [_holder(request, row) for row in rows.filter(status="active")],
            "former": former,
        },
        status=422 if form.is_bound else 200,
    )


@login_required
@require_http_methods(["GET", "POST"])
def affiliation_ask(request: HttpRequest) -> HttpResponse:
    """A signed-in person asks to act for an organization or a State."""
    organizations = Organization.objects.visible_to(request.user).in_good_standing()
    states = State.objects.visible_to(request.user)
    initial = {
        "organization": organizations.filter(slug=request.GET.get("organization", "")).first(),
        "state": states.filter(iso3=request.GET.get("state", "")).first(),
    }
    form = AffiliationRequestForm(request.POST or None, organizations=organizations, states=states, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            asked = affiliation_request(by=request.user, body=form.body, role=values["role"], message=values["message"])
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(
                request,
                _("Your request went to the focal points of %(body)s and to the secretariat. You will get a mail.")
                % {"body": asked.body},
            )
            return redirect("dashboard")
    return render(request, "organizations/affiliation_ask.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_POST
def affiliation_approve_view(request: HttpRequest, pk: int) -> HttpResponse:
    affiliation = visible_affiliation(request, pk)
    try:
        affiliation_approve(by=request.user, affiliation=affiliation)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("Approved. %(person)s is told by mail.") % {"person": affiliation.user})
    return redirect(people_path(affiliation.body))


@login_required
@require_http_methods(["GET", "POST"])
def affiliation_refuse_view(request: HttpRequest, pk: int) -> HttpResponse:
    affiliation = visible_affiliation(request, pk)
    require(request.user, "refuse", affiliation)

    def refuse(form: Form) -> str:
        affiliation_refuse(by=request.user, affiliation=affiliation, reason=form.cleaned_data["reason"])
        return _("Refused. %(person)s is told why by mail.") % {"person": affiliation.user}

    return _confirm(
        request,
        affiliation,
        RefuseForm(request.POST or None),
        refuse,
        title=_("Refuse the request of %(person)s") % {"person": affiliation.user},
        sentence=_("%(person)s asks to act as %(role)s of %(body)s.") % _named(affiliation),
        consequences=[
            _("The person is told, with your reason, and may ask again."),
            _("Nobody else sees the request."),
        ],
        submit=_("Refuse request"),
        danger=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def affiliation_role_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Editor to focal point, or back."""
    affiliation = visible_affiliation(request, pk)
    require(request.user, "approve", affiliation)
    is_last = is_last_focal_point(affiliation)

    def change(form: Form) -> str:
        values = form.cleaned_data
        affiliation_change_role(
            by=request.user,
            affiliation=affiliation,
            role=values["role"],
            even_if_last=values.get("even_if_last", False),
        )
        return _("Changed. %(person)s is told by mail.") % {"person": affiliation.user}

    return _confirm(
        request,
        affiliation,
        RoleForm(request.POST or None, affiliation=affiliation, is_last=is_last),
        change,
        title=_("Change the role of %(person)s") % {"person": affiliation.user},
        sentence=_("%(person)s: %(role)s of %(body)s") % _named(affiliation),
        consequences=[_("The new role holds from the next page on."), *_last_warning(is_last)],
        submit=_("Change role"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def affiliation_end_view(request: HttpRequest, pk: int) -> HttpResponse:
    """End somebody's role, or leave."""
    affiliation = visible_affiliation(request, pk)
    is_own = affiliation.user_id == request.user.pk
    if not is_own:
        require(request.user, "end", affiliation)
    is_last = is_last_focal_point(affiliation)

    def end(form: Form) -> str:
        values = form.cleaned_data
        affiliation_end(
            by=request.user,
            affiliation=affiliation,
            reason=values["reason"],
            even_if_last=values.get("even_if_last", False),
        )
        return _("Ended.")

    consequences = [
        _("The rights of this role end at once, also in pages that are open."),
        _("What was written stays, with its author."),
    ]
    return _confirm(
        request,
        affiliation,
        EndAffiliationForm(request.POST or None, is_last=is_last),
        end,
        title=_("Leave %(body)s") % {"body": affiliation.body}
        if is_own
        else _("End the role of %(person)s") % {"person": affiliation.user},
        sentence=_("%(person)s: %(role)s of %(body)s") % _named(affiliation),
        consequences=[*consequences, *_last_warning(is_last)],
        submit=_("End role"),
        danger=True,
    )


def visible_affiliation(request: HttpRequest, pk: int) -> Affiliation:
    rows = Affiliation.objects.visible_to(request.user).select_related("user", "organization", "state")
    return get_object_or_404(rows, pk=pk)


def _confirm(request: HttpRequest, affiliation: Affiliation, form: Form, act: Any, **context: Any) -> HttpResponse:
    """Ask once more, or act and go back to the people of the body (to the desk for whoever does not manage them)."""
    back = people_path(affiliation.body) if _manages(request, affiliation) else "profile"
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, done)
            request.user.__dict__.pop("_actor", None)
            return redirect(back if _manages(request, affiliation) else "dashboard")
    page = {"kind": _("People"), "form": form, "cancel_url": redirect(back).url, "danger": False, **context}
    return render(request, "partials/confirm.html", page, status=422 if form.is_bound else 200)


def _manages(request: HttpRequest, affiliation: Affiliation) -> bool:
    return allows(request.user, "view", affiliation)


def _holder(request: HttpRequest, affiliation: Affiliation) -> dict[str, Any]:
    """A person of the body with what the reader may do about them."""
    may_change = allows(request.user, "approve", affiliation) and affiliation.role in ORGANIZATION_ROLES
    return {
        "affiliation": affiliation,
        "is_self": affiliation.user_id == actor_for(request.user).user_id,
        "may_change": may_change,
        "may_end": allows(request.user, "end", affiliation),
    }


def _named(affiliation: Affiliation) -> dict[str, Any]:
    return {"person": affiliation.user, "role": affiliation.get_role_display(), "body": affiliation.body}


def _last_warning(is_last: bool) -> list[str]:
    if not is_last:
        return []
    return [_("No focal point is left: only the secretariat can then add people or answer proposals.")]
