"""Errors as `application/problem+json` (RFC 9457): the documented kinds, and what becomes which.

Every answer that is not a success has `type`, `title`, `status`, `detail`, `instance` and, where single values are to
blame, `errors`: a list of `{"pointer", "code", "detail"}`. A pointer into the body is a JSON pointer (`/areas/0`), one
into the query begins with a question mark (`?limit`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import DeadlockDetected
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS

from cooperation_portal.access import read_only
from cooperation_portal.access.policy import NotAllowed

from .renderers import PROBLEM_TYPE, to_json

logger = logging.getLogger(__name__)

#: Seconds after which a caller may try again when the database is away.
RETRY_SECONDS = 10
#: Most errors listed in one answer.
MAX_ERRORS = 100
#: How to authenticate (RFC 6750).
CHALLENGE = 'Bearer realm="api"'


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One documented kind of error; its address is `/api/v1/problems/<name>/`."""

    name: str
    status: HTTPStatus
    title: Any
    detail: Any

    @property
    def uri(self) -> str:
        return reverse("api:problem-detail", args=[self.name])


def _kinds(*kinds: ProblemKind) -> dict[str, ProblemKind]:
    return {kind.name: kind for kind in kinds}


S = HTTPStatus
KINDS: dict[str, ProblemKind] = _kinds(
    ProblemKind(
        "invalid-request",
        S.BAD_REQUEST,
        _("Invalid request"),
        _("Something in the request cannot be accepted as it is. See errors."),
    ),
    ProblemKind(
        "key-in-url",
        S.BAD_REQUEST,
        _("Key in the address"),
        _("Logs keep addresses, so keys never go there. Use the Authorization header, and renew this key."),
    ),
    ProblemKind(
        "insecure-transport",
        S.BAD_REQUEST,
        _("Key sent without encryption"),
        _("The request came by plain http, where anybody on the way can read the key. Replace the key, and use https."),
    ),
    ProblemKind(
        "invalid-cursor",
        S.BAD_REQUEST,
        _("Invalid cursor"),
        _("The cursor was changed, or belongs to another key, list or filter. Start again without it."),
    ),
    ProblemKind(
        "malformed-body",
        S.BAD_REQUEST,
        _("Malformed body"),
        _("The body is not one JSON object in UTF-8, or names a member twice."),
    ),
    ProblemKind(
        "not-authenticated",
        S.UNAUTHORIZED,
        _("No valid key"),
        _("Send a valid key: “Authorization: Bearer n1540_…”. This one is missing, wrong, expired or revoked."),
    ),
    ProblemKind(
        "forbidden",
        S.FORBIDDEN,
        _("Not allowed"),
        _("Your key may see this but not do it."),
    ),
    ProblemKind("not-found", S.NOT_FOUND, _("Not found"), _("There is nothing here that you may read.")),
    ProblemKind(
        "method-not-allowed",
        S.METHOD_NOT_ALLOWED,
        _("Method not allowed"),
        _("This address does not take that method. The Allow header names those it takes."),
    ),
    ProblemKind(
        "not-acceptable",
        S.NOT_ACCEPTABLE,
        _("Not acceptable"),
        _("The answer is application/json. Accept that."),
    ),
    ProblemKind(
        "conflict",
        S.CONFLICT,
        _("Not possible now"),
        _("The record's present state does not allow this."),
    ),
    ProblemKind(
        "in-flight",
        S.CONFLICT,
        _("Still being handled"),
        _("A request with this Idempotency-Key is being handled at this moment. Ask again shortly."),
    ),
    ProblemKind(
        "cursor-expired",
        S.GONE,
        _("Cursor expired"),
        _("Going on from this cursor would miss changes. Take a snapshot, or start again without a cursor."),
    ),
    ProblemKind(
        "stale",
        S.PRECONDITION_FAILED,
        _("Changed meanwhile"),
        _("The record is no longer what If-Match names. Read it again, then decide."),
    ),
    ProblemKind(
        "too-large",
        S.REQUEST_ENTITY_TOO_LARGE,
        _("Body too large"),
        _("The body is larger than this interface takes."),
    ),
    ProblemKind(
        "unsupported-media-type",
        S.UNSUPPORTED_MEDIA_TYPE,
        _("Unsupported media type"),
        _("Send application/json or, with a file, multipart/form-data, as the document says for this address."),
    ),
    ProblemKind(
        "key-reused",
        S.UNPROCESSABLE_ENTITY,
        _("Idempotency-Key used before"),
        _("This Idempotency-Key came with another request in the last 24 hours. Use a new one."),
    ),
    ProblemKind(
        "precondition-required",
        S.PRECONDITION_REQUIRED,
        _("If-Match is missing"),
        _("Send the record's ETag in If-Match, so that nobody's change is overwritten unseen."),
    ),
    ProblemKind(
        "range-not-satisfiable",
        S.REQUESTED_RANGE_NOT_SATISFIABLE,
        _("No such part of the file"),
        _("The range lies behind the end of the file. Content-Range gives its size."),
    ),
    ProblemKind(
        "snapshot-expired",
        S.GONE,
        _("Snapshot removed"),
        _("Snapshots are kept for a day. Ask for a new one."),
    ),
    ProblemKind(
        "too-many-requests",
        S.TOO_MANY_REQUESTS,
        _("Too many requests"),
        _("You have asked too often. Wait as long as Retry-After says."),
    ),
    ProblemKind(
        "internal-error",
        S.INTERNAL_SERVER_ERROR,
        _("Internal error"),
        _("Something went wrong here, not in your request. Tell the secretariat the X-Request-Id of this answer."),
    ),
    ProblemKind(
        "read-only",
        S.SERVICE_UNAVAILABLE,
        _("No changes at the moment"),
        _("The portal takes no changes at the moment. Reading and the feed go on. Send it again later."),
    ),
    ProblemKind(
        "unavailable",
        S.SERVICE_UNAVAILABLE,
        _("Unavailable"),
        _("The portal cannot reach its database at the moment. Try again shortly."),
    ),
)


