"""Pages of projects: the list, one project, writing it, and starting one from an agreed match."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.actors import Actor, actor_for
from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import NotAllowed, allows, require
from cooperation_portal.audit.models import AuditEntry
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.records.write import StaleVersion

from ..filters.projects import DEFAULT_SORT, PROJECT_SORTS, ProjectFilter
from ..forms.projects import MilestoneFormSet, ProjectForm, initial_of, possible_leads
from ..forms.rows import row_added, with_one_more_row
from ..lifecycles.projects import OPEN
from ..models import Match, Project
from ..services.projects import ProjectValues, project_create, project_from_match, project_update, project_values_of
from .project_actions import open_actions


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """Projects that the reader may see."""
    rows = (
        Project.objects.visible_to(request.user)
        .select_related("organization", "state")
        .prefetch_related("states", "areas", "contributions__organization")
    )
    found = listing(
        request, ProjectFilter(request.GET, queryset=rows, request=request), sorts=PROJECT_SORTS, default=DEFAULT_SORT
    )
    count = found.page.paginator.count
    context = {
        "filter": found.filter,
        "page": found.page,
        "counted": ngettext("%(count)d project", "%(count)d projects", count) % {"count": count},
        "may_start": allows(request.user, "create", Project),
        "is_filtered": any(request.GET.get(name) for name in found.filter.form.fields),
    }
    return render(request, "assistance/project_list.html", context)


def visible_project(request: HttpRequest, reference: str) -> Project:
    """The project, or the same 404 as for one that does not exist."""
    rows = Project.objects.visible_to(request.user).select_related("organization", "state")
    return get_object_or_404(rows, reference=reference)


@require_safe
def project_detail(request: HttpRequest, reference: str) -> HttpResponse:
    project = visible_project(request, reference)
    actor = actor_for(request.user)
    is_party = reads_as_party(actor, project)
    matches = Match.objects.visible_to(request.user).filter(projects=project)
    context = {
        "project": project,
        "states": project.states.all(),
        "areas": project.areas.all(),
        "milestones": project.milestones.all(),
        "contributions": project.contributions.select_related("organization"),
        "matches": matches.select_related(
            "request__state", "request__organization", "offer__organization", "offer__state"
        ),
        "is_party": is_party,
        "feedback": project.feedback.select_related("organization", "state") if is_party else [],
        "history": history_of(project) if is_party else [],
        "actions": open_actions(request.user, project),
        "may_edit": allows(request.user, "update", project) and project.status in OPEN,
    }
    return render(request, "assistance/project_detail.html", context)


def reads_as_party(actor: Actor, project: Project) -> bool:
    """Whether feedback and history are shown: to the Committee and to everyone who takes part."""
    held = {("organization", key) for key in actor.organization_ids} | {("state", key) for key in actor.state_ids}
    return actor.is_committee or bool(held & project.parties())


def history_of(project: Project) -> list[dict[str, Any]]:
    """What happened, without what each field said before and after: that stays with the experts."""
    return [
        {"who": entry.who, "at": entry.at, "what": entry.get_action_display(), "text": entry.reason}
        for entry in AuditEntry.objects.about(project)[:100]
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """Start a concept for one's organization."""
    require(request.user, "create", Project)
    leads = possible_leads(request.user)
    form, milestones, is_ready = _sheet(request, None, leads=leads)
    if is_ready:
        try:
            project = project_create(by=request.user, lead=form.chosen_lead(), values=form.values(milestones.values()))
        except ValidationError as problem:
            _refuse(form, milestones, problem)
        else:
            messages.success(request, _("The concept is saved. Only the lead and the Committee can read it."))
            return redirect(project)
    lead = next(iter(leads.values())) if len(leads) == 1 else ""
    return _form_page(request, form, milestones, lead=lead)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Change a project and its milestones. Whoever saves a page that is no longer the newest sees both versions."""
    project = visible_project(request, reference)
    require(request.user, "update", project)
    if project.status not in OPEN:
        messages.error(request, _("The project has ended and can no longer be changed."))
        return redirect(project)
    form, milestones, is_ready = _sheet(request, project)
    conflict = None
    if is_ready:
        values = form.values(milestones.values())
        version = form.cleaned_data["expected_version"]
        try:
            saved = project_update(by=request.user, project=project, values=values, expected_version=version)
        except StaleVersion as problem:
            conflict = _conflict(problem, values)
            data = request.POST.copy()
            data["expected_version"] = str(problem.current.version)
            form, milestones = _bound(request, data, project)
        except ValidationError as problem:
            _refuse(form, milestones, problem)
        else:
            messages.success(request, _("Your changes are saved."))
            return redirect(saved)
    return _form_page(request, form, milestones, lead=project.lead, project=project, conflict=conflict)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a project from a match to which both parties agreed."""
    rows = Match.objects.visible_to(request.user).select_related(
        "request__state", "request__organization", "offer__organization", "offer__state"
    )
    match = get_object_or_404(rows, pk=pk)
    if not allows(request.user, "create", Project(organization=match.offer.organization, state=match.offer.state)):
        raise NotAllowed("create", "project")
    if match.status != Match.Status.AGREED:
        messages.error(request, _("A project starts from a match to which both parties agreed."))
        return redirect(match)
    if request.method == "POST":
        try:
            project = project_from_match(by=request.user, match=match)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect(match)
        messages.success(request, _("The project is started. Add milestones and dates."))
        return redirect(project)
    context = {
        "title": _("Start a project"),
        "kind": _("%(offer)s for %(requester)s") % {"offer": match.offer.title, "requester": match.request.requester},
        "reference": match.ref,
        "sentence": _("Carry out together what both parties agreed to."),
        "consequences": [
            _("%(provider)s leads the project.") % {"provider": match.offer.provider},
            _("Both parties and the experts are told."),
            _("Until the lead decides otherwise, the parties and the Committee alone read it."),
        ],
        "form": None,
        "submit": _("Start a project"),
        "cancel_url": match.get_absolute_url(),
        "danger": False,
    }
    return render(request, "partials/confirm.html", context)


