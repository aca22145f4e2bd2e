"""Schemas of the document that belong to no single operation, and those made from a resource."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from .catalogue import resource as resource_called
from .deprecation import mark_field
from .fields import MAX_ID, Field, Schema, nullable
from .problems import KINDS
from .querystring import MAX_LIMIT
from .renderers import PROBLEM_TYPE
from .resources import MAX_ITEMS, Action, Resource

PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Address that explains this kind."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference", "description": "Path that was asked for."},
        "snapshots": {"type": "string", "format": "uri", "description": "Where to start a mirror over, with 410."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body, ?name of a parameter, or a header's name.",
                    },
                    "code": {"type": "string", "description": "Stable name of the mistake."},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "code", "detail"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": False,
}

BASE_COMPONENTS: dict[str, Schema] = {"Problem": PROBLEM}

#: Headers that any answer may have.
HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "Number of the request; name it when asking for help.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "For each limit: requests left (r) and seconds until it begins anew (t). Not there while "
        "nothing can be counted.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "For each limit: requests (q) in so many seconds (w).",
        "schema": {"type": "string"},
    },
    "Deprecation": {
        "description": "When something that was asked for was announced to go away (RFC 9745), such as @1830297600. "
        "Not there otherwise.",
        "schema": {"type": "string", "pattern": "^@-?[0-9]+$"},
    },
    "Sunset": {
        "description": "From when on it may stop working (RFC 8594), as an HTTP date.",
        "schema": {"type": "string"},
    },
}
EVERY_ANSWER = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def problem_responses() -> dict[str, Any]:
    """One response for each status that an error has."""
    answers: dict[str, Any] = {}
    for kind in KINDS.values():
        name = problem_name(kind.status)
        title = str(kind.title)
        if name in answers:
            title = "; ".join((answers[name]["description"], title))
        answers[name] = {
            "description": title,
            "headers": EVERY_ANSWER | (_RETRY_AFTER if kind.status in _LATER else {}),
            "content": {PROBLEM_TYPE: {"schema": ref("Problem")}},
        }
    return answers


def problem_name(status: int) -> str:
    return f"Problem{int(status)}"


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def object_schema(one: Resource) -> Schema:
    """A record as it is read. Only `type` and `id` are always there, since `fields=` may leave out the rest."""
    properties: dict[str, Schema] = {
        "type": {"type": "string", "const": one.type},
        "url": {"type": "string", "format": "uri", "description": "Address of the record in this interface."},
    }
    properties |= {name: mark_field(_read(field), field.deprecated) for name, field in one.table.items()}
    return {
        "type": "object",
        "description": one.help,
        "properties": properties,
        "required": ["type", "id"],
        "additionalProperties": False,
    }


def _read(field: Field) -> Schema:
    schema = field.schema()
    if not field.to:
        return schema
    opened = ref(resource_called(field.to).component)
    if schema.get("type") == "array" or "array" in schema.get("type", []):
        return {**schema, "items": {"anyOf": [schema["items"], opened]}}
    bare = {key: value for key, value in schema.items() if key != "description"}
    either = {"anyOf": [bare, opened]}
    return {**either, "description": schema["description"]} if "description" in schema else either


def page_schema(one: Resource) -> Schema:
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": ref(one.component), "maxItems": MAX_LIMIT},
            "next": {
                **nullable({"type": "string", "format": "uri"}),
                "description": "The next page; null on the last.",
            },
            "meta": {
                "type": "object",
                "properties": {
                    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
                    "count": {
                        "type": "integer",
                        "minimum": 0,
                        "description": "Records that fit the filters and that you may read; only with count=true.",
                    },
                },
                "required": ["limit"],
                "additionalProperties": False,
            },
        },
        "required": ["data", "next", "meta"],
        "additionalProperties": False,
    }


def create_schema(one: Resource) -> Schema:
    """What a new record is made of."""
    return _sent(one.writable.values(), with_required=True)


def change_schema(one: Resource) -> Schema:
    """What a change may carry."""
    return {**_sent(one.changeable.values()), "minProperties": 1}


def batch_schema(one: Resource) -> Schema:
    """Many writes in one body: new records, where they need no file, and changes of those that there are."""
    identity = {"type": "integer", "minimum": 0, "maximum": MAX_ID, "description": "The record to change."}
    tag = {"type": "string", "minLength": 1, "description": "ETag of the record as you read it."}
    item = {"type": "object", "additionalProperties": False}
    change = {
        **item,
        "title": "Change",
        "properties": {"id": identity, "if_match": tag, "data": ref(f"{one.component}Change")},
        "required": ["id", "if_match", "data"],
    }
    new = {"data": ref(f"{one.component}Create")}
    create = {**item, "title": "New", "properties": new, "required": ["data"]}
    kinds = [change] if one.takes_file else [create, change]
    items = {"type": "array", "items": {"anyOf": kinds}, "minItems": 1, "maxItems": MAX_ITEMS}
    return {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}


def batch_result_schema(one: Resource) -> Schema:
    """The records of a batch and their ETags."""
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": ref(one.component), "maxItems": MAX_ITEMS},
            "etags": {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": MAX_ITEMS,
                "description": "The ETag of each record, to be sent with its next change.",
            },
        },
        "required": ["data", "etags"],
        "additionalProperties": False,
    }


def step_schema(action: Action) -> Schema:
    """What a step may carry."""
    return _sent(action.fields, with_required=True)


def _sent(fields: Iterable[Field], *, with_required: bool = False) -> Schema:
    fields = list(fields)
    schema: Schema = {
        "type": "object",
        "properties": {field.name: mark_field(field.write_schema(), field.deprecated) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.write is not None and field.write.required]
    return {**schema, "required": required} if with_required and required else schema


def opened_components(one: Resource) -> dict[str, Schema]:
    """The record's schema and those of everything that can be opened in it, and so on."""
    found: dict[str, Schema] = {}
    waiting = [one]
    while waiting:
        current = waiting.pop()
        if current.component in found:
            continue
        found[current.component] = object_schema(current)
        waiting += [resource_called(field.to) for field in current.expandable.values()]
    return found
