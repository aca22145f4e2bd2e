"""Sentences as letters and programmes put them, in six languages: each is read as meant.

They are data (`tests/data/matching_sentences/`): subjects and forms of help for every area and type, and turns of
phrase that refuse, close, insist or narrow.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistance.matching.bank import offer_profile, request_profile
from assistance.matching.evidence import area_evidence, form_codes
from assistance.matching.offer_reading import OfferReading, read_offer
from assistance.matching.passages import Passage
from assistance.matching.request_reading import RequestReading, read_request

from .builders import directory

SENTENCES = Path(__file__).parents[2] / "data" / "matching_sentences"
FIELDS = {"BIO": {"BW"}, "CHE": {"CW"}, "NUC": {"NW"}}
AMONG_THE_BEST = 0.5
"""The area meant has at least this share of the weight of the area that a sentence names most."""


def rows(name: str) -> list[tuple[str, ...]]:
    with (SENTENCES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in list(csv.reader(file))[1:]]


@pytest.mark.parametrize(("area", "language", "sentence"), rows("subjects"))
def test_a_sentence_is_about_the_area_that_is_meant(area: str, language: str, sentence: str) -> None:
    tree = directory().areas
    passage = Passage("", sentence, directory().glossary)
    weapon_types = FIELDS.get(area.rpartition(".")[2], tree.weapon_types.get(area, frozenset()))
    evidence = area_evidence(passage, passage.terms, tree, weapon_types)
    assert evidence.get(area, 0) > 0, language
    assert evidence[area] >= AMONG_THE_BEST * max(evidence.values())


def test_every_narrow_area_has_a_sentence_in_every_language() -> None:
    tree = directory().areas
    narrow = {code for code in tree.codes if not tree.is_top(code)} - {"AWA.GOV"}
    assert narrow <= {area for area, _, _ in rows("subjects")}
    assert {language for _, language, _ in rows("subjects")} == {"en", "fr", "es", "ru", "ar", "zh"}


@pytest.mark.parametrize(("form", "language", "sentence"), rows("forms"))
def test_a_sentence_names_the_form_of_help_that_is_meant(form: str, language: str, sentence: str) -> None:
    assert form in form_codes(Passage("", sentence, directory().glossary).terms), language


def test_every_form_of_help_has_a_sentence() -> None:
    assert {form for form, _, _ in rows("forms")} == set(directory().type_families)


def asked(text: str, area: str = "BOR.EQP", types: tuple[str, ...] = ("EQPT", "TRNG")) -> RequestReading:
    needs = [{"area": area, "types": types, "priority": "high"}]
    request = {"reference": "R", "state": "KEN", "title": "Border controls", "description": text, "needs": needs}
    return read_request(request_profile({**request, "languages": ["en"]}), directory())


def given(text: str) -> OfferReading:
    offer: dict[str, Any] = {"reference": "O", "organization": "IAEA", "title": "Border controls", "summary": text}
    offer |= {"areas": ["BOR.EQP"], "types": ["EQPT", "TRNG"], "coverage": "global", "languages": ["en", "fr", "es"]}
    return read_offer(offer_profile(offer), directory())


def refuses_training(text: str) -> bool:
    return "TRNG" in asked(text).needs[0].refused_types


def open_to(text: str, inside: str, outside: str) -> bool:
    covered = given(text).covered
    return covered is not None and inside in covered and outside not in covered


TURNS: dict[str, Callable[[str], bool]] = {
    "request refuses training": refuses_training,
    "request asks for training": lambda text: not refuses_training(text),
    "request insists on English": lambda text: asked(text).insists_on_language,
    "request does not insist": lambda text: not asked(text).insists_on_language,
    "request declines WCO": lambda text: "WCO" in asked(text).declined,
    "request does not decline WCO": lambda text: "WCO" not in asked(text).declined,
    "request is urgent": lambda text: asked(text).is_urgent,
    "request is vague": lambda text: asked(text, "BOR.CUS", ("NEED",)).is_vague,
    "offer gives no equipment": lambda text: "EQPT" not in given(text).types,
    "offer gives equipment": lambda text: "EQPT" in given(text).types,
    "offer is closed": lambda text: given(text).is_closed,
    "offer is open": lambda text: not given(text).is_closed,
    "offer is in English only": lambda text: given(text).languages == {"en"},
    "offer is for small island States": lambda text: open_to(text, "FJI", "KEN"),
    "offer is not for Africa": lambda text: open_to(text, "FJI", "KEN"),
    "offer adds Arabic": lambda text: "ar" in given(text).languages,
    "offer adds no Arabic": lambda text: "ar" not in given(text).languages,
}


@pytest.mark.parametrize(("turn", "sentence"), rows("turns"))
def test_a_turn_of_phrase_is_taken_as_meant(turn: str, sentence: str) -> None:
    assert TURNS[turn](sentence)


def test_every_turn_has_sentences() -> None:
    assert {turn for turn, _ in rows("turns")} == set(TURNS)
