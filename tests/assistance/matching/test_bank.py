"""The judged bank: measured values pinned, and a clear message for a bank that cannot be read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assistance.matching import Ranking, Suggestion
from assistance.matching.bank import Bank, InvalidBank, read_bank
from assistance.matching.evaluation import evaluate, is_forbidden, rank_bank, rankings_as_dict

from .builders import directory, matcher, offer, request

DATA = Path(__file__).parents[2] / "data"
BANK = DATA / "matching"


def measured(folder: Path) -> dict[str, Any]:
    bank = read_bank(folder)
    return evaluate(bank, rank_bank(bank, matcher()), directory()).as_dict()


def test_the_judged_bank_is_ranked_as_the_judges_rank_it() -> None:
    measures = measured(BANK)
    del measures["requests"]
    assert measures == {
        "ndcg@5": 1.0,
        "precision@1": 1.0,
        "recall3@5": 1.0,
        "listed_precision": 1.0,
        "listed_recall": 1.0,
        "gate_errors": 0,
    }


def test_no_offer_graded_nothing_is_among_the_first_three_where_a_better_one_exists() -> None:
    bank = read_bank(BANK)
    for reference, ranking in rank_bank(bank, matcher()).items():
        grades = [bank.grade(reference, found.offer) for found in ranking.suggestions]
        best = max(bank.grade(reference, given.reference) for given in bank.offers)
        assert not best or 0 not in grades[:3], reference
        assert sum(grade == 3 for grade in grades[:3]) == sum(
            bank.grade(reference, given.reference) == 3 for given in bank.offers
        )


def test_where_nothing_fits_nothing_is_suggested() -> None:
    bank = read_bank(BANK)
    assert not rank_bank(bank, matcher())["REQ-B009"].suggested


def test_the_scenarios_keep_their_measures() -> None:
    measures = measured(DATA / "matching_scenarios")
    assert measures["ndcg@5"] >= 0.987
    assert measures["precision@1"] == 1.0
    assert measures["recall3@5"] == 1.0
    assert measures["listed_precision"] >= 0.89
    assert measures["listed_recall"] >= 0.94
    assert measures["gate_errors"] == 0


UNSEEN = {
    "matching_second": (0.984, 0.92, 0.92),
    "matching_later/t": (0.978, 0.92, 0.92),
    "matching_later/u": (0.992, 0.85, 0.92),
    "matching_later/v": (0.998, 0.85, 1.0),
    "matching_later/w": (0.992, 0.71, 0.93),
    "matching_later/x": (1.0, 0.85, 1.0),
}
"""Banks written and graded before the matching was tried on them: NDCG, precision and recall of what is listed."""


@pytest.mark.parametrize(("folder", "least"), UNSEEN.items())
def test_banks_that_were_unseen_once_keep_their_measures(folder: str, least: tuple[float, float, float]) -> None:
    measures = measured(DATA / folder)
    assert (measures["precision@1"], measures["recall3@5"], measures["gate_errors"]) == (1.0, 1.0, 0)
    names = ("ndcg@5", "listed_precision", "listed_recall")
    assert all(measures[name] >= value for name, value in zip(names, least, strict=True)), measures


def ranking(*found: tuple[str, int, bool]) -> Ranking:
    return Ranking("REQ-1", "1", tuple(Suggestion(name, points, shown) for name, points, shown in found))


def test_the_measures_of_a_ranking_that_is_half_right() -> None:
    offers = tuple(offer(reference=name) for name in "ABCD")
    bank = Bank((request(),), offers, {("REQ-1", "A"): 3, ("REQ-1", "B"): 1})
    found = {"REQ-1": ranking(("C", 9000, True), ("A", 8000, True), ("B", 1000, False))}
    measures = evaluate(bank, found, directory()).as_dict()
    assert measures["ndcg@5"] == pytest.approx((7 / 1.5849625 + 1 / 2) / (7 + 1 / 1.5849625), abs=1e-4)
    assert measures["precision@1"] == 0.0
    assert measures["recall3@5"] == 1.0
    assert measures["listed_precision"] == 0.5
    assert measures["listed_recall"] == 0.5
    assert measures["requests"]["REQ-1"]["ndcg@5"] == measures["ndcg@5"]


def test_a_request_with_nothing_to_find_counts_only_for_what_is_listed() -> None:
    bank = Bank((request(),), (offer(),), {})
    measures = evaluate(bank, {"REQ-1": ranking(("OFF-1", 9000, True))}, directory()).as_dict()
    assert (measures["ndcg@5"], measures["precision@1"], measures["recall3@5"]) == (None, None, None)
    assert (measures["listed_precision"], measures["listed_recall"]) == (0.0, None)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, {"status": "completed"}),
        ({}, {"capacity": 0}),
        ({"declined_providers": frozenset({"WCO"})}, {}),
        ({"organization": "SICA"}, {"provider": "SICA"}),
        ({}, {"coverage": "selected", "states": frozenset({"PER"})}),
    ],
)
def test_pairs_that_the_tags_forbid_are_gate_errors(asked: dict[str, Any], given: dict[str, Any]) -> None:
    assert is_forbidden(request(**asked), offer(**given), directory())
    assert not is_forbidden(request(), offer(), directory())


def test_rankings_are_given_best_first() -> None:
    assert rankings_as_dict({"REQ-1": ranking(("A", 8125, True), ("B", 900, False))}) == {
        "REQ-1": [
            {"offer": "A", "score": 81.25, "suggested": True},
            {"offer": "B", "score": 9.0, "suggested": False},
        ]
    }


def changed(folder: Path, name: str, number: int, **values: Any) -> None:
    rows = json.loads((folder / name).read_text(encoding="utf-8"))
    rows[number].update(values)
    (folder / name).write_text(json.dumps(rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BANK, tmp_path / "bank"))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda bank: (bank / "offers.json").unlink(), "offers.json is missing"),
        (lambda bank: (bank / "judgments.csv").unlink(), "judgments.csv is missing"),
        (lambda bank: (bank / "requests.json").write_text("{"), "requests.json is not valid JSON"),
        (lambda bank: (bank / "requests.json").write_text("{}"), "one list of records"),
        (lambda bank: changed(bank, "requests.json", 0, needed_by="soon"), "REQ-B001: Invalid isoformat"),
        (lambda bank: changed(bank, "requests.json", 0, state=None), "REQ-B001: Request REQ-B001 needs either"),
        (lambda bank: changed(bank, "offers.json", 1, organization=None), "OFF-B002: state is missing"),
        (lambda bank: changed(bank, "offers.json", 1, reference="OFF-B001"), "OFF-B001 occurs more than once"),
        (lambda bank: (bank / "judgments.csv").write_text("request,offer,grade\nREQ-B001,OFF-B001,4\n"), "line 2"),
        (lambda bank: (bank / "judgments.csv").write_text("request,offer,grade\nX,OFF-B001,1\n"), "not in the bank"),
        (lambda bank: (bank / "judgments.csv").write_text("request,offer\nREQ-B001,OFF-B001\n"), "line 2"),
    ],
)
def test_a_bank_that_cannot_be_read_says_where(folder: Path, break_it: Any, message: str) -> None:
    break_it(folder)
    with pytest.raises(InvalidBank, match=message):
        read_bank(folder)


def test_rankings_need_no_judgments(folder: Path) -> None:
    (folder / "judgments.csv").unlink()
    assert read_bank(folder, judged=False).grades == {}
