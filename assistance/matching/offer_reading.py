"""An offer as its prose leaves it.

What the provider writes prevails over the tags: forms of help, subjects, languages and States may be taken
away by the text, languages may be added by interpretation, places may be closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistance.matching.evidence import (
    Note,
    affirmed,
    area_codes,
    area_evidence,
    concept_weights,
    form_codes,
)
from assistance.matching.passages import Passage, Term
from assistance.matching.places import states_named
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, Directory, OfferProfile
from assistance.matching.text import Hit

UNSUPPORTED_BROAD_TAG = 0.5
NARROWED_BROAD_TAG = 0.6
"""The only tag is broad, and the text says which narrow areas are meant: the others around them are hardly."""
WITHIN_BROAD_TAG = 0.85
UNDER_CATCH_ALL = 0.75
TITLE_ONLY = 0.35
TEXT_ONLY = 0.15
ALL_WEAPONS = frozenset({"NW", "CW", "BW"})
CLOSING_REACH = 8
"""How many words may stand between "places" and "closed"."""
EXPERTISE = "expertise"
EXCLUDES = "excludes:"
"""Code of a subject without which a whole field falls away: no strategic goods, no export control."""


@dataclass(frozen=True)
class OfferReading:
    """What an offer really gives.

    `areas` maps code to strength (0-1). `covered` None means every State; `is_narrowed` says that the text has
    taken States away. `named_region` are the States of the regions that the title names, None if it names none.
    `not_for_states`: only organizations are helped.
    """

    areas: Mapping[str, float]
    types: frozenset[str]
    weapon_types: frozenset[str]
    languages: frozenset[str]
    covered: frozenset[str] | None
    excluded_areas: frozenset[str] = frozenset()
    is_narrowed: bool = False
    named_region: frozenset[str] | None = None
    for_organizations: bool = False
    not_for_states: bool = False
    is_closed: bool = False
    is_prompt: bool = False
    is_unfunded: bool = False
    continues: bool = False
    concepts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def read_offer(offer: OfferProfile, directory: Directory) -> OfferReading:
    """Read one offer's title and summary against its tags."""
    passage = Passage(offer.title, offer.summary, directory.glossary, directory.names)
    denied = _denied(passage)
    kept = affirmed(passage, denied)
    notes: list[Note] = []
    types = _types(offer, passage, denied, directory.type_families, notes)
    denied_weapons = _denied_weapons(passage)
    weapon_types = _weapon_types(offer, passage, denied_weapons)
    excluded = _excluded_areas(denied, kept, directory.areas) | _areas_of_weapons(denied_weapons, directory.areas)
    areas = _areas(offer, passage, kept, excluded, directory.areas, weapon_types, notes)
    covered = _covered(offer, passage, directory, notes)
    is_narrowed = any(note.code == "text_narrows_coverage" for note in notes)
    not_for_states = bool(passage.cues.get("organizations-only"))
    if not_for_states:
        notes.append(Note("text_narrows_coverage", {"states": 0}))
    is_closed = _is_closed(passage)
    if is_closed:
        notes.append(Note("text_closed"))
    return OfferReading(
        areas=areas,
        types=types,
        weapon_types=weapon_types,
        languages=_languages(offer, passage, notes),
        covered=covered,
        is_narrowed=is_narrowed,
        excluded_areas=excluded,
        named_region=_named_region(passage, directory),
        for_organizations=bool(passage.cues.get("for-organizations")),
        not_for_states=not_for_states,
        is_closed=is_closed,
        is_prompt=bool(passage.cues.get("prompt")),
        is_unfunded=bool(passage.cues.get("unfunded")),
        continues=bool(passage.cues.get("continues")),
        concepts=concept_weights(kept, directory.areas),
        notes=tuple(notes),
    )


def _denied(passage: Passage) -> list[Term]:
    """What the provider says it does not do."""
    found: list[Term] = []
    for cue in passage.cues.get("not-given", ()):
        found += passage.about(cue, passage.terms)
    for cue in passage.cues.get("not-given-after", ()):
        found += passage.after(cue, passage.terms)
    for cue in passage.cues.get("none-of", ()):
        found += passage.next_to(cue, passage.terms)
    return found


def _types(
    offer: OfferProfile, passage: Passage, denied: list[Term], families: Mapping[str, str], notes: list[Note]
) -> frozenset[str]:
    kept = affirmed(passage, denied)
    tagged = frozenset(offer.types) or form_codes(kept)
    left = tagged - _denied_forms(denied, kept, families)
    named_alone = _only_forms(passage)
    if named_alone & left:
        left &= named_alone
    if left != tagged:
        notes.append(Note("text_excludes_types", {"types": sorted(tagged - left)}))
    return left


