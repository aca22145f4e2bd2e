"""The domain's words in seven languages: what a term in a text stands for.

The words are data (`assistance/reference/glossary.csv`), one concept a row, a column a language, terms
separated by "|". A word that ends in "*" stands for all words that begin so; accents and capitals do not
matter. The kind of a row says what it is for:

- subject: points to areas of assistance;  form: points to types of assistance;  weapon: NW, CW or BW;
- language: a working language;  place: a group of States (`code` is group:, states:, class: or speaks:);
- cue: a phrase that tells how to take its sentence ("is not included", "places are closed"); `code` names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistance.matching.text import Hit, Lexicon, Word

LANGUAGES = ("en", "fr", "es", "pt", "ru", "ar", "zh")
KINDS = ("subject", "form", "weapon", "language", "place", "cue")
CUES = frozenset(
    {
        "asks",
        "continues",
        "earlier-phase",
        "ended",
        "filled",
        "for-organizations",
        "interpretation",
        "limited-to",
        "must",
        "neutral",
        "none-of",
        "not-given",
        "not-given-after",
        "not-only",
        "not-open-to",
        "only",
        "organizations-only",
        "places",
        "prompt",
        "refused",
        "remaining",
        "speaks-no-other",
        "suspended",
        "undefined-need",
        "unfunded",
        "urgent",
        "wanted",
    }
)


class InvalidGlossary(ValueError):
    """A row of the glossary that cannot be used; the message names the concept."""


@dataclass(frozen=True)
class Concept:
    """One row: what its terms stand for."""

    name: str
    kind: str
    areas: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    code: str = ""


class Glossary:
    """Concepts and the lexicons that find them; immutable once built, so safe to share and to cache by."""

    def __init__(self, entries: Iterable[tuple[Concept, Sequence[str]]]) -> None:
        self.concepts: dict[str, Concept] = {}
        by_lexicon: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
        self.entries = tuple((concept, tuple(terms)) for concept, terms in entries)
        for concept, terms in self.entries:
            _check(concept, self.concepts)
            key = concept_key(concept)
            self.concepts[key] = concept
            by_lexicon[concept.kind].extend((key, term) for term in terms)
        # Subjects and forms share a lexicon, so that "licensing software" is not also "licensing".
        self._content = Lexicon(by_lexicon["subject"] + by_lexicon["form"])
        self._others = {kind: Lexicon(by_lexicon[kind]) for kind in KINDS[2:]}

    @classmethod
    def empty(cls) -> Glossary:
        """A glossary without words: texts are then not read at all."""
        return cls(())

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, str]]) -> Glossary:
        """From the rows of the CSV file. Raises InvalidGlossary, naming the concept."""
        return cls((_concept_of(row), _terms_of(row)) for row in rows)

    def content(self, words: Sequence[Word]) -> list[tuple[Concept, Hit]]:
        """Subjects and forms of help in a text, in order."""
        return [(self.concepts[hit.name], hit) for hit in self._content.hits(words)]

    def of_kind(self, kind: str, words: Sequence[Word]) -> list[tuple[Concept, Hit]]:
        """Hits of one of the other kinds: weapon, language, place; of cues all, also one inside another."""
        return [(self.concepts[hit.name], hit) for hit in self._others[kind].hits(words, nested=kind == "cue")]


def concept_key(concept: Concept) -> str:
    return f"{concept.kind}:{concept.name}"


def _concept_of(row: Mapping[str, str]) -> Concept:
    return Concept(
        name=row["concept"].strip(),
        kind=row["kind"].strip(),
        areas=frozenset(_pieces(row.get("areas", ""))),
        types=frozenset(_pieces(row.get("types", ""))),
        code=row.get("code", "").strip(),
    )


def _terms_of(row: Mapping[str, str]) -> list[str]:
    return [term for language in LANGUAGES for term in _pieces(row.get(language, ""))]


def _pieces(cell: str) -> list[str]:
    return [piece.strip() for piece in cell.split("|") if piece.strip()]


def _check(concept: Concept, known: Mapping[str, Concept]) -> None:
    if not concept.name:
        raise InvalidGlossary("A glossary row has no concept.")
    if concept.kind not in KINDS:
        raise InvalidGlossary(f"Glossary: {concept.name} has the unknown kind {concept.kind!r}.")
    if concept.kind == "cue" and concept.code not in CUES:
        raise InvalidGlossary(f"Glossary: {concept.name} has the unknown cue {concept.code!r}.")
    if concept_key(concept) in known:
        raise InvalidGlossary(f"Glossary: {concept.name} ({concept.kind}) occurs twice.")
