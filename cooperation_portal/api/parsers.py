"""JSON in: one object, no member twice, no text that the database cannot keep, not too much of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser

from .problems import Problem, error
from .renderers import JSON_TYPE

#: Largest body, in bytes. A hundred offers with full texts fit in.
MAX_BODY_BYTES = 1_000_000


class StrictJSONParser(BaseParser):
    media_type = JSON_TYPE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Problem("too-large")
        return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raise `Problem` for anything else."""
    try:
        # The strict parser refuses what the lenient one lets pass: NaN, broken UTF-8, lone surrogates, deep nesting.
        orjson.loads(body)
        value = json.loads(body, object_pairs_hook=_members)
    except (orjson.JSONDecodeError, RecursionError, UnicodeDecodeError) as broken:
        raise Problem("malformed-body") from broken
    if not isinstance(value, dict):
        raise Problem("malformed-body")
    _refuse_nul(value, "")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Problem("malformed-body")
    return members


def _refuse_nul(value: Any, pointer: str) -> None:
    """PostgreSQL keeps no NUL character in text."""
    if isinstance(value, str):
        if "\x00" in value:
            raise Problem("invalid-request", errors=[error(pointer, "nul", "Text must not contain NUL characters.")])
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_nul(name, pointer)
            _refuse_nul(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nul(item, f"{pointer}/{index}")


def escape(member: str) -> str:
    """A member name as a step of a JSON pointer (RFC 6901)."""
    return member.replace("~", "~0").replace("/", "~1")
