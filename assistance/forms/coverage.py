"""What the pages of overlaps and gaps can be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assistance.matching.coverage_values import SEVERAL
from cooperation_portal.interface.lists import FilterForm
from cooperation_portal.interface.widgets import LongSelect

from ..filters.offers import organization_choices
from ..services.supply_and_need import GROUPS, IN_GENERAL, SUBREGIONS, SupplyAndNeed, regions_of, several_regions

GAPS, THIN, NEEDS, MADE, OVERLAPS = "gaps", "thin", "needs", "made", "overlaps"


class HeatForm(FilterForm):
    """How the heat table and the grid of States are laid out and coloured."""

    by = forms.ChoiceField(
        label=_("Regions"),
        choices=[(GROUPS, _("UN regional groups")), (SUBREGIONS, _("M49 subregions"))],
        required=False,
    )
    show = forms.ChoiceField(
        label=_("Colour the table by"),
        choices=[
            (GAPS, _("Needs out of reach")),
            (THIN, _("Needs without an offer made for them")),
            (NEEDS, _("Open needs")),
            (MADE, _("Offers made for the region")),
            (OVERLAPS, _("States where programmes overlap")),
        ],
        required=False,
    )
    area = forms.ChoiceField(label=_("Open one area"), required=False)
    states = forms.ChoiceField(
        label=_("Colour the States by"),
        choices=[(GAPS, _("Needs out of reach")), (OVERLAPS, _("Programmes that overlap"))],
        required=False,
    )

    def __init__(self, data: Any, *, tops: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["area"].choices = [("", _("None")), *tops]  # type: ignore[attr-defined]

    def chosen(self, name: str, default: str) -> str:
        """The value asked for, or the default where nothing, or something unknown, was."""
        return getattr(self, "cleaned_data", {}).get(name) or default


def region_choices(counted: SupplyAndNeed, *, with_several: bool) -> list[Any]:
    """Regions by both groupings; a need, but no State, may belong to several regions."""
    regions = regions_of(counted.states)

    def of(by: str) -> list[tuple[str, str]]:
        found = [(region.code, region.label) for region in regions if region.code.startswith(f"{by}:")]
        return [*found, (f"{by}:{SEVERAL}", several_regions())] if with_several else found

    return [(_("UN regional groups"), of(GROUPS)), (_("M49 subregions"), of(SUBREGIONS))]


def scope_choices(counted: SupplyAndNeed) -> list[tuple[str, str]]:
    """Every area, those below another one indented, and what is general to an area with others below it."""
    tree = counted.coverage.areas
    choices = []
    for code, area in counted.areas.items():
        indent = "" if tree.is_top(code) else "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"
        choices.append((code, f"{indent}{area.label}"))
        if tree.is_top(code) and tree.has_below(code):
            scope = f"{code}{IN_GENERAL}"
            choices.append((scope, f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{counted.label_of(scope)}"))
    return choices


class OverlapForm(FilterForm):
    """Which cells of the list of overlaps are shown."""

    region = forms.ChoiceField(label=_("Region"), required=False, widget=LongSelect)
    state = forms.ChoiceField(label=_("State"), required=False, widget=LongSelect)
    area = forms.ChoiceField(label=_("Area"), required=False, widget=LongSelect)
    provider = forms.ChoiceField(label=_("Provider"), required=False, widget=LongSelect)

    def __init__(self, data: Any, *, counted: SupplyAndNeed) -> None:
        super().__init__(data)
        regions = region_choices(counted, with_several=False)
        states = [(state.iso3, state.name) for state in counted.states]
        choices: dict[str, list[Any]] = {
            "region": [("", _("Any region")), *regions],
            "state": [("", _("Any State")), *states],
            "area": [("", _("Any area")), *scope_choices(counted)],
            "provider": [
                ("", _("Any provider")),
                (_("Organizations"), organization_choices()),
                (_("States"), states),
            ],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
