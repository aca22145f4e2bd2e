"""Which areas, forms and concepts a text speaks of, and how strongly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assistance.matching.glossary import concept_key
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import AreaTree

IN_TITLE = 2.0
IN_TEXT = 1.0
ASKED = 1.5
REPEATED, MOST_REPEATED = 0.5, 2
ACTOR, AS_ACTOR = "actor", 0.5
"""Customs, police or laboratories are often named as those who act or learn, not as the subject."""
COMBINED = 0.75
"""Weight of a narrow area that a sentence names in two words: "law" and "chemical", "biosafety" and "courses"."""
FIELD_OF_WEAPON = {"NW": "NUC", "CW": "CHE", "BW": "BIO"}
BY_FIELD = ("LEG", "ACC", "PHY")
"""Areas that are divided by the material."""
BROAD_CONCEPT = 0.5
"""Weight of a form, or of a subject that names only a top area, among the shared words of two texts."""


@dataclass(frozen=True)
class Note:
    """Something that the reading of a text changed, for the explanation: a code and its parameters."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def affirmed(passage: Passage, denied: Iterable[Term]) -> list[Term]:
    """The terms of a passage that no cue denies."""
    places = {(term.hit.start, term.hit.end) for term in denied}
    return [term for term in passage.terms if (term.hit.start, term.hit.end) not in places]


def area_evidence(
    passage: Passage,
    terms: Iterable[Term],
    tree: AreaTree,
    weapon_types: Collection[str],
    asking: Collection[int] = (),
) -> dict[str, float]:
    """Area code to the weight of the subjects that point to it: a title counts double, a repetition half, and what
    stands in one of the sentences that are `asking` half as much again as the background.

    A subject that may mean several areas ("laboratories") is shared among those that fit the weapon types.
    """
    strongest: dict[str, float] = {}
    repeated: dict[str, int] = {}
    shares: dict[str, float] = {}
    areas: dict[str, frozenset[str]] = {}
    terms = list(terms)
    for term in terms:
        fitting = frozenset(code for code in term.concept.areas if code in tree and _fits(tree, code, weapon_types))
        if fitting:
            key = concept_key(term.concept)
            weight = IN_TITLE if term.hit.start < passage.title_length else IN_TEXT
            if term.hit.sentence in asking:
                weight *= ASKED
            shares[key] = AS_ACTOR if ACTOR in term.concept.code.split() else 1.0
            strongest[key] = max(strongest.get(key, 0.0), weight)
            repeated[key] = repeated.get(key, -1) + 1
            areas[key] = fitting
    found: dict[str, float] = {}
    for key, first in strongest.items():
        weight = shares[key] * (first + REPEATED * min(repeated[key], MOST_REPEATED))
        for code in sorted(areas[key]):
            found[code] = found.get(code, 0.0) + weight / len(areas[key])
    for code in _combined(passage, terms):
        if code in tree and code not in found and _fits(tree, code, weapon_types):
            found[code] = COMBINED
    return found


def _combined(passage: Passage, terms: Iterable[Term]) -> list[str]:
    """Narrow areas that a sentence names by a broad subject and something else beside it."""
    by_sentence: dict[int, tuple[set[str], set[str]]] = {}
    for term in terms:
        areas, forms = by_sentence.setdefault(term.hit.sentence, (set(), set()))
        areas |= term.concept.areas
        forms |= term.concept.types
    weapons: dict[int, set[str]] = {}
    for term in passage.weapons:
        weapons.setdefault(term.hit.sentence, set()).add(term.concept.code)
    found: set[str] = set()
    for sentence, (areas, forms) in by_sentence.items():
        named = weapons.get(sentence, set())
        if len(named) < len(FIELD_OF_WEAPON):
            found |= {f"{broad}.{FIELD_OF_WEAPON[code]}" for broad in BY_FIELD if broad in areas for code in named}
        if {"LEG", "EXP"} <= areas:
            found.add("LEG.STC")
        if "BIO" in areas and "TRNG" in forms:
            found.add("BIO.TRN")
    return sorted(found)


def _fits(tree: AreaTree, code: str, weapon_types: Collection[str]) -> bool:
    own = tree.weapon_types.get(code, frozenset())
    return not own or not weapon_types or bool(own & set(weapon_types))


def concept_weights(terms: Iterable[Term], tree: AreaTree) -> dict[str, float]:
    """The concepts of a text, with what sharing each is worth."""
    found = {}
    for term in terms:
        concept = term.concept
        narrow = concept.kind == "subject" and any(code in tree and not tree.is_top(code) for code in concept.areas)
        found[concept_key(concept)] = 1.0 if narrow else BROAD_CONCEPT
    return found


def form_codes(terms: Iterable[Term]) -> frozenset[str]:
    return frozenset(code for term in terms for code in term.concept.types)


def area_codes(terms: Iterable[Term], tree: AreaTree) -> frozenset[str]:
    return frozenset(code for term in terms for code in term.concept.areas if code in tree)


def supports(evidence: Mapping[str, float], area: str, tree: AreaTree) -> bool:
    """Whether a text speaks of an area, of one inside it, or of the one around it."""
    return any(tree.is_within(code, area) or tree.is_within(area, code) for code in evidence)
