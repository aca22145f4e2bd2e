"""The views behind every resource: list and detail. Those that write are in `write_views.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from cooperation_portal.access.actors import Actor, actor_for

from . import catalogue, cursors, deprecation, etags, pages, permissions, polls, querystring
from .deprecation import Deprecation
from .limits import LimitedView
from .problems import Problem
from .querystring import Asked
from .reading_log import log_contact_read
from .renderers import JSON_TYPE, to_json
from .resources import Resource
from .rows import Selection, expand, represent
from .schema import PortalSchema

CACHE_CONTROL = "private, no-cache"
_ACCEPTED = frozenset({"application/json", "application/problem+json", "application/*", "*/*"})


class JsonOnly(BaseContentNegotiation):
    """There is one format. A caller that accepts neither it nor anything else is told so."""

    accepted: frozenset[str] = _ACCEPTED

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        accept = request.META.get("HTTP_ACCEPT") or "*/*"
        for media_range in accept.split(","):
            name, *params = (part.strip().lower() for part in media_range.split(";"))
            if name in self.accepted and not any(param in ("q=0", "q=0.0", "q=0.00", "q=0.000") for param in params):
                return renderers[0], JSON_TYPE
        raise exceptions.NotAcceptable


class PortalView(LimitedView):
    """Base of every address under `/api/`: strict in, JSON out, never kept by a shared cache."""

    http_method_names = ["get", "head", "post", "patch"]
    content_negotiation_class = JsonOnly
    schema = PortalSchema()
    #: For each method what describes it: the name of a function of `operations.py`, or a function like those.
    documented: ClassVar[dict[str, Any]] = {}
    #: Methods whose scope is not the one that their name suggests; a POST that only reads: `{"POST": Verb.READ}`.
    verbs: ClassVar[Mapping[str, str]] = {}

    @property
    def app(self) -> str | None:
        """The app whose scope a key needs here; None where it belongs to none: then any scope that reads or writes."""
        return None

    @property
    def deprecated(self) -> Deprecation | None:
        """Set where the whole address is going away."""
        return None

    @property
    def actor(self) -> Actor:
        return actor_for(self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A key in the address is refused before anything else, so that no other answer repeats it."""
        if querystring.holds_key(request._request):
            raise Problem("key-in-url")
        super().initial(request, *args, **kwargs)
        if "\x00" in request._request.path:
            raise Http404
        if "HTTP_TRANSFER_ENCODING" in request.META:
            # Django reads as many bytes as Content-Length says: a body in chunks would be none.
            raise Problem("malformed-body", _("Send the body with its Content-Length, not in chunks."))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", CACHE_CONTROL)
        patch_vary_headers(response, ("Authorization", "Accept"))
        deprecation.tell(response, self.deprecations(request, response))
        return response

    def deprecations(self, request: Request, response: HttpResponse) -> list[Deprecation]:
        """What is going away of that which a request uses."""
        return [self.deprecated] if self.deprecated else []


def answer(
    request: HttpRequest, body: bytes, tag: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(
        body, status=status, content_type=JSON_TYPE, headers={"ETag": etags.quoted(tag), **(headers or {})}
    )


def not_modified(tag: str) -> HttpResponse:
    response = HttpResponse(status=304, headers={"ETag": etags.quoted(tag)})
    del response.headers["Content-Type"]
    return response


def next_url(request: HttpRequest, cursor: str) -> str:
    """The caller's own address with the new cursor: it works wherever the caller reached the portal."""
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode(safe=',:')}")


