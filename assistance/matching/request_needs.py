"""The needs of a request as its prose leaves them: areas, forms of help and weapon types, one need at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistance.matching.evidence import area_codes, supports
from assistance.matching.passages import Passage, Term
from assistance.matching.profiles import CATCH_ALL_AREA, AreaTree, NeedProfile

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
            refused_types |= TRAINING_IN_OTHER_FORM - set(need.types)
        areas = {code: strength for code, strength in named.items() if not self._is_refused(code)}
        own = self.tree.weapon_types.get(need.area, frozenset())
        weapon_types = (self.weapon_types & own) or self.weapon_types
        return ReadNeed(need, areas, self._types(need, refused_types), weapon_types, refused_types)

    def _areas(self, need: NeedProfile) -> dict[str, float]:
        """Where the need may be met: as tagged, or where the text says if the tag is broad or contradicted."""
        if need.area == CATCH_ALL_AREA:
            named = {code: weight for code, weight in self.evidence.items() if not _is_catch_all(code, self.tree)}
            if not named:
                return {CATCH_ALL_AREA: 1.0}
            return {**_strongest(named), CATCH_ALL_AREA: CATCH_ALL_WITH_SUBJECT}
        if self.tree.is_top(need.area):
            inside = [code for code in self.evidence if code != need.area and _is_of_field(code, need.area, self.tree)]
            return {need.area: BROAD_WITH_SUBJECT if inside else 1.0, **dict.fromkeys(inside, NAMED_BY_TEXT)}
        if supports(self.evidence, need.area, self.tree):
            return {need.area: 1.0}
        return {need.area: 1.0, **self._contradicting}

    @cached_property
    def _contradicting(self) -> dict[str, float]:
        """Areas that the text names strongly although no tag is near them."""
        tops = {self.tree.top_of(need.area) for need in self.tagged if need.area in self.tree}
        return {
            code: CONTRADICTED_TAG
            for code, weight in self.evidence.items()
            if weight >= STRONG_EVIDENCE and self.tree.top_of(code) not in tops
        }

    def _is_refused(self, code: str) -> bool:
        """Whether every form of help is refused for an area."""
        return any(
            self.tree.is_within(code, area) for refusal in self.refusals if not refusal.types for area in refusal.areas
        )

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
        """The forms tagged, and with less weight those that the text asks for beside them."""
        tagged = {code: 1.0 for code in need.types if code not in refused_types}
        weight = FORM_FROM_TEXT if tagged else 1.0
        return {**dict.fromkeys(sorted(self._forms_asked_for(need) - refused_types), weight), **tagged}

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
            if term.concept.types and self.passage.has_in_sentence("asks", sentence):
                others = [other for other in self.kept if other.hit.sentence == sentence]
                found.append((term.concept.types, area_codes(others, self.tree)))
        return found


def _is_of_field(code: str, broad: str, tree: AreaTree) -> bool:
    """Inside a broad area, or the same field in another part of the tree: PHY.BIO is of the field BIO."""
    return tree.is_within(code, broad) or code.endswith(f".{broad}")


def _is_catch_all(code: str, tree: AreaTree) -> bool:
    return tree.is_within(code, CATCH_ALL_AREA) or tree.is_within(code, "AWA")


def _strongest(weights: Mapping[str, float]) -> dict[str, float]:
    """The areas that the text names most, the best of them with strength 1."""
    best = max(weights.values(), default=0.0)
    return {code: weight / best for code, weight in weights.items() if weight >= CLEARLY_NAMED * best}
