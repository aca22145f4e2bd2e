"""Every code of the matching library has a sentence, and a stored explanation reads as one."""

import pytest

from assistance import explanations
from assistance.explanations import Words, describe, explain
from assistance.gate_sentences import PASSED_SENTENCES, gate_sentence
from assistance.matching.codes import CATALOGUE, codes_of
from assistance.portfolio_sentences import LEFT_OUT_SENTENCES, OPEN_NEED_SENTENCES
from tests.factories import AreaFactory, MatchFactory

pytestmark = pytest.mark.django_db

SENTENCES = {
    "gate": explanations.GATE_SENTENCES,
    "part": explanations.PART_SENTENCES,
    "missing": explanations.MISSING_SENTENCES,
    "paragraph": explanations.PARAGRAPH_SENTENCES,
    "reading": explanations.READING_SENTENCES,
    "warning": explanations.WARNING_SENTENCES,
    "package": explanations.PACKAGE_SENTENCES,
    "open_need": OPEN_NEED_SENTENCES,
    "left_out": LEFT_OUT_SENTENCES,
}
#: A value of the right kind for each parameter that a code may have.
VALUES = {
    "met": 1,
    "of": 2,
    "share": 0.5,
    "closest": 0.1,
    "late": 0.5,
    "early": 0,
    "capacity": 0,
    "starts_on": "2027-01-31",
    "ends_on": None,
    "needed_from": "2027-02-01",
    "needed_by": None,
    "until": "2027-12-31",
    "requester": "PER",
    "provider": "CICTE",
    "international": "WCO",
    "regional": "CICTE",
    "status": "suspended",
    "urgent": True,
    "prompt": False,
    "unfunded": False,
    "by_text": False,
    "area": "BIO.LAB",
    "key": "1",
    "priority": "high",
}


def params_of(code, variant):
    values = {name: VALUES.get(name, ["es"]) for name in code.params}
    if code.place == "part" and code.code == "types":
        values |= {"met": ["TRNG"], "missing": ["EQPT"]}
    if code.code == "text_narrows_coverage":
        values["states"] = 3
    for name in ("reason", "kind"):
        if name in values:
            values[name] = variant
    return values


CASES = [(code, variant) for code in CATALOGUE for variant in (code.variants or (None,))]


@pytest.mark.parametrize(("code", "variant"), CASES, ids=[f"{code.place}-{code.code}-{v or ''}" for code, v in CASES])
def test_every_code_of_the_library_has_a_sentence(code, variant):
    sentence = SENTENCES[code.place][code.code](params_of(code, variant), Words())
    assert sentence.endswith(".")
    assert "%(" not in sentence


@pytest.mark.parametrize("place", sorted(SENTENCES))
def test_no_sentence_is_left_of_a_code_that_is_gone(place):
    assert set(SENTENCES[place]) == set(codes_of(place))


GATES = [code for code in CATALOGUE if code.place == "gate"]


@pytest.mark.parametrize("code", GATES, ids=[code.code for code in GATES])
def test_every_gate_has_a_sentence_for_having_been_passed(code):
    said = PASSED_SENTENCES[code.code](params_of(code, None), Words())
    assert said.endswith(".")
    assert "%(" not in said


FORMER = "Computed by an earlier version of the rules, which said more here than can be shown now."
PERIOD = {"starts_on": None, "ends_on": "2027-03-31", "needed_from": "2027-05-01", "needed_by": None}
COVERED = {"requester": "KEN", "share": 0, "by_text": False, "regional_groups": [], "states": [], "members_of": ["OAS"]}


