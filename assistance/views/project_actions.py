"""The steps that people take on a project, each over a page that says what will happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from cooperation_portal.access.policy import NotAllowed, allows
from cooperation_portal.interface.refusals import add_problem
from cooperation_portal.records.write import StaleVersion

from ..forms import projects as forms
from ..lifecycles.projects import OPEN, OPEN_TO_CONTRIBUTIONS, OPEN_TO_FEEDBACK, PROJECT_LIFE_CYCLE
from ..models import Project
from ..services import projects as services


@dataclass(frozen=True)
class ActionPage:
    """A confirmation page. `permission` is the action of the role table, `label` the verb on the button."""

    service: Callable[..., Project]
    form: type[forms.ActionForm]
    permission: str
    label: Any
    sentence: Any
    consequences: tuple[Any, ...]
    done: Any
    is_danger: bool = False


ACTION_PAGES: dict[str, ActionPage] = {
    "consult": ActionPage(
        services.project_consult,
        forms.ActionForm,
        "consult",
        _("Open the consultation"),
        _("Ask the Committee’s view while the project is still being designed."),
        (
            _("Everyone at the project’s level of visibility can read it from now on."),
            _("The experts and the parties are told."),
            _("Other organizations can say what they would bring."),
        ),
        _("The consultation is open."),
    ),
    "commit": ActionPage(
        services.project_commit,
        forms.ActionForm,
        "commit",
        _("Commit to the project"),
        _("Say that the project will be carried out."),
        (_("The parties and the experts are told."),),
        _("The project is committed."),
    ),
    "begin": ActionPage(
        services.project_begin,
        forms.ActionForm,
        "begin",
        _("Begin the project"),
        _("Say that the work has begun."),
        (
            _("The parties are told."),
            _("Circulated requests behind this project are shown as being assisted."),
        ),
        _("The project is under way."),
    ),
    "complete": ActionPage(
        services.project_complete,
        forms.OutcomeForm,
        "complete",
        _("Complete the project"),
        _("Say what came of the project."),
        (
            _("The parties are asked whether the need was met."),
            _("The project can no longer be changed."),
        ),
        _("The project is completed."),
    ),
    "cancel": ActionPage(
        services.project_cancel,
        forms.CancelForm,
        "cancel",
        _("Cancel the project"),
        _("Give the project up. This cannot be undone."),
        (_("The parties and the experts are told why."),),
        _("The project was cancelled."),
        is_danger=True,
    ),
    "contribute": ActionPage(
        services.project_contribute,
        forms.ContributionForm,
        "contribute",
        _("Offer a contribution"),
        _("Say what your organization would bring."),
        (
            _("The lead is told and can confirm it."),
            _("Whoever reads the project reads it too. Saying it again replaces it."),
        ),
        _("Your contribution was offered to the lead."),
    ),
    "confirm_contribution": ActionPage(
        services.project_confirm_contribution,
        forms.ConfirmContributionForm,
        "update",
        _("Confirm a contribution"),
        _("Accept what another organization offers to bring."),
        (_("Its focal points are told."),),
        _("The contribution is confirmed."),
    ),
    "feedback": ActionPage(
        services.project_give_feedback,
        forms.FeedbackForm,
        "give_feedback",
        _("Give feedback"),
        _("Resolution 2663 (2022), OP 20, asks recipients and providers how the need was met."),
        (_("The parties of the project and the Committee can read it."),),
        _("Thank you. Your feedback was added."),
    ),
}


@dataclass(frozen=True)
class OpenAction:
    """An action that a person may take now."""

    name: str
    label: Any
    url: str
    is_danger: bool


def problem_with(who: Any, project: Project, action: str) -> Any:
    """Why the action cannot be taken now; None if it can."""
    row = PROJECT_LIFE_CYCLE.find(action, project.status)
    if row is not None:
        return row.condition(project) if row.condition else None
    is_timely = {
        "contribute": project.status in OPEN_TO_CONTRIBUTIONS,
        "confirm_contribution": project.status in OPEN,
        "feedback": project.status in OPEN_TO_FEEDBACK,
    }.get(action, False)
    if not is_timely:
        return _now("This is not possible while the status is “%(status)s”.") % {"status": project.get_status_display()}
    if action == "contribute" and not forms.contributors(who, project):
        return _now("Your organization leads this project already.")
    if action == "confirm_contribution" and not project.contributions.filter(is_confirmed=False).exists():
        return _now("No contribution waits to be confirmed.")
    return None


def open_actions(who: Any, project: Project) -> list[OpenAction]:
    """What `who` may do with the project at its status, the destructive last."""
    return [
        OpenAction(
            name=action,
            label=page.label,
            url=reverse("assistance:project_transition", args=[project.reference, action]),
            is_danger=page.is_danger,
        )
        for action, page in sorted(ACTION_PAGES.items(), key=lambda item: item[1].is_danger)
        if allows(who, page.permission, project) and problem_with(who, project, action) is None
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_transition(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask before an action is taken, then take it. What was typed stays if it is refused."""
    page = ACTION_PAGES.get(action)
    if page is None:
        raise Http404
    rows = Project.objects.visible_to(request.user).select_related("organization", "state")
    project = get_object_or_404(rows, reference=reference)
    if not allows(request.user, page.permission, project):
        raise NotAllowed(page.permission, "project")
    if request.method != "POST":
        problem = problem_with(request.user, project, action)
        if problem is not None:
            messages.error(request, problem)
            return redirect(project)
        initial = {"expected_version": project.version, "contribution": request.GET.get("contribution", "")}
        form = page.form(initial=initial, project=project, who=request.user)
        return _confirm(request, project, page, form)
    form = page.form(request.POST, project=project, who=request.user)
    if form.is_valid():
        try:
            done = page.service(by=request.user, project=project, **form.arguments())
        except StaleVersion as problem:
            data = request.POST.copy()
            data["expected_version"] = str(problem.current.version)
            form = page.form(data, project=project, who=request.user)
            form.add_error(
                None, _("The project changed while this page was open. Look at it as it is now, then confirm again.")
            )
            return _confirm(request, project, page, form, status=409)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, page.done)
            return redirect(done)
    return _confirm(request, project, page, form, status=422)


def _confirm(
    request: HttpRequest, project: Project, page: ActionPage, form: forms.ActionForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "title": page.label,
        "kind": _now("Project “%(title)s”") % {"title": project.title},
        "reference": project.reference,
        "sentence": page.sentence,
        "consequences": page.consequences,
        "form": form,
        "submit": page.label,
        "cancel_url": project.get_absolute_url(),
        "danger": page.is_danger,
    }
    return render(request, "partials/confirm.html", context, status=status)
