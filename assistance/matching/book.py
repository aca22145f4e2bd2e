"""Many offers as arrays, so that many requests are scored against all of them at once.

A book holds for n offers, ordered by reference, what `Pair`, the gates and the score parts ask of an offer.
It is built once for a run; `batch` scores against it. Results are the same as the readable rules give, to the
last hundredth; the tests compare the two.

What few offers differ in (their set of forms, of languages, of weapon types) is kept as the number of the set, so
that a rule is applied to a set once and looked up for each pair.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from assistance.matching.closeness import CATCH_ALL, area_closeness, form_closeness
from assistance.matching.offer_reading import OfferReading
from assistance.matching.pair import EQUIPMENT_FAMILY, GUESS
from assistance.matching.profiles import CATCH_ALL_AREA, Directory, OfferProfile
from assistance.matching.scoring import (
    BESIDE_THE_POINT,
    COMPLETING,
    EVENT_LENGTH,
    GENERIC_FORMS,
    NOT_AT_ONCE,
    STANDING_OFFER,
    UNFUNDED,
    area_specificity,
)
from assistance.matching.standing import Standings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.unsignedinteger]
"""Small numbers that stand for a level or a set."""

FIRST_DAY = -(10**6)
LAST_DAY = 10**6
"""Ordinals for "no date": earlier and later than every date."""
WORD = 64
"""Bits in a word of a mask."""

Value = TypeVar("Value", bound=Hashable)


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
        self._fill_dates()
        self._fill_areas()
        self._fill_tags()
        self._fill_forms()
        self._fill_sets()
        self._fill_concepts()
        self.standings = Standings(self.offers, self.readings, directory, today)
        self.provider = self.standings.provider
        self.provider_keys = self.standings.provider_keys

    def __len__(self) -> int:
        return len(self.offers)

    def _fill_dates(self) -> None:
        """Dates as day ordinals, and what urgency and funding leave of an offer's timing."""
        self.starts = np.array([_ordinal(offer.starts_on, FIRST_DAY) for offer in self.offers], dtype=np.int32)
        self.ends = np.array([_ordinal(offer.ends_on, LAST_DAY) for offer in self.offers], dtype=np.int32)
        self.too_early = np.where(self._flags(lambda offer, _: _is_event(offer)), LAST_DAY, self.ends).astype(np.int32)
        """The day on which the offer ends before its time; never for an event."""
        self.at_once = np.where(self._flags(lambda _, reading: reading.is_prompt), 1.0, NOT_AT_ONCE)
        self.funding = np.where(self._flags(lambda _, reading: reading.is_unfunded), UNFUNDED, 1.0)
        self.completing = np.where(self._flags(lambda _, reading: reading.continues), COMPLETING, 1.0)

    def _fill_areas(self) -> None:
        """`nearness[area, offer]`: how near the offer is to each area that may be needed, as a place in `levels`.

        A second block of as many rows holds the same for requests that do not yet know what they need.
        """
        tree = self.directory.areas
        codes = tree.codes
        self.area_rows = {code: row for row, code in enumerate(codes)}
        shape = (len(codes), len(codes))
        closeness = np.array([[area_closeness(tree, needed, given) for given in codes] for needed in codes])
        self.closeness: Floats = closeness.reshape(shape)
        below = np.array([[needed in tree.ancestors(given) for given in codes] for needed in codes], dtype=np.bool_)
        guessed = np.where(below.reshape(shape), self.closeness * GUESS, self.closeness)
        given = [
            (column, self.area_rows[code], strength)
            for column, reading in enumerate(self.readings)
            for code, strength in reading.areas.items()
        ]
        strengths = sorted({1.0} | {strength for _, _, strength in given})
        products = np.array(strengths)[:, None, None] * np.concatenate([self.closeness, guessed])[None]
        self.levels: Floats = np.unique(np.append(products, 0.0))
        ranks = np.searchsorted(self.levels, products).astype(np.min_scalar_type(max(len(self.levels) - 1, 1)))
        self.nearness = np.zeros((2 * len(codes), len(self)), dtype=ranks.dtype)
        columns, areas, steps = _columns_of(
            [(column, area, strengths.index(strength)) for column, area, strength in given]
        )
        for area in range(len(codes)):
            of_area = areas == area
            found = self.nearness[:, columns[of_area]]
            self.nearness[:, columns[of_area]] = np.maximum(found, ranks[steps[of_area], :, area].T)
        for column, reading in enumerate(self.readings):
            for code in reading.excluded_areas:
                self.nearness[self.area_rows[code], column] = 0
                self.nearness[self.area_rows[code] + len(codes), column] = 0
        self._tag_ranks = ranks[strengths.index(1.0), : len(codes)]
        self.helps_to_define = self._flags(
            lambda offer, reading: "NEED" in reading.types and CATCH_ALL_AREA in offer.areas
        )

    def _fill_tags(self) -> None:
        """The areas tagged, as masks and counts, and `tag_nearness[area, offer]` (a place in `levels`)."""
        tree = self.directory.areas
        tags = [[self.area_rows[code] for code in dict.fromkeys(offer.areas) if code in tree] for offer in self.offers]
        self.tag_counts = np.array([len(rows) for rows in tags], dtype=np.int64)
        self.tag_masks = masks([_bits(rows) for rows in tags], len(tree.codes))
        ranks = np.where(self.levels[self._tag_ranks] > CATCH_ALL, self._tag_ranks, 0).astype(self._tag_ranks.dtype)
        self.tag_nearness = np.zeros((len(tree.codes), len(self)), dtype=ranks.dtype)
        columns, areas, _ = _columns_of([(column, row, 0) for column, rows in enumerate(tags) for row in rows])
        for area in range(len(tree.codes)):
            of_area = columns[areas == area]
            self.tag_nearness[:, of_area] = np.maximum(self.tag_nearness[:, of_area], ranks[:, area, None])
        self.near_areas = [_bits(np.flatnonzero(row).tolist()) for row in self.closeness > CATCH_ALL]
        """For each area needed the mask of the areas that are near to it."""
        self._fill_specificity()

    def _fill_specificity(self) -> None:
        """`narrowness[step, beside]`: half of what the narrowest near area is worth, with so many tags beside it.

        The step is the number of `specific_masks` (areas at least so specific, for each degree there is) that an
        area is in.
        """
        tree = self.directory.areas
        specificity = {row: area_specificity(tree, code) for code, row in self.area_rows.items()}
        degrees = sorted(set(specificity.values()))
        reached = [_bits(row for row, found in specificity.items() if found >= degree) for degree in degrees]
        self.specific_masks = masks(reached, len(tree.codes)).T
        beside = 1 + BESIDE_THE_POINT * np.arange(int(self.tag_counts.max(initial=0)) + 1)
        self.narrowness: Floats = 0.5 * (np.array([0.0, *degrees])[:, None] / beside)

    def _fill_forms(self) -> None:
        """The sets of forms given: `form_set[offer]`, and by set which forms and how well each form is met."""
        families = self.directory.type_families
        self.form_set, self.form_sets = numbered(reading.types for reading in self.readings)
        codes = sorted(set(families).union(*self.form_sets))
        self.form_rows = {code: row for row, code in enumerate(codes)}
        self.given = np.zeros((len(self.form_sets), len(codes)), dtype=np.bool_)
        for row, forms in enumerate(self.form_sets):
            self.given[row, [self.form_rows[form] for form in forms]] = True
        self.given_counts = self.given.sum(axis=1)
        closeness = [[form_closeness(families, needed, given) for given in codes] for needed in codes]
        self._form_closeness = dict(zip(codes, np.array(closeness).reshape(len(codes), len(codes)), strict=True))
        self._best_forms = {form: self.best_form(form, self.given.copy()) for form in codes}
        self.equipment = frozenset(code for code in codes if families.get(code) == EQUIPMENT_FAMILY)
        self.gives_equipment = np.array(
            [not self.equipment.isdisjoint(forms) for forms in self.form_sets], dtype=np.bool_
        )
        concrete = [max((GENERIC_FORMS.get(form, 1.0) for form in forms), default=0.0) for forms in self.form_sets]
        self.concrete: Floats = (0.3 * np.array(concrete))[self.form_set]
        self.kind = 0.2 * np.array([STANDING_OFFER if offer.kind == "standing_offer" else 1.0 for offer in self.offers])

    def best_form(self, form: str, given: Bools) -> Floats:
        """How far each of the sets of forms (rows of `given`) serves where `form` is asked for."""
        if given is self.given and form in self._best_forms:
            return self._best_forms[form]
        closeness = self._form_closeness.get(form)
        if closeness is None:
            families = self.directory.type_families
            closeness = np.array([form_closeness(families, form, other) for other in self.form_rows])
        best: Floats = np.where(given, closeness[None, :], 0.0).max(axis=1, initial=0.0)
        return best

    def _fill_sets(self) -> None:
        self.language_set, self.language_sets = numbered(reading.languages for reading in self.readings)
        self.weapon_set, self.weapon_sets = numbered(reading.weapon_types for reading in self.readings)

    def _fill_concepts(self) -> None:
        """The concepts of each text as masks, one for every weight that a concept can have."""
        weights = sorted({weight for reading in self.readings for weight in reading.concepts.values()})
        names = sorted({(weight, name) for reading in self.readings for name, weight in reading.concepts.items()})
        self.concept_rows = {name: row for row, name in enumerate(dict.fromkeys(name for _, name in names))}
        self.concept_masks = {
            weight: masks(
                [_bits(self._concepts_of(reading, weight)) for reading in self.readings], len(self.concept_rows)
            )
            for weight in weights
        }
        squares = [sum(weight * weight for weight in reading.concepts.values()) for reading in self.readings]
        self.concept_squares = np.array(squares, dtype=np.float64)

    def _concepts_of(self, reading: OfferReading, weight: float) -> list[int]:
        return [self.concept_rows[name] for name, found in reading.concepts.items() if found == weight]

    def _flags(self, test: Callable[[OfferProfile, OfferReading], bool]) -> Bools:
        return np.array(
            [test(offer, reading) for offer, reading in zip(self.offers, self.readings, strict=True)],
            dtype=np.bool_,
        )


def masks(numbers: Sequence[int], bits: int) -> Words:
    """Python integers as rows of words, lowest word first: shape (words, len(numbers))."""
    count = max(1, -(-bits // WORD))
    whole = 2**WORD - 1
    return np.array([[number >> (WORD * at) & whole for number in numbers] for at in range(count)], dtype=np.uint64)


def _bits(rows: Iterable[int]) -> int:
    return sum(1 << row for row in rows)


def numbered(values: Iterable[Value]) -> tuple[Integers, list[Value]]:
    """The number of each value, and the distinct values in the order of their numbers."""
    numbers: dict[Value, int] = {}
    found = np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)
    return found, list(numbers)


def _columns_of(rows: Sequence[tuple[int, int, int]]) -> tuple[Integers, Integers, Integers]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _is_event(offer: OfferProfile) -> bool:
    return offer.starts_on is not None and offer.ends_on is not None and offer.ends_on - offer.starts_on < EVENT_LENGTH


def _ordinal(day: date | None, unknown: int) -> int:
    return day.toordinal() if day else unknown