@pytest.mark.parametrize(
    ("code", "passed", "params", "sentence"),
    [
        ("capacity", False, {"capacity": 0}, "It is full: no place is left."),
        ("capacity", True, {"capacity": 2}, "2 places are left."),
        ("capacity", True, {"capacity": None}, "No limit to its places is known."),
        (
            "period",
            False,
            {"reason": "ends_before", **PERIOD},
            "It ends on 31 March 2027; help is needed from 1 May 2027.",
        ),
        (
            "period",
            False,
            {"reason": "starts_after", **PERIOD, "starts_on": "2028-01-01", "needed_by": "2027-12-31"},
            "It starts on 1 January 2028; help is needed by 31 December 2027.",
        ),
        ("covered", False, COVERED, "It is open to members of OAS only."),
        (
            "covered",
            False,
            COVERED | {"regional_groups": ["African"], "members_of": []},
            "It is open to African States only.",
        ),
        ("covered", False, COVERED | {"members_of": []}, "It names no State to which it is open."),
        (
            "covered",
            False,
            COVERED | {"share": 0.25, "requester": "SICA"},
            "It is open to members of OAS only: to 25% of the members of SICA.",
        ),
        ("covered", True, COVERED | {"share": 1}, "It is open to members of OAS, so to KEN too."),
        (
            "live",
            False,
            {"reason": "status", "status": "suspended", "ends_on": None},
            "It is not live; its status is “Suspended”.",
        ),
        ("live", False, {"reason": "over", "status": "ongoing", "ends_on": "2026-03-31"}, "It ended on 31 March 2026."),
        ("of_an_older_policy", False, {}, FORMER),
        ("period", False, {"reason": "ends_before"}, FORMER),
    ],
)
def test_a_gate_is_told_with_its_facts(code, passed, params, sentence):
    assert gate_sentence(code, params, Words(), passed=passed) == sentence


def test_labels_are_there_for_every_part_and_gate():
    assert set(explanations.PART_LABELS) == set(codes_of("part"))
    assert set(explanations.GATE_LABELS) == set(codes_of("gate"))


STORED = {
    "score": 42.5,
    "policy": "1",
    "parts": [
        {"code": "needs", "value": 1, "weight": 50, "points": 40.0, "params": {"met": 1, "of": 1}},
        {"code": "preferred", "value": 0, "weight": 50, "points": 0, "params": {"provider": "CICTE"}},
        {"code": "of_an_older_policy", "value": 1, "weight": 0, "points": 2.5, "params": {}},
    ],
    "needs": [
        {
            "key": "1",
            "area": "BIO.LAB",
            "priority": "high",
            "met_by": "BIO",
            "closeness": 0.6,
            "met": 0.5,
            "types_met": [],
            "types_missing": ["TRNG"],
        }
    ],
    "missing": [],
    "gates": [{"code": "capacity", "passed": True, "params": {"capacity": 3}}],
    "paragraphs": [{"ref": "2325/19", "code": "op19_notified", "params": {"provider": "CICTE", "offer": "OFF-1"}}],
    "readings": [],
}


def test_an_explanation_stays_readable_when_the_policy_no_longer_has_a_code():
    AreaFactory(code="BIO.LAB", label="Laboratories")
    AreaFactory(code="BIO", label="Biosafety")
    shown = describe(STORED, Words())
    assert [part.label for part in shown.parts] == [
        "Needs met",
        "Preferred provider",
        "Earlier rule: of an older policy",
    ]
    assert shown.parts[2].sentence == FORMER
    assert sum(part.points for part in shown.parts) == shown.score
    assert shown.needs[0].label == "Laboratories"
    assert shown.needs[0].met_by
    assert shown.paragraphs[0].label == "Resolution 2325, paragraph 19"
    assert shown.gates[0].is_passed


def part(code: str, weight: float, points: float, params: dict | None = None) -> dict:
    return {"code": code, "value": 0.5, "weight": weight, "points": points, "params": params or {}}


def test_a_part_of_an_earlier_version_keeps_its_share_by_the_place_where_it_stands():
    """Parts that raise stand before those that lower, so the shares of all add up to 100 as when they were computed."""
    parts = [
        part("needs", 30, 20.0, {"met": 1, "of": 1}),
        part("trust", 10, 0.0),
        part("overlap", 75, -2.0, {"provider": "WCO", "area": "BIO", "until": None}),
        part("weather", 40, 0.0),
    ]
    shown = describe(STORED | {"parts": parts, "score": 18.0}, Words()).parts
    assert [(item.label, item.maximum) for item in shown] == [
        ("Needs met", 75.0),
        ("Earlier rule: trust", 25.0),
        ("Help already running", 0),
        ("Earlier rule: weather", 0),
    ]


def test_other_facts_than_a_sentence_needs_today_do_not_break_the_page():
    parts = [part("region", 10, 5.0, {"kind": "continental", "provider": "WCO"}), part("timing", 10, 5.0, {})]
    missing = [{"code": "types_missing", "params": {"area": "BIO"}}, {"code": "gone", "params": {}}]
    shown = describe(STORED | {"parts": parts, "missing": missing}, Words())
    assert {item.sentence for item in shown.parts} == {FORMER}
    assert shown.missing == [FORMER, FORMER]


def test_a_match_without_explanation_shows_none():
    assert explain(MatchFactory(explanation={})).parts == []
