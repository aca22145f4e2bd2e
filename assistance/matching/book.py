"""Many offers as arrays, so that one request is scored against all of them at once.

A book holds for n offers, ordered by reference, what `Pair`, the gates and the score parts ask of an offer.
It is built once for a run; `block` scores against it. Results are the same as the readable rules give, to the
last hundredth; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from assistance.matching.closeness import CATCH_ALL, area_closeness, form_closeness
from assistance.matching.gates import LIVE_STATUSES
from assistance.matching.offer_reading import OfferReading
from assistance.matching.pair import EQUIPMENT_FAMILY, GUESS
from assistance.matching.profiles import CATCH_ALL_AREA, Directory, OfferProfile
from assistance.matching.scoring import EVENT_LENGTH, GENERIC_FORMS, STANDING_OFFER, area_specificity

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FIRST_DAY = -(10**6)
LAST_DAY = 10**6
"""Ordinals for "no date": earlier and later than every date."""


class OfferBook:
    """Offers and their readings in arrays; the row of an offer is its place in `offers`."""

    def __init__(
        self,
        offers: Iterable[OfferProfile],
        read: Callable[[OfferProfile], OfferReading],
        directory: Directory,
        today: date,
    ) -> None:
        self.offers: tuple[OfferProfile, ...] = tuple(sorted(offers, key=lambda offer: offer.reference))
        self.readings: tuple[OfferReading, ...] = tuple(read(offer) for offer in self.offers)
        self.directory = directory
        self.today = today
        self.references = tuple(offer.reference for offer in self.offers)
        self._index_vocabulary()
        self._fill_dates()
        self._fill_areas()
        self._fill_forms()
        self._fill_languages_and_weapons()
        self._fill_coverage()
        self._fill_providers()
        self._fill_concepts()
        self._candidates: dict[tuple[str, str, float], Integers] = {}

    def __len__(self) -> int:
        return len(self.offers)

    def _index_vocabulary(self) -> None:
        tree = self.directory.areas
        forms = set(self.directory.type_families)
        forms |= {form for reading in self.readings for form in reading.types}
        self.area_rows = {code: row for row, code in enumerate(tree.codes)}
        self.form_rows = {code: row for row, code in enumerate(sorted(forms))}
        self.language_bits = _bits(code for reading in self.readings for code in reading.languages)
        self.weapon_bits = _bits(code for reading in self.readings for code in reading.weapon_types)

    def _fill_dates(self) -> None:
        """Dates as day ordinals, and what the day of the run makes of them."""
        self.starts = np.array([_ordinal(offer.starts_on, FIRST_DAY) for offer in self.offers], dtype=np.int64)
        self.ends = np.array([_ordinal(offer.ends_on, LAST_DAY) for offer in self.offers], dtype=np.int64)
        self.is_event = self._flags(
            lambda offer, _: (
                offer.starts_on is not None
                and offer.ends_on is not None
                and offer.ends_on - offer.starts_on < EVENT_LENGTH
            )
        )
        self.is_live = self._flags(
            lambda offer, reading: (
                offer.status in LIVE_STATUSES
                and not reading.is_closed
                and (offer.capacity is None or offer.capacity > 0)
            )
        )
        self.is_live &= self.ends >= self.today.toordinal()
        self.is_prompt = self._flags(lambda _, reading: reading.is_prompt)
        self.is_unfunded = self._flags(lambda _, reading: reading.is_unfunded)
        self.continues = self._flags(lambda _, reading: reading.continues)

    def _fill_areas(self) -> None:
        """`closest[area, offer]`: nearness of the offer to each area that may be needed."""
        tree = self.directory.areas
        size = (len(tree.codes), len(self))
        closeness = np.array(
            [[area_closeness(tree, needed, given) for given in tree.codes] for needed in tree.codes]
        ).reshape(len(tree.codes), len(tree.codes))
        guessed = closeness.copy()
        for needed, row in self.area_rows.items():
            for given, column in self.area_rows.items():
                if needed in tree.ancestors(given):
                    guessed[row, column] = closeness[row, column] * GUESS
        self.closest = np.zeros(size)
        self.closest_if_vague = np.zeros(size)
        self.tags = np.zeros(size, dtype=np.bool_)
        self.tag_closest = np.zeros(size)
        for column, (offer, reading) in enumerate(zip(self.offers, self.readings, strict=True)):
            for code, strength in reading.areas.items():
                near = self.area_rows[code]
                np.maximum(self.closest[:, column], strength * closeness[:, near], out=self.closest[:, column])
                self.closest_if_vague[:, column] = np.maximum(
                    self.closest_if_vague[:, column], strength * guessed[:, near]
                )
            excluded = [self.area_rows[code] for code in reading.excluded_areas]
            self.closest[excluded, column] = 0.0
            self.closest_if_vague[excluded, column] = 0.0
            known = [self.area_rows[code] for code in set(offer.areas) if code in tree]
            self.tags[known, column] = True
            if known:
                nearest = closeness[:, known].max(axis=1)
                self.tag_closest[:, column] = np.where(nearest > CATCH_ALL, nearest, 0.0)
        self.tag_counts = self.tags.sum(axis=0)
        self.is_near = closeness > CATCH_ALL
        self.specificity = np.array([area_specificity(tree, code) for code in tree.codes])
        self.helps_to_define = self._flags(
            lambda offer, reading: "NEED" in reading.types and CATCH_ALL_AREA in offer.areas
        )

    def _fill_forms(self) -> None:
        families = self.directory.type_families
        codes = list(self.form_rows)
        self.form_closeness = np.array(
            [[form_closeness(families, needed, given) for given in codes] for needed in codes]
        ).reshape(len(codes), len(codes))
        self.forms = np.zeros((len(codes), len(self)), dtype=np.bool_)
        for column, reading in enumerate(self.readings):
            self.forms[[self.form_rows[form] for form in reading.types], column] = True
        self.form_counts = self.forms.sum(axis=0)
        self.best_form = np.zeros((len(codes), len(self)))
        for given in range(len(codes)):
            value = np.where(self.forms[given], 1.0, 0.0)
            np.maximum(self.best_form, self.form_closeness[:, given, None] * value, out=self.best_form)
        self.is_equipment = np.array([families.get(code) == EQUIPMENT_FAMILY for code in codes], dtype=np.bool_)
        self.concrete = np.array(
            [max((GENERIC_FORMS.get(form, 1.0) for form in reading.types), default=0.0) for reading in self.readings]
        )
        self.kind = np.array([STANDING_OFFER if offer.kind == "standing_offer" else 1.0 for offer in self.offers])

    def _fill_languages_and_weapons(self) -> None:
        self.languages = _masks([reading.languages for reading in self.readings], self.language_bits)
        self.weapons = _masks([reading.weapon_types for reading in self.readings], self.weapon_bits)

    def _fill_coverage(self) -> None:
        """`covers[state, offer]`, and by the same rows who is named by the offer or its title's region."""
        self.state_rows = {iso3: row for row, iso3 in enumerate(sorted(self.directory.states))}
        size = (len(self.state_rows), len(self))
        self.covers = np.zeros(size, dtype=np.bool_)
        self.names_state = np.zeros(size, dtype=np.bool_)
        self.in_named_region = np.zeros(size, dtype=np.bool_)
        for column, (offer, reading) in enumerate(zip(self.offers, self.readings, strict=True)):
            self._mark(self.covers, reading.covered, column)
            self._mark(self.names_state, offer.states, column)
            self._mark(self.in_named_region, reading.named_region, column)
        self.is_global = self._flags(lambda _, reading: reading.covered is None)
        self.names_region = self._flags(lambda _, reading: reading.named_region is not None)
        self.is_narrowed = self._flags(lambda _, reading: reading.is_narrowed)
        self.for_organizations = self._flags(lambda _, reading: reading.for_organizations)

    def _mark(self, table: Bools, states: frozenset[str] | None, column: int) -> None:
        if states is None:
            table[:, column] = True
        else:
            table[[self.state_rows[iso3] for iso3 in states if iso3 in self.state_rows], column] = True

    def _fill_providers(self) -> None:
        self.provider_keys = sorted({offer.provider for offer in self.offers})
        rows = {key: row for row, key in enumerate(self.provider_keys)}
        self.provider = np.array([rows[offer.provider] for offer in self.offers], dtype=np.int64)
        self.lineages = [frozenset(self.directory.lineage(key)) for key in self.provider_keys]
        self.home = np.zeros((len(self.state_rows), len(self.provider_keys)), dtype=np.bool_)
        for column, key in enumerate(self.provider_keys):
            self._mark(self.home, self.directory.home_of(key), column)

    def _fill_concepts(self) -> None:
        names = sorted({name for reading in self.readings for name in reading.concepts})
        self.concept_rows = {name: row for row, name in enumerate(names)}
        self.concepts = np.zeros((len(names), len(self)))
        for column, reading in enumerate(self.readings):
            for name, weight in reading.concepts.items():
                self.concepts[self.concept_rows[name], column] = weight
        self.concept_squares = (self.concepts * self.concepts).sum(axis=0)

    def _flags(self, test: Callable[[OfferProfile, OfferReading], bool]) -> Bools:
        return np.array(
            [test(offer, reading) for offer, reading in zip(self.offers, self.readings, strict=True)],
            dtype=np.bool_,
        )

    def mask(self, codes: Iterable[str], bits: dict[str, int]) -> int:
        """The codes as bits; those that no offer has fall away."""
        return sum(1 << bits[code] for code in set(codes) if code in bits)

    def near(self, state: str, area: str, reach: float) -> Integers:
        """Rows of live offers open to a State whose nearness to an area can be in reach; kept for next time."""
        key = (state, area, reach)
        if key not in self._candidates:
            found = self.is_live & self.covers[self.state_rows[state]]
            found &= self.closest[self.area_rows[area]] >= reach
            self._candidates[key] = np.flatnonzero(found)
        return self._candidates[key]


def _bits(codes: Iterable[str]) -> dict[str, int]:
    return {code: bit for bit, code in enumerate(sorted(set(codes)))}


def _masks(sets: Sequence[frozenset[str]], bits: dict[str, int]) -> Integers:
    return np.array([sum(1 << bits[code] for code in codes) for codes in sets], dtype=np.int64)


def _ordinal(day: date | None, unknown: int) -> int:
    return day.toordinal() if day else unknown
