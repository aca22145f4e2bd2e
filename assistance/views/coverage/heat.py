"""The heat table of needs and live supply, and the grid of States beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assistance.matching.coverage_values import SEVERAL, Cell
from cooperation_portal.interface import tiles
from cooperation_portal.interface.csv_files import csv_response
from organizations.models.states import RegionalGroup

from ...forms.coverage import GAPS, MADE, NEEDS, OVERLAPS, THIN, HeatForm
from ...services.supply_and_need import GROUPS, IN_GENERAL, SUBREGIONS, Region, SupplyAndNeed, supply_and_need
from .access import counted_for, coverage_links, coverage_page, refuse_unknown

#: Which list stands behind a field of the table, by what it is coloured by.
LISTS = {
    GAPS: "assistance:coverage_needs",
    THIN: "assistance:coverage_needs",
    NEEDS: "assistance:coverage_needs",
    MADE: "assistance:coverage_offers",
    OVERLAPS: "assistance:coverage_overlaps",
}


#: What a line of the CSV file gives of each field, in the order of its header.
FIGURES = ("needs", "gaps", "thin", "full", "general", "made", "everyone", "overlaps")
#: From how many regions on their names stand upright.
WIDE_FROM = 8


@dataclass(frozen=True)
class Field:
    """One field of the table as shown: two lines, a sentence for who cannot see them, its colour step and its list."""

    first: str
    second: str
    sentence: str
    step: int
    url: str


@dataclass(frozen=True)
class Row:
    scope: str
    label: str
    code: str
    is_part: bool
    fields: list[Field]
    turn_url: str
    """Opens or closes the areas below; empty where there are none."""
    is_open: bool


@coverage_page
def coverage(request: HttpRequest) -> HttpResponse:
    """Needs and live supply by region and area, and both by State."""
    counted = supply_and_need(request.user)
    form = HeatForm(request.GET, tops=_tops(counted))
    refuse_unknown(request, form)
    by, show = form.chosen("by", GROUPS), form.chosen("show", GAPS)
    opened = form.chosen("area", "")
    columns = columns_of(counted, by)
    grid_by = form.chosen("states", GAPS)
    rows, legend = table_of(counted, columns, by, show, opened, request.GET.dict())
    context = {
        "form": form,
        "links": coverage_links(),
        "counted_for": counted_for(request.user),
        "show": show,
        "columns": columns,
        "rows": rows,
        "grid": grid_of(counted, grid_by),
        "grid_by": grid_by,
        "legend": legend,
        "is_wide": len(columns) > WIDE_FROM,
        "downloads": [
            (_("This table, as CSV"), reverse("assistance:coverage_csv")),
            (_("Overlaps, as CSV"), reverse("assistance:coverage_overlaps_csv")),
        ],
        "totals": totals_of(counted),
        "state_rows": [row for row in states_of(counted) if row[1] or row[2]],
    }
    return render(request, "assistance/coverage/heat.html", context)


@coverage_page
def coverage_csv(request: HttpRequest) -> HttpResponse:
    """The heat table by both groupings with every area, one line a field."""
    counted = supply_and_need(request.user)
    header = [
        _("Grouping"),
        _("Region"),
        _("Area code"),
        _("Area"),
        _("Open needs"),
        _("Needs out of reach"),
        _("Needs without an offer made for them"),
        _("Of those out of reach, with only full offers"),
        _("Of those out of reach, with only general capacity-building"),
        _("Live offers made for the region"),
        _("Live offers open to all States"),
        _("States where programmes overlap"),
    ]
    return csv_response("needs-and-offers.csv", header, _csv_lines(counted))


def _csv_lines(counted: SupplyAndNeed) -> Iterator[list[Any]]:
    opened = list(counted.rows())
    for by, name in ((GROUPS, _("UN regional groups")), (SUBREGIONS, _("M49 subregions"))):
        cells = counted.heat(by, opened)
        for scope in counted.rows(opened):
            for column in columns_of(counted, by):
                cell = _cell(cells, scope, column)
                yield [
                    name,
                    column.label,
                    scope,
                    counted.label_of(scope),
                    *(getattr(cell, figure) for figure in FIGURES),
                ]


def columns_of(counted: SupplyAndNeed, by: str) -> list[Region]:
    """The regions of a grouping, and one more where a need belongs to several."""
    columns = counted.regions(by)
    several = counted.region(f"{by}:{SEVERAL}")
    return [*columns, several] if counted.demands_of(several.code) else columns


def _cell(cells: Mapping[tuple[str, str], Cell], scope: str, column: Region) -> Cell:
    if column.code.endswith(f":{SEVERAL}"):
        return cells.get((scope, SEVERAL), Cell())
    return cells[scope, column.code]


def table_of(
    counted: SupplyAndNeed, columns: list[Region], by: str, show: str, opened: str, query: Mapping[str, str]
) -> tuple[list[Row], list[tiles.LegendStep]]:
    """The table as shown and its legend. Steps of colour are equal shares of the fields that have any."""
    cells = counted.heat(by, [opened])
    scopes = counted.rows([opened])
    numbers = [getattr(_cell(cells, scope, column), show) for scope in scopes for column in columns]
    lows = tiles.thresholds(numbers)
    tree = counted.coverage.areas
    rows = []
    for scope in scopes:
        is_part = scope.endswith(IN_GENERAL) or not tree.is_top(scope)
        may_turn = not is_part and tree.has_below(scope)
        turned = {**query, "area": "" if scope == opened else scope}
        rows.append(
            Row(
                scope=scope,
                label=counted.label_of(scope),
                code=scope.removesuffix(IN_GENERAL),
                is_part=is_part,
                fields=[
                    _field(counted, _cell(cells, scope, column), scope, column, show=show, lows=lows)
                    for column in columns
                ],
                turn_url=f"?{urlencode(turned)}#{scope}" if may_turn else "",
                is_open=scope == opened,
            )
        )
    return rows, tiles.legend(lows, max(numbers, default=0))


def _field(counted: SupplyAndNeed, cell: Cell, scope: str, column: Region, *, show: str, lows: list[int]) -> Field:
    number = getattr(cell, show)
    is_empty = not (cell.needs or cell.made or cell.everyone)
    of_needs = f"{number_format(number)}/{number_format(cell.needs)}" if cell.needs else ""
    first = {
        GAPS: of_needs,
        THIN: of_needs,
        NEEDS: number_format(cell.needs) if cell.needs else "",
        MADE: number_format(cell.made),
        OVERLAPS: number_format(cell.overlaps) if cell.overlaps else "",
    }[show]
    listed = {"region": column.code, "area": scope}
    return Field(
        first="" if is_empty else first,
        second="" if is_empty else f"{number_format(cell.made)} + {number_format(cell.everyone)}",
        sentence=_("%(area)s, %(region)s: %(figures)s")
        % {"area": counted.label_of(scope), "region": column.label, "figures": in_words(cell)},
        step=tiles.step_of(number, lows),
        url="" if is_empty else f"{reverse(LISTS[show])}?{urlencode(listed)}",
    )


def in_words(cell: Cell) -> str:
    """All figures of a field: what a screen reader says and the tooltip shows."""
    needs = ngettext("%(n)d open need", "%(n)d open needs", cell.needs) % {"n": cell.needs}
    made = ngettext("%(n)d offer made for it", "%(n)d offers made for it", cell.made) % {"n": cell.made}
    overlaps = ngettext("overlaps in %(n)d State", "overlaps in %(n)d States", cell.overlaps) % {"n": cell.overlaps}
    return _(
        "%(needs)s, %(gaps)d of them out of reach, %(thin)d without an offer made for them; %(made)s, %(everyone)d "
        "open to all States; %(overlaps)s"
    ) % {
        "needs": needs,
        "gaps": cell.gaps,
        "thin": cell.thin,
        "made": made,
        "everyone": cell.everyone,
        "overlaps": overlaps,
    }


def states_of(counted: SupplyAndNeed) -> list[tuple[Any, int, int]]:
    """Each State with its needs out of reach and the programmes that overlap there."""
    gaps, overlaps = counted.gaps_by_state(), counted.coverage.overlapping_programmes()
    return [(state, gaps[state.iso3], overlaps[state.iso3]) for state in counted.states]


def grid_of(counted: SupplyAndNeed, grid_by: str) -> tiles.Grid:
    """The grid of States by regional group, coloured by gaps or by overlaps."""
    labels = {group.value: str(group.label) for group in RegionalGroup}
    order = RegionalGroup.values
    rows = sorted(states_of(counted), key=lambda row: order.index(row[0].regional_group))

    def words(number: int) -> str:
        if grid_by == GAPS:
            return ngettext("%(n)d need out of reach", "%(n)d needs out of reach", number) % {"n": number}
        return ngettext("%(n)d programme overlaps", "%(n)d programmes overlap", number) % {"n": number}

    return tiles.build(
        [
            (
                labels[state.regional_group],
                state.iso3,
                state.name,
                reverse("assistance:coverage_state", args=[state.iso3]),
                gaps if grid_by == GAPS else overlaps,
            )
            for state, gaps, overlaps in rows
        ],
        unit=words,
    )


def totals_of(counted: SupplyAndNeed) -> list[tuple[Any, int, str]]:
    """The figures over everything, each with its list."""
    needs, offers = reverse("assistance:coverage_needs"), reverse("assistance:coverage_offers")
    gaps = sum(reach.is_gap for reach in counted.reach.values())
    made = sum(supply.states is not None for supply in counted.coverage.supplies)
    everyone = len(counted.coverage.supplies) - made
    return [
        (_("Open needs"), len(counted.demands), needs),
        (_("Needs out of reach"), gaps, f"{needs}?supply=gap"),
        (_("Live offers made for some States"), made, f"{offers}?reach=made"),
        (_("Live offers open to all States"), everyone, f"{offers}?reach=everyone"),
    ]


def _tops(counted: SupplyAndNeed) -> list[tuple[str, str]]:
    tree = counted.coverage.areas
    return [(scope, counted.label_of(scope)) for scope in counted.rows() if tree.has_below(scope)]
