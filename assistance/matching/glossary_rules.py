"""What makes a row of the glossary useful: terms that a text can hold, and a code that its kind understands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistance.matching.evidence import ACTOR
from assistance.matching.glossary import CUES
from assistance.matching.offer_reading import EXCLUDES
from assistance.matching.text import Lexicon, words_of

SHORTEST_BEGINNING = 3
"""Fewer letters before a star, in a term of one word, would be found in almost every text."""
ANY_AREA = "*"
CLASSES = frozenset({"ldc", "lldc", "sids"})

TermFault = Literal["", "separator", "start", "star", "short", "never"]

_STAR_INSIDE = re.compile(r"\*(?=\S)|(?<!\S)\*")


def term_fault(term: str) -> TermFault:
    """Why a term would never be found, or everywhere; empty if it is fine.

    `separator`: holds "|", which parts terms in the file; `start`: does not begin with a letter or a digit; `star`: a
    star that does not end a word; `short`: one word of fewer than three letters and a star; `never`: no text can hold
    it, for example because a full stop parts its words.
    """
    if "|" in term:
        return "separator"
    if not term[:1].isalnum():
        return "start"
    if _STAR_INSIDE.search(term):
        return "star"
    if term.endswith("*") and len(term) - 1 < SHORTEST_BEGINNING:
        return "short"
    # The shortest text in which it could be found is the term itself.
    if not Lexicon([("term", term)]).hits(words_of(term.replace("*", ""))):
        return "never"
    return ""


@dataclass(frozen=True)
class KnownCodes:
    """What codes of the glossary may name. `regions` holds regional groups and regions of the M49 standard."""

    areas: frozenset[str]
    types: frozenset[str]
    states: frozenset[str]
    regions: frozenset[str]
    organizations: frozenset[str]
    languages: frozenset[str]
    weapon_types: frozenset[str]


def unknown_in_code(kind: str, code: str, known: KnownCodes) -> list[str]:
    """The pieces of a row's code that its kind does not understand, in their order.

    - subject: nothing, `actor`, `excludes:` and area codes (or `*`), or both; form: nothing;
    - weapon, language, cue: one code;
    - place: pieces joined by "|", as `places.states_named` reads them.
    """
    if kind == "subject":
        head, _excludes, named = code.partition(EXCLUDES)
        areas = named.split()
        return [word for word in head.split() if word != ACTOR] + [
            area for area in areas if area not in known.areas and areas != [ANY_AREA]
        ]
    if kind == "place":
        return [piece for piece in code.split("|") if not _is_place(piece, known)]
    allowed = {"weapon": known.weapon_types, "language": known.languages, "cue": CUES}.get(kind, frozenset({""}))
    return [] if code in allowed else [code]


def _is_place(piece: str, known: KnownCodes) -> bool:
    kind, _colon, value = piece.partition(":")
    if kind == "states":
        return bool(value.split()) and set(value.split()) <= known.states
    allowed = {
        "group": known.regions,
        "members": known.organizations,
        "class": CLASSES,
        "speaks": known.languages,
    }
    return value in allowed.get(kind, frozenset())
