"""Polls that find nothing new: a conditional GET that is repeated, answered before anything else is looked at.

Partners ask for the same again and again, and mostly nothing has changed. What such a 304 followed from is remembered:
what its key was let in for, and the state of the page. One statement tells whether all of it is as it was; then the
answer is, too. Otherwise, as with everything that is asked of a process for the first time, the request goes its usual
way, where rights are decided. Unlike there, the poll is counted after it was looked at.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from cooperation_portal.records.statements import Statement

from . import limits
from .authentication import grounds_of, note_use
from .models import ApiKey

logger = logging.getLogger(__name__)

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
    """What a 304 followed from: a key as it was read, and what a statement gave, first the grounds of the key."""

    key: ApiKey
    statement: Statement
    grounds: tuple[Any, ...]
    page: tuple[Any, ...]

    def still_holds(self) -> bool:
        if not self.key.is_live:
            return False
        rows = self.statement.run()
        width = len(self.grounds)
        if len(rows) != 1 or rows[0][:width] != self.grounds or rows[0][width + 1 :] != self.page:
            return False
        note_use(self.key.pk, rows[0][width])
        return True


def note(request: Request, statement: Statement, row: tuple[Any, ...]) -> None:
    """Say what the 304 that a view is about to give follows from: a statement, and the only row that it gave.

    Visitors' polls are not remembered.
    """
    key = request.auth
    if not isinstance(key, ApiKey):
        return
    signed_in, grounds = grounds_of(key)
    sql = f"SELECT * FROM ({signed_in.sql}) AS signed_in CROSS JOIN ({statement.sql}) AS page"  # noqa: S608 - as made
    whole = replace(statement, sql=sql, params=(*signed_in.params, *statement.params))
    http: Any = request._request
    http.poll = Poll(key, whole, grounds, row)


class PollMiddleware:
    """Placed inside what every answer gets, and outside what only pages need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = _name_of(request)
        if name is None:
            return self.get_response(request)
        known = _known.get(name)
        if known is not None:
            response = _answer(*known)
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
    except Error:
        # The usual way meets it again and answers it, if it is not of the poll's own making.
        logger.warning("A poll could not be looked at.", exc_info=True)
        return None
    tally = limits.Tally(limits.of_key(poll.key), limits.READ, is_not_modified=True)
    if tally.is_refused:
        return None
    response = HttpResponse(status=304, headers=headers)
    if "Content-Type" not in headers:
        del response.headers["Content-Type"]
    tally.close(response)
    return response
