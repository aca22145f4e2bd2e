"""The matching brief as a paper: what the page, the PDF and the Word file show alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from assistance.matching.coverage_values import SEVERAL
from cooperation_portal.access.levels import Level
from cooperation_portal.papers.document import Link, Paper, Section, Table, Text
from organizations.models.states import RegionalGroup

from .brief_periods import Period
from .models import AssistanceRequest
from .services.brief import Brief, Figure, Shown
from .services.procedure import TAKEN_BY
from .services.supply_and_need import GROUPS, VERDICT_LABELS

#: Stands in a field of the table of gaps without any need; a page leaves the field empty.
NOTHING = "\N{EN DASH}"


def paper_of(brief: Brief) -> Paper:
    """The whole brief, in the reader's language."""
    period = brief.period
    return Paper(
        title=_("Matching brief"),
        subtitle=period.label,
        marking=str(Level.COMMITTEE.label),
        language=get_language() or "en",
        made_on=brief.made_on,
        facts=(
            (_("Period"), _span(period)),
            (_("Compared with"), period.previous.label),
            (_("Made on"), date_format(brief.made_on, "j F Y")),
            (_("For"), _("the 1540 Committee, its experts and the secretariat")),
        ),
        sections=(
            Section(_("Figures"), tuple(_figures(brief))),
            Section(_("New requests"), tuple(_new_requests(brief))),
            Section(_("Decided matches"), tuple(_decisions(brief))),
            Section(_("Overdue steps"), tuple(_overdue(brief))),
            Section(_("Gaps"), tuple(_gaps(brief))),
        ),
    )


def _span(period: Period) -> str:
    return _("%(start)s to %(end)s") % {
        "start": date_format(period.start, "j F Y"),
        "end": date_format(period.end, "j F Y"),
    }


def _figures(brief: Brief) -> Iterable[Text | Table]:
    columns = (brief.period.label, brief.period.previous.label, _("Change"))
    for title, figures in brief.figures:
        yield Table(
            title,
            (_("In the period"), *columns),
            [(figure.label, figure.now, figure.before, change(figure)) for figure in figures],
            widths=(4, 2, 2, 1),
            numbers=frozenset({1, 2, 3}),
        )
    yield Table(
        _("Requests by region"),
        (_("Region"), _("Received in the period"), _("Open on %(date)s") % {"date": _made_on(brief)}),
        [
            (label, brief.received_by_region[value], brief.open_by_region[value])
            for value, label in _groups(brief.received_by_region + brief.open_by_region)
        ],
        widths=(4, 2, 2),
        numbers=frozenset({1, 2}),
    )
    statuses = [status for status in AssistanceRequest.Status if brief.open_by_status[status]]
    if statuses:
        yield Table(
            _("Open requests by state of the procedure on %(date)s") % {"date": _made_on(brief)},
            (_("State of the procedure"), _("Requests")),
            [
                *((str(status.label), brief.open_by_status[status]) for status in statuses),
                (_("Together"), sum(brief.open_by_status.values())),
            ],
            widths=(6, 2),
            numbers=frozenset({1}),
        )
    else:
        yield Text(_("No request is open."))


def change(figure: Figure) -> str:
    """How much more or less than in the period before, with its sign."""
    difference = figure.now - figure.before
    if not difference:
        return "0"
    sign = "+" if difference > 0 else "\N{MINUS SIGN}"
    return f"{sign}{number_format(abs(difference))}"


def _groups(counted: Counter[str]) -> list[tuple[str, str]]:
    """Regional groups in their usual order, then organizations, which have none."""
    groups = [(group.value, str(group.label)) for group in RegionalGroup if group.value in counted]
    shown = groups or [(group.value, str(group.label)) for group in RegionalGroup if group != RegionalGroup.NONE]
    return [*shown, ("", _("Organizations"))] if "" in counted else shown


def _new_requests(brief: Brief) -> Iterable[Text | Table]:
    if not brief.new_requests.total:
        yield Text(_("No request was received in the period."))
        return
    yield Table(
        _("Requests received in the period"),
        (_("Request"), _("Requester"), _("Areas"), _("Received"), _("Status")),
        [
            (
                _link(row, f"{row.reference}: {row.title}"),
                str(row.requester),
                ", ".join(need.area.code for need in row.needs.all()),
                _on(row.received_on or timezone.localdate(row.submitted_at)),
                row.get_status_display(),
            )
            for row in brief.new_requests.rows
        ],
        widths=(5, 3, 3, 3, 3),
    )
    yield from _rest(brief.new_requests)


