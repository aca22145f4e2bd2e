"""A request as its prose leaves it: what is really needed, what is refused, and how it must be given.

What the requester writes prevails over the tags. A help that the text refuses is taken out of the needs; where
the tags are vague ("capacity-building") the text names the areas; where no form of help is tagged the text
names the forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistance.matching.evidence import (
    Note,
    affirmed,
    area_codes,
    area_evidence,
    concept_weights,
    form_codes,
    supports,
)
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, Directory, NeedProfile, RequestProfile

TRAINING_IN_OTHER_FORM = frozenset({"ELEA", "TTTR", "WKSH"})
"""Who refuses training does not want it as a seminar or on line either, unless it is asked for."""
FORM_FROM_TEXT = 0.5
"""Weight of a form of help that the text asks for beside the tagged ones."""
CATCH_ALL_WITH_SUBJECT = 0.2
BROAD_WITH_SUBJECT = 0.8
NAMED_BY_TEXT = 0.95
CONTRADICTED_TAG = 0.6
STRONG_EVIDENCE = 2.0
CLEARLY_NAMED = 0.6
"""An area is named clearly if its evidence is at least this share of the strongest."""


@dataclass(frozen=True)
class Refusal:
    """Help that is not wanted: these forms in these areas; an empty set means any."""

    areas: frozenset[str]
    types: frozenset[str]


@dataclass(frozen=True)
class ReadNeed:
    """A need with the areas it may be met in (code to strength) and the forms it asks for (to weight)."""

    need: NeedProfile
    areas: Mapping[str, float]
    types: Mapping[str, float]
    weapon_types: frozenset[str]
    refused_types: frozenset[str] = frozenset()
    is_known: bool = True


@dataclass(frozen=True)
class RequestReading:
    needs: tuple[ReadNeed, ...]
    refusals: tuple[Refusal, ...] = ()
    insists_on_language: bool = False
    is_urgent: bool = False
    is_vague: bool = False
    declined: frozenset[str] = frozenset()
    concepts: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def read_request(request: RequestProfile, directory: Directory) -> RequestReading:
    """Read one request's title and description against its tags."""
    tree = directory.areas
    passage = Passage(request.title, request.description, directory.glossary)
    denied_groups = _refused_groups(passage)
    kept = affirmed(passage, [term for group in denied_groups for term in group])
    refusals = _refusals(denied_groups, kept, request.needs, tree)
    weapons = request.weapon_types or frozenset(term.concept.code for term in passage.weapons)
    evidence = area_evidence(passage, kept, tree, weapons)
    is_vague = _is_vague(request, passage, evidence, tree)
    notes = [
        Note("text_refuses", {"areas": sorted(refusal.areas), "types": sorted(refusal.types)}) for refusal in refusals
    ]
    needs = tuple(_read_need(need, request, passage, kept, evidence, refusals, weapons, tree) for need in request.needs)
    if is_vague:
        notes.append(Note("request_vague"))
    insists = _insists_on_language(request, passage)
    if insists:
        notes.append(Note("language_insisted", {"languages": list(request.languages)}))
    declined = _declined_in_text(request.description, passage, directory)
    if declined:
        notes.append(Note("text_declines", {"providers": sorted(declined)}))
    return RequestReading(
        needs=needs,
        refusals=refusals,
        insists_on_language=insists,
        is_urgent=bool(passage.cues.get("urgent")),
        is_vague=is_vague,
        declined=declined,
        concepts=concept_weights(kept, tree),
        notes=tuple(notes),
    )


def _refused_groups(passage: Passage) -> list[list[Term]]:
    """For each refusing cue the terms that it speaks about."""
    groups = [passage.about(cue, passage.terms) for cue in passage.cues.get("refused", ())]
    for cue in passage.cues.get("none-of", ()):
        wanted = [
            other.start
            for other in passage.cues.get("wanted", ())
            if other.clause == cue.clause and other.start >= cue.end
        ]
        if wanted:
            groups.append([term for term in passage.after(cue, passage.terms) if term.hit.start < max(wanted)])
    return [group for group in groups if group]


