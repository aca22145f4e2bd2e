"""Words, sentences and terms in several scripts."""

from __future__ import annotations

import pytest

from assistance.matching.text import Lexicon, plain, words_of


def found(text: str, *terms: str) -> list[str]:
    lexicon = Lexicon((term, term) for term in terms)
    return [hit.name for hit in lexicon.hits(words_of(text))]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Training of CUSTOMS officers", "customs"),
        ("la sécurité biologique", "securite biologique"),
        ("capacitación aduanera", "aduan*"),
        ("обучение таможенных служб", "таможен*"),
        ("تدريب موظفي الجمارك", "جمارك"),
        ("ولا حاجة إلى معدات", "لا حاجة"),
        ("海关培训", "海关"),
        ("l'équipement de détection", "equipement"),
        ("trans-shipment of goods", "trans-ship*"),
        ("licence for export", "licence export"),
    ],
)
def test_a_term_is_found_whatever_its_case_accents_and_particles(text: str, term: str) -> None:
    assert found(text, term) == [term]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("customary law", "customs"),
        ("control. List of goods", "control list"),
        ("control of many other very long lists", "control list*"),
        ("海上关税", "海关"),
    ],
)
def test_a_term_is_not_found_in_other_words_or_across_sentences(text: str, term: str) -> None:
    assert found(text, term) == []


def test_the_longest_reading_wins() -> None:
    assert found("law enforcement and the law", "law", "law enforcement") == ["law enforcement", "law"]


def test_a_reading_with_a_gap_does_not_hide_what_stands_in_the_gap() -> None:
    assert found("is not provided", "is provided", "not provided") == ["is provided", "not provided"]


def test_sentences_clauses_and_parts_are_counted() -> None:
    words = words_of("Equipment, and training; but no travel. Costs 1.5 million")
    assert [word.sentence for word in words] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert words[1].part > words[0].part
    assert words[3].clause > words[2].clause


def test_letters_are_reduced_to_their_plain_form() -> None:
    assert plain("Équipé") == "equipe"
    assert plain("مَدرسةٌ") == plain("مدرسه")
