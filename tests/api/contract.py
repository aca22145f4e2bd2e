"""Holds every answer of the interface against its own OpenAPI document."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from django.http import HttpResponse

from cooperation_portal.api.schema import document

JSON = "application/json"
PROBLEM = "application/problem+json"
FILE = "application/octet-stream"


@cache
def openapi() -> dict[str, Any]:
    return json.loads(document())


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path).replace(r"\{id\}", r"\d+"))), operations)
        for path, operations in openapi()["paths"].items()
    ]


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    whole = {**json.loads(schema), "components": openapi()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def check_value(schema: dict[str, Any], value: Any) -> None:
    """Raise where `value` does not have the shape of `schema`."""
    _validator(json.dumps(schema)).validate(value)


def check_answer(method: str, path: str, response: HttpResponse) -> None:
    """Raise `AssertionError` where the answer is not one that the document promises."""
    status = response.status_code
    assert response.headers.get("X-Request-Id"), "every answer names its request"
    assert "Authorization" in response.headers.get("Vary", ""), "answers depend on the key"
    assert "private" in response.headers["Cache-Control"], "no shared cache keeps an answer"
    operations = next((found for pattern, found in _paths() if pattern.fullmatch(path)), None)
    described = (operations or {}).get("get" if method == "HEAD" else method.lower())
    if described is None:
        assert status in (400, 401, 404, 405, 406, 429), f"{method} {path} is not described and answered {status}"
        _check_body(PROBLEM, {"$ref": "#/components/schemas/Problem"}, response)
        return
    answers = described["responses"]
    assert str(status) in answers, f"{method} {path} answered {status}, which the document does not name"
    promised = answers[str(status)]
    if "$ref" in promised:
        promised = openapi()["components"]["responses"][promised["$ref"].rsplit("/", 1)[1]]
    if "content" not in promised:
        assert not response.content, f"{status} carries no body"
        return
    sent = response.headers["Content-Type"].partition(";")[0]
    assert sent in promised["content"], f"{method} {path} answered with {sent}, which the document does not name"
    if sent in (JSON, PROBLEM):
        _check_body(sent, promised["content"][sent]["schema"], response)


def _check_body(media_type: str, schema: dict[str, Any], response: HttpResponse) -> None:
    assert response.headers["Content-Type"] == media_type
    if response.request["REQUEST_METHOD"] != "HEAD":
        check_value(schema, json.loads(response.content))
