"""Writing requests: drafts, submission, the decisions of the procedure, consent and the public summary.

Every function takes `by` (a user or an `Actor`) and, where it changes a stored request, `expected_version`; it raises
`NotAllowed`, `StaleVersion`, `IllegalTransition` or `ValidationError` and then has written nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperation_portal import audit, changes
from cooperation_portal.access.policy import NotAllowed, allows, require
from cooperation_portal.records.models import next_reference
from cooperation_portal.records.write import created, lock
from organizations.models import Organization, State

from ..lifecycles.requests import REQUEST_LIFE_CYCLE, missing_parts, require_possible
from ..models import AssistanceRequest, RequestStep
from .procedure import RECORDED_BY_HAND, complete_step, set_clocks
from .request_changes import changed, experts, moved, providers_people, rematch, requesters_people, said, tell
from .request_summary import (
    public_parts,
    request_consent,
    request_consent_withdraw,
    request_publish_summary,
    settle_consent,
)
from .request_values import (
    ExistingValues,
    NeedValues,
    RequestValues,
    check_values,
    values_of,
    write_fields,
    write_relations,
)

#: Kept here too, so that callers find every service of a request in one module.
__all__ = [
    "ExistingValues",
    "NeedValues",
    "RequestValues",
    "may_edit",
    "request_ask_clarification",
    "request_authenticate",
    "request_begin_assistance",
    "request_circulate",
    "request_clarify",
    "request_close",
    "request_consent",
    "request_consent_withdraw",
    "request_create",
    "request_discard",
    "request_fulfil",
    "request_object",
    "request_publish_summary",
    "request_record",
    "request_record_step",
    "request_refer",
    "request_release",
    "request_submit",
    "request_update",
    "request_withdraw",
    "values_of",
]

Kind = RequestStep.Kind
Status = AssistanceRequest.Status
#: After authentication the text stands as it was authenticated; only experts correct it.
EDITED_BY_REQUESTER = (Status.DRAFT, Status.SUBMITTED, Status.CLARIFICATION)


@transaction.atomic
def request_create(*, by: Any, requester: State | Organization, values: RequestValues) -> AssistanceRequest:
    """Draft a request for a State or an organization. A draft may be incomplete; only its owner reads it."""
    request = _new(requester, Status.DRAFT)
    require(by, "create", request)
    check_values(values, is_complete=False)
    write_fields(request, values)
    settle_consent(request, wanted=values.has_consent)
    with created(request, by=by, action="request.created"):
        write_relations(request, values)
    return request


@transaction.atomic
def request_update(
    *, by: Any, request: AssistanceRequest, values: RequestValues, expected_version: int | None = None
) -> AssistanceRequest:
    """Change what a request says. The requester may until it is authenticated, experts until it ends.

    A change of what the public would read takes back the consent to it, and takes a published summary down.
    """
    with changed(request, by=by, permission="update", told_as="request.updated", version=expected_version) as locked:
        require_possible(locked, "update")
        if not may_edit(by, locked):
            raise NotAllowed("update", "request")
        check_values(values, is_complete=not locked.is_draft)
        consented_to = public_parts(locked)
        write_fields(locked, values)
        if allows(by, "record", locked) and values.received_on:
            locked.received_on = values.received_on
        write_relations(locked, values)
        settle_consent(locked, wanted=values.has_consent, consented_to=consented_to)
        if not locked.is_draft:
            set_clocks(locked)
        locked.full_clean()
    return locked


def may_edit(who: Any, request: AssistanceRequest) -> bool:
    """Whether `who` may change what the request says, at its present status."""
    if not allows(who, "update", request):
        return False
    return request.status in EDITED_BY_REQUESTER or allows(who, "record", request)


@transaction.atomic
@changes.together()
def request_discard(*, by: Any, request: AssistanceRequest, expected_version: int | None = None) -> None:
    """Throw a draft away. What was ever submitted is withdrawn instead."""
    actor = require(by, "discard", request)
    locked = lock(request, expected_version=expected_version)
    require_possible(locked, "discard")
    # The words of a draft are its owner's alone: the audit keeps that it was there, not what it said.
    audit.record(action="request.discarded", obj=locked, by=actor, before={}, after={}, reason="")
    changes.record(locked, op="remove")
    locked.delete()


@transaction.atomic
def request_record(*, by: Any, requester: State | Organization, values: RequestValues) -> AssistanceRequest:
    """Record a request that reached the Committee outside the portal (experts); it is submitted at once.

    `values` names the origin, the document's reference and the day of receipt.
    """
    request = _new(requester, Status.SUBMITTED)
    require(by, "record", request)
    problems = {}
    if values.received_on is None:
        problems["received_on"] = _("Give the day on which the request was received.")
    if values.origin == AssistanceRequest.Origin.NOTE_VERBALE and not values.document_reference.strip():
        problems["document_reference"] = _("Give the reference of the note verbale.")
    if problems:
        raise ValidationError(problems)
    check_values(values, is_complete=True)
    write_fields(request, values)
    settle_consent(request, wanted=values.has_consent)
    request.received_on, request.submitted_at = values.received_on, timezone.now()
    with created(request, by=by, action="request.recorded"):
        write_relations(request, values)
        complete_step(request, Kind.RECEIVED, by=by, done_on=request.received_on)
        rematch(request)
    tell(request, "request.recorded", requesters_people(request), by=by)
    tell(request, "request.submitted", experts(), by=by)
    return request


@transaction.atomic
def request_submit(
    *,
    by: Any,
    request: AssistanceRequest,
    document_reference: str = "",
    expected_version: int | None = None,
) -> AssistanceRequest:
    """Submit a draft. The formal act stays the Permanent Mission's note verbale; its reference may be given here."""
    with changed(request, by=by, permission="submit", told_as="request.submitted", version=expected_version) as locked:
        if locked.is_draft and (missing := missing_parts(locked)):
            raise ValidationError(missing)
        REQUEST_LIFE_CYCLE.move(locked, "submit")
        _keep_reference(locked, document_reference)
        locked.submitted_at = timezone.now()
        locked.received_on = locked.received_on or timezone.localdate()
        complete_step(locked, Kind.RECEIVED, by=by, done_on=locked.received_on)
    tell(locked, "request.submitted", experts(), by=by)
    return locked