def _refusals(
    groups: Sequence[Sequence[Term]], kept: Sequence[Term], needs: Sequence[NeedProfile], tree: AreaTree
) -> tuple[Refusal, ...]:
    """One refusal a cue. A bare form or a bare subject that the tags ask for and the text affirms elsewhere is
    not refused: the sentence then speaks of another use of it."""
    wanted_types = {code for need in needs for code in need.types} & form_codes(kept)
    wanted_areas = {need.area for need in needs} & area_codes(kept, tree)
    found = []
    for group in groups:
        areas, types = area_codes(group, tree), form_codes(group)
        if not areas:
            types -= wanted_types
        if not types and areas and form_codes(group):
            continue
        if not types:
            areas -= wanted_areas
        if areas or types:
            found.append(Refusal(areas, types))
    return tuple(dict.fromkeys(found))


def _is_vague(request: RequestProfile, passage: Passage, evidence: Mapping[str, float], tree: AreaTree) -> bool:
    """Nothing definite is asked for: the text says so, or the tags are the catch-all and the text no more."""
    if not request.needs:
        return False
    if all(set(need.types) <= {"NEED", "ADVI"} for need in request.needs):
        broad = any(tree.is_top(need.area) and tree.has_below(need.area) for need in request.needs)
        no_dates = request.needed_from is None and request.needed_by is None
        return bool(passage.cues.get("undefined-need")) or (broad and no_dates)
    catch_all_only = all(need.area == CATCH_ALL_AREA for need in request.needs)
    return catch_all_only and not any(not tree.is_within(code, CATCH_ALL_AREA) for code in evidence)


def _read_need(
    need: NeedProfile,
    request: RequestProfile,
    passage: Passage,
    kept: Sequence[Term],
    evidence: Mapping[str, float],
    refusals: Sequence[Refusal],
    weapons: frozenset[str],
    tree: AreaTree,
) -> ReadNeed:
    if need.area not in tree:
        return ReadNeed(need, {}, {}, frozenset(), is_known=False)
    areas = _need_areas(need, request, evidence, tree)
    refused_types = _refused_types(areas, refusals, tree)
    if "TRNG" in refused_types:
        refused_types |= TRAINING_IN_OTHER_FORM - set(need.types)
    refused_areas = {area for refusal in refusals if not refusal.types for area in refusal.areas}
    areas = {
        code: strength
        for code, strength in areas.items()
        if not any(tree.is_within(code, refused) for refused in refused_areas)
    }
    types = _need_types(need, request, passage, kept, refused_types, tree)
    own = tree.weapon_types.get(need.area, frozenset())
    return ReadNeed(need, areas, types, (weapons & own) or weapons, refused_types)


def _need_areas(
    need: NeedProfile, request: RequestProfile, evidence: Mapping[str, float], tree: AreaTree
) -> dict[str, float]:
    if need.area == CATCH_ALL_AREA:
        named = _strongest({code: weight for code, weight in evidence.items() if not _is_catch_all(code, tree)})
        if named:
            return {**named, CATCH_ALL_AREA: CATCH_ALL_WITH_SUBJECT}
        return {CATCH_ALL_AREA: 1.0}
    if tree.is_top(need.area):
        inside = {
            code: weight
            for code, weight in evidence.items()
            if code != need.area and _is_of_field(code, need.area, tree)
        }
        named = dict.fromkeys(inside, NAMED_BY_TEXT)
        return {need.area: BROAD_WITH_SUBJECT if named else 1.0, **named}
    if supports(evidence, need.area, tree):
        return {need.area: 1.0}
    return {need.area: 1.0, **_contradicting(request, evidence, tree)}


def _is_of_field(code: str, broad: str, tree: AreaTree) -> bool:
    """Inside a broad area, or the same field in another part of the tree: PHY.BIO is of the field BIO."""
    return tree.is_within(code, broad) or code.endswith(f".{broad}")


