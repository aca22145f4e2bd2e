"""Every gate with cases on both sides of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from assistance.matching import ExistingAssistance, OfferProfile, RequestProfile, gates
from assistance.matching.gates import GateResult
from assistance.matching.pair import Pair

from .builders import TODAY, need, offer, pair, request

Case = tuple[str, RequestProfile, OfferProfile, str | None]
PASSED: str | None = None

SELECTED = {"coverage": "selected"}
WHO_UNTIL_2030 = (ExistingAssistance("WHO", "BIO.TRN", date(2030, 1, 1)),)


def case(
    gate: Callable[[Pair], GateResult], name: str, asked: dict[str, Any], given: dict[str, Any], reason: Any
) -> Any:
    needs = asked.pop("needs", (need(),))
    return pytest.param(gate, request(*needs, **asked), offer(**given), reason, id=f"{gate.__name__}: {name}")


CASES = [
    case(gates.live, "ongoing", {}, {}, True),
    case(gates.live, "planned", {}, {"status": "planned"}, True),
    case(gates.live, "suspended", {}, {"status": "suspended"}, "status"),
    case(gates.live, "draft", {}, {"status": "draft"}, "status"),
    case(gates.live, "ends today", {}, {"ends_on": TODAY}, True),
    case(gates.live, "over", {}, {"ends_on": date(2026, 11, 21)}, "over"),
    case(gates.live, "no dates", {}, {"starts_on": None, "ends_on": None}, True),
    case(gates.open_by_text, "silent", {}, {"summary": "Courses."}, True),
    case(gates.open_by_text, "closed", {}, {"summary": "Registration is closed."}, False),
    case(gates.period, "within", {}, {}, True),
    case(gates.period, "starts on the last day", {}, {"starts_on": date(2027, 12, 31)}, True),
    case(gates.period, "starts too late", {}, {"starts_on": date(2028, 1, 1)}, "starts_after"),
    case(gates.period, "ends too early", {}, {"ends_on": date(2027, 1, 31)}, "ends_before"),
    case(
        gates.period,
        "no wanted period",
        {"needed_from": None, "needed_by": None},
        {"starts_on": date(2031, 1, 1), "ends_on": None},
        True,
    ),
    case(gates.covered, "global", {}, {}, True),
    case(gates.covered, "group", {}, {**SELECTED, "regional_groups": frozenset({"African"})}, True),
    case(gates.covered, "members", {}, {**SELECTED, "members_of": frozenset({"EAC"})}, True),
    case(gates.covered, "named", {}, {**SELECTED, "states": frozenset({"KEN"})}, True),
    case(gates.covered, "another State", {}, {**SELECTED, "states": frozenset({"UGA"})}, False),
    case(gates.covered, "nobody", {}, {**SELECTED}, False),
    case(gates.covered, "text narrows", {}, {"summary": "Landlocked States only."}, False),
    case(
        gates.covered,
        "organization, all members but one",
        {"organization": "SICA"},
        {**SELECTED, "members_of": frozenset({"OAS"})},
        True,
    ),
    case(
        gates.covered,
        "organization, two of fourteen members",
        {"organization": "CARICOM"},
        {**SELECTED, "states": frozenset({"JAM", "TTO"})},
        False,
    ),
    case(
        gates.covered,
        "organization, its members as a group",
        {"organization": "CARICOM"},
        {**SELECTED, "members_of": frozenset({"CARICOM"})},
        True,
    ),
    case(gates.capacity, "unknown", {}, {"capacity": None}, True),
    case(gates.capacity, "one left", {}, {"capacity": 1}, True),
    case(gates.capacity, "full", {}, {"capacity": 0}, False),
    case(gates.not_own, "other", {}, {}, True),
    case(gates.not_own, "own", {"organization": "OAS"}, {"provider": "OAS"}, False),
    case(gates.not_own, "own organ", {"organization": "OAS"}, {"provider": "CICTE"}, False),
    case(gates.not_own, "own State", {}, {"provider": "KEN"}, False),
    case(gates.not_declined, "not declined", {"declined_providers": frozenset({"NATO"})}, {}, True),
    case(gates.not_declined, "declined", {"declined_providers": frozenset({"WCO"})}, {}, False),
    case(
        gates.not_declined,
        "preferred and declined",
        {"declined_providers": frozenset({"WCO"}), "preferred_providers": frozenset({"WCO"})},
        {},
        False,
    ),
    case(gates.not_declined, "in the text", {"description": "Offers by WCO cannot be accepted."}, {}, False),
    case(gates.need_in_reach, "same area", {}, {}, True),
    case(gates.need_in_reach, "area above", {}, {"areas": ("BOR",)}, True),
    case(gates.need_in_reach, "sibling", {}, {"areas": ("BOR.MAR",)}, "area"),
    case(gates.need_in_reach, "catch-all", {}, {"areas": ("CAP",)}, "area"),
    case(gates.need_in_reach, "unknown area asked", {"needs": (need("XXX"),)}, {}, "area"),
    case(
        gates.need_in_reach,
        "another weapon type",
        {"weapon_types": frozenset({"NW"})},
        {"weapon_types": frozenset({"CW"})},
        "weapon_type",
    ),
    case(
        gates.need_in_reach,
        "only a low need, from afar",
        {"needs": (need("LEG.BIO"), need(priority="low", key="2"))},
        {"areas": ("BOR",)},
        "low_priority",
    ),
    case(gates.form_of_help, "same form", {}, {}, True),
    case(gates.form_of_help, "near form", {}, {"types": ("WKSH",)}, True),
    case(gates.form_of_help, "hardware for a course", {}, {"types": ("EQPT",)}, "other_form"),
    case(
        gates.form_of_help,
        "refused",
        {"needs": (need(types=("EQPT",)),), "description": "Courses are not needed."},
        {},
        "refused",
    ),
    case(gates.form_of_help, "no form asked", {"needs": (need(types=()),)}, {"types": ("EQPT",)}, True),
    case(gates.form_of_help, "text takes the form away", {}, {"summary": "No courses are held."}, "other_form"),
    case(gates.language, "common", {}, {}, True),
    case(gates.language, "none, not insisted", {}, {"languages": ("fr",)}, True),
    case(
        gates.language,
        "none, insisted",
        {"description": "Courses must be in English."},
        {"languages": ("fr",)},
        False,
    ),
    case(
        gates.language,
        "none, insisted, but equipment alone",
        {"description": "Manuals must be in English.", "needs": (need(types=("EQPT",)),)},
        {"languages": ("fr",), "types": ("EQPT",)},
        True,
    ),
    case(
        gates.not_already_received,
        "same provider, whole period",
        {"needs": (need("BIO", ("TRNG",)),), "existing_assistance": WHO_UNTIL_2030},
        {"provider": "WHO", "areas": ("BIO.TRN",)},
        False,
    ),
    case(
        gates.not_already_received,
        "same provider, asked for again",
        {"needs": (need("BIO.TRN", ("TRNG",)),), "existing_assistance": WHO_UNTIL_2030},
        {"provider": "WHO", "areas": ("BIO.TRN",)},
        True,
    ),
    case(
        gates.not_already_received,
        "other provider",
        {"needs": (need("BIO", ("TRNG",)),), "existing_assistance": WHO_UNTIL_2030},
        {"provider": "IFBA", "areas": ("BIO.TRN",)},
        True,
    ),
    case(
        gates.not_already_received,
        "ends before the wanted period",
        {
            "needs": (need("BIO", ("TRNG",)),),
            "existing_assistance": (ExistingAssistance("WHO", "BIO.TRN", date(2027, 1, 31)),),
        },
        {"provider": "WHO", "areas": ("BIO.TRN",)},
        True,
    ),
    case(
        gates.not_already_received,
        "the offer continues it",
        {"needs": (need("BIO", ("TRNG",)),), "existing_assistance": WHO_UNTIL_2030},
        {"provider": "WHO", "areas": ("BIO.TRN",), "summary": "Second phase."},
        True,
    ),
]


@pytest.mark.parametrize(("gate", "asked", "given", "expected"), CASES)
def test_gate(
    gate: Callable[[Pair], GateResult], asked: RequestProfile, given: OfferProfile, expected: bool | str
) -> None:
    result = gate(pair(asked, given))
    assert result.code == gate.__name__
    assert result.passed is (expected is True)
    if isinstance(expected, str):
        assert result.params["reason"] == expected


def test_every_gate_has_cases_on_both_sides() -> None:
    sides = {(case.values[0], case.values[3] is True) for case in CASES}
    assert sides == {(gate, passed) for gate in gates.GATES for passed in (True, False)}
