"""The worked example of `docs/matching.md` is recomputed, and its tables are those of the policy."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from assistance.matching import DEFAULT_POLICY
from assistance.matching.bank import offer_profile, request_profile
from assistance.matching.closeness import CATCH_ALL, OFFER_ABOVE, OFFER_BELOW, SIBLING
from assistance.matching.gates import GATES
from assistance.matching.policy import LOWERING, PARTS

from .builders import matcher

PAGE = (Path(__file__).parents[3] / "docs" / "matching.md").read_text(encoding="utf-8")


def explanation() -> dict[str, Any]:
    request, offer = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    return matcher().explain(request_profile(request), offer_profile(offer))


def test_every_line_of_the_example_is_what_the_library_computes() -> None:
    found = explanation()
    lines = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \| (-?[\d.]+) \|$", PAGE, re.MULTILINE)
    computed = [
        (part["code"], f"{part['value']:.4f}", f"{part['weight']:g}", f"{part['points']:.2f}")
        for part in found["parts"]
    ]
    assert lines == computed
    assert f"| **Score** | | | **{found['score']:.2f}** |" in PAGE
    assert f"= {found['fit']:.4f}." in PAGE
    assert all(gate["passed"] for gate in found["gates"])


def test_the_weights_on_the_page_are_those_of_the_policy() -> None:
    weights = dict(re.findall(r"^\| `(\w+)`(?: †)? \| (\d+) \| [^|]+ \|$", PAGE, re.MULTILINE))
    policy = {**DEFAULT_POLICY.weights, **DEFAULT_POLICY.lowering}
    assert {part: float(weights[part]) for part in (*PARTS, *LOWERING)} == policy
    assert f"**threshold** ({DEFAULT_POLICY.threshold:g})" in PAGE


def test_the_gates_on_the_page_are_all_gates_in_order() -> None:
    section = PAGE.partition("## Gates")[2].partition("## How well")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [gate.__name__ for gate in GATES]


def test_the_closeness_on_the_page_is_that_of_the_rules() -> None:
    section = PAGE.partition("**Area**")[2].partition("**Form**")[0]
    assert [float(number) for number in re.findall(r"0\.\d+", section)] == [
        OFFER_BELOW,
        OFFER_ABOVE,
        SIBLING,
        CATCH_ALL,
    ]