def _is_catch_all(code: str, tree: AreaTree) -> bool:
    return tree.is_within(code, CATCH_ALL_AREA) or tree.is_within(code, "AWA")


def _strongest(weights: Mapping[str, float]) -> dict[str, float]:
    """The areas that the text names most, the best of them with strength 1."""
    best = max(weights.values(), default=0.0)
    return {code: weight / best for code, weight in weights.items() if weight >= CLEARLY_NAMED * best}


def _contradicting(request: RequestProfile, evidence: Mapping[str, float], tree: AreaTree) -> dict[str, float]:
    """Areas that the text names strongly although no tag is near them."""
    tags = [need.area for need in request.needs if need.area in tree]
    tops = {tree.ancestors(tag)[-1] if tree.ancestors(tag) else tag for tag in tags}
    return {
        code: CONTRADICTED_TAG
        for code, weight in evidence.items()
        if weight >= STRONG_EVIDENCE and not any(tree.is_within(code, top) for top in tops)
    }


def _refused_types(areas: Mapping[str, float], refusals: Sequence[Refusal], tree: AreaTree) -> frozenset[str]:
    """The forms of help refused for a need: those refused for its area, or for any."""
    found: set[str] = set()
    for refusal in refusals:
        concerns = not refusal.areas or any(
            tree.is_within(code, area) or tree.is_within(area, code) for code in areas for area in refusal.areas
        )
        if concerns:
            found |= refusal.types
    return frozenset(found)


def _need_types(
    need: NeedProfile,
    request: RequestProfile,
    passage: Passage,
    kept: Sequence[Term],
    refused_types: frozenset[str],
    tree: AreaTree,
) -> dict[str, float]:
    tagged = {code: 1.0 for code in need.types if code not in refused_types}
    asked = _forms_asked_for(need, request, passage, kept, tree) - refused_types
    weight = FORM_FROM_TEXT if tagged else 1.0
    return {**dict.fromkeys(sorted(asked), weight), **tagged}


def _forms_asked_for(
    need: NeedProfile, request: RequestProfile, passage: Passage, kept: Sequence[Term], tree: AreaTree
) -> frozenset[str]:
    """Forms named in sentences that ask, for this need: any if it is the only one, else beside its subject."""
    found: set[str] = set()
    for term in kept:
        sentence = term.hit.sentence
        if not term.concept.types or not passage.has_in_sentence("asks", sentence):
            continue
        beside = area_codes([other for other in kept if other.hit.sentence == sentence], tree)
        if len(request.needs) == 1 or any(tree.is_within(code, need.area) for code in beside):
            found |= term.concept.types
    return frozenset(found)


def _insists_on_language(request: RequestProfile, passage: Passage) -> bool:
    """The text says that the work must be in one of the languages tagged, or that no other is spoken."""
    for cue in passage.cues.get("speaks-no-other", ()):
        named = {term.concept.code for term in passage.languages if term.hit.sentence == cue.sentence}
        if request.languages and not named & set(request.languages):
            return True
    return any(
        term.concept.code in request.languages
        for cue in passage.cues.get("must", ())
        for term in passage.languages
        if term.hit.sentence == cue.sentence
    )


def _declined_in_text(text: str, passage: Passage, directory: Directory) -> frozenset[str]:
    """Providers named in a sentence that refuses and names no subject or form of help."""
    sentences = {cue.sentence for cue in passage.cues.get("refused", ())}
    if not sentences - {term.hit.sentence for term in passage.terms}:
        return frozenset()
    found = set()
    for sentence in re.split(r"[.!?。！？؟\n]", text):
        alone = Passage("", sentence, directory.glossary)
        if alone.cues.get("refused") and not alone.terms:
            found |= {key for key in directory.providers if _names(key, sentence)}
    return frozenset(found)


def _names(key: str, sentence: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", sentence) is not None
