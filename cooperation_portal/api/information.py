"""Addresses about the interface itself: what there is, the document, the page that shows it, the kinds of errors."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from . import etags, querystring
from .catalogue import resources
from .hints import address_meant
from .problems import KINDS, Problem, ProblemKind, problem_response
from .renderers import to_json
from .schema import document
from .views import PortalView, answer, not_modified


class FixedView(PortalView):
    """Answers the same to everyone who may ask."""

    def fixed(self, **kwargs: Any) -> bytes:
        raise NotImplementedError

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        querystring.refuse_parameters(request._request)
        body = self.fixed(**kwargs)
        tag = hashlib.sha256(body).hexdigest()[:24]
        return not_modified(tag) if etags.is_known(request._request, tag) else answer(request._request, body, tag)


class IndexView(FixedView):
    documented: ClassVar[dict[str, str]] = {"GET": "read_index"}

    def fixed(self, **kwargs: Any) -> bytes:
        return to_json(
            {
                "resources": [
                    {
                        "name": one.name,
                        "type": one.type,
                        "url": _absolute(f"api:{one.route}-list"),
                        "description": one.help,
                        "writable": one.writes is not None,
                    }
                    for one in resources().values()
                ],
                "openapi": _absolute("api:openapi"),
                "docs": _absolute("api:docs"),
                "problems": _absolute("api:problem-list"),
            }
        )


class OpenApiView(FixedView):
    """The document. It does not describe itself."""

    def fixed(self, **kwargs: Any) -> bytes:
        return document()


class ProblemKindsView(FixedView):
    documented: ClassVar[dict[str, str]] = {"GET": "list_problems"}

    def fixed(self, **kwargs: Any) -> bytes:
        return to_json({"data": [_told(kind) for kind in KINDS.values()]})


class ProblemKindView(FixedView):
    documented: ClassVar[dict[str, str]] = {"GET": "read_problem"}

    def fixed(self, **kwargs: Any) -> bytes:
        if kwargs["name"] not in KINDS:
            raise Http404
        return to_json(_told(KINDS[kwargs["name"]]))


class NowhereView(PortalView):
    """Every other address below `/api/`: the same 404 as for a record that is not there, in the same form."""

    http_method_names = ["get", "head", "post", "patch", "put", "delete", "options", "trace"]

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        querystring.parameters(request._request)
        raise Problem("not-found", address_meant(request._request.path))

    post = patch = put = delete = options = trace = get  # type: ignore[assignment]

    def check_permissions(self, request: Request) -> None:
        """There is nothing to be allowed or not."""


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page that shows the document to people."""
    if querystring.holds_key(request):
        return problem_response(request, Problem("key-in-url"))
    return render(request, "api/docs.html", {"kinds": KINDS.values(), "site_url": settings.SITE_URL})


def _absolute(name: str) -> str:
    return f"{settings.SITE_URL}{reverse(name)}"


def _told(kind: ProblemKind) -> dict[str, Any]:
    return {"type": kind.uri, "title": str(kind.title), "status": int(kind.status), "detail": str(kind.detail)}
