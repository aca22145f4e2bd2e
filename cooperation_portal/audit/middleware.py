"""Gives every request an id and tells the audit which surface it came through."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .context import Source, new_request_id, running_from

#: A caller may send its own id; anything but a short plain token is replaced.
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-Id", "")
        request_id = sent if _ACCEPTED_ID.fullmatch(sent) else new_request_id()
        request.request_id = request_id  # type: ignore[attr-defined]
        with running_from(self._source_of(request.path), request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response

    @staticmethod
    def _source_of(path: str) -> Source:
        if path.startswith("/api/"):
            return Source.API
        if path.startswith("/admin/"):
            return Source.ADMIN
        return Source.WEB
