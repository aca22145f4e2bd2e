"""A key that comes without TLS is refused, not redirected: whoever listened has it, and its owner must learn so."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cooperation_portal.audit.middleware import RequestContextMiddleware

from .problems import Problem, problem_response
from .querystring import holds_key


class PlainHttpMiddleware:
    """Placed before the redirect to https. Requests without a key go on and are redirected like those for any page.

    Where a proxy ends TLS, `SECURE_PROXY_SSL_HEADER` tells how the caller came.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.refuse = RequestContextMiddleware(_refusal)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        must_be_secure = settings.SECURE_SSL_REDIRECT and request.path_info.startswith("/api/")
        if must_be_secure and not request.is_secure() and _has_key(request):
            return self.refuse(request)
        return self.get_response(request)


def _has_key(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META or holds_key(request)


def _refusal(request: HttpRequest) -> HttpResponse:
    response = problem_response(request, Problem("insecure-transport"))
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Authorization, Accept"
    return response
