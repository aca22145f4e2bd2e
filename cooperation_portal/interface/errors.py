"""The pages for requests that cannot be answered. Each says what happened, what to do, and the request's number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from cooperation_portal.access.read_only import RETRY_SECONDS, ReadOnly


def request_id(request: HttpRequest) -> str:
    """Give the number under which the log knows this request, if it has one."""
    return str(getattr(request, "request_id", ""))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # Drawn without context processors: the request itself may be what is broken.
    return HttpResponse(render_to_string("400.html", {"request_id": request_id(request)}), status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    context = {"request_id": request_id(request), "reason": str(exception or "")}
    return render(request, "403.html", context, status=403)


def read_only(request: HttpRequest, exception: ReadOnly) -> HttpResponse:
    """Say that no changes are taken, and keep what was typed: the page's one button sends it again."""
    typed = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    context = {
        "sentence": str(exception),
        "message": exception.message,
        "typed": typed,
        "has_files": bool(request.FILES),
        "sent_to": request.get_full_path(),
    }
    response = render(request, "read_only.html", context, status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", {"request_id": request_id(request)}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    # Drawn without database, user or messages: any of them may be what failed.
    return HttpResponse(render_to_string("500.html", {"request_id": request_id(request)}), status=500)
