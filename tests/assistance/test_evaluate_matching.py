"""`manage.py evaluate_matching`, which reads files and no database."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

BANK = Path(__file__).parents[1] / "data" / "matching"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("evaluate_matching", *arguments, stdout=out)
    return out.getvalue()


def test_json_has_the_measures_for_all_and_for_each_request() -> None:
    found = json.loads(run(str(BANK), "--json"))
    measures = {"ndcg@5", "precision@1", "recall3@5", "listed_precision", "listed_recall", "gate_errors"}
    assert set(found) == measures | {"requests"}
    assert len(found["requests"]) == 14
    assert set(found["requests"]["REQ-B001"]) == measures


def test_rankings_are_json_best_first() -> None:
    found = json.loads(run(str(BANK), "--rankings"))
    assert found["REQ-B001"][0]["offer"] == "OFF-B001"
    assert [item["score"] for item in found["REQ-B001"]] == sorted(
        (item["score"] for item in found["REQ-B001"]), reverse=True
    )
    assert not any(item["suggested"] for item in found["REQ-B009"])


def test_the_table_has_a_line_for_each_request_and_one_for_all() -> None:
    lines = run(str(BANK)).splitlines()
    assert len(lines) == 16
    assert lines[-1].split() == ["all", "1.0000", "1.0000", "1.0000", "1.0000", "1.0000", "0"]


def test_another_day_gives_another_ranking() -> None:
    found = json.loads(run(str(BANK), "--rankings", "--today", "2029-06-01"))
    assert found["REQ-B001"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nowhere"], "requests.json is missing"), ([str(BANK), "--today", "soon"], "not a date like 2026-11-22")],
)
def test_what_cannot_be_read_is_said_plainly(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)
