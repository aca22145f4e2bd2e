"""Inside v1 nothing breaks: the document is compared with the one last released, and what breaks is seen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cooperation_portal.api.compatibility import breaking_changes
from cooperation_portal.api.management.commands import write_openapi

from .contract import openapi

Document = dict[str, Any]

THING = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string", "maxLength": 100},
        "status": {"type": "string", "enum": ["draft", "open"]},
        "ends_on": {"type": "string", "format": "date"},
        "note": {"type": ["string", "null"]},
        "owner": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Thing"}]},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
    },
    "required": ["id"],
    "additionalProperties": False,
}
SENT = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 100},
        "size": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
        "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
    },
    "required": ["name"],
    "additionalProperties": False,
}
ONE = {"$ref": "#/components/schemas/Thing"}
SMALL: Document = {
    "paths": {
        "/things/": {
            "get": {
                "operationId": "list_things",
                "security": [{}, {"key": []}],
                "parameters": [
                    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["draft", "open"]}},
                    {"name": "size__gte", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                    {"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 200}},
                    {"$ref": "#/components/parameters/limit"},
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}, "Link": {}},
                        "content": {"application/json": {"schema": {"type": "array", "items": ONE}}},
                    },
                    "304": {},
                    "400": {"$ref": "#/components/responses/Problem400"},
                },
            },
            "post": {
                "operationId": "create_thing",
                "security": [{"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}},
                },
                "responses": {"201": {"content": {"application/json": {"schema": ONE}}}},
            },
        },
    },
    "components": {
        "schemas": {"Thing": THING, "Sent": SENT},
        "parameters": {
            "limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}}
        },
        "responses": {
            "Problem400": {
                "content": {
                    "application/problem+json": {
                        "schema": {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]}
                    }
                }
            }
        },
    },
}


def at(document: Document, path: str) -> Any:
    """What stands at a path of keys with spaces between them."""
    for step in path.split(" "):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def put(path: str, value: Any) -> Callable[[Document], None]:
    above, _, last = path.rpartition(" ")

    def change(document: Document) -> None:
        at(document, above)[last] = value

    return change


def drop(path: str) -> Callable[[Document], None]:
    above, _, last = path.rpartition(" ")

    def change(document: Document) -> None:
        place = at(document, above)
        del place[int(last) if isinstance(place, list) else last]

    return change


def both(*changes: Callable[[Document], None]) -> Callable[[Document], None]:
    return lambda document: [change(document) for change in changes] and None


GET, POST = "paths /things/ get", "paths /things/ post"
THING_AT, SENT_AT = "components schemas Thing properties", "components schemas Sent properties"

BREAKING = {
    "GET /things/: is gone": drop(GET),
    "POST /things/: is gone": drop("paths /things/"),
    "its name was list_things": put(f"{GET} operationId", "things"),
    "no longer be called with no key": put(f"{GET} security", [{"key": []}]),
    "query parameter q is gone": drop(f"{GET} parameters 2"),
    "query parameter limit is gone": drop(f"{GET} parameters 3"),
    "query parameter q is now required": put(f"{GET} parameters 2 required", True),
    "query parameter q is written otherwise (explode)": put(f"{GET} parameters 2 explode", False),
    "'draft' is no longer taken": put(f"{GET} parameters 0 schema enum", ["open"]),
    "query parameter q: takes only listed values now": put(f"{GET} parameters 2 schema enum", ["x"]),
    "query parameter size__gte: integer is no longer taken": put(f"{GET} parameters 1 schema type", "boolean"),
    "query parameter size__gte: minimum is 1 now": put(f"{GET} parameters 1 schema minimum", 1),
    "query parameter q: maxLength is 50 now": put(f"{GET} parameters 2 schema maxLength", 50),
    "query parameter q: pattern is '^a' now": put(f"{GET} parameters 2 schema pattern", "^a"),
    "query parameter limit: maximum is 100 now": put("components parameters limit schema maximum", 100),
    "header parameter Reason is new and required": lambda document: at(document, f"{GET} parameters").append(
        {"name": "Reason", "in": "header", "required": True, "schema": {"type": "string"}}
    ),
    "GET /things/: a body is now required": put(f"{GET} requestBody", {"required": True, "content": {}}),
    "a body of application/json is no longer taken": put(f"{POST} requestBody content", {"text/csv": {"schema": {}}}),
    "Sent as it is sent/note: is gone": drop(f"{SENT_AT} note"),
    "Sent as it is sent/note: is now required": put("components schemas Sent required", ["name", "note"]),
    "Sent as it is sent/extra: is now required": both(
        put(f"{SENT_AT} extra", {"type": "string"}), put("components schemas Sent required", ["name", "extra"])
    ),
    "Sent as it is sent/size: null is no longer taken": put(f"{SENT_AT} size type", "integer"),
    "Sent as it is sent/size: maximum is 5 now": put(f"{SENT_AT} size maximum", 5),
    "Sent as it is sent/tags: maxItems is 2 now": put(f"{SENT_AT} tags maxItems", 2),
    "Sent as it is sent/tags: takes no value twice now": put(f"{SENT_AT} tags uniqueItems", True),
    "Sent as it is sent/tags/*: takes only listed values now": put(f"{SENT_AT} tags items enum", ["a"]),
    "minProperties is 2 now": put("components schemas Sent minProperties", 2),
    "no longer answers 304": drop(f"{GET} responses 304"),
    "answers 202 too": put(f"{POST} responses 202", {}),
    "answer 200 has no header Link any more": drop(f"{GET} responses 200 headers Link"),
    "answer 200 is no longer application/json": put(f"{GET} responses 200 content", {"text/csv": {"schema": {}}}),
    "Thing as it is given/name: is gone": drop(f"{THING_AT} name"),
    "Thing as it is given/id: may now be missing": put("components schemas Thing required", []),
    "Thing as it is given/name: null is given too": put(f"{THING_AT} name type", ["string", "null"]),
    "Thing as it is given/id: string is given too": put(f"{THING_AT} id type", "string"),
    "Thing as it is given/id: number is given too": put(f"{THING_AT} id type", "number"),
    "Thing as it is given/status: 'closed' is given too": put(f"{THING_AT} status enum", ["draft", "open", "closed"]),
    "Thing as it is given/status: gives values beside those listed": drop(f"{THING_AT} status enum"),
    "Thing as it is given/ends_on: its format was date": put(f"{THING_AT} ends_on format", "date-time"),
    "Thing as it is given/tags/*: 'c' is given too": put(f"{THING_AT} tags items enum", ["a", "b", "c"]),
    "answer 400/type: may now be missing": drop(
        "components responses Problem400 content application/problem+json schema required"
    ),
}
ADDITIONS = {
    "a new address": put("paths /others/", {"get": {"operationId": "list_others", "responses": {}}}),
    "a new method": put("paths /things/ delete", {"operationId": "remove_thing", "responses": {}}),
    "an optional parameter": lambda document: at(document, f"{GET} parameters").append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "a parameter that takes more values": put(f"{GET} parameters 0 schema enum", ["draft", "open", "closed"]),
    "a parameter that takes any text": put(f"{GET} parameters 0 schema", {"type": "string"}),
    "a parameter that takes any number": put(f"{GET} parameters 1 schema", {"type": "number", "minimum": 0}),
    "a longer text": put(f"{GET} parameters 2 schema maxLength", 300),
    "open to visitors": put(f"{POST} security", [{}, {"key": []}]),
    "an optional field to send": put(f"{SENT_AT} extra", {"type": "string"}),
    "a field that need not be sent": put("components schemas Sent required", []),
    "null may be sent": put(f"{SENT_AT} note type", ["string", "null"]),
    "a body that may be left out": put(f"{POST} requestBody required", False),
    "another media type": put(f"{POST} requestBody content multipart/form-data", {"schema": {}}),
    "a field more to read": put(f"{THING_AT} extra", {"type": "string"}),
    "a field that is always there": put("components schemas Thing required", ["id", "name"]),
    "never null": put(f"{THING_AT} note type", "string"),
    "fewer values to read": put(f"{THING_AT} status enum", ["open"]),
    "longer texts to read": put(f"{THING_AT} name maxLength", 300),
    "a relation that is never opened": put(f"{THING_AT} owner", {"type": "string"}),
    "another kind of error": put(f"{GET} responses 429", {}),
    "no such error any more": drop(f"{GET} responses 400"),
    "a header more": put(f"{GET} responses 200 headers Sunset", {}),
    "a schema under another name": both(
        put("components schemas Object", THING),
        put(f"{POST} responses 201 content application/json schema", {"$ref": "#/components/schemas/Object"}),
    ),
    "described in other words": put(f"{GET} summary", "All the things"),
    "announced to go away": put(f"{GET} deprecated", True),
}


def changed(change: Callable[[Document], None]) -> Document:
    document = copy.deepcopy(SMALL)
    change(document)
    return document


@pytest.mark.parametrize("sentence", BREAKING)
def test_what_breaks_callers_is_seen(sentence):
    found = breaking_changes(SMALL, changed(BREAKING[sentence]))
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize("what", ADDITIONS)
def test_additions_break_nobody(what):
    assert breaking_changes(SMALL, changed(ADDITIONS[what])) == []


def test_a_list_that_becomes_something_else_is_seen():
    def change(document: Document) -> None:
        at(document, f"{GET} responses 200 content application/json")["schema"] = ONE

    assert breaking_changes(SMALL, changed(change)) == ["GET /things/: answer 200: object is given too"]


def test_of_several_named_forms_each_is_compared_with_its_namesake():
    def change(document: Document) -> None:
        at(document, "components schemas")["Other"] = {"type": "object", "properties": {"id": {"type": "string"}}}
        at(document, f"{GET} responses 200 content application/json")["schema"] = {
            "anyOf": [ONE, {"$ref": "#/components/schemas/Other"}, {"type": "null"}]
        }

    released, present = changed(change), changed(change)
    assert breaking_changes(released, present) == []
    drop(f"{THING_AT} name")(present)
    assert breaking_changes(released, present) == ["Thing as it is given/name: is gone"]
    drop("components schemas Other properties id")(present)
    assert len(breaking_changes(released, present)) == 2


def test_the_present_document_breaks_nobody():
    assert write_openapi.released_document().exists()
    broken = write_openapi.changes_since_release()
    assert broken == [], "\n".join(broken[:20])


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("paths /api/v1/offers/ get", "GET /api/v1/offers/: is gone"),
        ("components schemas Offer properties title", "Offer as it is given/title: is gone"),
        ("components schemas OfferCreate properties summary", "OfferCreate as it is sent/summary: is gone"),
        ("components parameters cursor", None),
    ],
)
def test_the_real_document_is_compared_to_its_last_field(path, sentence):
    if sentence is None:
        released = copy.deepcopy(openapi())
        at(released, path)["schema"] = {"type": ["string", "null"]}
        broken = breaking_changes(released, openapi())
        assert any("query parameter cursor: null is no longer taken" in one for one in broken)
        return
    present = copy.deepcopy(openapi())
    drop(path)(present)
    assert sentence in breaking_changes(openapi(), present)


def test_a_release_is_kept_unless_it_breaks_callers(tmp_path, monkeypatch):
    released, written = tmp_path / "released.json", tmp_path / "openapi.json"
    monkeypatch.setattr(write_openapi, "released_document", lambda: released)
    monkeypatch.setattr(write_openapi, "committed_document", lambda: written)
    call_command("write_openapi", release=True)
    assert json.loads(released.read_bytes()) == json.loads(written.read_bytes()) == openapi()
    older = copy.deepcopy(openapi())
    older["paths"]["/api/v1/old/"] = older["paths"]["/api/v1/offers/"]
    released.write_text(json.dumps(older))
    with pytest.raises(CommandError, match="GET /api/v1/old/: is gone"):
        call_command("write_openapi", release=True)
    assert json.loads(released.read_bytes()) == older
