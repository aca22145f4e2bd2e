"""The tables of a portfolio plan as files, one a table: header and rows for `csv_response`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from .portfolio_pages import ShownPlan

Table = tuple[Sequence[Any], Iterable[Sequence[Any]]]


def pairs_table(plan: ShownPlan) -> Table:
    """Every pair of the plan."""
    header = (
        _("Request"),
        _("Requester"),
        _("Title"),
        _("Offer"),
        _("Provider"),
        _("Programme"),
        _("Score"),
        _("Needs met"),
        _("Decision"),
    )
    rows = (
        (
            pair.request.reference,
            pair.request.who,
            pair.request.title,
            pair.offer.reference,
            pair.offer.who,
            pair.offer.title,
            pair.score,
            "; ".join(pair.needs),
            pair.label,
        )
        for pair in plan.pairs
    )
    return header, rows


def open_needs_table(plan: ShownPlan) -> Table:
    """Every need that the plan leaves open, and why."""
    header = (_("Request"), _("Requester"), _("Area"), _("Priority"), _("Why it stays open"))
    rows = (
        (row.request.reference, row.request.who, need.area, need.priority, need.sentence)
        for row in plan.requests()
        for need in row.remains
    )
    return header, rows


def places_table(plan: ShownPlan) -> Table:
    """What one more place in each area would bring."""
    header = (
        _("Area"),
        _("Code"),
        _("Requesters helped beside those of the plan"),
        _("Need met"),
        _("At the offer"),
        _("Exact"),
    )
    rows = (
        (
            row.area,
            row.code,
            row.helped,
            row.met,
            row.offer.reference if row.offer else "",
            _("yes") if row.is_exact else _("no, at most"),
        )
        for row in plan.places()
    )
    return header, rows


TABLES: dict[str, Callable[[ShownPlan], Table]] = {
    "pairs": pairs_table,
    "open-needs": open_needs_table,
    "places": places_table,
}
