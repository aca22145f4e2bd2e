"""From running text in any of seven languages to words, parts of sentences, and the terms found in them.

No language is guessed: the terms of all languages are looked for at once. Words are compared without case and
accents; Arabic words also without the article and the particles written onto them; Chinese is read one
character a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
        "but while although whereas however though",
        "mais tandis cependant toutefois",
        "pero mientras aunque sino",
        "mas enquanto embora porém contudo",
        "но однако а хотя зато",
        "لكن ولكن بينما أما إنما بل",
        "但 而",
    )
    for word in words.split()
)
_TURNING_AFTER_A_MARK = frozenset({"mais", "mas"})
"""Turning words that are something else ("more") in another language, unless they begin a part of a sentence."""
_PREPOSITIONS = frozenset({"in", "on", "at", "en", "em", "a", "al", "au", "aux", "dans", "sous", "в", "из", "за"})
"""A term that begins with one of these is a fixed phrase: "in service", but not "in particular cloud services"."""
_ARABIC = re.compile(r"[؀-ۿ]")
_HAN = re.compile(r"[㐀-鿿]")
_ARABIC_ENDINGS = ("يات", "ات", "ون", "ين", "ان", "هم", "ها", "يه", "ه")
"""Of the plural, the dual, the feminine and the possessive, after `plain`."""
SHORTEST_ARABIC_STEM = 3
SHORTEST_PLURAL = 5
_NO_PLURALS = frozenset(
    word
    for words in (
        "comments customs drafts firms goods guards instruments locks means series standards trials",
        "avoirs cours directives fonds portes prises secours",
        "apenas chines correos frances ingles interes pasajes patrones portugues puestos seguros viaticos",
    )
    for word in words.split()
)
"""Words that are another word without their s, in one of the languages: Spanish "frances" is not France."""
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
    """The spellings under which a word of a text may be found, with the form that `lemma` gives it."""
    if not _ARABIC.match(word):
        return tuple(dict.fromkeys((word, lemma(word))))
    found = [word]
    found += [
        word[len(particle) :]
        for particle in _ARABIC_PARTICLES
        if word.startswith(particle) and len(word) - len(particle) >= 2
    ]
    return tuple(dict.fromkeys(found + [_without_ending(spelling) for spelling in found]))


def lemma(word: str) -> str:
    """A plain word in the form in which whole words are compared: one number, one gender, no article.

    Of Latin words a plural s is dropped, of Arabic words the article and the regular endings; other words
    stay as they are.
    """
    if _ARABIC.match(word):
        return _without_ending(word[2:] if word.startswith("ال") and len(word) >= 5 else word)
    if len(word) >= SHORTEST_PLURAL and word.endswith("s") and word[-2] not in "siu" and word not in _NO_PLURALS:
        return word[:-1]
    return word


def _without_ending(word: str) -> str:
    for ending in _ARABIC_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_ARABIC_STEM:
            return word[: -len(ending)]
    return word


class Word(NamedTuple):
    """One word with the spellings under which it may be found, and where it stands.

    `stretch` counts the stretches between two marks of punctuation, which no term crosses.
    """

    spellings: tuple[str, ...]
    sentence: int
    clause: int
    part: int
    stretch: int


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, each with the number of its sentence, its clause and its part of a clause.

    A turning word ("but") begins a new clause, a comma, dash or bracket a new part, so that a negation does
    not reach too far.
    """
    found = []
    sentence = clause = part = stretch = 0
    after_mark = True
    for match in _WORD.finditer(text):
        token = match.group()
        if token in _SENTENCE_ENDS:
            if not _inside_number(text, match.start()):
                sentence, clause, part, stretch = sentence + 1, clause + 1, part + 1, stretch + 1
                after_mark = True
            continue
        if token in _PART_ENDS:
            part, stretch = part + 1, stretch + 1
            after_mark = True
            continue
        # As written, with its accents: Spanish "más cursos" is no turn, nor is Portuguese "mais cursos".
        turning = token.lower()
        if turning in _TURNING_WORDS and (after_mark or turning not in _TURNING_AFTER_A_MARK):
            clause, part = clause + 1, part + 1
        after_mark = False
        found.append(Word(_spellings(token), sentence, clause, part, stretch))
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


@dataclass(frozen=True, eq=False)
class _Term:
    name: str
    words: tuple[tuple[str, bool], ...]
    gap: int


