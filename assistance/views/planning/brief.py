"""The two-monthly matching brief: as a page that prints, as PDF and as a Word file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cooperation_portal.papers.document import Link, Table, Text
from cooperation_portal.papers.downloads import PDF, WORD, paper_response

from ...brief_paper import NOTHING, paper_of
from ...brief_periods import Period, next_brief_on
from ...forms.brief import BriefForm
from ...services.brief import brief
from ..coverage.access import refuse_unknown
from .index import planning_page

#: Tables of numbers with up to so many columns stay tables on a phone.
FEW_COLUMNS = 4


@planning_page
@require_safe
def planning_brief(request: HttpRequest) -> HttpResponse:
    """The brief of the last full period, or of the days asked for."""
    form = BriefForm(request.GET)
    refuse_unknown(request, form)
    context: dict[str, Any] = {"form": form, "next_on": next_brief_on()}
    if not form.errors:
        paper = paper_of(brief(request.user, form.period))
        context |= {
            "paper": paper,
            "sections": [(section.title, [_shown(block) for block in section.blocks]) for section in paper.sections],
            "period": form.period,
            "downloads": _downloads(form.period),
        }
    return render(request, "assistance/planning/brief.html", context)


@planning_page
@require_safe
def planning_brief_pdf(request: HttpRequest) -> HttpResponse:
    return _file(request, PDF)


@planning_page
@require_safe
def planning_brief_word(request: HttpRequest) -> HttpResponse:
    return _file(request, WORD)


def _file(request: HttpRequest, kind: str) -> HttpResponse:
    """The brief as a file; the page with its errors where the period cannot be."""
    form = BriefForm(request.GET)
    refuse_unknown(request, form)
    if form.errors:
        context = {"form": form, "next_on": next_brief_on()}
        return render(request, "assistance/planning/brief.html", context, status=400)
    return paper_response(paper_of(brief(request.user, form.period)), kind, form.period.file_name)


def _downloads(period: Period) -> list[tuple[str, str]]:
    return [
        (_("PDF"), reverse("assistance:planning_brief_pdf") + period.query),
        (_("Word"), reverse("assistance:planning_brief_word") + period.query),
    ]


def _shown(block: Text | Table) -> dict[str, Any]:
    """A block of a paper for the template."""
    if not isinstance(block, Table):
        return {"text": block}
    rows = [
        [
            {
                "label": block.header[column],
                "value": "" if field == NOTHING else field.text if isinstance(field, Link) else field,
                "url": field.url if isinstance(field, Link) else "",
                "is_number": column in block.numbers,
            }
            for column, field in enumerate(row)
        ]
        for row in block.rows
    ]
    header = [(name, column in block.numbers) for column, name in enumerate(block.header)]
    is_figures = len(header) <= FEW_COLUMNS and block.numbers == frozenset(range(1, len(header)))
    widths = [round(100 * share / sum(block.shares)) for share in block.shares]
    return {"table": block, "header": header, "widths": widths, "rows": rows, "is_figures": is_figures}