def _denied_forms(denied: list[Term], kept: list[Term], families: Mapping[str, str]) -> frozenset[str]:
    """Forms of help put aside; of expertise only if no other words affirm it: who reviews laws but writes no new ones
    still gives legal help."""
    found = set()
    for term in denied:
        others = form_codes(other for other in kept if other.concept.name != term.concept.name)
        found |= {code for code in term.concept.types if families.get(code) != EXPERTISE or code not in others}
    return frozenset(found)


def _only_forms(passage: Passage) -> frozenset[str]:
    """Forms in a short sentence such as "Training only."."""
    found: set[str] = set()
    for cue in passage.cues.get("only", ()):
        sentence = [word for word in passage.words if word.sentence == cue.sentence]
        if len(sentence) <= 4 and not passage.has_in_sentence("not-only", cue.sentence):
            found |= form_codes(term for term in passage.terms if term.hit.sentence == cue.sentence)
    return frozenset(found)


def _denied_weapons(passage: Passage) -> frozenset[str]:
    """Weapon types put aside as such ("nuclear matters are not covered") and affirmed nowhere."""
    parts = {
        cue.part
        for code in ("not-given", "not-given-after")
        for cue in passage.cues.get(code, ())
        if not passage.same_part(cue, passage.terms)
    }
    denied = {term.concept.code for term in passage.weapons if term.hit.part in parts}
    return frozenset(denied - {term.concept.code for term in passage.weapons if term.hit.part not in parts})


def _areas_of_weapons(weapon_types: frozenset[str], tree: AreaTree) -> frozenset[str]:
    """The areas that concern no other weapon types than these."""
    if not weapon_types:
        return frozenset()
    return frozenset(
        code for code in tree.codes if tree.weapon_types.get(code) and tree.weapon_types[code] <= weapon_types
    )


def _weapon_types(offer: OfferProfile, passage: Passage, denied: frozenset[str]) -> frozenset[str]:
    """The tags; without tags, what the text names; less what it puts aside."""
    named = offer.weapon_types or frozenset(term.concept.code for term in passage.weapons) - denied
    return (named or (ALL_WEAPONS if denied else named)) - denied


def _areas(
    offer: OfferProfile,
    passage: Passage,
    kept: list[Term],
    excluded: frozenset[str],
    tree: AreaTree,
    weapon_types: frozenset[str],
    notes: list[Note],
) -> dict[str, float]:
    evidence = area_evidence(passage, kept, tree, weapon_types)
    tagged = [code for code in offer.areas if code in tree]
    found = {code: _tag_strength(code, tagged, evidence, tree) for code in tagged}
    in_title = area_evidence(
        passage, [term for term in kept if term.hit.start < passage.title_length], tree, weapon_types
    )
    for code in evidence:
        strength = _inferred_strength(code, tagged, in_title, tree)
        found[code] = max(found.get(code, 0.0), strength)
    gone = sorted(excluded & set(tagged))
    if gone:
        notes.append(Note("text_excludes_areas", {"areas": gone}))
    return {code: strength for code, strength in found.items() if code not in excluded}


def _tag_strength(code: str, tagged: list[str], evidence: Mapping[str, float], tree: AreaTree) -> float:
    """A broad tag beside others that the text bears out, while it does not bear out the broad one, is weak."""
    if not tree.is_top(code):
        return 1.0
    if len(tagged) == 1:
        return NARROWED_BROAD_TAG if any(known != code and tree.is_within(known, code) for known in evidence) else 1.0
    if any(tree.is_within(known, code) for known in evidence):
        return 1.0
    others_borne_out = any(tree.is_within(known, other) for known in evidence for other in tagged if other != code)
    return UNSUPPORTED_BROAD_TAG if others_borne_out else 1.0


def _inferred_strength(code: str, tagged: list[str], in_title: Mapping[str, float], tree: AreaTree) -> float:
    if any(tree.is_within(code, tag) for tag in tagged):
        return WITHIN_BROAD_TAG
    if all(tag == CATCH_ALL_AREA for tag in tagged):
        return UNDER_CATCH_ALL
    return TITLE_ONLY if code in in_title else TEXT_ONLY


def _excluded_areas(denied: list[Term], kept: list[Term], tree: AreaTree) -> frozenset[str]:
    """Areas that the text puts aside, with those inside them, unless the subject is affirmed elsewhere.

    A form of help that is put aside ("detection equipment is not supplied") excludes the form, not the area.
    """
    affirmed_concepts = {term.concept.name for term in kept}
    affirmed_areas = area_codes(kept, tree)
    found: set[str] = set()
    for term in denied:
        concept = term.concept
        if concept.types or concept.name in affirmed_concepts:
            continue
        if EXCLUDES in concept.code:
            named = concept.code.partition(EXCLUDES)[2].split()
            found |= set(tree.codes) if named == ["*"] else set(named)
        found |= concept.areas - affirmed_areas
    return frozenset(code for code in tree.codes if any(tree.is_within(code, area) for area in found))


