"""Tags of lists: sorting, filters, counts, pages."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.http import HttpRequest, QueryDict

from cooperation_portal.interface import dates

register = template.Library()


def _query(context: template.Context) -> QueryDict:
    request: HttpRequest | None = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def query_with(query: QueryDict, **changes: Any) -> str:
    """Build "?…" from a query with some parameters changed; None removes one. An empty query gives "?"."""
    changed = query.copy()
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        elif isinstance(value, list):
            changed.setlist(name, value)
        else:
            changed[name] = str(value)
    return "?" + changed.urlencode()


@register.inclusion_tag("partials/sort_header.html", takes_context=True)
def sort_header(
    context: template.Context,
    label: Any,
    key: str,
    default: bool | str = False,
    numeric: bool = False,
    param: str = "sort",
) -> dict[str, Any]:
    """A column header that sorts; `default` is True or "-" where the list has this order on its own."""
    query = _query(context)
    now = query.get(param) or (("-" if default == "-" else "") + key if default else "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    target = f"-{key}" if direction == "ascending" else key
    url = query_with(query, **{param: target, "page": None, "cursor": None})
    return {"label": label, "url": url, "direction": direction, "numeric": numeric}


@register.inclusion_tag("partials/result_count.html")
def result_count(text: Any) -> dict[str, Any]:
    """How many there are; read out when filters change the list. `text` is a finished sentence."""
    return {"text": text}


@register.inclusion_tag("partials/filter_form.html", takes_context=True)
def filter_form(
    context: template.Context, form: forms.BaseForm, main: str = "", submit: Any = "", label: Any = ""
) -> dict[str, Any]:
    """The filters of a list: some always in sight, the others folded."""
    names = main.split() or [field.name for field in form.visible_fields()]
    fields = form.visible_fields()
    more = [field for field in fields if field.name not in names]
    query = _query(context)
    return {
        "form": form,
        "hidden": form.hidden_fields(),
        "main": [field for field in fields if field.name in names],
        "more": more,
        "more_in_force": any(query.get(field.html_name) for field in more),
        "in_force": any(query.get(field.html_name) for field in fields),
        "kept": [("sort", query["sort"])] if query.get("sort") and "sort" not in form.fields else [],
        "submit": submit,
        "label": label,
    }


def _choice_label(field: forms.Field, value: Any) -> Any:
    for choice, label in getattr(field, "choices", ()):
        if isinstance(label, (list, tuple)):
            for inner, inner_label in label:
                if str(inner) == str(value):
                    return inner_label
        elif str(choice) == str(value):
            return label
    return value


def _filter_values(form: forms.BaseForm, name: str) -> Iterable[tuple[str, Any]]:
    """Give (raw value, words) of each value of a filter in force."""
    field, cleaned = form.fields[name], getattr(form, "cleaned_data", {}).get(name)
    raw = form[name].value()
    raws = [str(item) for item in raw] if isinstance(raw, (list, tuple)) else [str(raw)]
    if isinstance(cleaned, datetime.date):
        return [(raws[0], dates.in_words(cleaned))]
    if hasattr(cleaned, "_meta"):
        return [(raws[0], str(cleaned))]
    if not isinstance(field, forms.ModelChoiceField):
        return [(raw, _choice_label(field, raw)) for raw in raws if raw]
    return [(str(field.prepare_value(item)), str(item)) for item in cleaned or ()]


@register.inclusion_tag("partials/applied_filters.html", takes_context=True)
def applied_filters(context: template.Context, form: forms.BaseForm) -> dict[str, Any]:
    """The filters in force, each a link that removes it."""
    query, rows = _query(context), []
    form.is_valid()
    for bound in form.visible_fields():
        name = bound.html_name
        if not any(query.getlist(name)) or bound.errors:
            continue
        is_switch = isinstance(bound.field, (forms.BooleanField, forms.NullBooleanField))
        for raw, words in _filter_values(form, bound.name):
            kept = [value for value in query.getlist(name) if value != raw]
            url = query_with(query, **{name: kept or None, "page": None, "cursor": None})
            rows.append({"label": bound.label, "words": "" if is_switch else words, "url": url})
    clear = query_with(QueryDict(mutable=True), **({"sort": query["sort"]} if query.get("sort") else {}))
    return {"rows": rows, "clear": clear}


@register.inclusion_tag("partials/pager.html", takes_context=True)
def pager(context: template.Context, page: Page, param: str = "page") -> dict[str, Any]:
    """Numbered pages."""
    query, paginator = _query(context), page.paginator
    numbers = []
    for number in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        is_gap = not isinstance(number, int)
        url = "" if is_gap else query_with(query, **{param: number})
        numbers.append({"number": number, "url": url, "is_current": number == page.number})
    previous = query_with(query, **{param: page.number - 1}) if page.has_previous() else ""
    following = query_with(query, **{param: page.number + 1}) if page.has_next() else ""
    return {"numbers": numbers, "previous": previous, "next": following, "is_needed": page.has_other_pages()}


@register.inclusion_tag("partials/pager.html", takes_context=True)
def keyset_pager(
    context: template.Context, previous: str | None, following: str | None, param: str = "cursor"
) -> dict[str, Any]:
    """Next and previous for lists read by cursor."""
    query = _query(context)
    return {
        "numbers": [],
        "previous": query_with(query, **{param: previous}) if previous else "",
        "next": query_with(query, **{param: following}) if following else "",
        "is_needed": bool(previous or following),
    }
