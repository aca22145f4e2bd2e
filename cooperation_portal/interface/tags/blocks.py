"""Tags with a body: notices, groups of fields, facts with markup."""

from __future__ import annotations

import zlib
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cooperation_portal.interface.tones import Tone

register = template.Library()


@register.simple_block_tag
def notice(content: SafeString, tone: str = Tone.INFORMATION, title: Any = "") -> SafeString:
    """Something the reader should know before the rest of the page."""
    return render_to_string("partials/notice.html", {"tone": Tone(tone), "title": title, "body": content})


@register.simple_block_tag
def factblock(content: SafeString, label: Any) -> SafeString:
    """One row of `<dl class="facts">` with any markup as its value."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, content)


@register.simple_block_tag
def fieldset(content: SafeString, legend: Any, hint: Any = "") -> SafeString:
    """A group of fields with a legend and, if wanted, a hint."""
    hint_id = f"hint-{zlib.crc32(str(legend).encode()):x}" if hint else ""
    context = {"legend": legend, "hint": hint, "hint_id": hint_id, "body": content}
    return render_to_string("partials/fieldset.html", context)
