"""From running text in any of seven languages to words, parts of sentences, and the terms found in them.

No language is guessed: the terms of all languages are looked for at once. Words are compared without case and
accents; Arabic words also without the article and the particles written onto them; Chinese is read one
character a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MAX_GAP = 2
"""How many words may stand between the words of one term ("not yet fully needed")."""
MOST_REMEMBERED = 50_000
"""Words kept in mind with their spellings and terms: far more than the field has, a bound for what people type."""

_WORD = re.compile(r"[㐀-鿿]|[^\W_㐀-鿿]+|[.!?;:。！？；؟؛،，,–—()\n]")
_SENTENCE_ENDS = frozenset(".!?;:。！？；؟؛\n")
_PART_ENDS = frozenset("،，,–—()")
_TURNING_WORDS = frozenset(
    word
    for words in (
        "but while although whereas however",
        "mais tandis",
        "pero mientras aunque",
        "mas enquanto embora",
        "но однако а хотя",
        "لكن ولكن بينما",
        "但",
    )
    for word in words.split()
)
_ARABIC = re.compile(r"[؀-ۿ]")
_HAN = re.compile(r"[㐀-鿿]")
_ARABIC_PARTICLES = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال", "و", "ف", "ب", "ل", "ك")


def plain(word: str) -> str:
    """The word in lower case, without accents, vowel signs and spelling variants."""
    spread = unicodedata.normalize("NFKD", word.lower())
    bare = "".join(letter for letter in spread if not unicodedata.combining(letter) and letter != "ـ")
    return bare.replace("ى", "ي").replace("ة", "ه").replace("’", "'")


@lru_cache(maxsize=MOST_REMEMBERED)
def _spellings(token: str) -> tuple[str, ...]:
    """The plain word, and the ways in which it may be found; texts of one field use the same words over and over."""
    return _variants(plain(token))


def _variants(word: str) -> tuple[str, ...]:
    if not _ARABIC.match(word):
        return (word,)
    found = [word]
    found += [
        word[len(particle) :]
        for particle in _ARABIC_PARTICLES
        if word.startswith(particle) and len(word) - len(particle) >= 2
    ]
    return tuple(dict.fromkeys(found))


class Word(NamedTuple):
    """One word with the spellings under which it may be found, and where it stands."""

    spellings: tuple[str, ...]
    sentence: int
    clause: int
    part: int


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, each with the number of its sentence, its clause and its part of a clause.

    A turning word ("but") begins a new clause, a comma, dash or bracket a new part, so that a negation does
    not reach too far.
    """
    found = []
    sentence = clause = part = 0
    for match in _WORD.finditer(text):
        token = match.group()
        if token in _SENTENCE_ENDS:
            if not _inside_number(text, match.start()):
                sentence, clause, part = sentence + 1, clause + 1, part + 1
            continue
        if token in _PART_ENDS:
            part += 1
            continue
        spellings = _spellings(token)
        if spellings[0] in _TURNING_WORDS:
            clause, part = clause + 1, part + 1
        found.append(Word(spellings, sentence, clause, part))
    return tuple(found)


def _inside_number(text: str, position: int) -> bool:
    return 0 < position < len(text) - 1 and text[position - 1].isdigit() and text[position + 1].isdigit()


class Hit(NamedTuple):
    """A term found: what it stands for, and the words from `start` up to, not including, `end`.

    `is_close` says that no other words stand between those of the term.
    """

    name: str
    start: int
    end: int
    sentence: int
    clause: int
    part: int
    is_close: bool = True


@dataclass(frozen=True)
class _Term:
    name: str
    words: tuple[tuple[str, bool], ...]
    gap: int


class Lexicon:
    """Finds many terms in a text at once.

    A term is one or more words; a word that ends in `*` matches every word that begins so. `name` is what the
    term stands for; several terms may share it.
    """

    def __init__(self, terms: Iterable[tuple[str, str]] = ()) -> None:
        self._exact: dict[str, list[_Term]] = {}
        self._begins: dict[str, list[_Term]] = {}
        self._remembered: dict[tuple[str, ...], tuple[_Term, ...]] = {}
        for name, term in terms:
            self._add(name, term)
        self._lengths = sorted({len(beginning) for beginning in self._begins}, reverse=True)

    def _add(self, name: str, term: str) -> None:
        pieces = re.findall(r"[㐀-鿿]|[^\W_㐀-鿿]+\*?", term)
        if not pieces:
            return
        words = tuple((plain(piece.rstrip("*")), piece.endswith("*")) for piece in pieces)
        gap = 0 if _HAN.search(term) else MAX_GAP
        entry = _Term(name, words, gap)
        first, is_beginning = words[0]
        index = self._begins if is_beginning else self._exact
        index.setdefault(first, []).append(entry)

    def hits(self, words: Sequence[Word], *, nested: bool = False) -> list[Hit]:
        """All terms found. Unless `nested`, only the longest reading: "law enforcement" is not also "law"."""
        found: set[Hit] = set()
        remembered = self._remembered
        for position, word in enumerate(words):
            terms = remembered.get(word.spellings)
            for term in self._starting_at(word) if terms is None else terms:
                end = position + 1 if len(term.words) == 1 else self._end_of(term, words, position)
                if end:
                    is_close = end - position == len(term.words)
                    place = (word.sentence, word.clause, word.part)
                    found.add(Hit(term.name, position, end, *place, is_close))
        return sorted(found, key=_by_place) if nested else _without_contained(found)

    def _starting_at(self, word: Word) -> tuple[_Term, ...]:
        """The terms that begin with a word that is not yet remembered."""
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        known = self._remembered[word.spellings] = tuple(self._looked_up(word))
        return known

    def _looked_up(self, word: Word) -> Iterable[_Term]:
        for spelling in word.spellings:
            yield from self._exact.get(spelling, ())
            for length in self._lengths:
                if length <= len(spelling):
                    yield from self._begins.get(spelling[:length], ())

    @staticmethod
    def _end_of(term: _Term, words: Sequence[Word], position: int) -> int:
        """Where the term ends if it starts at `position`, else 0. It never crosses into another sentence."""
        sentence, most = words[position].sentence, len(words)
        at = position + 1
        for wanted, is_beginning in term.words[1:]:
            last = min(at + term.gap + 1, most)
            while at < last:
                word = words[at]
                if word.sentence != sentence:
                    return 0
                if _matches(word, wanted, is_beginning):
                    break
                at += 1
            else:
                return 0
            at += 1
        return at


def _matches(word: Word, wanted: str, is_beginning: bool) -> bool:
    if not is_beginning:
        return wanted in word.spellings
    first, *others = word.spellings
    return first.startswith(wanted) or any(spelling.startswith(wanted) for spelling in others)


def _by_place(hit: Hit) -> tuple[int, int, str]:
    return hit.start, -hit.end, hit.name


def _without_contained(found: set[Hit]) -> list[Hit]:
    """Hits ordered by place, without those that lie wholly inside a longer one that has no gaps."""
    ordered = sorted(found, key=_by_place)
    kept: list[Hit] = []
    for hit in ordered:
        if not any(_contains(other, hit) for other in kept):
            kept.append(hit)
    return kept


def _contains(longer: Hit, hit: Hit) -> bool:
    reaches_over = longer.start <= hit.start and hit.end <= longer.end
    return longer.is_close and reaches_over and longer.end - longer.start > hit.end - hit.start
