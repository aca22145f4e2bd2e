"""Rankings: order, limits, reasons kept, and what happens with nothing to rank."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from assistance.matching import DEFAULT_POLICY, RequestProfile, engine, explain, rank

from .builders import TODAY, directory, matcher, need, offer, request

OFFERS = [
    offer(reference="OFF-3", types=("WKSH",)),
    offer(reference="OFF-2"),
    offer(reference="OFF-1"),
    offer(reference="OFF-4", capacity=0),
    offer(reference="OFF-5", capacity=0, status="suspended"),
    offer(reference="OFF-6", areas=("BOR",), types=("GUID",)),
]


def test_best_first_and_equal_scores_by_reference() -> None:
    ranking = matcher().rank(request(), OFFERS)
    assert [found.offer for found in ranking.suggestions] == ["OFF-1", "OFF-2", "OFF-3"]
    assert ranking.policy == DEFAULT_POLICY.version


def test_a_limit_keeps_the_best() -> None:
    assert [found.offer for found in matcher().rank(request(), OFFERS, 1).suggestions] == ["OFF-1"]


def test_reasons_are_kept_and_one_failed_gate_is_a_near_miss() -> None:
    ranking = matcher().rank(request(), OFFERS)
    assert {item.offer: [gate.code for gate in item.failed] for item in ranking.rejected} == {
        "OFF-4": ["capacity"],
        "OFF-5": ["live", "capacity"],
        "OFF-6": ["form_of_help"],
    }
    assert [item.offer for item in ranking.near_misses] == ["OFF-4", "OFF-6"]


def test_only_what_reaches_the_threshold_is_suggested_and_explained() -> None:
    weak = offer(reference="OFF-9", types=("GUID",), languages=("fr",))
    ranking = matcher().rank(request(), [*OFFERS, weak])
    by_offer = {found.offer: found for found in ranking.suggestions}
    assert by_offer["OFF-1"].suggested
    assert by_offer["OFF-1"].explanation is not None
    assert by_offer["OFF-1"].score == by_offer["OFF-1"].explanation["score"]
    assert not by_offer.get("OFF-9", by_offer["OFF-1"]).suggested or "OFF-9" not in by_offer
    assert "OFF-9" not in [found.offer for found in ranking.suggested]


def test_no_offers_and_no_needs_give_an_empty_ranking_with_a_warning() -> None:
    assert matcher().rank(request(), []).suggestions == ()
    empty = RequestProfile("REQ-0", (), state="KEN")
    for offers in (OFFERS, matcher().book(OFFERS), matcher().book([])):
        ranking = matcher().rank(empty, offers)
        assert ranking.suggestions == ()
        assert [item["code"] for item in ranking.warnings] == ["no_needs"]


def test_a_book_ranks_like_the_offers_in_it_and_gives_reasons_when_asked() -> None:
    book = matcher().book(OFFERS)
    assert matcher().rank(request(), book) == matcher().rank(request(), OFFERS)
    assert matcher().rank(request(), book, with_rejected=False) == matcher().rank(
        request(), OFFERS, with_rejected=False
    )


def test_many_requests_are_ranked_one_after_the_other_as_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RANKED_AT_ONCE", 2)
    asked = [request(need(area), reference=f"REQ-{area}") for area in ("BOR.CUS", "BIO", "BOR", "CAP", "BOR.MAR")]
    book = matcher().book(OFFERS)
    found = list(matcher().rank_each(iter(asked), book, 2))
    assert found == [matcher().rank(one, book, 2, explained=False, with_rejected=False) for one in asked]
    assert list(matcher().rank_each([], book)) == []


def test_ten_thousand_needs_are_ranked() -> None:
    many = request(*[need(key=str(number)) for number in range(10_000)])
    ranking = matcher().rank(many, matcher().book(OFFERS), explained=False, with_rejected=False)
    assert [found.offer for found in ranking.suggestions] == ["OFF-1", "OFF-2", "OFF-3"]


def test_dates_missing_on_both_sides_are_no_obstacle() -> None:
    asked = request(needed_from=None, needed_by=None)
    given = offer(starts_on=None, ends_on=None)
    assert [found.offer for found in matcher().rank(asked, [given]).suggested] == ["OFF-1"]


def test_the_module_functions_do_the_same() -> None:
    ranking = rank(request(), OFFERS, directory(), DEFAULT_POLICY, TODAY, 2)
    assert [found.offer for found in ranking.suggestions] == ["OFF-1", "OFF-2"]
    found = explain(request(), OFFERS[1], directory(), DEFAULT_POLICY, TODAY)
    assert found == ranking.suggestions[1].explanation


def test_the_day_is_a_parameter() -> None:
    given = offer(ends_on=date(2027, 6, 1))
    assert rank(request(), [given], directory(), DEFAULT_POLICY, date(2027, 5, 1)).suggestions
    assert not rank(request(), [given], directory(), DEFAULT_POLICY, date(2027, 7, 1)).suggestions


def test_the_library_needs_no_web_framework_and_no_database() -> None:
    program = (
        "import pkgutil, sys, assistance.matching as library\n"
        "for module in pkgutil.iter_modules(library.__path__):\n"
        "    __import__(f'assistance.matching.{module.name}')\n"
        "assert not {'django', 'psycopg2', 'celery'} & {name.partition('.')[0] for name in sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603 -- own interpreter, fixed text
