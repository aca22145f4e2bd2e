"""The nine dated steps by which a request travels, their clocks, and who acts next.

The steps follow the procedures that the 1540 Committee adopted in October 2010. Two clocks come from there: the window
in which members may object, before a request goes to possible providers or its summary to the public, and the letter
that asks a year after receipt whether the need has been met. Working days are Monday to Friday; holidays are not known.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperation_portal.access.actors import actor_for

from ..models import AssistanceRequest, RequestStep

Kind = RequestStep.Kind
Status = AssistanceRequest.Status

CHAIR = gettext_lazy("Chair of the Committee")
EXPERTS = gettext_lazy("Committee’s experts")
SECRETARIAT_AND_EXPERTS = gettext_lazy("Secretariat and experts")
PERMANENT_MISSION = gettext_lazy("Permanent Mission")
WORKING_GROUP = gettext_lazy("Working group on assistance")

#: Who takes each of the nine steps.
TAKEN_BY = {
    Kind.RECEIVED: PERMANENT_MISSION,
    Kind.AUTHENTICATED: SECRETARIAT_AND_EXPERTS,
    Kind.CIRCULATED_INTERNALLY: SECRETARIAT_AND_EXPERTS,
    Kind.ACKNOWLEDGED: CHAIR,
    Kind.CIRCULATED: CHAIR,
    Kind.SUMMARY_PUBLISHED: EXPERTS,
    Kind.MATCHMAKING: EXPERTS,
    Kind.OFFER_RECEIVED: CHAIR,
    Kind.FOLLOWED_UP: CHAIR,
}
#: Steps that happen outside the portal and are recorded by hand; each of the others has its own service.
RECORDED_BY_HAND = (
    Kind.CIRCULATED_INTERNALLY,
    Kind.ACKNOWLEDGED,
    Kind.MATCHMAKING,
    Kind.OFFER_RECEIVED,
    Kind.FOLLOWED_UP,
)
#: Steps that wait for the end of the window for objections.
BEHIND_THE_WINDOW = (Kind.CIRCULATED, Kind.SUMMARY_PUBLISHED)
ENDED_STATUSES = (Status.FULFILLED, Status.CLOSED, Status.WITHDRAWN)


class Turn(models.TextChoices):
    """What has to be done next."""

    SUBMIT = "submit", gettext_lazy("Submit the request")
    AUTHENTICATE = "authenticate", gettext_lazy("Authenticate the request")
    CLARIFY = "clarify", gettext_lazy("Answer the experts’ question")
    RELEASE = "release", gettext_lazy("Decide on the referral")
    CIRCULATE_INTERNALLY = "circulate_internally", gettext_lazy("Circulate to Committee members and experts")
    ACKNOWLEDGE = "acknowledge", gettext_lazy("Send the letter of acknowledgement")
    CIRCULATE = "circulate", gettext_lazy("Send the note verbale to possible providers")
    PUBLISH_SUMMARY = "publish_summary", gettext_lazy("Publish the summary")
    MATCHMAKE = "matchmake", gettext_lazy("Begin matchmaking")
    ANNOUNCE_OFFER = "announce_offer", gettext_lazy("Tell the requester of an offer")
    BEGIN_ASSISTANCE = "begin_assistance", gettext_lazy("Record that assistance has begun")
    FOLLOW_UP = "follow_up", gettext_lazy("Ask whether the need has been met")
    FULFIL = "fulfil", gettext_lazy("Say whether the need has been met")

    @property
    def kind(self) -> RequestStep.Kind | None:
        """The step of the procedure that this completes, if it is one of the nine."""
        return _KIND_OF_TURN.get(self)

    @property
    def action(self) -> str:
        """The action of the role table that does it."""
        return "record_step" if self.kind in RECORDED_BY_HAND else self.value


_KIND_OF_TURN = {
    Turn.SUBMIT: Kind.RECEIVED,
    Turn.AUTHENTICATE: Kind.AUTHENTICATED,
    Turn.CLARIFY: Kind.AUTHENTICATED,
    Turn.CIRCULATE_INTERNALLY: Kind.CIRCULATED_INTERNALLY,
    Turn.ACKNOWLEDGE: Kind.ACKNOWLEDGED,
    Turn.CIRCULATE: Kind.CIRCULATED,
    Turn.PUBLISH_SUMMARY: Kind.SUMMARY_PUBLISHED,
    Turn.MATCHMAKE: Kind.MATCHMAKING,
    Turn.ANNOUNCE_OFFER: Kind.OFFER_RECEIVED,
    Turn.FOLLOW_UP: Kind.FOLLOWED_UP,
}
REQUESTERS_TURNS = (Turn.SUBMIT, Turn.CLARIFY, Turn.FULFIL)
_ONLY_TURN = {
    Status.DRAFT: Turn.SUBMIT,
    Status.SUBMITTED: Turn.AUTHENTICATE,
    Status.CLARIFICATION: Turn.CLARIFY,
    Status.REFERRED: Turn.RELEASE,
}
_TURNS_IN_ORDER = {
    Status.AUTHENTICATED: (Turn.CIRCULATE_INTERNALLY, Turn.ACKNOWLEDGE, Turn.CIRCULATE),
    Status.CIRCULATED: (Turn.PUBLISH_SUMMARY, Turn.MATCHMAKE, Turn.ANNOUNCE_OFFER, Turn.BEGIN_ASSISTANCE),
    Status.BEING_ASSISTED: (Turn.PUBLISH_SUMMARY, Turn.FOLLOW_UP, Turn.FULFIL),
}


class NextStep(NamedTuple):
    """What comes next, who does it, and until when (None: no clock)."""

    step: Turn
    who: str
    due: date | None

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and self.due < timezone.localdate()


def add_working_days(day: date, count: int) -> date:
    """The day `count` working days (Monday to Friday) after `day`; `day` itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day


