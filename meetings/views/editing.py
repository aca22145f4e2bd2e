"""Planning a meeting and editing its page: facts, participants and agenda in one form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assistance.forms.rows import row_added, with_one_more_row
from cooperation_portal.access.policy import require
from cooperation_portal.interface.refusals import add_problem, conflict_rows
from cooperation_portal.records.write import StaleVersion

from ..forms.fields import MEETINGS_LIST, ORGANIZATIONS_LIST, PARTIES_LIST, Directory, meeting_proposals
from ..forms.meetings import (
    AgendaFormSet,
    MeetingForm,
    ParticipationFormSet,
    initial_agenda,
    initial_participations,
)
from ..models import Meeting
from ..panels import differing, part_words
from ..services.meetings import meeting_create, meeting_update
from .meetings import visible_meeting

PARTICIPATIONS, AGENDA = "participations", "agenda"
#: The button that asks for one more row names the rows.
ADD_ROW = "add_row"


@login_required
@require_http_methods(["GET", "POST"])
def meeting_new(request: HttpRequest) -> HttpResponse:
    require(request.user, "create", Meeting)
    return _MeetingPage(request, None).respond()


@login_required
@require_http_methods(["GET", "POST"])
def meeting_edit(request: HttpRequest, reference: str) -> HttpResponse:
    meeting = visible_meeting(request, reference)
    require(request.user, "update", meeting)
    return _MeetingPage(request, meeting).respond()


class _MeetingPage:
    """The form with its rows: shown, given one more row, saved, or brought back with what was refused."""

    def __init__(self, request: HttpRequest, meeting: Meeting | None) -> None:
        self.request, self.meeting = request, meeting
        self.directory = Directory(request.user)
        self.adds_row_to = request.POST.get(ADD_ROW, "")
        self.data = request.POST if request.method == "POST" else None
        if self.data is not None and self.adds_row_to in (PARTICIPATIONS, AGENDA):
            self.data = with_one_more_row(self.data, self.adds_row_to)
        self.form = MeetingForm(self.data, instance=meeting, who=request.user, directory=self.directory)
        self.participations = ParticipationFormSet(
            self.data,
            prefix=PARTICIPATIONS,
            initial=initial_participations(meeting) if meeting else [],
            form_kwargs={"directory": self.directory},
        )
        self.agenda = AgendaFormSet(self.data, prefix=AGENDA, initial=initial_agenda(meeting) if meeting else [])
        self.conflict: list[dict[str, Any]] = []

    def respond(self) -> HttpResponse:
        if self.data is None:
            return self._show(200)
        if self.adds_row_to:
            rows = [self.participations, self.agenda]
            if self.adds_row_to == AGENDA:
                rows.reverse()
            row_added(self.form, *rows)
            return self._show(200)
        if all([self.form.is_valid(), self.participations.is_valid(), self.agenda.is_valid()]):
            try:
                saved = self._save()
            except StaleVersion as problem:
                self.conflict = self._conflict(problem)
            except ValidationError as problem:
                add_problem(self.form, problem)
            else:
                messages.success(self.request, _("Saved.") if self.meeting else _("The meeting is planned."))
                return redirect(saved)
        return self._show(422)

    def _save(self) -> Meeting:
        rows = {"participations": self.participations.values(), "agenda": self.agenda.values()}
        if self.meeting is None:
            return meeting_create(by=self.request.user, values=self.form.values(), **rows)
        return meeting_update(
            by=self.request.user,
            meeting=self.meeting,
            values=self.form.values(),
            expected_version=self.form.cleaned_data["expected_version"],
            **rows,
        )

    def _conflict(self, problem: StaleVersion) -> list[dict[str, Any]]:
        current: Any = problem.current
        stored = current.participations.select_related("organization", "state")
        yours = [part_words(row.party, row.role, row.head_count) for row in self.participations.values()]
        theirs = [part_words(row.party, row.role, row.head_count) for row in stored]
        agenda = [f"{row.day}. {row.title}" for row in self.agenda.values()]
        return [
            *conflict_rows(self.form, problem),
            differing(_("Participants"), yours, theirs),
            differing(_("Agenda"), agenda, (str(row) for row in current.agenda.all())),
        ]

    def _show(self, status: int) -> HttpResponse:
        context = {
            "meeting": self.meeting,
            "form": self.form,
            "participations": self.participations,
            "agenda": self.agenda,
            "conflict": self.conflict,
            "proposals": [
                (PARTIES_LIST, self.directory.proposals()),
                (ORGANIZATIONS_LIST, self.directory.organization_proposals()),
                (MEETINGS_LIST, meeting_proposals(self.request.user)),
            ],
        }
        return render(self.request, "meetings/meeting_form.html", context, status=status)