# The procedure


@transaction.atomic
def request_ask_clarification(
    *, by: Any, request: AssistanceRequest, question: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Ask the requester a question; the procedure waits for the answer (experts)."""
    text = said(question, "question", _("Write the question."))
    with moved(
        request,
        "ask_clarification",
        by=by,
        told_as="request.clarification_asked",
        version=expected_version,
        reason=text,
    ) as locked:
        pass
    tell(locked, "request.clarification_asked", requesters_people(locked), by=by, question=text)
    return locked


@transaction.atomic
def request_clarify(
    *, by: Any, request: AssistanceRequest, answer: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Answer the experts' question; the request goes back to them."""
    text = said(answer, "answer", _("Write the answer."))
    with moved(request, "clarify", by=by, told_as="request.clarified", version=expected_version, reason=text) as locked:
        pass
    tell(locked, "request.clarified", experts(), by=by)
    return locked


@transaction.atomic
def request_authenticate(
    *,
    by: Any,
    request: AssistanceRequest,
    document_reference: str = "",
    expected_version: int | None = None,
) -> AssistanceRequest:
    """Say that the request comes from who it says. From this day on members may object within the window."""
    with moved(request, "authenticate", by=by, told_as="request.authenticated", version=expected_version) as locked:
        _keep_reference(locked, document_reference)
        complete_step(locked, Kind.AUTHENTICATED, by=by)
    tell(locked, "request.authenticated", requesters_people(locked), by=by)
    return locked


@transaction.atomic
def request_record_step(
    *,
    by: Any,
    request: AssistanceRequest,
    kind: str,
    done_on: date | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> AssistanceRequest:
    """Record a step taken outside the portal, such as the letter of acknowledgement (experts)."""
    day = done_on or timezone.localdate()
    if kind not in RECORDED_BY_HAND:
        raise ValidationError({"kind": _("This step has an action of its own; choose another.")})
    if day > timezone.localdate():
        raise ValidationError({"done_on": _("This date is in the future. Record the step once it is done.")})
    with changed(
        request,
        by=by,
        permission="record_step",
        told_as="request.step_recorded",
        version=expected_version,
        reason=str(RequestStep.Kind(kind).label),
    ) as locked:
        require_possible(locked, "record_step")
        if locked.received_on and day < locked.received_on:
            raise ValidationError({"done_on": _("This is before the request was received. Check the date.")})
        complete_step(locked, kind, by=by, done_on=day, note=note)
    return locked


@transaction.atomic
def request_circulate(
    *, by: Any, request: AssistanceRequest, note: str = "", expected_version: int | None = None
) -> AssistanceRequest:
    """Send the request to possible providers, who then read its full text; not before the window has passed."""
    with moved(
        request, "circulate", by=by, told_as="request.circulated", version=expected_version, reason=note
    ) as locked:
        complete_step(locked, Kind.CIRCULATED, by=by, note=note)
    tell(locked, "request.circulated", [*requesters_people(locked), *providers_people(locked)], by=by)
    return locked


@transaction.atomic
def request_begin_assistance(
    *, by: Any, request: AssistanceRequest, expected_version: int | None = None
) -> AssistanceRequest:
    """Say that a provider's help has begun (experts)."""
    with moved(
        request, "begin_assistance", by=by, told_as="request.assistance_begun", version=expected_version
    ) as locked:
        pass
    return locked


@transaction.atomic
def request_fulfil(
    *, by: Any, request: AssistanceRequest, feedback: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Say that the need was met, and what was achieved (resolution 2663 (2022), OP 20)."""
    text = said(feedback, "feedback", _("Say in a sentence or two what was achieved, and what could be better."))
    with moved(request, "fulfil", by=by, told_as="request.fulfilled", version=expected_version, reason=text) as locked:
        locked.requester_feedback = text
    tell(locked, "request.fulfilled", experts(), by=by)
    return locked


@transaction.atomic
def request_close(
    *, by: Any, request: AssistanceRequest, reason: str, expected_version: int | None = None
) -> AssistanceRequest:
    """End a request whose need was not met (experts)."""
    text = said(reason, "reason", _("Say why the request is closed."))
    with moved(request, "close", by=by, told_as="request.closed", version=expected_version, reason=text) as locked:
        pass
    tell(locked, "request.closed", requesters_people(locked), by=by, reason=text)
    return locked


@transaction.atomic
def request_withdraw(
    *, by: Any, request: AssistanceRequest, reason: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Take a request out of the procedure; its summary is no longer shown."""
    text = said(reason, "reason", _("Say why the request is withdrawn."))
    with moved(
        request, "withdraw", by=by, told_as="request.withdrawn", version=expected_version, reason=text
    ) as locked:
        pass
    tell(locked, "request.withdrawn", [*experts(), *requesters_people(locked)], by=by, reason=text)
    return locked


@transaction.atomic
def request_object(
    *, by: Any, request: AssistanceRequest, reason: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Object as a member of the Committee: the request is held until the working group's decision."""
    return _hold(request, "object", "request.objected", by, expected_version, reason)


@transaction.atomic
def request_refer(
    *, by: Any, request: AssistanceRequest, reason: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Refer to the working group on assistance, which holds the request."""
    return _hold(request, "refer", "request.referred", by, expected_version, reason)


@transaction.atomic
def request_release(
    *, by: Any, request: AssistanceRequest, reason: str, expected_version: int | None = None
) -> AssistanceRequest:
    """Let a referred request go on from where it was (experts, for the working group)."""
    text = said(reason, "reason", _("Say what the working group decided."))
    with moved(request, "release", by=by, told_as="request.released", version=expected_version, reason=text) as locked:
        pass
    return locked


def _hold(
    request: AssistanceRequest, action: str, told_as: str, by: Any, version: int | None, reason: str
) -> AssistanceRequest:
    text = said(reason, "reason", _("Say why the working group should look at this request."))
    with moved(request, action, by=by, told_as=told_as, version=version, reason=text) as locked:
        pass
    tell(locked, told_as, experts(), by=by, reason=text)
    return locked


def _new(requester: State | Organization, status: AssistanceRequest.Status) -> AssistanceRequest:
    return AssistanceRequest(
        reference=next_reference("REQ", timezone.localdate().year),
        state=requester if isinstance(requester, State) else None,
        organization=requester if isinstance(requester, Organization) else None,
        status=status,
    )


def _keep_reference(request: AssistanceRequest, document_reference: str) -> None:
    if document_reference.strip():
        request.document_reference = document_reference.strip()
        request.clean_fields(exclude={field.name for field in request._meta.fields} - {"document_reference"})
