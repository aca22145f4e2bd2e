"""How much of a request each reader gets, in one place for pages, API, search and mail.

A visitor, and any member who is not concerned, reads the published summary: `RequestSummary` holds all there is of it.
Providers read the full text once the request is circulated. The requester and the Committee also read the procedure and
which providers are preferred or declined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import AssistanceRequest

Status = AssistanceRequest.Status


class Reading(IntEnum):
    SUMMARY = 1
    TEXT = 2
    INSIDE = 3


def reading_of(request: AssistanceRequest) -> Reading:
    """How much of a row of `with_full_text_for(who)` that reader gets."""
    if request.is_inside:  # type: ignore[attr-defined]
        return Reading.INSIDE
    return Reading.TEXT if request.is_full_text else Reading.SUMMARY  # type: ignore[attr-defined]


#: Statuses that the public reads as they are; every other is told as open, so that the procedure stays inside.
PUBLIC_STATUSES = (Status.BEING_ASSISTED, Status.FULFILLED, Status.CLOSED)
OPEN = "open"


def public_status(request: AssistanceRequest) -> tuple[str, Any]:
    """Value and label of the status for readers of the summary."""
    if request.status in PUBLIC_STATUSES:
        return request.status, Status(request.status).label
    return OPEN, _("Open")


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """All that the public reads of a request: what its requester consented to, and who asked when."""

    reference: str
    url: str
    requester: Any
    title: str
    areas: tuple[Any, ...]
    summary: str
    status: str
    status_label: Any
    received_on: date | None
    published_on: date | None


def summary_of(request: AssistanceRequest) -> RequestSummary:
    """The public part of a request whose summary is published; no query where needs and requester are prefetched."""
    status, label = public_status(request)
    return RequestSummary(
        reference=request.reference,
        url=request.get_absolute_url(),
        requester=request.requester,
        title=request.title,
        areas=tuple(need.area for need in request.needs.all()),
        summary=request.public_summary,
        status=status,
        status_label=label,
        received_on=request.received_on,
        published_on=request.summary_published_on,
    )


def readers_in_words(request: AssistanceRequest) -> Any:
    """Who reads the full text now, in a sentence."""
    names = {"requester": request.requester}
    if request.is_from_public_source:
        return _("From a public source: anyone can read this")
    if request.is_draft:
        return _("Draft: only %(requester)s can read this") % names
    if request.status in (Status.CIRCULATED, Status.BEING_ASSISTED):
        return _("%(requester)s, the Committee, its experts and the organizations of the network can read this") % names
    return _("%(requester)s, the Committee and its experts can read this") % names