def _decisions(brief: Brief) -> Iterable[Text | Table]:
    if not brief.decisions.total:
        yield Text(_("No match was proposed, agreed, declined or dismissed in the period."))
        return
    yield Table(
        _("Matches proposed, agreed, declined or dismissed in the period"),
        (_("Request"), _("Offer"), _("Decision"), _("On"), _("Reason or note")),
        [
            (
                _link(one.match, f"{one.match.request.reference}, {one.match.request.requester}"),
                f"{one.match.offer.provider}: {one.match.offer.title}",
                one.outcome,
                _on(one.on),
                one.reason,
            )
            for one in brief.decisions.rows
        ],
        widths=(4, 5, 2, 3, 5),
    )
    yield from _rest(brief.decisions)


def _overdue(brief: Brief) -> Iterable[Text | Table]:
    if not brief.overdue.total:
        yield Text(_("No step of the procedure is overdue on %(date)s.") % {"date": _made_on(brief)})
        return
    yield Table(
        _("Steps of the procedure overdue on %(date)s") % {"date": _made_on(brief)},
        (_("Request"), _("Requester"), _("Step"), _("Whose turn"), _("Due"), _("Days overdue")),
        [
            (
                _link(step.request, step.request.reference),
                str(step.request.requester),
                step.get_kind_display(),
                str(TAKEN_BY[step.kind]),
                _on(step.due_on),
                (brief.made_on - step.due_on).days,
            )
            for step in brief.overdue.rows
        ],
        widths=(3, 3, 4, 3, 3, 2),
        numbers=frozenset({5}),
    )
    yield from _rest(brief.overdue)


def _gaps(brief: Brief) -> Iterable[Text | Table]:
    supply = brief.supply
    if not supply.demands:
        yield Text(_("No request is open, so no need can be out of reach."))
        return
    yield Text(
        ngettext(
            "%(gaps)d of %(total)d open needs is out of reach: no live offer with a free place answers it.",
            "%(gaps)d of %(total)d open needs are out of reach: no live offer with a free place answers them.",
            brief.gaps.total,
        )
        % {"gaps": brief.gaps.total, "total": len(supply.demands)}
    )
    yield _gaps_by_area(brief)
    if brief.gaps.total:
        yield Table(
            _("Needs out of reach on %(date)s") % {"date": _made_on(brief)},
            (_("Request"), _("Requester"), _("Area"), _("Priority"), _("Live offers")),
            [
                (
                    _link(need.request, need.request.reference),
                    str(need.request.requester),
                    f"{need.area.label} ({need.area.code})",
                    need.get_priority_display(),
                    str(VERDICT_LABELS[supply.reach[need.pk].verdict]),
                )
                for need in brief.gaps.rows
            ],
            widths=(3, 3, 5, 2, 4),
        )
        yield from _rest(brief.gaps)
    yield Text(
        _(
            "Counted are subject, place, time and free places; whether form of help and language fit is for the "
            "matching service to say. Needs are counted in the region of their requester."
        ),
        is_quiet=True,
    )


def _gaps_by_area(brief: Brief) -> Table:
    """Areas with open needs down, regions across: needs out of reach of all open needs."""
    supply = brief.supply
    regions = [(region.code, region.label) for region in supply.regions(GROUPS)] + [(SEVERAL, _("Several regions"))]
    filled = {place for place, cell in brief.heat.items() if cell.needs}
    counted = {region for _scope, region in filled}
    columns = [(code, label) for code, label in regions if code in counted]
    rows = supply.rows()
    scopes = [scope for scope in rows if any((scope, code) in filled for code, _label in columns)]

    def share(scope: str, code: str) -> str:
        if (scope, code) not in filled:
            return NOTHING
        cell = brief.heat[scope, code]
        return _("%(gaps)s of %(needs)s") % {"gaps": number_format(cell.gaps), "needs": number_format(cell.needs)}

    return Table(
        _("Needs out of reach of all open needs, by area and region"),
        (_("Area"), *(label for _code, label in columns)),
        [
            (f"{supply.label_of(scope)} ({scope})", *(share(scope, code) for code, _label in columns))
            for scope in scopes
        ],
        widths=(4, *(2 for _column in columns)),
        numbers=frozenset(range(1, len(columns) + 1)),
    )


def _rest(shown: Shown) -> Iterable[Text]:
    if shown.left_out:
        yield Text(
            ngettext("%(number)s more is in the portal.", "%(number)s more are in the portal.", shown.left_out)
            % {"number": number_format(shown.left_out)},
            is_quiet=True,
        )


def _link(record: Any, text: str) -> Link:
    return Link(text, record.get_absolute_url())


def _on(day: Any) -> str:
    return date_format(day, "j M Y") if day else ""


def _made_on(brief: Brief) -> str:
    return date_format(brief.made_on, "j F Y")


def brief_path(period: Period) -> str:
    """Where a period's brief is read and printed."""
    return f"{reverse('assistance:planning_brief')}{period.query}"