def _languages(offer: OfferProfile, passage: Passage, notes: list[Note]) -> frozenset[str]:
    tagged = frozenset(offer.languages)
    alone: set[str] = set()
    for cue in passage.cues.get("only", ()):
        if not passage.has_in_sentence("not-only", cue.sentence):
            alone |= {term.concept.code for term in passage.same_part(cue, passage.languages)}
    if alone and alone != tagged:
        notes.append(Note("text_narrows_languages", {"languages": sorted(alone)}))
    found = frozenset(alone) or tagged or frozenset(term.concept.code for term in passage.languages)
    added = {
        term.concept.code
        for cue in passage.cues.get("interpretation", ())
        for term in passage.same_part(cue, passage.languages)
        if not any(passage.has_in_sentence(code, cue.sentence) for code in ("not-given", "not-given-after", "none-of"))
    }
    return found | added


def _covered(offer: OfferProfile, passage: Passage, directory: Directory, notes: list[Note]) -> frozenset[str] | None:
    covered = directory.covered_by(offer)
    narrowed = _narrowed_to(passage, directory)
    excluded = _places_after(passage, "not-open-to", directory) or _places_before(passage, "not-open-to", directory)
    if narrowed is None and not excluded:
        return covered
    before = frozenset(directory.states) if covered is None else covered
    after = (before if narrowed is None else before & narrowed) - (excluded or frozenset())
    if after != before:
        notes.append(Note("text_narrows_coverage", {"states": len(after)}))
    return after


def _named_region(passage: Passage, directory: Directory) -> frozenset[str] | None:
    """The States of the regions that the title names, with some play at the edges; None if it names none."""
    named = [
        term.concept.code
        for term in passage.places
        if term.hit.start < passage.title_length and term.hit.name.startswith("place:")
    ]
    found = states_named(named, directory)
    return found if named and found != frozenset(directory.states) else None


def _narrowed_to(passage: Passage, directory: Directory) -> frozenset[str] | None:
    """The States to which the text limits the offer, None if it does not."""
    limited = _places_after(passage, "limited-to", directory)
    if limited is not None:
        return limited
    for cue in passage.cues.get("only", ()):
        named = [term.concept.code for term in passage.in_list(cue, passage.places)]
        others = passage.same_part(cue, passage.terms)
        if named and not others and not passage.has_in_sentence("not-only", cue.sentence):
            return states_named(named, directory)
    return None


def _places_after(passage: Passage, cue_code: str, directory: Directory) -> frozenset[str] | None:
    named = [
        term.concept.code
        for cue in passage.cues.get(cue_code, ())
        for term in passage.places
        if term.hit.clause == cue.clause and term.hit.start >= cue.start
    ]
    return states_named(named, directory) if named else None


def _places_before(passage: Passage, cue_code: str, directory: Directory) -> frozenset[str] | None:
    """Places that stand before a cue in its part of the sentence: "African States cannot take part"."""
    named = [
        term.concept.code
        for cue in passage.cues.get(cue_code, ())
        for term in passage.same_part(cue, passage.places)
        if term.hit.end <= cue.start
    ]
    return states_named(named, directory) if named else None


def _is_closed(passage: Passage) -> bool:
    """Places or applications closed, or the whole suspended or ended, and no word of a resumption."""
    return (
        any(_is_filled(passage, places) for places in passage.cues.get("places", ()))
        or _has_plain(passage, "suspended")
        or _has_plain(passage, "ended")
    )


def _is_filled(passage: Passage, places: Hit) -> bool:
    return any(
        filled.clause == places.clause
        and -CLOSING_REACH <= filled.start - places.start <= CLOSING_REACH
        and not _goes_on(passage, filled)
        for filled in passage.cues.get("filled", ())
    )


def _has_plain(passage: Passage, code: str) -> bool:
    return any(
        not _goes_on(passage, cue) and not passage.has_in_sentence("earlier-phase", cue.sentence)
        for cue in passage.cues.get(code, ())
    )


def _goes_on(passage: Passage, closing: Hit) -> bool:
    """Whether the sentence speaks, beside the closing words themselves, of what is left or resumed."""
    return any(
        left.sentence == closing.sentence and not (closing.start <= left.start and left.end <= closing.end)
        for left in passage.cues.get("remaining", ())
    )
