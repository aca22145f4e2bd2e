"""Asking participants for something, and saying how it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..forms.action_items import ActionItemForm
from ..forms.fields import PARTIES_LIST, Directory
from ..models import ActionItem
from ..services.action_items import action_item_create, action_item_update
from .meetings import visible_meeting


@login_required
@require_http_methods(["GET", "POST"])
def action_new(request: HttpRequest, reference: str) -> HttpResponse:
    meeting = visible_meeting(request, reference)
    require(request.user, "create", ActionItem(meeting=meeting))
    directory = Directory(request.user)
    form = ActionItemForm(request.POST if request.method == "POST" else None, directory=directory)

    def save() -> ActionItem:
        item = action_item_create(by=request.user, meeting=meeting, values=form.values())
        messages.success(request, _("Asked. The focal points concerned are told."))
        return item

    return _page(request, form, save, directory, meeting=meeting, item=None)


@login_required
@require_http_methods(["GET", "POST"])
def action_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an item; the body asked writes its status and follow-up."""
    rows = ActionItem.objects.visible_to(request.user).select_related("meeting", "organization", "state")
    item = get_object_or_404(rows, pk=pk)
    require(request.user, "update", item)
    directory = Directory(request.user)
    form = ActionItemForm(
        request.POST if request.method == "POST" else None,
        directory=directory,
        item=item,
        only_answer=not allows(request.user, "create", item),
    )

    def save() -> ActionItem:
        saved = action_item_update(
            by=request.user,
            item=item,
            values=form.values(),
            expected_version=form.cleaned_data["expected_version"],
        )
        messages.success(request, _("Saved."))
        return saved

    return _page(request, form, save, directory, meeting=item.meeting, item=item)


def _page(
    request: HttpRequest, form: ActionItemForm, save: Callable[[], ActionItem], directory: Directory, **context: Any
) -> HttpResponse:
    """Show the form, or save and go back to the meeting; what the service refuses comes back into the form."""
    conflict: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(save())
        except StaleVersion as problem:
            conflict = conflict_rows(form, problem)
        except ValidationError as problem:
            add_problem(form, problem)
    proposals = [(PARTIES_LIST, directory.proposals())] if "asked" in form.fields else []
    page = {"form": form, "conflict": conflict, "proposals": proposals, **context}
    return render(request, "meetings/action_form.html", page, status=422 if form.is_bound else 200)
