"""The OpenAPI 3.1 document: every route of the router, described from the resource behind it."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from . import deprecation, operations
from .components import BASE_COMPONENTS, HEADERS, problem_responses
from .scopes import Scope
from .titles import with_titles

TITLE = "1540 Cooperation Network: partner API"
VERSION = "1.0.0"
DESCRIPTION = (
    "Who offers and who asks for help with the implementation of Security Council resolution 1540 (2004): States, "
    "organizations, points of contact, offers, requests, matches, projects, meetings and notes. Without a key callers "
    "read what is public; with one, what the key's organization may read. Unknown parameters and fields are refused. "
    "docs/api.md of the portal explains keys, pages, filters, conditional requests and errors with examples."
)


class PortalSchema(AutoSchema):
    """Describes a view by what it says it is, not by guessing from its code."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        documented: dict[str, Any] = getattr(self.view, "documented", {})
        described = documented.get(method.upper())
        if described is None:
            return None
        describe = described if callable(described) else getattr(operations, described)
        operation, components = describe(self.view)
        deprecation.mark_operation(operation, self.view)
        for name, schema in components.items():
            registry.register_on_missing(
                ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
            )
        return dict(operation)


def build(urlconf: str = "cooperation_portal.urls") -> dict[str, Any]:
    """Walk the routes and write the document, the same on every machine."""
    generator = SchemaGenerator(urlconf=urlconf)
    paths = generator.parse(None, public=True)
    schemas = {**BASE_COMPONENTS, **generator.registry.build({}).get("schemas", {})}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": operations.tags(),
        "paths": paths,
        "components": {
            "schemas": {name: with_titles(schema) for name, schema in sorted(schemas.items())},
            "parameters": operations.parameters(),
            "headers": HEADERS,
            "responses": problem_responses(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "n1540_<id>_<secret>",
                    "description": "A key of an organization of the network. Each key has some of these scopes, and an "
                    f"answer 403 names those of which it lacks one: {', '.join(Scope.values)}.",
                }
            },
        },
    }


@cache
def document() -> bytes:
    """The document as it is served."""
    with translation.override("en"):
        return orjson.dumps(build())


def readable_document() -> bytes:
    """The document as it is committed, so that a difference can be read."""
    return orjson.dumps(orjson.loads(document()), option=orjson.OPT_INDENT_2) + b"\n"
