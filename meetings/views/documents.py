"""Posting, reading and removing the documents of a meeting."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import NotAllowed, require
from cooperation_portal.interface.refusals import add_problem

from ..forms.documents import DocumentForm, posters_of
from ..forms.steps import StepForm
from ..models import Document
from ..services.documents import document_post, document_remove
from ..uploads import FILE_HEADERS, open_file
from .meetings import visible_meeting


@require_safe
def document(request: HttpRequest, pk: int) -> FileResponse:
    """The file itself, to whoever may read it; for everybody else there is none."""
    found = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    response = FileResponse(
        open_file(found), as_attachment=True, filename=found.file_name, content_type=found.content_type
    )
    for name, value in {**FILE_HEADERS, "Cache-Control": "private, no-store"}.items():
        response[name] = value
    return response


@login_required
@require_http_methods(["GET", "POST"])
def document_new(request: HttpRequest, reference: str) -> HttpResponse:
    """Post a document on behalf of a body that takes part."""
    meeting = visible_meeting(request, reference, with_participations=True)
    posters = posters_of(request.user, meeting)
    if not posters:
        raise NotAllowed("create", Document.record_type)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = DocumentForm(data, files, meeting=meeting, posters=posters)
    if request.method == "POST" and form.is_valid():
        try:
            document_post(
                by=request.user,
                meeting=meeting,
                poster=form.poster(),
                title=form.cleaned_data["title"],
                visibility=form.cleaned_data["visibility"],
                file=form.cleaned_data["file"],
            )
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("The document is posted."))
            return redirect(f"{meeting.get_absolute_url()}#documents")
    context = {
        "meeting": meeting,
        "form": form,
    }
    return render(request, "meetings/document_form.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def document_remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a document away, after saying what that means."""
    rows = Document.objects.visible_to(request.user).select_related("meeting", "organization", "state")
    found = get_object_or_404(rows, pk=pk)
    require(request.user, "remove", found)
    meeting_url = f"{found.meeting.get_absolute_url()}#documents"
    form = StepForm(request.POST if request.method == "POST" else None, initial={"expected_version": found.version})
    if request.method == "POST" and form.is_valid():
        try:
            document_remove(by=request.user, document=found, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("The document is removed."))
            return redirect(meeting_url)
    context = {
        "kind": _("Document"),
        "title": _("Remove “%(document)s”") % {"document": found.title},
        "reference": found.file_name,
        "sentence": _("A document of the meeting “%(meeting)s”.") % {"meeting": found.meeting.title},
        "consequences": [
            _("The file is deleted for everybody. This cannot be taken back."),
            _("The record keeps that it was posted, and who removed it when."),
        ],
        "form": form,
        "submit": _("Remove document"),
        "cancel_url": meeting_url,
        "danger": True,
    }
    return render(request, "partials/confirm.html", context, status=422 if form.is_bound else 200)