def steps_by_kind(request: AssistanceRequest) -> dict[str, RequestStep]:
    """The stored steps; no query where `steps` is prefetched."""
    return {step.kind: step for step in request.steps.all()}


def _done_on(steps: dict[str, RequestStep], kind: str) -> date | None:
    return steps[kind].done_on if kind in steps else None


def objection_window_ends_on(request: AssistanceRequest) -> date | None:
    """The last day on which members may object; None before authentication.

    The window opens on the day of authentication or, where that is later, of the circulation to members.
    """
    steps = steps_by_kind(request)
    authenticated_on = _done_on(steps, Kind.AUTHENTICATED)
    if authenticated_on is None:
        return None
    opened_on = max(authenticated_on, _done_on(steps, Kind.CIRCULATED_INTERNALLY) or authenticated_on)
    days = settings.OBJECTION_WINDOW_WORKING_DAYS
    return add_working_days(opened_on, days) if days else opened_on - timedelta(days=1)


def window_problem(request: AssistanceRequest) -> str | None:
    """Why the request may not yet go beyond the Committee, or None."""
    if request.status == Status.REFERRED:
        return _("The request is referred to the working group. It goes no further until it is released.")
    ends_on = objection_window_ends_on(request)
    if ends_on is None:
        return _("Record first when the request was authenticated.")
    if timezone.localdate() <= ends_on:
        return _("Members may object until %(date)s. This is possible from the day after.") % {
            "date": date_format(ends_on, "j F Y")
        }
    return None


def next_step(request: AssistanceRequest) -> NextStep | None:
    """What comes next, who does it and until when; None once the request has ended or is history.

    Reads `steps`, `state` and `organization` of the request only, so that a list that prefetches them pays no query a
    row. An overdue step comes before one that is merely earlier in the order.
    """
    if request.is_from_public_source or request.status in ENDED_STATUSES:
        return None
    turn = _ONLY_TURN.get(Status(request.status))
    if turn is not None:
        return _with_clock(request, turn, None)
    steps = steps_by_kind(request)
    in_order = _TURNS_IN_ORDER[Status(request.status)]
    waiting = [turn for turn in in_order if _is_waiting(request, turn, steps)] or [in_order[-1]]
    candidates = [*waiting, Turn.FOLLOW_UP] if Turn.FOLLOW_UP not in waiting else waiting
    overdue = [
        (step.due_on, position, turn)
        for position, turn in enumerate(candidates)
        if turn.kind is not None and (step := steps.get(turn.kind)) is not None and step.is_overdue
    ]
    turn = min(overdue)[2] if overdue else waiting[0]
    return _with_clock(request, turn, steps.get(turn.kind) if turn.kind else None)


def _is_waiting(request: AssistanceRequest, turn: Turn, steps: dict[str, RequestStep]) -> bool:
    if turn is Turn.PUBLISH_SUMMARY and request.summary_consent_on is None:
        return False
    return turn.kind is None or _done_on(steps, turn.kind) is None


