"""One request beside one offer: the facts that gates and score parts are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from assistance.matching.closeness import area_closeness, best_form
from assistance.matching.offer_reading import OfferReading
from assistance.matching.policy import Policy
from assistance.matching.profiles import CATCH_ALL_AREA, Directory, OfferProfile, RequestProfile
from assistance.matching.request_needs import ReadNeed
from assistance.matching.request_reading import RequestReading

ANY_FORM = 0.8
"""How far an offer serves a need that names no form of help."""
TOP_FORM = 0.6
"""Share of the form fit that comes from the best-met form; the rest is the mean over all forms asked for."""
TEXT_FORM_AT_BEST = 0.7
"""A form that only the text asks for cannot make the best-met form better than this."""
BESIDE_REFUSED = 0.7
"""Beside a form that is refused, another counts only if it stands in for the one asked for at least so well."""
OTHER_WEAPON = 0.1
ONE_OF_SEVERAL_WEAPONS = 0.7
GUESS = 0.6
"""What is left of an offer that is narrower than a request that does not yet know what it needs."""
HELP_TO_DEFINE = 0.9
"""Closeness of a help desk to a request that does not yet know what it needs."""
EQUIPMENT_FAMILY = "equipment"


@dataclass(frozen=True)
class Served:
    """How one need is served: closeness of area, fit of form and of weapon type, all 0-1."""

    need: ReadNeed
    area: float
    met_by: str | None
    form: float
    weapon: float

    @property
    def value(self) -> float:
        return self.area * self.form * self.weapon


def weapon_fit(asked: frozenset[str], given: frozenset[str]) -> float:
    """How far the weapon types given are those asked for; 1 where either side names none."""
    if not asked or not given:
        return 1.0
    shared = len(asked & given)
    if not shared:
        return OTHER_WEAPON
    return ONE_OF_SEVERAL_WEAPONS + (1 - ONE_OF_SEVERAL_WEAPONS) * (shared / len(asked))


@dataclass(frozen=True)
class Pair:
    """A request and an offer with their readings, and what follows from the two together."""

    request: RequestProfile
    reading: RequestReading
    offer: OfferProfile
    offered: OfferReading
    directory: Directory
    policy: Policy
    today: date

    @cached_property
    def states(self) -> frozenset[str]:
        return self.directory.states_of(self.request)

    @cached_property
    def covered_share(self) -> float:
        """The share (0-1) of the requester's States that the offer is open to."""
        offer, covered = self.offer, self.offered.covered
        if self.request.state and self.offered.not_for_states:
            return 0.0
        if covered is None or (self.request.organization in offer.members_of and not self.offered.is_narrowed):
            return 1.0
        return len(self.states & covered) / len(self.states) if self.states else 0.0

    @cached_property
    def served(self) -> tuple[Served, ...]:
        return tuple(self._serve(need) for need in self.reading.needs)

    def _serve(self, need: ReadNeed) -> Served:
        closeness, met_by = self._closest(need)
        weapon = weapon_fit(need.weapon_types, self.offered.weapon_types)
        return Served(need, closeness, met_by, self._form_fit(need), weapon)

    def _closest(self, need: ReadNeed) -> tuple[float, str | None]:
        best, met_by = 0.0, None
        for needed, strength in need.areas.items():
            if needed in self.offered.excluded_areas:
                continue
            for given, given_strength in self.offered.areas.items():
                value = strength * (given_strength * self._area_closeness(needed, given))
                if value > best:
                    best, met_by = value, given
        if self.reading.is_vague and self._helps_to_define and need.areas and best < HELP_TO_DEFINE:
            return HELP_TO_DEFINE, CATCH_ALL_AREA
        return best, met_by

    def _area_closeness(self, needed: str, given: str) -> float:
        tree = self.directory.areas
        value = area_closeness(tree, needed, given)
        return value * GUESS if self.reading.is_vague and needed in tree.ancestors(given) else value

    @cached_property
    def _helps_to_define(self) -> bool:
        return "NEED" in self.offered.types and CATCH_ALL_AREA in self.offer.areas

    def _form_fit(self, need: ReadNeed) -> float:
        given = self.offered.types - need.refused_types
        if not given or not need.areas:
            return 0.0
        if not need.types:
            return 0.0 if need.need.types else ANY_FORM
        best = top = total = 0.0
        for form, weight in need.types.items():
            value = best_form(self.directory.type_families, form, given)
            if given != self.offered.types and value < BESIDE_REFUSED:
                value = 0.0
            top = max(top, value if weight >= 1 else TEXT_FORM_AT_BEST * value)
            best += weight * value
            total += weight
        return TOP_FORM * top + (1 - TOP_FORM) * (best / total)

    @cached_property
    def priorities(self) -> tuple[float, ...]:
        """The needs' priorities against the highest in this request."""
        values = [self.policy.priorities[need.need.priority] for need in self.reading.needs]
        highest = max(values, default=1.0)
        return tuple(value / highest for value in values)

    @cached_property
    def fit(self) -> float:
        """How far the offer serves the request (0-1): mostly its best-met need, partly all needs together."""
        if not self.served:
            return 0.0
        best = total = priorities = 0.0
        for priority, served in zip(self.priorities, self.served, strict=True):
            value = priority * served.value
            best = max(best, value)
            total += value
            priorities += priority
        breadth = self.policy.breadth
        return (1 - breadth) * best + breadth * (total / priorities)

    @cached_property
    def common_languages(self) -> tuple[str, ...]:
        return tuple(code for code in self.request.languages if code in self.offered.languages)

    @cached_property
    def languages_known(self) -> bool:
        return bool(self.request.languages and self.offered.languages)

    @cached_property
    def is_language_bound(self) -> bool:
        """Whether the help asked for and given is more than the supply of equipment."""
        families = self.directory.type_families
        forms = {form for served in self.served for form in served.need.types if served.value > 0}
        both = forms & self.offered.types
        return not both or any(families.get(form) != EQUIPMENT_FAMILY for form in both)

    @cached_property
    def has_language_barrier(self) -> bool:
        return self.languages_known and not self.common_languages and self.is_language_bound
