"""What the pages of runs show of a run: what it was over, how far it is, where its time went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import MatchingRun
from .run_problems import told


def about(run: MatchingRun) -> str:
    """What a run looks at, in words."""
    if run.request:
        return _("Request %(reference)s") % {"reference": run.request.reference}
    if run.offer:
        return _("Offer %(reference)s") % {"reference": run.offer.reference}
    return _("All open requests")


def progress(run: MatchingRun) -> str:
    """How far a run is, in words."""
    if run.status == MatchingRun.Status.QUEUED:
        return _("Waiting for a worker.")
    if not run.requests_total:
        return _("Reading the records.")
    return ngettext("%(done)s of %(total)s request", "%(done)s of %(total)s requests", run.requests_total) % {
        "done": run.requests_done,
        "total": run.requests_total,
    }


def duration(passed: timedelta | None) -> str:
    """Seconds with one decimal below a minute, else minutes and seconds; a dash for None."""
    if passed is None:
        return "–"
    seconds = passed.total_seconds()
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


def problem(run: MatchingRun) -> dict[str, Any] | None:
    """Why a run failed or found nothing, and what to do; the tone and title of the notice that says so."""
    sentence = told(run.problem_code, run.problem)
    if not sentence:
        return None
    if run.status == MatchingRun.Status.FAILED:
        return {"tone": "problem", "title": _("The run failed"), "sentence": sentence}
    return {"tone": "information", "title": _("Nothing to match"), "sentence": sentence}


def figures(run: MatchingRun) -> list[tuple[str, int]]:
    return [
        (_("new suggestions"), run.suggested),
        (_("changed"), run.changed),
        (_("superseded"), run.superseded),
    ]


def phases(run: MatchingRun) -> list[tuple[str, float]]:
    """Seconds by what they were spent on; empty before anything is known."""
    spent = [
        (_("Reading records and texts"), run.reading_ms),
        (_("Ranking and explaining"), run.scoring_ms),
        (_("Comparing with what is stored, and writing"), run.writing_ms),
    ]
    return (
        [(name, round(milliseconds / 1000, 2)) for name, milliseconds in spent] if any(ms for _n, ms in spent) else []
    )
