"""What a part of the desk is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from cooperation_portal.interface.dates import STALE_AFTER, VERY_STALE_AFTER

#: Rows of one part; the rest is a link away.
IN_PART = 6


@dataclass
class Part:
    """A heading with figures, tasks, links and a sentence, as far as each is given.

    `tasks` are rows of `{% task_list %}`, `figures` of `{% figures %}`, `links` are (label, url, about); `more` is the
    label and address of everything behind it; `empty` is what stands there when nothing waits.
    """

    key: str
    title: Any
    tasks: list[dict[str, Any]] = field(default_factory=list)
    figures: list[tuple[Any, ...]] = field(default_factory=list)
    links: list[tuple[Any, str, Any]] = field(default_factory=list)
    sentence: Any = ""
    more: tuple[Any, str] | None = None
    empty: Any = ""


def apart(text: Any) -> str:
    """A name inside a sentence, kept apart so that one written from right to left does not turn the sentence round."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def stale_since() -> date:
    """What was last confirmed before this day is stale."""
    return timezone.localdate() - timedelta(days=STALE_AFTER)


def very_stale_since() -> date:
    return timezone.localdate() - timedelta(days=VERY_STALE_AFTER)
