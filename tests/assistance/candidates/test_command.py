"""`manage.py match` for one pair and for near misses: it reads and stores nothing."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from assistance.models import AssistanceRequest, Match, MatchingPolicy, MatchingRun
from tests.factories import RequestFactory

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("match", *arguments, stdout=out)
    assert not MatchingRun.objects.exists()
    assert not Match.objects.exists()
    return out.getvalue()


def test_one_pair_is_explained(asked, market):
    text = printed("--request", asked.reference, "--offer", market["fits"].reference)
    assert "Suggested:" in text
    assert "passed  Live: It is live, until 31 December 2099." in text
    assert "Needs met" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("full", "FAILED  Places left: It is full: no place is left."),
        ("weak", "below the threshold of 40."),
        ("two", "gates not passed: 2 of 11"),
    ],
)
def test_one_pair_that_does_not_fit(name, words, asked, market):
    assert words in printed("--request", asked.reference, "--offer", market[name].reference)


def test_one_pair_as_json(asked, market):
    told = json.loads(printed("--request", asked.reference, "--offer", market["full"].reference, "--json"))
    assert told["suggested"] is False
    assert [gate["code"] for gate in told["explanation"]["gates"] if not gate["passed"]] == ["capacity"]


def test_near_misses_of_one_request(asked, market):
    text = printed("--request", asked.reference, "--near-misses")
    assert "Full: It is full: no place is left." in text
    assert "Outside the wanted period: It ends on 31 March 2027; help is needed from 1 May 2027." in text
    assert "Courses for laboratories" not in text


def test_near_misses_of_all_open_requests_as_json(asked, market):
    RequestFactory(status="closed")
    (told,) = json.loads(printed("--near-misses", "--json"))
    assert told["request"] == asked.reference
    assert {row["gate"] for row in told["near_misses"]} == {"capacity", "period", "covered", "live"}
    assert all(row["sentence"].endswith(".") for row in told["near_misses"])


def test_without_requests_or_offers_the_command_says_so(asked):
    assert "No offer is published" in printed("--near-misses")
    AssistanceRequest.objects.all().delete()
    assert "No request is open" in printed("--near-misses")


def test_where_nothing_misses_by_one_gate_the_command_says_so(asked, market):
    for name, offer in market.items():
        if name not in ("elsewhere", "two"):
            offer.delete()
    assert "None of 2 offers misses by one gate alone." in printed("--near-misses")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--offer", "OFF-2026-7001"], "give --request too"),
        (["--request", "REQ-2026-7001", "--offer", "OFF-0"], "There is no published offer OFF-0"),
        (["--request", "REQ-2026-7001", "--offer", "OFF-2026-7009"], "There is no published offer OFF-2026-7009"),
        (["--request", "REQ-2026-7001", "--offer", "OFF-2026-7011"], "comes from a public source"),
        (["--request", "REQ-0", "--near-misses"], "There is no request REQ-0"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments, words, asked, market):
    with pytest.raises(CommandError, match=words):
        printed(*arguments)


def test_a_policy_that_cannot_rank_is_said(asked, market):
    MatchingPolicy.objects.update(weights={"needs": 0})
    with pytest.raises(CommandError, match="All weights are 0"):
        printed("--near-misses")
