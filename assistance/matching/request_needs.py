"""The needs of a request as its prose leaves them: areas, forms of help and weapon types, one need at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistance.matching.evidence import area_codes, form_codes
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, NeedProfile

WAYS_OF_HELPING = (CATCH_ALL_AREA, "STD", "BPR")
"""Areas that say how help is given and leave open with what: the text has to say the subject."""
MATERIALS = ("BIO", "CHE", "NUC")
CARE_OF_MATERIALS = ("ACC", "PHY")
ANY_WEAPON = frozenset({"NW", "CW", "BW"})
TRAINING_IN_OTHER_FORM = frozenset({"ELEA", "TTTR", "WKSH"})
"""Who refuses training does not want it as a seminar or on line either, unless it is asked for."""
FORM_BESIDE = 0.5
"""Weight of a form of help that the text asks for beside the tagged ones, or of a tagged one that it does not name."""
CATCH_ALL_WITH_SUBJECT = 0.2
WAY_WITH_SUBJECT = 0.5
BROAD_WITH_SUBJECT = 0.5
NAMED_BY_TEXT = 0.95
ALSO_NAMED = 0.6
"""An area inside a broad tag that the text names, but much less than another."""
NAMED_INSTEAD = 0.8
TAG_CONTRADICTED = 0.6
"""Of an area that is named instead of the tagged one, and of the tag itself."""
IN_PLACE_OF_REFUSED = 0.9
STRONG_EVIDENCE = 2.0
CLEARLY_NAMED = 0.6
"""An area is named clearly if its evidence is at least this share of the strongest."""
PUT_FIRST = 1.5
"""Evidence from which on a cross-cutting area (a curriculum, a parliament) is the subject and not an aside."""


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
class NeedReader:
    """Reads the needs of one request against what its text says.

    `kept` are the terms that nothing denies, `evidence` the areas that they speak of.
    """

    tagged: tuple[NeedProfile, ...]
    passage: Passage
    kept: Sequence[Term]
    evidence: Mapping[str, float]
    refusals: Sequence[Refusal]
    weapon_types: frozenset[str]
    tree: AreaTree

    def read(self, need: NeedProfile) -> ReadNeed:
        """One need; an area that the tree does not have leaves it without areas."""
        if need.area not in self.tree:
            return ReadNeed(need, {}, {}, frozenset(), is_known=False)
        named = self._areas(need)
        refused_types = self._refused_types(named)
        if "TRNG" in refused_types:
            refused_types |= TRAINING_IN_OTHER_FORM - set(need.types) - self._forms_asked_for(need)
        areas = {code: strength for code, strength in named.items() if not self._is_refused(code)}
        own = self.tree.weapon_types.get(need.area, frozenset())
        weapon_types = (self.weapon_types & own) or self.weapon_types
        return ReadNeed(need, areas, self._types(need, refused_types), weapon_types, refused_types)

    def _areas(self, need: NeedProfile) -> dict[str, float]:
        """Where the need may be met: as tagged, or where the text says if the tag is broad or contradicted."""
        if need.area in WAYS_OF_HELPING:
            named = _strongest(self._subjects)
            if not named:
                return {need.area: 1.0}
            return {**named, need.area: CATCH_ALL_WITH_SUBJECT if need.area == CATCH_ALL_AREA else WAY_WITH_SUBJECT}
        if self.tree.is_top(need.area):
            inside = {
                code: weight
                for code, weight in self.evidence.items()
                if code != need.area and _is_of_field(code, need.area, self.tree)
            }
            if inside and self._leaves_out_part_of(need.area):
                return _named_inside(inside)
            if inside or need.area in self.evidence:
                broad = BROAD_WITH_SUBJECT if inside else 1.0
                return {need.area: broad, **self._contradicting(need), **_named_inside(inside)}
        instead = self._contradicting(need)
        return {need.area: TAG_CONTRADICTED if instead else 1.0, **instead}

    @cached_property
    def _subjects(self) -> dict[str, float]:
        """What the text is about: narrow areas before the broad ones around them, asides left out."""
        found = {
            code: weight
            for code, weight in self.evidence.items()
            if code not in WAYS_OF_HELPING and (weight >= PUT_FIRST or not _is_aside(code, self.tree))
        }
        return {
            code: weight
            for code, weight in found.items()
            if not any(other != code and self.tree.is_within(other, code) for other in found)
        }

    def _contradicting(self, need: NeedProfile) -> dict[str, float]:
        """Areas that the text names instead of the tagged one: any near no tag, if what is tagged is refused, else
        those named strongly and far more clearly than the tag."""
        tagged = {other.area for other in self.tagged if other.area in self.tree}
        free = {
            code: weight
            for code, weight in self._subjects.items()
            if not any(self._bears_out(code, other) for other in tagged)
        }
        if self._is_refused(need.area) or self._is_form_refused(need):
            return {code: IN_PLACE_OF_REFUSED * strength for code, strength in _strongest(free).items()}
        borne_out = max(
            (weight for code, weight in self.evidence.items() if self._bears_out(code, need.area)),
            default=0.0,
        )
        best = max(free.values(), default=0.0)
        if best < STRONG_EVIDENCE or borne_out >= CLEARLY_NAMED * best:
            return {}
        return {code: NAMED_INSTEAD * strength for code, strength in _strongest(free).items()}

    def _bears_out(self, code: str, tag: str) -> bool:
        return self._touch(code, tag) or (self.tree.is_top(tag) and _is_of_field(code, tag, self.tree))

    def _is_form_refused(self, need: NeedProfile) -> bool:
        """Whether the text refuses every form of help that is tagged for a need, in its area or altogether."""
        refused = self._refused_types({need.area: 1.0})
        return bool(need.types) and set(need.types) <= refused

    def _is_refused(self, code: str) -> bool:
        """Whether every form of help is refused for an area, or for the broad one around it of which the text affirms
        nothing."""
        return any(
            code == area or (self.tree.is_within(code, area) and not self._is_affirmed_within(area))
            for refusal in self.refusals
            if not refusal.types
            for area in refusal.areas
        )

    def _leaves_out_part_of(self, broad: str) -> bool:
        """Whether the text puts aside a narrow area inside a broad one: the tag then says too much."""
        return any(
            area != broad and self.tree.is_within(area, broad) and self._is_refused(area)
            for refusal in self.refusals
            for area in refusal.areas
        )

    def _is_affirmed_within(self, broad: str) -> bool:
        return any(self.tree.is_within(code, broad) for code in self.evidence)

    def _refused_types(self, areas: Mapping[str, float]) -> frozenset[str]:
        """The forms of help refused for a need: those refused for its area, or for any."""
        found: set[str] = set()
        for refusal in self.refusals:
            if not refusal.areas or any(self._touch(code, area) for code in areas for area in refusal.areas):
                found |= refusal.types
        return frozenset(found)

    def _touch(self, code: str, other: str) -> bool:
        return self.tree.is_within(code, other) or self.tree.is_within(other, code)

    def _types(self, need: NeedProfile, refused_types: frozenset[str]) -> dict[str, float]:
        """The forms tagged, and with less weight those that the text asks for beside them; the other way round where
        the text asks, but nowhere names a form that is tagged."""
        tagged = frozenset(need.types) - refused_types
        in_text = self._forms_asked_for(need) - refused_types
        text_prevails = bool(in_text) and "NEED" not in tagged and not tagged & form_codes(self.kept)
        by_tag, by_text = (FORM_BESIDE, 1.0) if text_prevails else (1.0, FORM_BESIDE)
        in_order = [code for code in need.types if code in tagged]
        return {**dict.fromkeys(sorted(in_text), by_text), **dict.fromkeys(in_order, by_tag)}

    def _forms_asked_for(self, need: NeedProfile) -> frozenset[str]:
        """Forms named in sentences that ask, for this need: any if it is the only one, else beside its subject."""
        found: set[str] = set()
        for types, beside in self._asking:
            if len(self.tagged) == 1 or any(self.tree.is_within(code, need.area) for code in beside):
                found |= types
        return frozenset(found)

    @cached_property
    def _asking(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """The forms in each sentence that asks, with the areas named in the same sentence."""
        found = []
        for term in self.kept:
            sentence = term.hit.sentence
            if term.concept.types and sentence in self.passage.asking:
                others = [other for other in self.kept if other.hit.sentence == sentence]
                found.append((term.concept.types, area_codes(others, self.tree)))
        return found


def _is_of_field(code: str, broad: str, tree: AreaTree) -> bool:
    """Inside a broad area, or the same field in another part of the tree: PHY.BIO and, as a thing of every material,
    ACC.TRN are of the field BIO."""
    if tree.is_within(code, broad) or code.endswith(f".{broad}"):
        return True
    return broad in MATERIALS and tree.top_of(code) in CARE_OF_MATERIALS and tree.weapon_types.get(code) == ANY_WEAPON


def _is_aside(code: str, tree: AreaTree) -> bool:
    """Cross-cutting areas are often mentioned in passing."""
    return any(tree.is_within(code, way) for way in (*WAYS_OF_HELPING, "AWA"))


def _named_inside(weights: Mapping[str, float]) -> dict[str, float]:
    clear = _strongest(weights)
    return {code: NAMED_BY_TEXT if code in clear else ALSO_NAMED for code in weights}


def _strongest(weights: Mapping[str, float]) -> dict[str, float]:
    """The areas that the text names most, the best of them with strength 1."""
    best = max(weights.values(), default=0.0)
    return {code: weight / best for code, weight in weights.items() if weight >= CLEARLY_NAMED * best}
