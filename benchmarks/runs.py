"""Runs of the matching service over stored records, the database included.

A full run over records that no run has seen, a second one with nothing to write, then runs over single records after
the changes that people make. Changes are taken back, so that the measure may be repeated over the same database.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

#: Records of each kind that are changed in turn.
RECORDS = 10


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of whole runs, split; milliseconds of runs over one record; ratios of these to the first full run."""
    from assistance.models import AssistanceRequest, Match, Offer, OfferReadingKept, RequestReadingKept

    from . import pages

    pages.prepare(offers=options.offers, requests=options.requests)
    for model in (Match, OfferReadingKept, RequestReadingKept):
        model.objects.all().delete()
    _vacuum()
    full, again = _full(), _full()
    suggested = Match.objects.filter(status=Match.Status.SUGGESTED)
    offers = Offer.objects.filter(pk__in=suggested.order_by("pk").values_list("offer", flat=True).distinct()[:RECORDS])
    requests = AssistanceRequest.objects.open().filter(reference__startswith="REQ-V").order_by("pk")[:RECORDS]
    one_offer = {name: _summary(_changed(list(offers), change, "offer")) for name, change in OFFER_CHANGES.items()}
    one_request = {
        name: _summary(_changed(list(requests), change, "request")) for name, change in REQUEST_CHANGES.items()
    }
    new_process = _in_a_new_process(next(iter(offers)))
    seconds = full["seconds"]
    return {
        "full": full,
        "again": again,
        "one_offer_ms": one_offer,
        "one_request_ms": one_request,
        "one_offer_in_a_new_process_ms": new_process,
        "ratio_one_offer": _ratio(one_offer, "median", seconds),
        "ratio_one_offer_slowest": _ratio(one_offer, "slowest", seconds),
        "ratio_one_offer_in_a_new_process": round(new_process / 1000 / seconds, 4),
        "ratio_one_request": _ratio(one_request, "median", seconds),
    }


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _ratio(found: dict[str, dict[str, float]], which: str, seconds: float) -> float:
    """The slowest kind of change against the full run."""
    return round(max(row[which] for row in found.values()) / 1000 / seconds, 4)


def _full() -> dict[str, Any]:
    """Seconds of a run over everything, and where they went."""
    from assistance.models import MatchingRun

    run = MatchingRun.objects.create(cause=MatchingRun.Cause.DEMAND)
    seconds = _carried_out(run)
    return {
        "requests": run.requests_total,
        "offers": run.offers_total,
        "seconds": round(seconds, 2),
        "reading_s": round(run.reading_ms / 1000, 2),
        "scoring_s": round(run.scoring_ms / 1000, 2),
        "writing_s": round(run.writing_ms / 1000, 2),
        "suggested": run.suggested,
        "changed": run.changed,
        "superseded": run.superseded,
    }


def _carried_out(run: Any) -> float:
    from assistance.models import MatchingRun
    from assistance.services.matching import carry_out

    began = time.perf_counter()
    carry_out(run.pk)
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    if run.status != MatchingRun.Status.DONE:
        raise RuntimeError(f"The run failed: {run.problem_code} {run.problem}")
    return seconds


Change = Callable[[Any], None]


def _text(record: Any) -> None:
    field = "summary" if hasattr(record, "summary") else "description"
    setattr(record, field, getattr(record, field) + " Courses for laboratory staff are part of it.")


def _suspended(offer: Any) -> None:
    """It leaves the lists, and the next best come in."""
    offer.status = "suspended"


def _ends_sooner(offer: Any) -> None:
    offer.ends_on -= timedelta(days=60)


def _needed_longer(request: Any) -> None:
    request.needed_by += timedelta(days=60)


OFFER_CHANGES: dict[str, Change] = {"text": _text, "end": _ends_sooner, "suspended": _suspended}
REQUEST_CHANGES: dict[str, Change] = {"text": _text, "period": _needed_longer}


def _changed(records: list[Any], change: Change, kind: str) -> Iterator[float]:
    """Seconds of the run after each change; each is taken back, with a run of its own."""
    for record in records:
        before = {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}
        change(record)
        yield _run_over(record, kind)
        for name, value in before.items():
            if name != "version":
                setattr(record, name, value)
        yield _run_over(record, kind)


def _run_over(record: Any, kind: str) -> float:
    from assistance.models import MatchingRun

    record.version += 1
    record.save()
    return _carried_out(MatchingRun.objects.create(cause=kind, **{kind: record}))


def _summary(seconds: Iterator[float]) -> dict[str, float]:
    found = [1000 * one for one in seconds]
    return {"median": round(statistics.median(found), 1), "slowest": round(max(found), 1)}


def _in_a_new_process(offer: Any) -> float:
    """Milliseconds of a run over one offer by a worker that has read nothing yet, its start aside."""
    from assistance.models import MatchingRun

    offer.version += 1
    offer.save()
    run = MatchingRun.objects.create(cause=MatchingRun.Cause.OFFER, offer=offer)
    answer = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "benchmarks.runs", str(run.pk)], check=True, capture_output=True, text=True
    )
    return float(answer.stdout)


def show(results: dict[str, Any]) -> None:
    print(f"{'run':34} {'seconds':>9} {'reading':>9} {'scoring':>9} {'writing':>9} {'written':>9}")
    for name in ("full", "again"):
        row = results[name]
        written = row["suggested"] + row["changed"] + row["superseded"]
        label = f"{name}, {row['requests']} x {row['offers']}"
        times = " ".join(f"{row[key]:>9}" for key in ("seconds", "reading_s", "scoring_s", "writing_s"))
        print(f"{label:34} {times} {written:>9}")
    print(f"{'one record changed':34} {'median ms':>9} {'slowest':>9}")
    for kind in ("offer", "request"):
        for name, row in results[f"one_{kind}_ms"].items():
            print(f"{f'{kind}: {name}':34} {row['median']:>9} {row['slowest']:>9}")
    print(f"{'offer, in a new process':34} {results['one_offer_in_a_new_process_ms']:>9}")
    print(f"one offer / full run: {results['ratio_one_offer']} (1/50 is 0.02)")


def _alone(run_id: int) -> None:
    """One run in this process, and how long it took."""
    import django

    django.setup()
    from assistance.models import MatchingRun

    print(1000 * _carried_out(MatchingRun.objects.get(pk=run_id)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")
    _alone(int(sys.argv[1]))
