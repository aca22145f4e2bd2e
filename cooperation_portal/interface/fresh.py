"""Conditional answers for files that programs fetch again and again (RFC 9110, section 13).

What a visitor may read changes only by a write, and every write leaves a change row that says who is told. So the
newest change of the record types in a file, of those that visitors are told, says whether it is still the file that was
fetched, before any of it is made; and what happens to hidden records does not show in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language

from cooperation_portal.access.actors import VISITOR
from cooperation_portal.api.etags import newest_changes
from cooperation_portal.changes.models import Change

#: For files that show every reader the same: kept by anyone, asked again before each use.
PUBLIC = "public, no-cache"
#: For files of one reader.
PRIVATE = "private, no-cache"


@dataclass(frozen=True)
class Standing:
    """How things stand: a tag of the file's present content, and the time of the last write that may show in it."""

    tag: str
    modified: datetime | None = None


def standing_of_visitors(request: HttpRequest, record_types: Sequence[str]) -> Standing:
    """The standing of a file that shows what visitors read of these record types. Two statements, whatever it holds.

    The address, its query, the language and the day belong to it: a contact's term may end overnight.
    """
    newest = [pk for pk in newest_changes(record_types, VISITOR) if pk is not None]
    latest = Change.objects.filter(pk__in=newest).aggregate(at=Max("at"))["at"]
    today = timezone.localdate()
    tag = digest(request.get_host(), request.get_full_path(), get_language(), today, newest)
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return Standing(tag, max(midnight, latest or midnight))


def digest(*parts: Any) -> str:
    """A short text that differs wherever the parts do."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def answer_if_changed(
    request: HttpRequest, standing: Standing, make: Callable[[], HttpResponseBase], *, cache_control: str
) -> HttpResponseBase:
    """What `make` gives, or 304 where the caller has it already. `make` is not called then."""
    etag = f'W/"{standing.tag}"'
    modified = int(standing.modified.timestamp()) if standing.modified else None
    response = get_conditional_response(request, etag=etag, last_modified=modified, response=None) or make()
    response.headers["ETag"] = etag
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = cache_control
    return response
