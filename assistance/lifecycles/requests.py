"""From draft to answer: the transition table of a request, and what may be done without moving it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from cooperation_portal.records.lifecycle import IllegalTransition, LifeCycle, Transition

from ..models import AssistanceRequest
from ..services.procedure import window_problem

S = AssistanceRequest.Status

#: In the procedure and not held.
MOVING = frozenset({S.SUBMITTED, S.CLARIFICATION, S.AUTHENTICATED, S.CIRCULATED, S.BEING_ASSISTED})
OPEN = MOVING | {S.REFERRED}


def missing_parts(request: AssistanceRequest) -> dict[str, Any]:
    """What a request lacks to be submitted: field and sentence."""
    missing: dict[str, Any] = {}
    if not request.title.strip():
        missing["title"] = _("Give the request a title.")
    if not request.description.strip():
        missing["description"] = _("Say what is needed: only a draft may lack a description.")
    if not request.needs.exists():
        missing["needs"] = _("Name at least one need: choose its area.")
    return missing


def _is_complete(request: AssistanceRequest) -> Any:
    return next(iter(missing_parts(request).values()), None)


class RequestLifeCycle(LifeCycle):
    """A referral holds the request where it is; the release takes it back there."""

    def move(self, record: Any, action: str) -> Transition:
        before = record.status
        row = super().move(record, action)
        if row.target == S.REFERRED:
            record.status_before_referral = before
        elif before == S.REFERRED:
            if action == "release":
                record.status = record.status_before_referral
            record.status_before_referral = ""
        return row


REQUEST_LIFE_CYCLE = RequestLifeCycle(
    S,
    [
        Transition("submit", frozenset({S.DRAFT}), S.SUBMITTED, _("Submit the request"), condition=_is_complete),
        Transition(
            "ask_clarification",
            frozenset({S.SUBMITTED}),
            S.CLARIFICATION,
            _("Ask for clarification"),
            asks_reason=True,
        ),
        Transition("clarify", frozenset({S.CLARIFICATION}), S.SUBMITTED, _("Answer the question"), asks_reason=True),
        Transition("authenticate", frozenset({S.SUBMITTED}), S.AUTHENTICATED, _("Authenticate")),
        Transition(
            "circulate",
            frozenset({S.AUTHENTICATED}),
            S.CIRCULATED,
            _("Circulate to providers"),
            condition=window_problem,
        ),
        Transition("begin_assistance", frozenset({S.CIRCULATED}), S.BEING_ASSISTED, _("Record that assistance began")),
        Transition("fulfil", frozenset({S.BEING_ASSISTED}), S.FULFILLED, _("Say that the need was met")),
        # Closed: help ended without meeting the need, or no provider could be found.
        Transition(
            "close",
            frozenset({S.CIRCULATED, S.BEING_ASSISTED}),
            S.CLOSED,
            _("Close the request"),
            asks_reason=True,
        ),
        Transition("withdraw", OPEN, S.WITHDRAWN, _("Withdraw the request"), asks_reason=True),
        Transition("object", MOVING, S.REFERRED, _("Object"), asks_reason=True),
        Transition("refer", MOVING, S.REFERRED, _("Refer to the working group"), asks_reason=True),
        # The target stands for every status that was held: `RequestLifeCycle.move` restores the one that was.
        Transition("release", frozenset({S.REFERRED}), S.SUBMITTED, _("Release the request"), asks_reason=True),
    ],
)


def _may_be_consented(request: AssistanceRequest) -> Any:
    if request.summary_consent_on is not None:
        return _("Consent is recorded already.")
    if not request.public_summary.strip():
        return _("Write the public summary first; consent is given to its words.")
    return None


def _may_lose_consent(request: AssistanceRequest) -> Any:
    if request.summary_published_on is not None:
        return _("The summary is published. Ask the experts to change it: a changed summary is taken down.")
    if request.summary_consent_on is None:
        return _("No consent is recorded.")
    return None


def _may_publish_summary(request: AssistanceRequest) -> Any:
    if request.summary_published_on is not None:
        return _("The summary is published already.")
    if not request.public_summary.strip():
        return _("Write the public summary first.")
    if request.summary_consent_on is None:
        return _("The requester has not consented to the summary. Ask for consent and record it first.")
    return window_problem(request)


#: What may be done without changing the status: in which statuses, the verb on the button, and a condition.
REQUEST_DEEDS: dict[str, tuple[frozenset[str], Any, Any]] = {
    "update": (OPEN | {S.DRAFT}, _("Edit request"), None),
    "discard": (frozenset({S.DRAFT}), _("Throw the draft away"), None),
    "record_step": (OPEN, _("Record a step"), None),
    "consent": (OPEN | {S.DRAFT}, _("Record consent to the summary"), _may_be_consented),
    "withdraw_consent": (OPEN | {S.DRAFT}, _("Withdraw consent to the summary"), _may_lose_consent),
    "publish_summary": (
        frozenset({S.AUTHENTICATED, S.CIRCULATED, S.BEING_ASSISTED}),
        _("Publish the summary"),
        _may_publish_summary,
    ),
}


def deed_problem(request: AssistanceRequest, deed: str) -> Any:
    """Why something of `REQUEST_DEEDS` cannot be done now, or None."""
    statuses, _label, condition = REQUEST_DEEDS[deed]
    if request.status not in statuses:
        return _("This is not possible while the status is “%(status)s”.") % {"status": request.get_status_display()}
    return condition(request) if condition is not None else None


def require_possible(request: AssistanceRequest, deed: str) -> None:
    """Raise `IllegalTransition` where `deed_problem` finds one."""
    problem = deed_problem(request, deed)
    if problem is not None:
        raise IllegalTransition(problem, code="not_possible_now")
