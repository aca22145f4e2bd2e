"""Answers that are files: which types a caller takes, and parts of a file (RFC 9110, sections 12.5.1 and 14)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request

from . import etags
from .problems import Problem
from .views import JsonOnly, not_modified


class FileNegotiation(JsonOnly):
    """For an address that answers with a file; its errors are JSON as everywhere."""

    def __init__(self, *media_types: str) -> None:
        self.media_types = media_types
        families = {f"{media_type.partition('/')[0]}/*" for media_type in media_types}
        self.accepted = frozenset({*media_types, *families, "*/*"})

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable as refused:
            sentence = _("The answer is %(type)s. Accept that.") % {"type": ", ".join(self.media_types)}
            raise Problem("not-acceptable", sentence) from refused


#: Bytes handed to the server at a time.
BLOCK = 65_536
#: No file has more bytes than 18 digits name; Python refuses to read a number of thousands of digits.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def send_file(request: HttpRequest, path: Path, *, media_type: str, file_name: str, tag: str) -> HttpResponseBase:
    """Answer with a file that never changes, or with the part of it that `Range` asks for.

    `tag` names its content. A range in another unit, several ranges, and one whose `If-Range` names another content are
    answered with the whole file, as RFC 9110 (14.2) allows; one that lies behind the end raises a 416 `Problem`, a file
    that is not there `FileNotFoundError`.
    """
    if etags.is_known(request, tag):
        return not_modified(tag)
    file = path.open("rb")
    try:
        size = os.fstat(file.fileno()).st_size
        wanted = _wanted(request, size, tag)
        start, end = wanted or (0, size)
        file.seek(start)
    except BaseException:
        file.close()
        raise
    response = StreamingHttpResponse(
        _blocks(file, end - start),
        status=206 if wanted else 200,
        content_type=media_type,
        headers={
            "Accept-Ranges": "bytes",
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "Content-Length": str(end - start),
            "ETag": etags.quoted(tag),
        },
    )
    if wanted:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _blocks(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left > 0:
        block = file.read(min(BLOCK, left))
        if not block:
            raise OSError("The file is shorter than it was.")
        left -= len(block)
        yield block


def _wanted(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """First byte and the one behind the last; None for the whole file."""
    found = _RANGE.fullmatch(request.META.get("HTTP_RANGE", "").replace(" ", ""))
    if found is None or found.group() == "bytes=-" or request.method != "GET":
        return None
    if request.META.get("HTTP_IF_RANGE", etags.quoted(tag)) != etags.quoted(tag):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise Problem("range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return start, end
