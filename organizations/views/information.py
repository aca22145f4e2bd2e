"""The information sheet: reading it on one page, writing it, publishing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperation_portal.access.levels import Level
from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..forms.information import ItemFormSet, SheetForm
from ..models import InformationSheet, Organization
from ..services.information import sheet_publish, sheet_save
from .organizations import contacts_shown, visible_organization


@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """An organization's sheet, for readers and for paper."""
    organization = visible_organization(request, slug)
    found = get_object_or_404(InformationSheet.objects.visible_to(request.user), organization=organization)
    return render(
        request,
        "organizations/sheet.html",
        {
            "organization": organization,
            "sheet": found,
            "items": found.items.all(),
            "contacts": contacts_shown(request, organization=organization),
            "may_edit": allows(request.user, "update", found),
            "may_publish": allows(request.user, "publish", found),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def sheet_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the sheet with its items; `publish` publishes what was just saved."""
    organization = visible_organization(request, slug)
    present = InformationSheet.objects.visible_to(request.user).filter(organization=organization).first()
    subject = present or InformationSheet(organization=organization)
    require(request.user, "update" if present else "create", subject)
    form = SheetForm(request.POST or None, owner=organization, initial=_initial(present))
    items = ItemFormSet(request.POST or None, prefix="items", initial=_initial_items(present))
    conflict: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid() and items.is_valid():
        try:
            return _save(request, organization, form, items)
        except StaleVersion as problem:
            conflict = [*conflict_rows(form, problem), _items_row(items, problem.current)]
        except ValidationError as problem:
            add_problem(form, problem)
    context = {"organization": organization, "sheet": present, "form": form, "items": items, "conflict": conflict}
    return render(request, "organizations/sheet_edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def sheet_publish_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish a draft, or say of a published sheet that it is still true."""
    organization = visible_organization(request, slug)
    found = get_object_or_404(InformationSheet.objects.visible_to(request.user), organization=organization)
    was_draft = found.status == InformationSheet.Status.DRAFT
    try:
        sheet_publish(by=request.user, sheet=found)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        thanks = _("Thank you. Readers now see that this was confirmed today.")
        messages.success(request, _("Published.") if was_draft else thanks)
    return redirect(found)


def _save(request: HttpRequest, organization: Organization, form: SheetForm, items: Any) -> HttpResponse:
    saved = sheet_save(
        by=request.user,
        organization=organization,
        summary=form.cleaned_data["summary"],
        visibility=form.cleaned_data["visibility"],
        items=items.rows(),
        expected_version=form.cleaned_data["expected_version"],
    )
    if "publish" not in request.POST:
        messages.success(request, _("Saved."))
        return redirect(saved)
    try:
        sheet_publish(by=request.user, sheet=saved)
    except ValidationError as problem:
        messages.error(request, " ".join([_("Saved, but not published."), *problem.messages]))
        return redirect("organizations:sheet_edit", slug=organization.slug)
    messages.success(request, _("Published."))
    return redirect(saved)


def _items_row(items: Any, current: Any) -> dict[str, Any]:
    return {
        "label": _("Kinds of information"),
        "left": [row["description"] for row in items.rows()],
        "right": [item.description for item in current.items.all()],
    }


def _initial(present: InformationSheet | None) -> dict[str, Any]:
    if present is None:
        return {"visibility": Level.NETWORK}
    return {"summary": present.summary, "visibility": present.visibility, "expected_version": present.version}


def _initial_items(present: InformationSheet | None) -> list[dict[str, Any]]:
    if present is None:
        return []
    return [{"kind": item.kind, "description": item.description, "terms": item.terms} for item in present.items.all()]
