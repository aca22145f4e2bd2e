"""Form controls of the portal. All are plain inputs underneath and work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString

#: A node of the area tree: (value, code, label, children). The value is None for a heading that cannot be ticked.
Node = tuple[Any, str, Any, list[Any]]


def area_tree(
    areas: Iterable[Any],
    *,
    value: Callable[[Any], Any] = lambda area: area.pk,
    label: Callable[[Any], Any] = str,
) -> list[Node]:
    """Arrange areas (objects with pk, parent_id and code, in the wanted order) as the nodes of an `AreaTreeWidget`."""
    areas = list(areas)
    nodes: dict[Any, Node] = {area.pk: (value(area), area.code, label(area), []) for area in areas}
    roots: list[Node] = []
    for area in areas:
        parent = nodes.get(area.parent_id)
        (parent[3] if parent else roots).append(nodes[area.pk])
    return roots


class DayInput(forms.DateInput):
    """A day, with the browser's own calendar where it has one."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class LongSelect(forms.Select):
    """A select for lists such as all States: written without a template an option, which takes a tenth of the time."""

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        widget = context["widget"]
        inside = SafeString("".join(self._group(label, rows) for label, rows, _index in widget["optgroups"]))
        return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), inside)

    @staticmethod
    def _group(label: Any, rows: list[dict[str, Any]]) -> str:
        options = "".join(
            f'<option value="{escape(row["value"])}"{" selected" if row["selected"] else ""}>'
            f"{conditional_escape(row['label'])}</option>"
            for row in rows
        )
        return f'<optgroup label="{escape(label)}">{options}</optgroup>' if label else options


class GroupedCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes in groups that fold, such as States by regional group; choices are grouped as in `optgroups`."""

    template_name = "partials/widgets/picker.html"

    def nodes(self) -> list[Node]:
        """Give what may be ticked as a tree."""
        roots: list[Node] = []
        for value, label in self.choices:
            if isinstance(label, (list, tuple)):
                roots.append((None, "", value, [(inner, "", words, []) for inner, words in label]))
            else:
                roots.append((value, "", label, []))
        return roots

    def _branch(self, node: Node, ticked: set[str], ids: Iterable[int], base_id: str) -> dict[str, Any]:
        value, code, label, children = node
        number = next(iter(ids))
        branches = [self._branch(child, ticked, ids, base_id) for child in children]
        is_ticked = value is not None and str(value) in ticked
        return {
            "value": "" if value is None else str(value),
            "can_tick": value is not None,
            "code": code,
            "label": label,
            "id": f"{base_id}_{number}",
            "ticked": is_ticked,
            "children": branches,
            "ticked_below": sum(branch["ticked"] + branch["ticked_below"] for branch in branches),
            "members": self.members_of(value),
        }

    def members_of(self, value: Any) -> str:
        """Give the States behind a choice, for counting while one ticks; nothing unless a subclass knows."""
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)
        ticked = {str(getattr(item, "value", item)) for item in (value or []) if item is not None}
        base_id = context["widget"]["attrs"].get("id", f"id_{name}")
        ids = iter(range(10_000))
        branches = [self._branch(node, ticked, ids, base_id) for node in self.nodes()]
        ticked_here = sum(branch["ticked"] + branch["ticked_below"] for branch in branches)
        count = sum(1 for _ in self._leaves(branches))
        context["widget"] |= {
            "branches": branches,
            "id": base_id,
            "ticked": ticked_here,
            "has_filter": count > self.filter_from,
            "shows_codes": any(branch["code"] for branch in self._leaves(branches)),
        }
        return context

    #: A search box helps from this many choices on.
    filter_from = 12

    def _leaves(self, branches: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        for branch in branches:
            if branch["can_tick"]:
                yield branch
            yield from self._leaves(branch["children"])


class AreaTreeWidget(GroupedCheckboxes):
    """Areas of assistance as a tree. The form sets `tree`, see `area_tree`; without it the choices are shown flat."""

    tree: list[Node] | None = None

    def nodes(self) -> list[Node]:
        return super().nodes() if self.tree is None else self.tree


class CoverageCheckboxes(GroupedCheckboxes):
    """Regional groups or organizations; `members` maps a choice to the States (ISO 3166 alpha-3) behind it."""

    members: Mapping[Any, Iterable[str]] | None = None

    def members_of(self, value: Any) -> str:
        if value is None or self.members is None:
            return ""
        found = self.members.get(value, self.members.get(str(getattr(value, "value", value)), ()))
        return " ".join(sorted(found))