class ResourceView(PortalView):
    resource: ClassVar[Resource | None] = None

    @property
    def of(self) -> Resource:
        if self.resource is None:
            raise TypeError(f"{type(self).__name__} is wired without its resource.")
        return self.resource

    @property
    def app(self) -> str | None:
        return self.of.model._meta.app_label

    @property
    def deprecated(self) -> Deprecation | None:
        return self.of.deprecated

    def deprecations(self, request: Request, response: HttpResponse) -> list[Deprecation]:
        found = super().deprecations(request, response)
        return [*found, *deprecation.met_in(self.of, request, response)] if self.of.deprecations else found

    def opened(self, asked: Asked) -> list[tuple[Any, Resource]]:
        """The relations to open, each with what it leads to; raises `Problem` for those out of the key's scopes."""
        table = self.of.table
        found = [(table[name], catalogue.resource(table[name].to)) for name in asked.expand]
        apps = {field.name: target.model._meta.app_label for field, target in found}
        permissions.require_readable(self.request.auth, "expand", apps)
        return found


class CollectionView(ResourceView):
    """`GET /<resource>/`: a page of what the caller may read, by ascending id."""

    documented: ClassVar[dict[str, Any]] = {"GET": "list_records"}

    def get(self, request: Request) -> HttpResponse:
        http, actor, asked = request._request, self.actor, querystring.read_list(request._request, self.of)
        self.opened(asked)  # refused also where nothing would be opened
        bound_to = cursors.binding(self.of.name, asked.filters, actor)
        count = pages.narrowed(self.of, actor, asked).count() if asked.wants_count else None
        after = cursors.read(asked.cursor, bound_to) if asked.cursor else pages.BEGINNING
        if http.META.get("HTTP_IF_NONE_MATCH"):
            state = pages.read_state(self.of, actor, asked, after)
            tag = etags.list_tag(http, actor, state.newest, state.marks, count)
            if etags.is_known(http, tag):
                if count is None and state.statement is not None:
                    polls.note(request, state.statement, (state.newest, state.marks))
                return not_modified(tag)
        return self._page(http, actor, asked, after, count, bound_to)

    def _page(
        self,
        request: HttpRequest,
        actor: Actor,
        asked: Asked,
        after: int,
        count: int | None,
        bound_to: str,
    ) -> HttpResponse:
        # Changes first: what is written between the two statements then gives another tag next time.
        changes = etags.newest_changes(catalogue.change_types(self.of.name), actor)
        selection = Selection(self.of, actor, asked.picked)
        found = pages.read_page(selection, asked, after)
        tag = etags.list_tag(request, actor, changes, pages.marks_of(found), count)
        objects = selection.objects([row[1:] for row in found[: asked.limit]])
        expand(objects, self.opened(asked), actor)
        log_contact_read(request, self.of, objects, asked.expand)
        meta: dict[str, Any] = {"limit": asked.limit}
        if count is not None:
            meta["count"] = count
        following = None
        if len(found) > asked.limit:
            following = next_url(request, cursors.make(objects[-1]["id"], bound_to))
        body = to_json({"data": objects, "next": following, "meta": meta})
        return answer(request, body, tag, headers={"Link": f'<{following}>; rel="next"'} if following else None)


class OneRecordView(ResourceView):
    """Base of the addresses of one record."""

    def read(self, pk: int, actor: Actor) -> dict[str, Any]:
        """The record as the actor reads it; the same 404 where it does not exist and where it may not be read."""
        found = represent(self.of, self.of.rows(actor).filter(pk=pk), actor=actor)
        if not found:
            raise Http404
        return found[0]


class RecordView(OneRecordView):
    """`GET /<resource>/<id>/`. What does not exist and what the caller may not read are the same 404."""

    documented: ClassVar[dict[str, Any]] = {"GET": "read_record"}

    def get(self, request: Request, pk: int) -> HttpResponse:
        http, actor, asked = request._request, self.actor, querystring.read_detail(request._request, self.of)
        made = self.read(pk, actor)
        tag = etags.record_tag(made, actor)
        if asked.picked is not None or asked.expand:
            if asked.picked is not None:
                kept = {"type", "id", *asked.picked}
                made = {name: value for name, value in made.items() if name in kept}
            expand([made], self.opened(asked), actor)
            tag = etags.opened_tag(tag, made, asked.picked)
        if etags.is_known(http, tag):
            return not_modified(tag)
        log_contact_read(http, self.of, [made], asked.expand)
        return answer(http, to_json(made), tag)
