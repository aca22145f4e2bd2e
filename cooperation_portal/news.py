"""What is new for anyone to read: offers, summaries of requests, meetings and notes, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from heapq import nlargest
from typing import Any

from django.conf import settings
from django.utils.feedgenerator import get_tag_uri
from django.utils.translation import gettext as _

from assistance.models import AssistanceRequest, Offer
from cooperation_portal.access.actors import VISITOR
from cooperation_portal.interface.text import to_html
from cooperation_portal.records.models import Provenance
from meetings.dates import when
from meetings.models import Meeting, Note

#: Record types whose changes may show in the news.
TYPES = ("offer", "request", "meeting", "note", "organization", "state")
NEWEST = 50


@dataclass(frozen=True)
class Entry:
    """One piece of news. `key` is a tag URI (RFC 4151) that never changes; `text` is cleaned HTML."""

    key: str
    title: str
    url: str
    text: str
    kind: str
    published: datetime
    updated: datetime


def public_news(newest: int = NEWEST) -> list[Entry]:
    """The newest entries that visitors may read. Four statements. What public sources say is history and no news."""
    return nlargest(
        newest,
        (*_offers(newest), *_requests(newest), *_meetings(newest), *_notes(newest)),
        key=lambda entry: (entry.published, entry.key),
    )


def _offers(newest: int) -> list[Entry]:
    rows = Offer.objects.visible_to(VISITOR).current().filter(published_at__isnull=False)
    return [
        _entry(
            offer,
            title=_("%(provider)s: %(title)s") % {"provider": offer.provider, "title": offer.title},
            text=to_html(offer.summary),
            kind="offer",
            published=offer.published_at,
            updated=offer.updated_at,
        )
        for offer in rows.select_related("organization", "state").order_by("-published_at", "-pk")[:newest]
    ]


def _requests(newest: int) -> list[Entry]:
    """Published summaries. Later steps of a request are confidential, so its entry is as old as its summary."""
    rows = AssistanceRequest.objects.visible_to(VISITOR).current().filter(summary_published_on__isnull=False)
    return [
        _entry(
            request,
            title=_("Request of %(requester)s: %(title)s") % {"requester": request.requester, "title": request.title},
            text=to_html(request.public_summary),
            kind="request",
            published=_midnight(request.summary_published_on),
        )
        for request in rows.select_related("organization", "state").order_by("-summary_published_on", "-pk")[:newest]
    ]


def _meetings(newest: int) -> list[Entry]:
    rows = Meeting.objects.visible_to(VISITOR).exclude(provenance=Provenance.PUBLIC_SOURCE)
    return [
        _entry(
            meeting,
            title=_meeting_title(meeting),
            text=to_html(meeting.summary),
            kind="meeting",
            published=meeting.created_at,
            updated=meeting.updated_at,
        )
        for meeting in rows.order_by("-created_at", "-pk")[:newest]
    ]


def _meeting_title(meeting: Meeting) -> str:
    if meeting.status == Meeting.Status.CANCELLED:
        return _("Cancelled: %(title)s") % {"title": meeting.title}
    return _("%(title)s (%(when)s)") % {"title": meeting.title, "when": when(meeting)}


def _notes(newest: int) -> list[Entry]:
    rows = Note.objects.visible_to(VISITOR).exclude(provenance=Provenance.PUBLIC_SOURCE)
    return [
        _entry(
            note,
            title=_("%(kind)s: %(meeting)s") % {"kind": note.get_kind_display(), "meeting": note.meeting.title},
            text=to_html(note.highlights),
            kind="note",
            published=note.published_at,
            updated=note.updated_at,
        )
        for note in rows.filter(published_at__isnull=False)
        .select_related("meeting")
        .order_by("-published_at", "-pk")[:newest]
    ]


def _entry(
    record: Any, *, title: str, text: str, kind: str, published: datetime | None, updated: datetime | None = None
) -> Entry:
    published = published or record.created_at
    url = f"{settings.SITE_URL}{record.get_absolute_url()}"
    return Entry(
        key=get_tag_uri(url, record.created_at),
        title=title,
        url=url,
        text=text,
        kind=kind,
        published=published,
        updated=max(published, updated or published),
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
