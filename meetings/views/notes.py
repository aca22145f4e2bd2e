"""The note of a meeting: reading, writing and publishing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assistance.forms.rows import row_added, with_one_more_row
from cooperation_portal.access.policy import allows, require
from cooperation_portal.interface import audience
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..dates import when
from ..forms.notes import IssueFormSet, NoteForm, areas_for, initial_issues, tree_of
from ..forms.steps import StepForm
from ..lifecycles import NOTE_LIFE_CYCLE
from ..models import Meeting, Note
from ..panels import differing, organizers, participant_groups
from ..services.notes import note_create, note_publish, note_update
from .editing import ADD_ROW
from .meetings import visible_meeting

ISSUES = "issues"


@require_safe
def note_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """The note, laid out as the Committee's notes are; prints as one."""
    meeting = visible_meeting(request, reference, with_participations=True)
    note = _visible_note(request, meeting)
    parts = meeting.participations.all()
    organizing = organizers(parts)
    return render(
        request,
        "meetings/note_detail.html",
        {
            "note": note,
            "meeting": meeting,
            "when": when(meeting),
            "organizers": organizing,
            "groups": participant_groups(row for row in parts if row not in organizing),
            "paragraphs": note.paragraphs.all(),
            "issues": note.future_issues.prefetch_related("areas"),
            "may_edit": allows(request.user, "update", note),
            "may_publish": allows(request.user, "publish", note) and bool(NOTE_LIFE_CYCLE.open_from(note)),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def note_edit(request: HttpRequest, reference: str) -> HttpResponse:
    """Start the note of a meeting or write on."""
    meeting = visible_meeting(request, reference)
    note = Note.objects.visible_to(request.user).filter(meeting=meeting).first()
    require(request.user, "update" if note else "create", note or Note)
    return _NotePage(request, meeting, note).respond()


@login_required
@require_http_methods(["GET", "POST"])
def note_publish_view(request: HttpRequest, reference: str) -> HttpResponse:
    """Publish a draft, after saying who will read it."""
    meeting = visible_meeting(request, reference)
    note = _visible_note(request, meeting)
    require(request.user, "publish", note)
    form = StepForm(request.POST if request.method == "POST" else None, initial={"expected_version": note.version})
    if request.method == "POST" and form.is_valid():
        try:
            note_publish(by=request.user, note=note, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _("The note is published."))
            return redirect(note)
    context = {
        "kind": note.get_kind_display(),
        "title": _("Publish the note of “%(meeting)s”") % {"meeting": meeting.title},
        "reference": meeting.reference,
        "sentence": audience.future(note.visibility, meeting=meeting.title),
        "consequences": [
            _("The note stands on the meeting's page and partners' systems receive it."),
            _("It can still be corrected; the history keeps what it said before."),
        ],
        "form": form,
        "submit": _("Publish note"),
        "cancel_url": note.get_absolute_url(),
        "danger": False,
    }
    return render(request, "partials/confirm.html", context, status=422 if form.is_bound else 200)


def _visible_note(request: HttpRequest, meeting: Meeting) -> Note:
    note = get_object_or_404(Note.objects.visible_to(request.user), meeting=meeting)
    note.meeting = meeting
    return note


class _NotePage:
    """The form with its issues: shown, given one more row, saved, or brought back with what was refused."""

    def __init__(self, request: HttpRequest, meeting: Meeting, note: Note | None) -> None:
        self.request, self.meeting, self.note = request, meeting, note
        self.adds_row = request.POST.get(ADD_ROW, "") == ISSUES
        self.data = request.POST if request.method == "POST" else None
        if self.data is not None and self.adds_row:
            self.data = with_one_more_row(self.data, ISSUES)
        areas = areas_for(request.user, note)
        self.form = NoteForm(self.data, instance=note, who=request.user, meeting=meeting)
        self.issues = IssueFormSet(
            self.data,
            prefix=ISSUES,
            initial=initial_issues(note) if note else [],
            form_kwargs={"areas": areas, "tree": tree_of(areas)},
        )
        self.conflict: list[dict[str, Any]] = []

    def respond(self) -> HttpResponse:
        if self.data is None:
            return self._show(200)
        if self.adds_row:
            row_added(self.form, self.issues)
            return self._show(200)
        if all([self.form.is_valid(), self.issues.is_valid()]):
            try:
                saved = self._save()
            except StaleVersion as problem:
                self.conflict = self._conflict(problem)
            except ValidationError as problem:
                add_problem(self.form, problem)
            else:
                messages.success(self.request, _("Saved."))
                return redirect(saved)
        return self._show(422)

    def _save(self) -> Note:
        rows = {"paragraphs": list(self.form.cleaned_data["paragraphs"]), "issues": self.issues.values()}
        if self.note is None:
            return note_create(by=self.request.user, meeting=self.meeting, values=self.form.values(), **rows)
        return note_update(
            by=self.request.user,
            note=self.note,
            values=self.form.values(),
            expected_version=self.form.cleaned_data["expected_version"],
            **rows,
        )

    def _conflict(self, problem: StaleVersion) -> list[dict[str, Any]]:
        current: Any = problem.current
        yours = [row.text for row in self.issues.values()]
        theirs = [str(row) for row in current.future_issues.all()]
        return [*conflict_rows(self.form, problem), differing(_("Future assistance issues"), yours, theirs)]

    def _show(self, status: int) -> HttpResponse:
        context = {
            "meeting": self.meeting,
            "note": self.note,
            "form": self.form,
            "issues": self.issues,
            "conflict": self.conflict,
        }
        return render(self.request, "meetings/note_form.html", context, status=status)
