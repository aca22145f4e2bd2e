"""The score parts: each with cases, and the order that they must keep."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from assistance.matching import DEFAULT_POLICY, ExistingAssistance, Matcher, Policy
from assistance.matching import scoring as parts
from assistance.matching.policy import LOWERING, PARTS
from assistance.matching.scoring import Score, score

from .builders import TODAY, directory, need, offer, pair, request

AFRICA = {"coverage": "selected", "regional_groups": frozenset({"African"})}


def value(part: str, asked: dict[str, Any] | None = None, given: dict[str, Any] | None = None) -> float:
    asked = dict(asked or {})
    needs = asked.pop("needs", (need(),))
    rule = {**parts.RAISING_PARTS, **parts.LOWERING_PARTS}[part]
    return rule(pair(request(*needs, **asked), offer(**(given or {}))))[0]


TWO_NEEDS = (need(), need("LEG.BIO", ("LEGD",), "medium", "2"))
CASES = [
    ("needs", {}, {}, 1.0),
    ("needs", {}, {"areas": ("BOR",)}, 0.4),
    ("needs", {"needs": TWO_NEEDS}, {}, 0.75 + 0.25 / 1.6),
    ("needs", {"needs": TWO_NEEDS}, {"areas": ("LEG.BIO",), "types": ("LEGD",)}, 0.75 * 0.6 + 0.25 * 0.6 / 1.6),
    ("needs", {"needs": (need(priority="low"),)}, {}, 1.0),
    ("needs", {}, {"types": ("WKSH",)}, 0.7),
    ("types", {}, {}, 1.0),
    ("types", {}, {"types": ("WKSH",)}, 0.7 * 0.7),
    ("types", {"needs": (need(types=("TRNG", "EQPT")),)}, {}, (0.6 + 0.4 * 0.65) ** 2),
    ("weapons", {"weapon_types": frozenset({"NW", "CW"})}, {"weapon_types": frozenset({"NW"})}, 0.85**2),
    ("weapons", {"weapon_types": frozenset({"NW"})}, {}, 1.0),
    ("region", {}, {}, 0.2),
    ("region", {}, AFRICA, 0.85),
    ("region", {}, {"provider": "UNREC", **AFRICA}, 1.0),
    ("region", {}, {"provider": "OAS"}, 0.2),
    ("region", {"organization": "EAC"}, {"summary": "For subregional organizations."}, 0.85),
    ("timing", {}, {}, 1.0),
    ("timing", {}, {"ends_on": date(2027, 7, 18)}, 1 - 0.4 * 166 / 333),
    ("timing", {}, {"starts_on": date(2027, 7, 18)}, 1 - 0.6 * 167 / 333),
    ("timing", {}, {"starts_on": date(2027, 2, 1), "ends_on": date(2027, 2, 5)}, 1.0),
    ("timing", {}, {"summary": "Subject to funding."}, 0.6),
    ("timing", {"description": "The matter is urgent."}, {}, 0.85),
    ("timing", {"description": "The matter is urgent."}, {"summary": "Experts come at short notice."}, 1.0),
    ("language", {}, {}, 1.0),
    ("language", {"languages": ("fr", "en")}, {}, 0.85),
    ("language", {"languages": ("fr",)}, {}, 0.0),
    ("language", {}, {"languages": ()}, 0.5),
    ("language", {"languages": ()}, {}, 0.5),
    ("specificity", {}, {}, 1.0),
    ("specificity", {}, {"areas": ("BOR",)}, 0.75),
    ("specificity", {}, {"areas": ("BOR.CUS", "LEG.BIO")}, 0.5 / 1.1 + 0.5),
    ("specificity", {}, {"types": ("FUND",)}, 0.79),
    ("specificity", {}, {"kind": "standing_offer"}, 0.92),
    ("words", {"description": "Laboratoires de toxicologie"}, {"summary": "Toxicology laboratories"}, 1.0),
    ("words", {"description": "Laboratoires"}, {"summary": "Brokers"}, 0.0),
    ("preferred", {}, {}, 0.0),
    ("preferred", {"preferred_providers": frozenset({"WCO"})}, {}, 1.0),
    ("preferred", {"preferred_providers": frozenset({"OAS"})}, {"provider": "CICTE"}, 0.5),
    ("preferred", {"preferred_providers": frozenset({"CICTE"})}, {"provider": "OAS"}, 0.5),
    ("overlap", {}, {}, 0.0),
    ("overlap", {"existing_assistance": (ExistingAssistance("WCO", "BOR.CUS"),)}, {}, 1.0),
    ("overlap", {"existing_assistance": (ExistingAssistance("IMO", "BOR.CUS"),)}, {}, 0.6),
    ("overlap", {"existing_assistance": (ExistingAssistance("IMO", "LEG.BIO"),)}, {}, 0.0),
    ("overlap", {"existing_assistance": (ExistingAssistance("IMO", "BOR.CUS", date(2027, 1, 1)),)}, {}, 0.0),
    (
        "overlap",
        {"existing_assistance": (ExistingAssistance("IMO", "BOR.CUS"),)},
        {"summary": "A follow-up to earlier work."},
        0.3,
    ),
    ("language_barrier", {}, {}, 0.0),
    ("language_barrier", {}, {"languages": ("fr",)}, 1.0),
    ("language_barrier", {"needs": (need(types=("EQPT",)),)}, {"languages": ("fr",), "types": ("EQPT",)}, 0.0),
    ("coverage_gap", {"organization": "EAC"}, AFRICA, 0.0),
    (
        "coverage_gap",
        {"organization": "SICA"},
        {"coverage": "selected", "members_of": frozenset({"OAS"})},
        0.6 + 0.4 / 8,
    ),
    ("outside_region", {}, {"title": "Courses for the Caribbean"}, 1.0),
    ("outside_region", {}, {"title": "Courses for East Africa"}, 0.0),
    ("outside_region", {}, {"title": "Courses for the Caribbean", "states": frozenset({"KEN"})}, 0.0),
    ("unwanted", {"description": "Equipment is not needed."}, {"types": ("TRNG", "EQPT")}, 0.5),
    ("unwanted", {}, {"types": ("TRNG", "EQPT")}, 0.0),
]


@pytest.mark.parametrize(("part", "asked", "given", "expected"), CASES)
def test_part(part: str, asked: dict[str, Any], given: dict[str, Any], expected: float) -> None:
    assert value(part, asked, given) == pytest.approx(expected)


def test_every_part_has_cases() -> None:
    assert {case[0] for case in CASES} == set(PARTS) | set(LOWERING)


def total(asked: dict[str, Any] | None = None, given: dict[str, Any] | None = None) -> int:
    return scored(asked, given).hundredths


def scored(asked: dict[str, Any] | None = None, given: dict[str, Any] | None = None) -> Score:
    asked = dict(asked or {})
    needs = asked.pop("needs", (need(),))
    return score(pair(request(*needs, **asked), offer(**(given or {}))))


def test_a_second_need_met_in_full_comes_after_the_first_one() -> None:
    second = {"areas": ("LEG.BIO",), "types": ("LEGD",)}
    assert total({"needs": TWO_NEEDS}) > total({"needs": TWO_NEEDS}, second)


def test_full_help_on_one_high_need_is_worth_more_than_traces_of_all() -> None:
    needs = (need(), need("LEG.BIO", ("LEGD",), "high", "2"))
    traces = {"areas": ("BOR", "LEG"), "types": ("WKSH", "GUID")}
    assert total({"needs": needs}) > total({"needs": needs}, traces)


def test_the_same_area_comes_before_the_one_above_and_that_before_a_sibling() -> None:
    same, above, sibling = (total({}, {"areas": (area,)}) for area in ("BOR.CUS", "BOR", "BOR.MAR"))
    assert same > above > sibling


def test_a_region_never_makes_up_for_a_wrong_subject() -> None:
    regional = {"provider": "UNREC", "areas": ("BOR.MAR",), **AFRICA}
    assert total({"preferred_providers": frozenset({"UNREC"})}, regional) < total() / 4


def test_with_equal_content_the_regional_offer_comes_first() -> None:
    assert total({}, AFRICA) > total()
    assert total({}, {"provider": "UNREC", **AFRICA}) > total({}, AFRICA)


def test_a_preferred_provider_is_an_advantage_and_no_more() -> None:
    wanted = {"preferred_providers": frozenset({"WCO"})}
    assert total(wanted) > total()
    assert total(wanted, {"types": ("WKSH",)}) < total(wanted, {"provider": "IMO"})


def test_no_common_language_leaves_less_than_a_second_need() -> None:
    assert total({"needs": TWO_NEEDS}, {"languages": ("fr",)}) < total(
        {"needs": TWO_NEEDS}, {"areas": ("LEG.BIO",), "types": ("LEGD",)}
    )


def test_a_full_mark_on_every_part_is_a_hundred_points() -> None:
    asked = {"preferred_providers": frozenset({"UNREC"}), "title": "Customs"}
    assert total(asked, {"provider": "UNREC", "title": "Customs", **AFRICA}) == 10_000


def test_lowering_parts_take_their_percentage_one_after_the_other() -> None:
    asked = {"existing_assistance": (ExistingAssistance("WCO", "BOR.CUS"),)}
    found = scored(asked, {"languages": ("fr",)})
    points = {part.code: part.hundredths for part in found.parts}
    raised = sum(points[code] for code in PARTS)
    assert points["overlap"] == -round(raised * 0.75)
    assert points["language_barrier"] == -round((raised + points["overlap"]) * 0.6)
    assert found.hundredths == raised + points["overlap"] + points["language_barrier"]


def test_a_part_without_weight_brings_nothing() -> None:
    weights = {part: weight for part, weight in DEFAULT_POLICY.weights.items() if part != "region"}
    found = score(Matcher(directory(), Policy(version="2", weights=weights), TODAY).pair(request(), offer()))
    assert next(part for part in found.parts if part.code == "region").hundredths == 0