def _sheet(request: HttpRequest, project: Project | None, *, leads: Any = None) -> tuple[ProjectForm, Any, bool]:
    """The form and its milestones, and whether they are sent and sound."""
    if request.method != "POST":
        stored = project_values_of(project) if project else None
        initial = initial_of(stored) if stored else {}
        if project:
            initial["expected_version"] = project.version
        rows = [
            {"title": row.title, "due_on": row.due_on, "done_on": row.done_on}
            for row in (stored.milestones if stored else ())
        ]
        form = ProjectForm(initial=initial, who=request.user, leads=leads, project=project)
        return form, MilestoneFormSet(initial=rows, prefix="milestones"), False
    if "add_milestone" in request.POST:
        form, milestones = _bound(request, with_one_more_row(request.POST, "milestones"), project, leads=leads)
        row_added(form, milestones)
        return form, milestones, False
    form, milestones = _bound(request, request.POST, project, leads=leads)
    return form, milestones, all([form.is_valid(), milestones.is_valid()])


def _bound(request: HttpRequest, data: Any, project: Project | None, *, leads: Any = None) -> tuple[ProjectForm, Any]:
    form = ProjectForm(data, who=request.user, leads=leads, project=project)
    return form, MilestoneFormSet(data, prefix="milestones")


def _refuse(form: ProjectForm, milestones: Any, problem: ValidationError) -> None:
    by_field = dict(problem.error_dict) if hasattr(problem, "error_dict") else None
    if by_field is None:
        add_problem(form, problem)
        return
    milestones.non_form_errors().extend(by_field.pop("milestones", []))
    if by_field:
        add_problem(form, ValidationError(by_field))


def _conflict(problem: StaleVersion, yours: ProjectValues) -> dict[str, Any]:
    """Yours and theirs, and who saved it."""
    left, right = told(yours), told(project_values_of(problem.current))  # type: ignore[arg-type]
    last = AuditEntry.objects.about(problem.current).first()
    return {
        "rows": [{"label": label, "left": text, "right": right[label]} for label, text in left.items()],
        "by": last.actor_label if last else "",
        "at": last.at if last else None,
    }


def told(values: ProjectValues) -> dict[str, Any]:
    """What a project says, field by field in words."""
    return {
        _("Title"): values.title,
        _("Summary"): values.summary,
        _("States helped"): sorted(str(state) for state in values.states),
        _("Areas"): sorted(str(area) for area in values.areas),
        _("Starts on"): values.starts_on or "",
        _("Ends on"): values.ends_on or "",
        _("Who may read it"): str(Level(values.visibility).label),
        _("Milestones"): [row.title for row in values.milestones],
    }


def _form_page(
    request: HttpRequest,
    form: ProjectForm,
    milestones: Any,
    *,
    lead: Any = "",
    project: Project | None = None,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    rows_wrong = milestones.is_bound and (any(row.errors for row in milestones) or milestones.non_form_errors())
    has_errors = bool(form.is_bound and form.errors) or bool(rows_wrong)
    context = {"form": form, "milestones": milestones, "project": project, "lead": lead, "conflict": conflict}
    context["is_concept"] = project is None or project.status == Project.Status.CONCEPT
    return render(
        request, "assistance/project_form.html", context, status=409 if conflict else 422 if has_errors else 200
    )
