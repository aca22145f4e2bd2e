"""Writes a paper as PDF with typst: tagged, with title and language, accessible by PDF/UA-1.

The layout is `paper.typ`; the paper goes there as JSON, so that no text that somebody typed is read as markup.
Scripts that the fonts of the package lack (Arabic, Chinese) come from the system's fonts; docs/running.md names them.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from .document import Field, Link, Paper, Table, Text, printed, reads_from_right

logger = logging.getLogger(__name__)

LAYOUT = Path(__file__).with_name("paper.typ")
#: How typst begins to say that no font has a letter; PDF/UA allows no letter without a shape.
MISSING_LETTER = "could not be displayed"


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Fonts of the package and of the system, looked for once a process: that takes longer than a paper."""
    return typst.Fonts()


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF/UA-1; as plain tagged PDF where no font has one of its letters."""
    compiler = typst.Compiler(str(LAYOUT), font_paths=_fonts(), sys_inputs={"data": json.dumps(_told(paper))})
    try:
        return _file(compiler, ["ua-1"])
    except typst.TypstError as problem:
        if MISSING_LETTER not in str(problem):
            raise
        logger.warning("A letter of “%s” is in no font of this machine: %s", paper.title, problem)
        return _file(compiler)


def _file(compiler: typst.Compiler, standards: list[str] | None = None) -> bytes:
    return cast("bytes", compiler.compile(format="pdf", pdf_standards=cast("Any", standards)))


def _told(paper: Paper) -> dict[str, Any]:
    return {
        "title": paper.full_title,
        "running_title": _shortened(paper.full_title),
        "author": _("1540 Cooperation Network"),
        "title_part": _part(paper.title),
        "subtitle": printed(paper.subtitle),
        "subtitle_part": _part(paper.subtitle),
        "marking": printed(paper.marking),
        "language": paper.language.partition("-")[0],
        "page_of": _("Page {page} of {pages}"),
        "year": paper.made_on.year,
        "month": paper.made_on.month,
        "day": paper.made_on.day,
        "facts": [{"label": _part(label), "value": _part(value)} for label, value in paper.facts],
        "sections": [
            {"title": _part(section.title), "blocks": [_block(block) for block in section.blocks]}
            for section in paper.sections
        ],
    }


def _block(block: Text | Table) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"kind": "text", "text": _part(block.text), "quiet": block.is_quiet}
    return {
        "kind": "table",
        "caption": _part(block.caption),
        "header": [_part(name) for name in block.header],
        "rows": [[_part(field) for field in row] for row in block.rows],
        "shares": list(block.shares),
        "numbers": [column in block.numbers for column in range(len(block.header))],
    }


def _part(field: Field) -> dict[str, Any]:
    url = ""
    if isinstance(field, Link):
        url = f"{settings.SITE_URL}{field.url}" if field.url.startswith("/") else field.url
        field = field.text
    text = printed(field)
    return {"text": text, "rtl": reads_from_right(text), "url": url}


def _shortened(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
