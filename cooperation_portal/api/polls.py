"""Polls that find nothing new: a conditional GET that is repeated, answered before anything else is looked at.

Partners ask for the same lists every few minutes, and mostly nothing has changed. What such a 304 followed from is
remembered: the rows of the key and its organization, and the state of the page. One statement tells whether all of it
is as it was; then the answer is, too. Otherwise, as with everything that is asked for the first time, the request goes
its usual way, where rights are decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from cooperation_portal.records.statements import Statement

from . import limits
from .authentication import VERSIONS_OF_KEY, is_use_unnoted
from .models import ApiKey

#: So many polls are remembered in a process; then all are forgotten, and learnt anew as they come.
MOST = 5000

#: Headers of a request that its answer may depend on.
_HEADERS = (
    *("HTTP_AUTHORIZATION", "HTTP_IF_NONE_MATCH", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE"),
    *("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO"),
)
#: With any of these it goes the usual way.
_UNUSUAL = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_COOKIE", "HTTP_IF_MATCH")
_WITHOUT = frozenset({"ratelimit", "ratelimit-policy"})

_known: dict[bytes, tuple[Poll, dict[str, str]]] = {}


@dataclass(frozen=True, slots=True)
class Poll:
    """What a 304 followed from: a key as it was read, and what a statement found."""

    key: ApiKey
    read: Callable[[], list[tuple[Any, ...]]]
    found: tuple[Any, ...]

    def still_holds(self) -> bool:
        if not self.key.is_live or is_use_unnoted(self.key):
            return False
        return self.read() == [self.found]


def note(request: Request, statement: Statement, row: tuple[Any, ...], *, is_kept: bool = True) -> None:
    """Say what the 304 that a view is about to give follows from: a statement, and the only row that it gave.

    `is_kept` says that its text is one for all who see alike. Visitors' polls are not remembered.
    """
    key = request.auth
    if not isinstance(key, ApiKey):
        return
    sql = f"SELECT {VERSIONS_OF_KEY}, page.* FROM ({statement.sql}) AS page"  # noqa: S608 - SQL of our own
    whole = Statement(sql, (key.pk, key.organization_id, *statement.params))
    http: Any = request._request
    http.poll = Poll(key, whole.run_prepared if is_kept else whole.run, (*key.row_versions, *row))


class PollMiddleware:
    """Placed inside what every answer gets, and outside what only pages need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = _name_of(request)
        if name is None:
            return self.get_response(request)
        if name in _known:
            response = _answer(*_known[name])
            if response is not None:
                return response
            _known.pop(name, None)
        response = self.get_response(request)
        poll = getattr(request, "poll", None)
        if response.status_code == 304 and poll is not None:
            if len(_known) >= MOST:
                _known.clear()
            _known[name] = poll, {key: text for key, text in response.headers.items() if key.lower() not in _WITHOUT}
        return response


def _name_of(request: HttpRequest) -> bytes | None:
    """One name for all that an answer may depend on besides the database; None for what is not such a poll.

    The day is part of it because some rules look at the date. Keys are not kept: the name is a digest.
    """
    meta = request.META
    if "HTTP_IF_NONE_MATCH" not in meta or "HTTP_AUTHORIZATION" not in meta or request.method != "GET":
        return None
    if any(meta.get(header) for header in _UNUSUAL):
        return None
    asked = request.path, meta.get("QUERY_STRING"), timezone.localdate(), *(meta.get(header) for header in _HEADERS)
    return hashlib.sha256(repr(asked).encode()).digest()


def _answer(poll: Poll, headers: dict[str, str]) -> HttpResponse | None:
    """The 304 again; None where something may have changed, or its caller has asked too often."""
    try:
        if not poll.still_holds():
            return None
    except OperationalError:
        return None  # the usual way meets it again, and says so
    tally = limits.Tally(limits.of_key(poll.key), limits.READ, is_not_modified=True)
    if tally.is_refused:
        return None
    response = HttpResponse(status=304, headers=headers)
    if "Content-Type" not in headers:
        del response.headers["Content-Type"]
    tally.close(response)
    return response
