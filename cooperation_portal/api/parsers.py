"""JSON or, with a file, a form in: nothing named twice, no text that the database cannot keep, not too much of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser, DataAndFiles

from .problems import Problem, error, invalid
from .renderers import JSON_TYPE

#: Largest body, in bytes. A hundred offers with full texts fit in.
MAX_BODY_BYTES = 1_000_000
#: Objects and lists inside each other; what is sent here needs five.
MAX_DEPTH = 20
FORM_TYPE = "multipart/form-data"


class StrictJSONParser(BaseParser):
    media_type = JSON_TYPE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        request = (parser_context or {})["request"]._request
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            raise Problem("too-large")
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Problem("too-large")
        return parse_object(body)


class Form(dict[str, Any]):
    """A form as one plain dictionary: DRF adds the files to a copy of the texts, and closes them after the request."""

    def copy(self) -> Form:
        return Form(self)

    def update(self, files: MultiValueDict) -> None:  # type: ignore[override]
        super().update(files.dict())


class FormParser(BaseParser):
    """A form with a file (RFC 7578) as a dictionary of texts and `UploadedFile`s, read strictly."""

    media_type = FORM_TYPE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles:
        request = (parser_context or {})["request"]._request
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DOCUMENT_MAX_BYTES + MAX_BODY_BYTES:
            raise Problem("too-large")
        try:
            body: Any = stream
            texts, files = MultiPartParser(request.META, body, request.upload_handlers, "utf-8").parse()
        except MultiPartParserError as broken:
            raise Problem("malformed-body", _("The body cannot be read as multipart/form-data.")) from broken
        try:
            _check_form(texts, files)
        except Problem:
            for _name, several in files.lists():
                for file in several:
                    file.close()
            raise
        return DataAndFiles(Form(texts.dict()), files)


def _check_form(texts: MultiValueDict, files: MultiValueDict) -> None:
    names = [name for part in (texts, files) for name, values in part.lists() for _value in values]
    if len(set(names)) != len(names):
        raise Problem("malformed-body", _("The form names a field twice."))
    _refuse_nul(texts.dict())
    # Django puts this character where bytes were no UTF-8; nobody writes it.
    broken = [name for name, text in (*texts.items(), *((name, "") for name in files)) if "\ufffd" in name + text]
    if broken:
        sentence = _("This text is not UTF-8.")
        raise invalid(*(error(f"/{escape(name)}", "not_utf8", sentence) for name in broken))


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raise `Problem` for anything else."""
    try:
        # The strict parser refuses what the lenient one lets pass: NaN, broken UTF-8, lone surrogates, deep nesting.
        orjson.loads(body)
        value = json.loads(body, object_pairs_hook=_members)
    except (ValueError, RecursionError) as broken:
        raise Problem("malformed-body") from broken
    if not isinstance(value, dict):
        raise Problem("malformed-body")
    _refuse_nul(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Problem("malformed-body")
    return members


def _refuse_nul(value: Any) -> None:
    """PostgreSQL keeps no NUL character in text; and nothing here is nested deeply."""
    steps = _steps_to_nul(value, 0)
    if steps is not None:
        pointer = "".join(f"/{escape(step)}" for step in steps)
        raise invalid(error(pointer, "nul", _("Text must not contain NUL characters.")))


def _steps_to_nul(value: Any, depth: int) -> list[str] | None:
    """Where the first text with a NUL stands. The way there is put together only then: names may be long."""
    if depth > MAX_DEPTH:
        raise Problem("malformed-body", _("The body is nested too deeply."))
    if isinstance(value, str):
        return [] if "\x00" in value else None
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in members:
        if isinstance(step, str) and "\x00" in step:
            return []
        found = _steps_to_nul(below, depth + 1)
        if found is not None:
            return [str(step), *found]
    return None


def escape(member: str) -> str:
    """A member name as a step of a JSON pointer (RFC 6901)."""
    return member.replace("~", "~0").replace("/", "~1")
