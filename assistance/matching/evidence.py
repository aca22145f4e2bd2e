"""Which areas, forms and concepts a text speaks of, and how strongly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assistance.matching.glossary import concept_key
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import AreaTree

IN_TITLE = 2.0
IN_TEXT = 1.0
REPEATED, MOST_REPEATED = 0.5, 2
ACTOR, AS_ACTOR = "actor", 0.5
"""Customs, police or laboratories are often named as those who act or learn, not as the subject."""
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
    passage: Passage, terms: Iterable[Term], tree: AreaTree, weapon_types: Collection[str]
) -> dict[str, float]:
    """Area code to the weight of the subjects that point to it: a title counts double, a repetition half.

    A subject that may mean several areas ("laboratories") is shared among those that fit the weapon types.
    """
    strongest: dict[str, float] = {}
    repeated: dict[str, int] = {}
    areas: dict[str, frozenset[str]] = {}
    for term in terms:
        fitting = frozenset(code for code in term.concept.areas if code in tree and _fits(tree, code, weapon_types))
        if fitting:
            key = concept_key(term.concept)
            weight = IN_TITLE if term.hit.start < passage.title_length else IN_TEXT
            if ACTOR in term.concept.code.split():
                weight *= AS_ACTOR
            strongest[key] = max(strongest.get(key, 0.0), weight)
            repeated[key] = repeated.get(key, -1) + 1
            areas[key] = fitting
    found: dict[str, float] = {}
    for key, first in strongest.items():
        weight = first + REPEATED * min(repeated[key], MOST_REPEATED)
        for code in sorted(areas[key]):
            found[code] = found.get(code, 0.0) + weight / len(areas[key])
    return found


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
