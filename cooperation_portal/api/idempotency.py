"""A repeated POST is answered, not repeated (`Idempotency-Key`).

The effect and the kept answer are written in one transaction: after a crash either both are there or neither. A lock
that ends with the transaction tells a request in flight from one that died.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from .models import ApiKey, IdempotentAnswer
from .problems import CHALLENGE, Problem, error, invalid, problem_for, problem_response

KEPT_FOR = timedelta(hours=24)
REPLAYED = "Idempotent-Replayed"
_HEADERS_KEPT = ("Content-Type", "ETag", "Location")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
#: These answers depend on more than the request, so a repeat is tried anew.
_NEVER_KEPT = frozenset({401, 403, 409, 429})
#: First half of the advisory lock's name; the second comes from key and caller.
_LOCK_CLASS = 1540

Handler = Callable[[Request], HttpResponse]


def answer_once(request: Request, handler: Handler) -> HttpResponse:
    """Handle a write, or give the answer kept from the first time it was sent."""
    sent = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if sent is None:
        return handler(request)
    if not _KEY.fullmatch(sent):
        sentence = _("Give 1 to 128 visible ASCII characters.")
        raise invalid(error("Idempotency-Key", "invalid_value", sentence))
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        _claim(key_of(request), sent)
        answers = IdempotentAnswer.objects.filter(api_key=key_of(request), key=sent)
        kept = answers.filter(created_at__gt=_oldest()).first()
        if kept is None:
            return _first_answer(request, handler, sent, fingerprint)
        if kept.request_hash != fingerprint:
            raise Problem("key-reused")
        return _replay(kept)


def remove_old_answers() -> int:
    """Remove what is kept for longer than is told, of all keys: answers hold what callers read. Give back how many."""
    removed, _by_model = IdempotentAnswer.objects.filter(created_at__lte=_oldest()).delete()
    return removed


def key_of(request: Request) -> ApiKey:
    """The key that a write came with; permissions let no other write pass."""
    if not isinstance(request.auth, ApiKey):
        raise Problem("not-authenticated", headers={"WWW-Authenticate": CHALLENGE})
    return request.auth


def _first_answer(request: Request, handler: Handler, key: str, fingerprint: str) -> HttpResponse:
    # Before the write: after it the transaction holds the change feed and may wait for no row.
    IdempotentAnswer.objects.filter(api_key=key_of(request), created_at__lte=_oldest()).delete()
    try:
        with transaction.atomic():
            response = handler(request)
    except Exception as refused:
        problem = problem_for(refused, request.auth)
        if problem.status_code in _NEVER_KEPT or problem.status_code >= 500:
            raise
        response = problem_response(request._request, problem)
    IdempotentAnswer.objects.create(
        api_key=key_of(request),
        key=key,
        request_hash=fingerprint,
        status=response.status_code,
        headers={name: response.headers[name] for name in _HEADERS_KEPT if name in response.headers},
        body=response.content,
    )
    return response


def _replay(kept: IdempotentAnswer) -> HttpResponse:
    headers = {name: value for name, value in kept.headers.items() if name != "Content-Type"}
    return HttpResponse(
        bytes(kept.body),
        status=kept.status,
        content_type=kept.headers.get("Content-Type"),
        headers={**headers, REPLAYED: "true"},
    )


def _fingerprint(request: Request) -> str:
    """Tells two requests apart: address, precondition and body, whatever the order of the body's members."""
    body = json.dumps(request.data, sort_keys=True, default=_told_file)
    parts = (request.path, request.META.get("HTTP_IF_MATCH", ""), body)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _told_file(value: Any) -> dict[str, Any]:
    """What an uploaded file is, for the fingerprint."""
    if not isinstance(value, UploadedFile):
        raise TypeError(f"{type(value).__name__} is no value of a body.")
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return {"name": value.name, "sha256": digest.hexdigest()}


def _claim(api_key: ApiKey, key: str) -> None:
    """Take the key until the transaction ends, or say that somebody has it."""
    digest = hashlib.sha256(f"{api_key.pk}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        name = int.from_bytes(digest[:4], "big", signed=True)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, name])
        (taken,) = cursor.fetchone()
    if not taken:
        raise Problem("in-flight", headers={"Retry-After": "1"})


def _oldest() -> datetime:
    return timezone.now() - KEPT_FOR