@dataclass
class _Starts:
    """The terms that begin with a word: those of one word, and the others by their second word or its beginning."""

    alone: list[_Term] = field(default_factory=list)
    by_word: dict[str, list[_Term]] = field(default_factory=dict)
    by_beginning: dict[str, list[_Term]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[_Term]) -> _Starts:
        starts = cls()
        for term in terms:
            if len(term.words) == 1:
                starts.alone.append(term)
                continue
            second, is_beginning = term.words[1]
            index = starts.by_beginning if is_beginning else starts.by_word
            index.setdefault(second, []).append(term)
        starts.lengths = tuple({len(beginning) for beginning in starts.by_beginning})
        return starts

    @property
    def go_on(self) -> bool:
        return bool(self.by_word or self.by_beginning)

    def going_on(self, word: Word) -> Iterable[_Term]:
        """The terms whose second word this is."""
        for spelling in word.spellings:
            yield from self.by_word.get(spelling, ())
            for length in self.lengths:
                if length <= len(spelling):
                    yield from self.by_beginning.get(spelling[:length], ())


class Lexicon:
    """Finds many terms in a text at once.

    A term is one or more words; a word that ends in `*` matches every word that begins so. `name` is what the
    term stands for; several terms may share it.
    """

    def __init__(self, terms: Iterable[tuple[str, str]] = ()) -> None:
        self._exact: dict[str, list[_Term]] = {}
        self._begins: dict[str, list[_Term]] = {}
        self._remembered: dict[tuple[str, ...], _Starts] = {}
        for name, term in terms:
            self._add(name, term)
        self._lengths = sorted({len(beginning) for beginning in self._begins}, reverse=True)

    def _add(self, name: str, term: str) -> None:
        pieces = re.findall(r"[㐀-鿿]|[^\W_㐀-鿿]+\*?", term)
        if not pieces:
            return
        words = tuple((_sought(piece), piece.endswith("*")) for piece in pieces)
        gap = 0 if _HAN.search(term) or words[0][0] in _PREPOSITIONS else MAX_GAP
        entry = _Term(name, words, gap)
        first, is_beginning = words[0]
        index = self._begins if is_beginning else self._exact
        index.setdefault(first, []).append(entry)

    def hits(self, words: Sequence[Word], *, nested: bool = False) -> list[Hit]:
        """All terms found. Unless `nested`, only the longest reading: "law enforcement" is not also "law"."""
        found: set[Hit] = set()
        remembered = self._remembered
        for position, word in enumerate(words):
            starts = remembered.get(word.spellings)
            if starts is None:
                starts = self._starting_at(word)
            place = (word.sentence, word.clause, word.part)
            for term in starts.alone:
                found.add(Hit(term.name, position, position + 1, *place))
            if starts.go_on:
                for term, end in self._longer(starts, words, position):
                    found.add(Hit(term.name, position, end, *place, end - position == len(term.words)))
        return sorted(found, key=_by_place) if nested else _without_contained(found)

    def _starting_at(self, word: Word) -> _Starts:
        """The terms that begin with a word. Texts of one field use the same few thousand words over and over."""
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        known = self._remembered[word.spellings] = _Starts.of(self._looked_up(word))
        return known

    def _looked_up(self, word: Word) -> Iterable[_Term]:
        for spelling in word.spellings:
            yield from self._exact.get(spelling, ())
            for length in self._lengths:
                if length <= len(spelling):
                    yield from self._begins.get(spelling[:length], ())

    @staticmethod
    def _longer(starts: _Starts, words: Sequence[Word], position: int) -> Iterable[tuple[_Term, int]]:
        """The terms of more than one word that start at `position`, with their ends."""
        stretch = words[position].stretch
        seen: set[_Term] = set()
        for at in range(position + 1, min(position + MAX_GAP + 2, len(words))):
            word = words[at]
            if word.stretch != stretch:
                return
            for term in starts.going_on(word):
                if at - position - 1 <= term.gap and term not in seen:
                    seen.add(term)
                    end = _end_of(term, words, at)
                    if end:
                        yield term, end


def _end_of(term: _Term, words: Sequence[Word], second: int) -> int:
    """Where the term ends if its second word is there, else 0. It never crosses a comma or a full stop."""
    stretch, most = words[second].stretch, len(words)
    at = second + 1
    for wanted, is_beginning in term.words[2:]:
        last = min(at + term.gap + 1, most)
        while at < last:
            word = words[at]
            if word.stretch != stretch:
                return 0
            if _matches(word, wanted, is_beginning):
                break
            at += 1
        else:
            return 0
        at += 1
    return at


def _sought(piece: str) -> str:
    return plain(piece.rstrip("*")) if piece.endswith("*") else lemma(plain(piece))


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
