"""Rules of the glossary's rows: which terms no text can hold, and which codes a kind understands."""

from __future__ import annotations

import csv

import pytest

from assistance.matching.bank import ASSISTANCE_REFERENCE
from assistance.matching.glossary import LANGUAGES
from assistance.matching.glossary_rules import KnownCodes, term_fault, unknown_in_code

KNOWN = KnownCodes(
    areas=frozenset({"BOR", "EXP"}),
    types=frozenset({"TRNG"}),
    states=frozenset({"KEN", "MLI"}),
    regions=frozenset({"African", "Western Africa"}),
    organizations=frozenset({"ECOWAS"}),
    languages=frozenset({"fr"}),
    weapon_types=frozenset({"NW"}),
)


@pytest.mark.parametrize(
    ("term", "fault"),
    [
        ("customs", ""),
        ("licen* software", ""),
        ("non-State actors", ""),
        ("3 places left", ""),
        ("生物安全", ""),
        ("السلامة البيولوجية", ""),
        ("customs|tax", "separator"),
        ("", "start"),
        ("*customs", "start"),
        ("-customs", "start"),
        ("cust*ms", "star"),
        ("customs * law", "star"),
        ("cu*", "short"),
        ("U.S. law", "never"),
    ],
)
def test_a_term_that_no_text_can_hold_is_told_by_its_fault(term: str, fault: str) -> None:
    assert term_fault(term) == fault


def test_every_term_of_the_file_can_be_found() -> None:
    with (ASSISTANCE_REFERENCE / "glossary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    terms = [term for row in rows for language in LANGUAGES for term in row[language].split("|") if term]
    assert [(term, term_fault(term)) for term in terms if term_fault(term)] == []
    assert len(terms) > 5000


@pytest.mark.parametrize(
    ("kind", "code", "unknown"),
    [
        ("subject", "", []),
        ("subject", "actor", []),
        ("subject", "actor excludes:BOR EXP", []),
        ("subject", "excludes:*", []),
        ("subject", "player", ["player"]),
        ("subject", "excludes:BOR XXX", ["XXX"]),
        ("form", "", []),
        ("form", "TRNG", ["TRNG"]),
        ("weapon", "NW", []),
        ("weapon", "", [""]),
        ("language", "xx", ["xx"]),
        ("cue", "only", []),
        ("cue", "perhaps", ["perhaps"]),
        ("place", "group:Western Africa|members:ECOWAS", []),
        ("place", "states:KEN MLI", []),
        ("place", "class:ldc", []),
        ("place", "speaks:fr", []),
        ("place", "states:", ["states:"]),
        ("place", "states:KEN XXX|group:Mars", ["states:KEN XXX", "group:Mars"]),
        ("place", "Africa", ["Africa"]),
    ],
)
def test_a_code_that_its_kind_does_not_understand_is_named(kind: str, code: str, unknown: list[str]) -> None:
    assert unknown_in_code(kind, code, KNOWN) == unknown