def error(pointer: str, code: str, detail: Any) -> dict[str, str]:
    """One entry of `errors`."""
    return {"pointer": pointer, "code": code, "detail": str(detail)}


class Problem(exceptions.APIException):
    """Raise it to answer with a documented kind of problem."""

    def __init__(
        self,
        name: str,
        detail: Any = "",
        *,
        errors: Iterable[Mapping[str, str]] = (),
        members: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = KINDS[name]
        self.errors = list(errors)
        self.members = dict(members or {})
        self.headers = dict(headers or {})
        self.status_code = self.kind.status
        super().__init__(detail or self.kind.detail)


def invalid(*errors: Mapping[str, str]) -> Problem:
    return Problem("invalid-request", errors=errors)


def _first_errors(total: int) -> str:
    return gettext("Listed are the first %(listed)d of %(total)d errors.") % {"listed": MAX_ERRORS, "total": total}


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    body: dict[str, Any] = {
        "type": problem.kind.uri,
        "title": str(problem.kind.title),
        "status": int(problem.kind.status),
        "detail": str(problem.detail),
        "instance": escape_uri_path(request.path),
        **problem.members,
    }
    if problem.errors:
        body["errors"] = problem.errors[:MAX_ERRORS]
    if len(problem.errors) > MAX_ERRORS:
        body["detail"] += " " + _first_errors(len(problem.errors))
    return HttpResponse(to_json(body), status=problem.kind.status, content_type=PROBLEM_TYPE, headers=problem.headers)


#: Exceptions of Django and DRF, the narrower before the wider, and what they are called here.
_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (Http404, "not-found"),
    (exceptions.NotFound, "not-found"),
    (exceptions.NotAuthenticated, "not-authenticated"),
    (exceptions.AuthenticationFailed, "not-authenticated"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (exceptions.NotAcceptable, "not-acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported-media-type"),
    (exceptions.ParseError, "malformed-body"),
    (RequestDataTooBig, "too-large"),
    (SuspiciousOperation, "invalid-request"),
)


def writes_alone(key: Any) -> str:
    """What is said of a key that writes another's record."""
    return gettext("This key writes for %(organization)s alone.") % {"organization": key.organization.acronym}


def problem_for(exception: Exception, key: Any = None) -> Problem:
    """The problem that an exception becomes; an internal error where nothing else fits.

    `key` is the key that writes, if one does.
    """
    if isinstance(exception, Problem):
        return exception
    if key is not None and isinstance(exception, NotAllowed) and exception.is_anothers:
        return Problem("forbidden", writes_alone(key))
    if isinstance(exception, read_only.ReadOnly):
        told = f"{KINDS['read-only'].detail} {exception.message}".strip()
        return Problem("read-only", told, headers={"Retry-After": str(read_only.RETRY_SECONDS)})
    if isinstance(exception, (exceptions.PermissionDenied, PermissionDenied)):
        return Problem("forbidden", getattr(exception, "detail", None) or str(exception))
    if isinstance(exception.__cause__, DeadlockDetected):
        # PostgreSQL undid this transaction so that the other one could go on.
        sentence = _("Another write crossed this one, and nothing of this one was done. Send it again.")
        return Problem("conflict", sentence, headers={"Retry-After": "1"})
    if isinstance(exception, (OperationalError, InterfaceError)):
        return Problem("unavailable", headers={"Retry-After": str(RETRY_SECONDS)})
    name = next((name for kind, name in _NAMES if isinstance(exception, kind)), "internal-error")
    headers = {"WWW-Authenticate": CHALLENGE} if name == "not-authenticated" else {}
    return Problem(name, headers=headers)


def exception_handler(exception: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer any exception of a view; what nobody expected is logged and told to whoever listens for crashes."""
    request = context["request"]._request
    is_write = isinstance(exception, NotAllowed) and request.method not in SAFE_METHODS
    problem = problem_for(exception, context["request"].auth if is_write else None)
    if problem.kind.status >= S.INTERNAL_SERVER_ERROR and problem.kind.name != "read-only":
        logger.error("API request failed: %s", request.path, exc_info=exception)
    if problem.kind.name == "internal-error":
        got_request_exception.send(sender=type(context["view"]), request=request)
    return problem_response(request, problem)
