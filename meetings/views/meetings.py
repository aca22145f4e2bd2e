"""The list of meetings, the page of each, and planning, editing and moving them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import F, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cooperation_portal.access.policy import allows, require
from cooperation_portal.api.tables.web import DOWNLOADS, table_of_list
from cooperation_portal.interface.lists import listing
from cooperation_portal.interface.refusals import add_problem

from ..api import MEETINGS
from ..conference_panels import conference_links
from ..dates import when
from ..filters import MeetingFilter
from ..forms.documents import posters_of
from ..forms.steps import StepForm
from ..lifecycles import MEETING_LIFE_CYCLE
from ..models import ActionItem, Document, Meeting, Note, Participation
from ..panels import agenda_days, organizers, participant_groups, people
from ..services.meetings import STEPS, meeting_actions, meeting_move

SORTS = {
    "date": (F("starts_on"), "pk"),
    "title": ("title", "pk"),
    "kind": ("kind", F("starts_on").desc(nulls_last=True), "pk"),
    "place": ("place", "pk"),
}


@require_safe
def meeting_list(request: HttpRequest) -> HttpResponseBase:
    """When and where the network meets. Public, as far as each meeting is."""
    visible = Meeting.objects.visible_to(request.user).select_related("country")
    shown = listing(
        request,
        MeetingFilter(request.GET, queryset=visible, request=request),
        sorts=SORTS,
        default="-date",
        downloads=DOWNLOADS,
    )
    if shown.download:
        return table_of_list(request, MEETINGS, shown)
    found = shown.page.paginator.count
    return render(
        request,
        "meetings/meeting_list.html",
        {
            "filter": shown.filter,
            "page": shown.page,
            "rows": [{"meeting": meeting, "when": when(meeting)} for meeting in shown.page],
            "counted": ngettext("%(n)d meeting", "%(n)d meetings", found) % {"n": found},
            "may_create": allows(request.user, "create", Meeting),
        },
    )


@require_safe
def meeting_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything about one meeting that the reader may see."""
    meeting = visible_meeting(request, reference, with_participations=True)
    who, parts = request.user, list(meeting.participations.all())
    note = Note.objects.visible_to(who).filter(meeting=meeting).first()
    chain = Meeting.objects.visible_to(who).chain_of(meeting).order_by(F("starts_on").asc(nulls_first=True), "pk")
    return render(
        request,
        "meetings/meeting_detail.html",
        {
            "meeting": meeting,
            "when": when(meeting),
            "organizers": organizers(parts),
            "groups": participant_groups(parts),
            "people": people(parts),
            "agenda": agenda_days(meeting, meeting.agenda.all()),
            "documents": _documents(request, meeting),
            "action_items": _action_items(request, meeting),
            "note": note,
            "chain": [{"meeting": row, "when": when(row)} for row in chain],
            "steps": _steps(request, meeting),
            "conference_links": conference_links(who, meeting),
            "may_edit": allows(who, "update", meeting),
            "may_post": bool(who.is_authenticated and posters_of(who, meeting)),
            "may_ask": allows(who, "create", ActionItem(meeting=meeting)),
            "may_write_note": allows(who, "update", note) if note else _may_start_note(request, meeting),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def meeting_step(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Confirm, hold or cancel a meeting, after saying what that means."""
    if action not in STEPS:
        raise Http404
    meeting = visible_meeting(request, reference)
    require(request.user, action, meeting)
    row = next(row for row in MEETING_LIFE_CYCLE.transitions if row.action == action)
    form = StepForm(
        request.POST if request.method == "POST" else None,
        asks_reason=row.asks_reason,
        initial={"expected_version": meeting.version},
    )
    if request.method == "POST" and form.is_valid():
        try:
            meeting_move(by=request.user, meeting=meeting, action=action, **form.cleaned_data)
        except ValidationError as problem:
            add_problem(form, problem)
        else:
            messages.success(request, _SAID[action]())
            return redirect(meeting)
    context = {
        "kind": meeting.get_kind_display(),
        "title": _TITLES[action]() % {"meeting": meeting.title},
        "reference": meeting.reference,
        "sentence": _("%(when)s. Status now: %(status)s.")
        % {"when": when(meeting), "status": meeting.get_status_display()},
        "consequences": _CONSEQUENCES[action](),
        "form": form,
        "submit": row.label,
        "cancel_url": meeting.get_absolute_url(),
        "danger": action == "cancel",
    }
    return render(request, "partials/confirm.html", context, status=422 if form.is_bound else 200)


_SAID = {
    "confirm": lambda: _("Confirmed. The focal points of those who take part are told."),
    "hold": lambda: _("Marked as held. The experts can now write its note."),
    "cancel": lambda: _("Cancelled. The focal points of those who take part are told."),
}
_TITLES = {
    "confirm": lambda: _("Confirm “%(meeting)s”"),
    "hold": lambda: _("Mark “%(meeting)s” as held"),
    "cancel": lambda: _("Call off “%(meeting)s”"),
}
_CONSEQUENCES = {
    "confirm": lambda: [
        _("Readers see that dates and place stand."),
        _("The focal points of every organization and State that takes part get a notice."),
    ],
    "hold": lambda: [
        _("The meeting counts as having taken place; this cannot be taken back."),
        _("The experts can write its note, and you can ask participants for action."),
    ],
    "cancel": lambda: [
        _("The page stays, marked as cancelled; this cannot be taken back."),
        _("The focal points of every organization and State that takes part get a notice with your reason."),
    ],
}


def visible_meeting(request: HttpRequest, reference: str, *, with_participations: bool = False) -> Meeting:
    """The meeting, or the same 404 as for one that does not exist."""
    rows = Meeting.objects.visible_to(request.user).select_related("organization", "country")
    if with_participations:
        parts = Participation.objects.select_related("organization", "state")
        rows = rows.prefetch_related(Prefetch("participations", parts))
    return get_object_or_404(rows, reference=reference)


def _steps(request: HttpRequest, meeting: Meeting) -> list[dict[str, Any]]:
    """The steps open to the reader: name, words and whether it ends something."""
    open_now = meeting_actions(request.user, meeting)
    return [
        {"action": row.action, "label": row.label, "is_danger": row.action == "cancel"}
        for row in MEETING_LIFE_CYCLE.transitions
        if row.action in open_now
    ]


def _may_start_note(request: HttpRequest, meeting: Meeting) -> bool:
    return allows(request.user, "create", Note) and not Note.objects.filter(meeting=meeting).exists()


def _documents(request: HttpRequest, meeting: Meeting) -> list[dict[str, Any]]:
    rows = Document.objects.visible_to(request.user).filter(meeting=meeting).select_related("organization", "state")
    return [{"document": row, "may_remove": allows(request.user, "remove", row)} for row in rows]


def _action_items(request: HttpRequest, meeting: Meeting) -> list[dict[str, Any]]:
    rows = ActionItem.objects.visible_to(request.user).filter(meeting=meeting).select_related("organization", "state")
    found = []
    for row in rows:
        row.meeting = meeting
        found.append({"item": row, "may_update": allows(request.user, "update", row)})
    return found
