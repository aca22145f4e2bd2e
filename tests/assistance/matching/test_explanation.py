"""An explanation says in codes and numbers why a pair scores as it does, and adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assistance.matching import DEFAULT_POLICY, ExistingAssistance, Matcher, ProviderProfile
from assistance.matching.bank import read_bank
from assistance.matching.codes import CATALOGUE, PLACES, codes_of
from assistance.matching.gates import GATES
from assistance.matching.policy import LOWERING, PARTS

from .builders import TODAY, directory, matcher, need, offer, request

DATA = Path(__file__).parents[2] / "data"
BANKS = ("matching", "matching_scenarios")


def explain(asked: Any, given: Any) -> dict[str, Any]:
    return matcher().explain(asked, given)


def all_explanations() -> Iterator[dict[str, Any]]:
    for name in BANKS:
        bank = read_bank(DATA / name)
        for asked in bank.requests:
            for given in bank.offers:
                yield explain(asked, given)


def test_the_points_of_all_pairs_of_the_banks_add_up_to_their_scores() -> None:
    for found in all_explanations():
        points = sum(Decimal(str(part["points"])) for part in found["parts"])
        assert points == Decimal(str(found["score"])), (found["request"], found["offer"])


def test_every_code_that_occurs_is_in_the_catalogue_with_its_parameters() -> None:
    lists = {"gate": "gates", "part": "parts", "missing": "missing", "paragraph": "paragraphs", "reading": "readings"}
    known = {place: codes_of(place) for place in PLACES}
    for found in all_explanations():
        for place, name in lists.items():
            for item in found[name]:
                code = known[place][item["code"]]
                assert set(item["params"]) == set(code.params), (place, item["code"])
                reason = item["params"].get("reason")
                assert reason is None or reason in code.variants


def test_the_catalogue_has_all_gates_and_parts_in_order() -> None:
    assert list(codes_of("gate")) == [gate.__name__ for gate in GATES]
    assert list(codes_of("part")) == [*PARTS, *LOWERING]
    assert {code.place for code in CATALOGUE} == set(PLACES)
    assert len({(code.place, code.code) for code in CATALOGUE}) == len(CATALOGUE)


def test_an_explanation_is_plain_json_and_names_its_policy() -> None:
    found = explain(request(), offer())
    assert json.loads(json.dumps(found)) == found
    assert found["policy"] == DEFAULT_POLICY.version
    assert found["today"] == "2026-11-22"
    assert (found["request"], found["offer"]) == ("REQ-1", "OFF-1")


def test_each_need_says_what_meets_it_and_what_it_lacks() -> None:
    asked = request(need(types=("TRNG", "GUID")), need("LEG.BIO", ("LEGD",), "medium", "2"))
    first, second = explain(asked, offer())["needs"]
    assert (first["met_by"], first["closeness"]) == ("BOR.CUS", 1.0)
    assert (first["types_met"], first["types_missing"]) == (["TRNG"], ["GUID"])
    assert (second["met_by"], second["types_met"], second["types_missing"]) == (None, [], ["LEGD"])


def test_what_is_missing_is_listed() -> None:
    asked = request(
        need(types=("TRNG", "GUID")), need("LEG.BIO", ("LEGD",), "low", "2"), need("XXX", key="3"), organization="SICA"
    )
    given = offer(
        summary="Subject to funding.",
        coverage="selected",
        members_of=frozenset({"OAS"}),
        languages=("fr",),
        starts_on=date(2027, 6, 1),
        ends_on=date(2027, 10, 1),
    )
    missing = explain(asked, given)["missing"]
    assert [item["code"] for item in missing] == [
        "types_missing",
        "need_unmet",
        "area_unknown",
        "no_common_language",
        "members_not_covered",
        "starts_late",
        "ends_early",
        "funding_open",
        "contact_missing",
    ]
    assert missing[4]["params"] == {"states": ["NIC"]}


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        (ProviderProfile("WCO", "international", has_contact=True), "op24_contact"),
        (ProviderProfile("WCO", "international"), "op24_contact_missing"),
        (ProviderProfile("WCO", "NGO"), "op24_not_asked"),
        (ProviderProfile("WCO", "State"), "op24_state"),
    ],
)
def test_paragraph_24_is_served_by_a_contact(provider: ProviderProfile, code: str) -> None:
    known = replace(directory(), providers={**directory().providers, "WCO": provider})
    found = Matcher(known, DEFAULT_POLICY, TODAY).explain(request(), offer())
    assert [item["code"] for item in found["paragraphs"]] == ["op19_notified", "op20_pairing", "op22_prompt", code]
    assert [item["ref"] for item in found["paragraphs"]] == ["2325/19", "2325/20", "2325/22", "2325/24"]


def test_paragraph_20_notes_a_regional_approach_and_22_a_late_start() -> None:
    given = offer(coverage="selected", regional_groups=frozenset({"African"}), starts_on=date(2027, 9, 1))
    codes = [item["code"] for item in explain(request(), given)["paragraphs"]]
    assert codes[1:3] == ["op20_regional", "op22_later"]


def test_what_the_prose_changed_is_told() -> None:
    asked = request(description="Equipment is not needed. Courses must be in English.")
    given = offer(summary="Registration is closed. English only.", languages=("en", "fr"))
    told = {(item["of"], item["code"]) for item in explain(asked, given)["readings"]}
    assert told == {
        ("request", "text_refuses"),
        ("request", "language_insisted"),
        ("offer", "text_closed"),
        ("offer", "text_narrows_languages"),
    }


def test_why_not_is_answered_for_a_pair_that_fails() -> None:
    found = explain(request(), offer(capacity=0))
    failed = [gate for gate in found["gates"] if not gate["passed"]]
    assert failed == [{"code": "capacity", "passed": False, "params": {"capacity": 0}}]
    assert found["score"] > 0


def test_warnings_name_what_is_wrong_with_a_request() -> None:
    asked = request(
        need("XXX", ("YYYY",)),
        state="ZZZ",
        preferred_providers=frozenset({"WCO"}),
        declined_providers=frozenset({"WCO"}),
    )
    ranking = matcher().rank(asked, [offer()])
    assert [item["code"] for item in ranking.warnings] == [
        "unknown_areas",
        "unknown_types",
        "preferred_and_declined",
        "requester_unknown",
    ]
    known = codes_of("warning")
    assert all(set(item["params"]) == set(known[item["code"]].params) for item in ranking.warnings)  # type: ignore[arg-type]


def test_running_help_by_another_provider_is_explained() -> None:
    asked = request(existing_assistance=(ExistingAssistance("IMO", "BOR.CUS", date(2030, 1, 1)),))
    part = next(part for part in explain(asked, offer())["parts"] if part["code"] == "overlap")
    assert part["points"] < 0
    assert part["params"] == {"provider": "IMO", "area": "BOR.CUS", "until": "2030-01-01"}
