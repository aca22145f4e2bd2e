"""Tags that show one thing: chips, badges, clocks, scores, needs, steps, facts, histories, comparisons, tiles."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cooperation_portal.interface import audience, dates, scores, text, tiles
from cooperation_portal.interface.tones import Tone, tone_of, tone_of_record

register = template.Library()

_CHIP = '<span class="chip chip--{}">{}</span>'


@register.simple_tag
def chip(label: Any, tone: str = Tone.NEUTRAL) -> SafeString:
    """A word with a tone; the tone is also told by the shape before the word."""
    return format_html(_CHIP, Tone(tone), label)


@register.simple_tag
def status_chip(record: Any, value: Any = "", label: Any = "") -> SafeString:
    """The status of a record, or of the life cycle named by `record`, with its tone."""
    if isinstance(record, str):
        return format_html(_CHIP, tone_of(record, value), label or value)
    return format_html(_CHIP, tone_of_record(record), record.get_status_display())


@register.inclusion_tag("partials/visibility_badge.html")
def visibility_badge(
    level: Any, owner: Any = "", meeting: Any = "", draft: bool = False, short: bool = False
) -> dict[str, Any]:
    """Who can read this, in words."""
    return {
        "key": audience.key(level, draft=draft),
        "sentence": audience.readers(level, owner=owner, meeting=meeting, draft=draft),
        "word": audience.word(level, draft=draft),
        "short": short,
    }


@register.inclusion_tag("partials/clock.html")
def clock(due: Any, done: Any = None, what: Any = "", soon: int = 7) -> dict[str, Any]:
    """Days left, overdue since, or done."""
    return {"clock": dates.clock(due, done=done, soon=soon), "what": what}


@register.inclusion_tag("partials/clock.html")
def confirmed_on(date: Any) -> dict[str, Any]:
    """When what is shown was last confirmed."""
    return {"clock": dates.confirmed(date), "what": ""}


@register.inclusion_tag("partials/score_bar.html")
def score_bar(parts: Iterable[Any], label: Any = "", compact: bool = False) -> dict[str, Any]:
    """A score made of its parts."""
    return {
        "score": scores.show(parts),
        "label": label,
        "compact": compact,
        "scale": scores.SCALE,
        "bar": scores.BAR,
    }


@register.inclusion_tag("partials/need_row.html")
def need_row(
    area: Any,
    code: str = "",
    types: Iterable[Any] = (),
    priority: Any = "",
    priority_tone: str = Tone.NEUTRAL,
    text: Any = "",
    met_by: Iterable[Any] = (),
    show_met: bool = True,
) -> dict[str, Any]:
    """One need of a request: area, types of assistance, priority, and which offers meet it."""
    return {
        "area": area,
        "code": code,
        "types": [str(item) for item in types],
        "priority": priority,
        "priority_tone": Tone(priority_tone),
        "text": text,
        "met_by": [{"label": m["label"], "url": m.get("url", ""), "how": m.get("how", "")} for m in met_by],
        "show_met": show_met,
    }


def step_words() -> dict[str, str]:
    """Name the states of a step; read at each use, since the words depend on the reader's language."""
    return {
        "done": _("Done"),
        "current": _("Now"),
        "overdue": _("Overdue"),
        "next": _("Next"),
        "skipped": _("Not needed"),
        "held": _("On hold"),
    }


