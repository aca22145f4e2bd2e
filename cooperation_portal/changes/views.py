"""`GET /api/v1/changes/`: what was written since a cursor, for partners who keep a mirror."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from cooperation_portal.access.actors import Actor
from cooperation_portal.api import etags, operations, permissions, polls, querystring
from cooperation_portal.api.catalogue import resource, resources_by_type
from cooperation_portal.api.components import opened_components, ref
from cooperation_portal.api.fields import MAX_ID, MAX_INTEGER, Schema, nullable
from cooperation_portal.api.reading_log import log_contact_read
from cooperation_portal.api.renderers import to_json
from cooperation_portal.api.views import PortalView, answer, next_url, not_modified

from .feed import Slice, read_items, read_slice
from .models import Change


def read_changes(view: Any) -> tuple[dict[str, Any], dict[str, Schema]]:
    """The feed in the OpenAPI document."""
    types = sorted(resources_by_type())
    sentence = "Only changes of these record types. A cursor is good for the types it was given for."
    operation = operations.computed(
        operations.INTERFACE,
        "list_changes",
        "What was written since a cursor, in commit order",
        ref("ChangePage"),
        [operations.in_query("type", sentence, types, several=True)],
        shared=("limit", "cursor"),
        linked=True,
        is_for_all=True,
        problems=(400, 401, 403, 406, 410),
    )
    components = {"Change": _change_schema(types), "ChangePage": _PAGE}
    for one in resources_by_type().values():
        components |= opened_components(one)
    return operation, components


class ChangesView(PortalView):
    documented: ClassVar[dict[str, Any]] = {"GET": read_changes}

    def get(self, request: Request) -> HttpResponse:
        http, actor = request._request, self.actor
        asked, named = querystring.read_feed(http, resources_by_type())
        permissions.require_readable(
            request.auth, "type", {name: resources_by_type()[name].model._meta.app_label for name in named}
        )
        types = named or sorted(permissions.readable_types(request.auth))
        found = read_slice(actor=actor, cursor=asked.cursor, types=types, limit=asked.limit)
        tag = _tag(http, found.tag_parts(actor))
        if etags.is_known(http, tag):
            if not found.rows:
                polls.note(request, *found.proof_of_emptiness(actor))
            return not_modified(tag)
        return self._page(http, actor, found, asked.limit, tag)

    def _page(self, request: HttpRequest, actor: Actor, found: Slice, limit: int, tag: str) -> HttpResponse:
        items = read_items(found, actor)
        if "contact" in found.types:
            contacts = [item["object"] for item in items if item["type"] == "contact" and item["object"] is not None]
            log_contact_read(request, resource("contacts"), contacts, ())
        following = next_url(request, found.cursor) if found.has_more else None
        meta = {"limit": limit, "cursor": found.cursor, "lag_ms": found.lag_ms}
        body = to_json({"data": items, "next": following, "meta": meta})
        return answer(request, body, tag, headers={"Link": f'<{following}>; rel="next"'} if following else None)


def _tag(request: HttpRequest, parts: tuple[Any, ...]) -> str:
    # The day is part of it because some rules look at the date.
    whole = (request.get_full_path(), request.get_host(), timezone.localdate(), *parts)
    return etags.digest(repr(whole))


def _change_schema(types: list[str]) -> Schema:
    objects = [ref(one.component) for one in resources_by_type().values()]
    return {
        "type": "object",
        "description": "A record was written (upsert), or is gone for you: removed, merged or no longer yours to read.",
        "properties": {
            "op": {"type": "string", "enum": list(Change.Op.values)},
            "type": {"type": "string", "enum": types},
            "id": {"type": "integer", "minimum": 0, "maximum": MAX_ID},
            "ref": {**nullable({"type": "string"}), "description": "Natural key; null with remove."},
            "version": {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER},
            "object": {
                "anyOf": [*objects, {"type": "null"}],
                "description": "The record as you read it at this moment; null with remove.",
            },
        },
        "required": ["op", "type", "id", "ref", "version", "object"],
        "additionalProperties": False,
    }


_PAGE: Schema = {
    "type": "object",
    "properties": {
        "data": {"type": "array", "items": ref("Change")},
        "next": {
            **nullable({"type": "string", "format": "uri"}),
            "description": "The next page; null when nothing more waits.",
        },
        "meta": {
            "type": "object",
            "properties": {
                "limit": {"type": "integer", "minimum": 1},
                "cursor": {"type": "string", "description": "Where you stand now. Pass it as cursor to go on later."},
                "lag_ms": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "Milliseconds since the oldest change that waits behind this page; 0 if none does.",
                },
            },
            "required": ["limit", "cursor", "lag_ms"],
            "additionalProperties": False,
        },
    },
    "required": ["data", "next", "meta"],
    "additionalProperties": False,
}
