"""For partners who know only the portal's address: docs/api.md as a page, and the client to download."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

CLIENT = Path(settings.BASE_DIR) / "clients" / "portal_client.py"
_TEXT = Path(settings.BASE_DIR) / "docs" / "api.md"
#: The portal of the examples, as make run serves it.
_EXAMPLE_URL = "http://127.0.0.1:8000"
#: Sections for those who have the sources.
_LEFT_OUT = ("For those who work on the portal",)

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    title: str


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The guide, as it is in the sources of this very version."""
    html, sections = _rendered(settings.SITE_URL)
    return render(request, "api/guide.html", {"guide": html, "sections": sections})


@require_safe
def client_file(request: HttpRequest) -> FileResponse:
    """The client in one file."""
    response = FileResponse(CLIENT.open("rb"), content_type="text/x-python; charset=utf-8", as_attachment=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _rendered(site_url: str) -> tuple[SafeString, list[Section]]:
    """The page's HTML and its table of contents. Examples speak to this very portal."""
    text = _TEXT.read_text(encoding="utf-8").replace(_EXAMPLE_URL, site_url)
    tokens = _markdown.parse(_served_part(text))
    sections = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            slug = slugify(following.content)
            token.attrSet("id", slug)
            if token.tag == "h2":
                sections.append(Section(slug, following.content))
        elif token.type == "table_open":
            token.attrSet("class", "table")
        _without_dead_links(token)
    html = str(_markdown.renderer.render(tokens, _markdown.options, {}))
    # A block that scrolls can be reached by keyboard.
    html = html.replace("<pre>", '<pre class="api-example" tabindex="0">')
    # The text is our own, and HTML in it would be shown as text.
    return mark_safe(html), sections  # noqa: S308


def _served_part(text: str) -> str:
    """Without the title, which the page has, and without what is for others."""
    _title, *sections = re.split(r"^(?=## )", text.partition("\n")[2], flags=re.MULTILINE)
    kept = [one for one in sections if not one.startswith(tuple(f"## {title}\n" for title in _LEFT_OUT))]
    return "".join((_title, *kept))


def _without_dead_links(token: Token) -> None:
    """Links to other files of the sources lead nowhere here, but for the document."""
    children = token.children or []
    kept = []
    is_dropped = False
    for child in children:
        if child.type == "link_open":
            target = str(child.attrGet("href"))
            is_dropped = not target.startswith(("https://", "#", "openapi.json"))
            if target == "openapi.json":
                child.attrSet("href", reverse("api:openapi"))
        if not (is_dropped and child.type in ("link_open", "link_close")):
            kept.append(child)
        if child.type == "link_close":
            is_dropped = False
    if token.children is not None:
        token.children = kept