def _with_clock(request: AssistanceRequest, turn: Turn, step: RequestStep | None) -> NextStep:
    if turn in REQUESTERS_TURNS:
        who = str(request.requester)
    elif turn is Turn.RELEASE:
        who = str(WORKING_GROUP)
    else:
        who = str(TAKEN_BY[turn.kind] if turn.kind else EXPERTS)
    return NextStep(turn, who, step.due_on if step else None)


def procedure_panel(request: AssistanceRequest) -> list[dict[str, Any]]:
    """The nine steps as the `steps` tag shows them: label, state, on, due, who, note."""
    steps, coming = steps_by_kind(request), next_step(request)
    rows = [_panel_row(request, kind, steps.get(kind), coming) for kind in Kind]
    if request.status == Status.REFERRED:
        waiting = next((row for row in rows if row["state"] != "done"), None)
        if waiting is not None:
            waiting["state"] = "held"
    return rows


def _panel_row(
    request: AssistanceRequest, kind: Kind, step: RequestStep | None, coming: NextStep | None
) -> dict[str, Any]:
    row: dict[str, Any] = {"label": kind.label, "who": TAKEN_BY[kind], "due": None, "on": None, "note": ""}
    if step is not None:
        row |= {"on": step.done_on, "due": step.due_on, "note": step.note}
    if kind == Kind.RECEIVED and row["on"] is None:
        row["on"] = request.received_on
    row["state"] = _panel_state(request, kind, row["on"], step, coming)
    if row["state"] in ("current", "overdue", "next") and not row["note"]:
        row["note"] = _panel_note(request, kind, coming)
    return row


def _panel_state(
    request: AssistanceRequest, kind: Kind, done_on: date | None, step: RequestStep | None, coming: NextStep | None
) -> str:
    if done_on is not None:
        return "done"
    if coming is None:
        return "skipped"
    if step is not None and step.is_overdue and request.status != Status.REFERRED:
        return "overdue"
    return "current" if coming.step.kind == kind else "next"


def _panel_note(request: AssistanceRequest, kind: Kind, coming: NextStep | None) -> str:
    if kind == Kind.AUTHENTICATED and request.status == Status.CLARIFICATION:
        return _("The experts asked a question; the procedure goes on when the requester answers.")
    if kind == Kind.SUMMARY_PUBLISHED and request.summary_consent_on is None:
        return _("Waits for the requester’s consent to a public summary.")
    if kind in BEHIND_THE_WINDOW:
        ends_on = objection_window_ends_on(request)
        if ends_on is not None and timezone.localdate() <= ends_on:
            return _("Members may object until %(date)s.") % {"date": date_format(ends_on, "j F Y")}
    return ""


# Writing: called by services on a locked request, inside their transaction.


def open_steps(request: AssistanceRequest) -> None:
    """Store the nine steps of a request that lacks some, and set its clocks."""
    RequestStep.objects.bulk_create([RequestStep(request=request, kind=kind) for kind in Kind], ignore_conflicts=True)
    set_clocks(request)


def complete_step(
    request: AssistanceRequest, kind: str, *, by: Any, done_on: date | None = None, note: str = ""
) -> RequestStep:
    """Say that a step was done, today unless `done_on` says otherwise; a second time corrects the first."""
    open_steps(request)
    step = request.steps.get(kind=kind)
    step.done_on = done_on or timezone.localdate()
    step.done_by_label = actor_for(by).label[:200]
    step.note = note.strip()
    step.full_clean()
    step.save()
    set_clocks(request)
    return step


def set_clocks(request: AssistanceRequest) -> None:
    """Set the due dates of the steps still open from what is known now."""
    window_end = objection_window_ends_on(request)
    after_window = None if window_end is None else add_working_days(window_end, 1)
    has_consent = request.summary_consent_on is not None
    due = {
        Kind.CIRCULATED: after_window,
        Kind.SUMMARY_PUBLISHED: after_window if has_consent else None,
        Kind.FOLLOWED_UP: (
            request.received_on + timedelta(days=settings.FOLLOW_UP_AFTER_DAYS) if request.received_on else None
        ),
    }
    for kind, due_on in due.items():
        request.steps.filter(kind=kind, done_on=None).update(due_on=due_on)
