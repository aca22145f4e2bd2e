"""The glossary as data: complete, consistent with the vocabularies, refused when wrong."""

from __future__ import annotations

import csv

import pytest

from assistance.matching.bank import ASSISTANCE_REFERENCE
from assistance.matching.glossary import CUES, KINDS, LANGUAGES, Glossary, InvalidGlossary

from .builders import directory


def rows() -> list[dict[str, str]]:
    with (ASSISTANCE_REFERENCE / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row(**values: str) -> dict[str, str]:
    return {
        "concept": "customs",
        "kind": "subject",
        "areas": "BOR.CUS",
        "types": "",
        "code": "",
        "en": "customs",
        **values,
    }


def test_every_area_and_type_of_the_vocabularies_has_words() -> None:
    areas = {code for item in rows() for code in item["areas"].split("|")}
    types = {code for item in rows() for code in item["types"].split("|")}
    assert set(directory().areas.codes) <= areas
    assert set(directory().type_families) <= types


def test_no_row_points_to_an_unknown_area_or_type() -> None:
    areas = {code for item in rows() for code in item["areas"].split("|") if code}
    types = {code for item in rows() for code in item["types"].split("|") if code}
    assert areas <= set(directory().areas.codes)
    assert types <= set(directory().type_families)


def test_every_concept_has_terms_in_all_seven_languages() -> None:
    assert [(item["concept"], language) for item in rows() for language in LANGUAGES if not item[language]] == []


def test_every_cue_that_the_readings_ask_for_has_words() -> None:
    assert {item["code"] for item in rows() if item["kind"] == "cue"} == CUES


def test_all_kinds_occur() -> None:
    assert {item["kind"] for item in rows()} == set(KINDS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([row(concept="")], "no concept"),
        ([row(kind="topic")], "unknown kind 'topic'"),
        ([row(kind="cue", code="perhaps")], "unknown cue 'perhaps'"),
        ([row(), row()], "occurs twice"),
    ],
)
def test_a_wrong_row_is_refused_by_name(wrong: list[dict[str, str]], message: str) -> None:
    with pytest.raises(InvalidGlossary, match=message):
        Glossary.from_rows(wrong)
