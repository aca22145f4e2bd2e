"""A request as its prose leaves it: what is really needed, what is refused, and how it must be given.

What the requester writes prevails over the tags. A help that the text refuses is taken out of the needs; where
the tags are vague ("capacity-building") the text names the areas; where no form of help is tagged the text
names the forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistance.matching.evidence import Note, affirmed, area_codes, area_evidence, concept_weights, form_codes
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, Directory, NeedProfile, RequestProfile
from assistance.matching.request_needs import NeedReader, ReadNeed, Refusal

LANGUAGE_WORDS = ("langu", "idiom", "lengua", "lingua", "язык", "لغ", "语")
"""How the words for a language begin: "no other language"."""


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
    evidence = area_evidence(passage, kept, tree, weapons, passage.asking)
    is_vague = _is_vague(request, passage, evidence, tree)
    notes = [
        Note("text_refuses", {"areas": sorted(refusal.areas), "types": sorted(refusal.types)}) for refusal in refusals
    ]
    reader = NeedReader(request.needs, passage, kept, evidence, refusals, weapons, tree)
    if is_vague:
        notes.append(Note("request_vague"))
    insists = _insists_on_language(request, passage)
    if insists:
        notes.append(Note("language_insisted", {"languages": list(request.languages)}))
    declined = _declined_in_text(request.description, passage, directory)
    if declined:
        notes.append(Note("text_declines", {"providers": sorted(declined)}))
    return RequestReading(
        needs=tuple(reader.read(need) for need in request.needs),
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
    asked = [need.area for need in needs if need.area in tree]
    wanted_areas = {code for code in area_codes(kept, tree) if any(tree.is_within(code, area) for area in asked)}
    found = []
    for group in groups:
        # A form named by its usual field ("licensing software") is a form, whatever the field.
        areas = area_codes((term for term in group if not term.concept.types), tree)
        types = form_codes(group) - wanted_types
        if not types and form_codes(group):
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


def _insists_on_language(request: RequestProfile, passage: Passage) -> bool:
    """The text says that the work must be in one of the languages tagged, or that no other is spoken."""
    for cue in passage.cues.get("speaks-no-other", ()):
        named = {
            term.concept.code
            for term in passage.languages
            if term.hit.sentence == cue.sentence and term.hit.start >= cue.start
        }
        if not named and not _speaks_of_languages(passage, cue.sentence):
            continue
        if request.languages and not named & set(request.languages):
            return True
    return any(
        term.concept.code in request.languages
        for cue in passage.cues.get("must", ())
        for term in passage.languages
        if term.hit.sentence == cue.sentence
    )


def _speaks_of_languages(passage: Passage, sentence: int) -> bool:
    return any(
        spelling.startswith(LANGUAGE_WORDS)
        for word in passage.words
        if word.sentence == sentence
        for spelling in word.spellings
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
    return re.search(rf"(?<![a-zA-Z0-9]){re.escape(key)}(?![a-zA-Z0-9])", sentence) is not None