@register.inclusion_tag("partials/steps.html")
def steps(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A procedure or time line: what is done, what is now, who acts next and until when."""
    words = step_words()
    rows = []
    for item in items:
        state = item["state"]
        rows.append(
            {
                "label": item["label"],
                "state": state,
                "word": words[state],
                "is_current": state in {"current", "overdue", "held"},
                "on": dates.in_words(item.get("on")),
                "clock": dates.clock(item.get("due")) if state in {"current", "overdue"} else None,
                "due": dates.in_words(item.get("due")) if state == "next" else "",
                "who": item.get("who", ""),
                "note": item.get("note", ""),
            }
        )
    return {"items": rows}


def fact_text(value: Any) -> Any:
    """Write a value as a fact: dates in words, yes or no, lists as lists."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime.date):
        return dates.in_words(value)
    if isinstance(value, (str, Promise)) or not isinstance(value, Iterable):
        return value
    items = [fact_text(item) for item in value]
    if len(items) < 2:
        return items[0] if items else ""
    return format_html('<ul class="plain-list">{}</ul>', format_html_join("", "<li>{}</li>", ((i,) for i in items)))


@register.simple_tag
def fact(label: Any, value: Any, empty: Any = "", url: str = "") -> SafeString | str:
    """One row of `<dl class="facts">`; left out when there is neither a value nor a word for its absence."""
    shown = "" if value is None else fact_text(value)
    if shown == "":
        if not empty:
            return ""
        return format_html('<div><dt>{}</dt><dd class="quiet">{}</dd></div>', label, empty)
    if url:
        shown = format_html('<a href="{}">{}</a>', url, shown)
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", label, shown)


@register.inclusion_tag("partials/empty_state.html")
def empty_state(title: Any, sentence: Any = "", action_label: Any = "", action_url: str = "") -> dict[str, Any]:
    """What to do where nothing is yet."""
    return {"title": title, "sentence": sentence, "action_label": action_label, "action_url": action_url}


@register.inclusion_tag("partials/history.html")
def history(entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """History or conversation, in the order given."""
    rows = [
        {
            "what": entry["what"],
            "at": entry["at"],
            "day": dates.in_words(entry["at"]),
            "who": entry.get("who", ""),
            "text": entry.get("text", ""),
            "tone": Tone(entry.get("tone") or Tone.NEUTRAL),
        }
        for entry in entries
    ]
    return {"entries": rows}


def compared(rows: Iterable[Any], only_differences: bool) -> list[dict[str, Any]]:
    """Complete rows for a comparison: `differs` is worked out where it is not given."""
    result = []
    for row in rows:
        left, right = fact_text(row["left"]), fact_text(row["right"])
        differs = row.get("differs", left != right)
        if differs or not only_differences:
            result.append({"label": row["label"], "left": left, "right": right, "differs": differs})
    return result


@register.inclusion_tag("partials/comparison.html")
def comparison(
    rows: Iterable[Any], left: Any, right: Any, caption: Any = "", only_differences: bool = False
) -> dict[str, Any]:
    """Two records, or two versions of one, side by side."""
    return {"rows": compared(rows, only_differences), "left": left, "right": right, "caption": caption}


@register.inclusion_tag("partials/conflict.html")
def conflict(rows: Iterable[Any], by: Any = "", at: Any = None) -> dict[str, Any]:
    """The record changed while somebody typed: theirs and yours, and what to do."""
    moment = at if isinstance(at, datetime.datetime) else None
    return {"rows": compared(rows, True), "by": by, "at": moment}


@register.inclusion_tag("partials/tile_grid.html")
def tile_grid(grid: tiles.Grid, caption: Any = "") -> dict[str, Any]:
    """Tiles of States by regional group, with a legend."""
    return {"grid": grid, "caption": caption}


@register.inclusion_tag("partials/task_list.html")
def task_list(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What waits for somebody: each line says what to do, on which record, and until when."""
    rows = [
        {
            "label": item["label"],
            "url": item["url"],
            "about": item.get("about", ""),
            "clock": dates.clock(item.get("due")),
            "status": item.get("status", ""),
            "tone": Tone(item.get("tone") or Tone.NEUTRAL),
        }
        for item in items
    ]
    return {"items": rows}


@register.inclusion_tag("partials/figures.html")
def figures(items: Iterable[tuple[Any, Any]], title: Any = "") -> dict[str, Any]:
    """A few numbers with their names: (name, number) or (name, number, address)."""
    rows = [{"label": row[0], "number": row[1], "url": row[2] if len(row) > 2 else ""} for row in items]
    return {"rows": rows, "title": title}


@register.inclusion_tag("partials/bar_table.html")
def bar_table(rows: Iterable[Any], caption: Any, label: Any, number: Any) -> dict[str, Any]:
    """A bar chart that is its own table: (name, number) or (name, number, address); columns `label` and `number`."""
    rows = list(rows)
    largest = max((row[1] for row in rows), default=0) or 1
    shown = [
        {
            "label": row[0],
            "number": row[1],
            "url": row[2] if len(row) > 2 else "",
            "width": round(max(row[1], 0) / largest * scores.BAR),
        }
        for row in rows
    ]
    return {"rows": shown, "caption": caption, "label": label, "number": number, "bar": scores.BAR}


@register.inclusion_tag("partials/page_links.html", takes_context=True)
def page_links(context: template.Context, links: Iterable[tuple[Any, str]], label: Any = "") -> dict[str, Any]:
    """The pages of one record or section side by side: (name, address); the one shown is marked."""
    request = context.get("request")
    path = request.path if request else ""
    rows = [{"label": name, "url": url, "is_current": url.split("?")[0] == path} for name, url in links]
    return {"rows": rows, "label": label}


@register.inclusion_tag("partials/downloads.html")
def downloads(links: Iterable[tuple[Any, str]], title: Any = "") -> dict[str, Any]:
    """Links that download what the page shows."""
    return {"links": [{"label": label, "url": url} for label, url in links], "title": title}


@register.filter
def prose(value: Any) -> SafeString:
    """Show long text that people typed: Markdown, cleaned."""
    return text.to_html(str(value or ""))


@register.filter
def day(value: Any) -> str:
    """Write a date or a moment as 12 March 2027."""
    return dates.in_words(value)
