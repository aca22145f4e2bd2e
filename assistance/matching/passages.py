"""What the parts of a text say: terms, the cues that turn them, and how far a cue reaches.

A cue such as "is not included" speaks about the terms of its own part of the sentence. Short parts beside it
belong to the same list ("equipment, travel and construction are not included") and are reached as well; if
its part names nothing, it speaks about the whole clause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistance.matching.glossary import Concept, Glossary
from assistance.matching.text import Hit, Lexicon, Word, words_of

SHORT_PART = 3
"""A neighbouring part of at most so many words is taken as a piece of the same list."""
NEAR = 3
"""How many words after "no" or "without" the thing denied may begin."""


@dataclass(frozen=True)
class Term:
    """A concept at its place in the text."""

    concept: Concept
    hit: Hit


class Passage:
    """A title and a text read once: terms, cues, languages and places, and where they stand.

    `names` finds States and organizations by name; what it finds counts as a place.
    """

    def __init__(self, title: str, text: str, glossary: Glossary, names: Lexicon | None = None) -> None:
        self.words: tuple[Word, ...] = words_of(f"{title}\n{text}")
        self.title_length = len(words_of(title))
        self.terms = _terms(glossary.content(self.words))
        self.weapons = _terms(glossary.of_kind("weapon", self.words))
        self.places = _terms(glossary.of_kind("place", self.words))
        if names is not None:
            self.places += [Term(Concept(hit.name, "place", code=hit.name), hit) for hit in names.hits(self.words)]
        self.languages = _outside(_terms(glossary.of_kind("language", self.words)), self.places)
        self.cues: dict[str, list[Hit]] = defaultdict(list)
        for concept, hit in _unless_neutral(glossary.of_kind("cue", self.words)):
            self.cues[concept.code].append(hit)
        self._parts_with_cues = {hit.part for code in _VERBS for hit in self.cues.get(code, ())}
        self._part_lengths: dict[int, int] = defaultdict(int)
        self._part_clauses: dict[int, int] = {}
        for word in self.words:
            self._part_lengths[word.part] += 1
            self._part_clauses[word.part] = word.clause

    def about(self, cue: Hit, items: Iterable[Term]) -> list[Term]:
        """The items that a cue speaks about, on both of its sides."""
        items = list(items)
        parts = self._list_around(cue.part)
        near = [item for item in items if item.hit.part in parts]
        return near or [item for item in items if item.hit.clause == cue.clause]

    def after(self, cue: Hit, items: Iterable[Term]) -> list[Term]:
        """The items that follow a cue ("does not include ..."), with the short parts that continue the list."""
        parts = self._list_around(cue.part)
        return [item for item in items if item.hit.start >= cue.start and item.hit.part in parts]

    def next_to(self, cue: Hit, items: Iterable[Term]) -> list[Term]:
        """The items that begin right after a cue such as "no", within the same clause."""
        return [item for item in items if item.hit.clause == cue.clause and cue.end <= item.hit.start < cue.end + NEAR]

    def in_list(self, cue: Hit, items: Iterable[Term]) -> list[Term]:
        """The items in the cue's part and in the short parts beside it."""
        parts = self._list_around(cue.part)
        return [item for item in items if item.hit.part in parts]

    def same_part(self, cue: Hit, items: Iterable[Term]) -> list[Term]:
        return [item for item in items if item.hit.part == cue.part]

    def has_in_sentence(self, code: str, sentence: int) -> bool:
        return any(hit.sentence == sentence for hit in self.cues.get(code, ()))

    @cached_property
    def asking(self) -> frozenset[int]:
        """The sentences that ask for something; "is not asked for" asks for nothing."""
        refused = self.cues.get("refused", ())
        return frozenset(
            cue.sentence
            for cue in self.cues.get("asks", ())
            if not any(other.start <= cue.start < other.end for other in refused)
        )

    def _list_around(self, part: int) -> set[int]:
        found = {part}
        clause = self._part_clauses[part]
        for step in (-1, 1):
            other = part + step
            while self._part_clauses.get(other) == clause and self._continues_list(other):
                found.add(other)
                other += step
        return found

    def _continues_list(self, part: int) -> bool:
        return 0 < self._part_lengths[part] <= SHORT_PART and part not in self._parts_with_cues


_NEUTRAL = ("neutral", "not-only")
_UNTOUCHED = (*_NEUTRAL, "urgent", "prompt")
"""Cues that stay even inside a figure of speech: "without delay" denies nothing, and still presses."""
_VERBS = ("not-given", "not-given-after", "refused", "none-of")


def _unless_neutral(found: list[tuple[Concept, Hit]]) -> list[tuple[Concept, Hit]]:
    """The cues that do not begin inside a figure of speech: "no later than" denies nothing, nor does "not only"."""
    neutral = [hit for concept, hit in found if concept.code in _NEUTRAL and hit.is_close]
    return [
        (concept, hit)
        for concept, hit in found
        if concept.code in _UNTOUCHED or not any(_is_turned(hit, other) for other in neutral)
    ]


def _is_turned(cue: Hit, figure: Hit) -> bool:
    """The cue lies inside the figure, or borrows its first words and leaps over the rest: "not (only) supplied"."""
    if figure.start <= cue.start and cue.end <= figure.end:
        return True
    return not cue.is_close and figure.start <= cue.start < figure.end


def _terms(found: Sequence[tuple[Concept, Hit]]) -> list[Term]:
    return [Term(concept, hit) for concept, hit in found]


def _outside(items: list[Term], others: list[Term]) -> list[Term]:
    """The items that are not inside one of the others: "English-speaking States" names no language."""
    return [item for item in items if not any(other.hit.start <= item.hit.start < other.hit.end for other in others)]
