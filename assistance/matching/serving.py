"""How the needs of a batch of requests are served by offers: `Pair.served` for arrays, and which pairs can be.

Rules are applied to what is distinct (a set of forms asked for, a set of forms given) and looked up for each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assistance.matching import pair as pair_rules
from assistance.matching.asking import NOTHING_ASKED, FormsAsked, RequestBatch
from assistance.matching.book import Bools, Floats, Integers, OfferBook, Words, numbered
from assistance.matching.standing import pack, packed_length

ROWS_AT_ONCE = 128
"""So many rows of offers are tested at once before they are packed."""


@dataclass(frozen=True)
class Served:
    """Per pair of a need and an offer: closeness of area, fit of form and of weapon type."""

    area: Floats
    form: Floats
    weapon: Floats


class NeedTables:
    """The needs `first` up to `last` of a batch, with the fit of what they ask for to every distinct set given."""

    def __init__(self, batch: RequestBatch, first: int, last: int) -> None:
        self.batch = batch
        self.book = batch.book
        self.first, self.last = first, last
        forms, self.form_of = np.unique(batch.forms[first:last], return_inverse=True)
        self._forms = [batch.forms_asked[number] for number in forms]
        self.form_fits = form_fits(self._forms, self.book)
        weapons, weapon_of = np.unique(batch.weapons[first:last], return_inverse=True)
        fits = [
            [pair_rules.weapon_fit(batch.weapons_asked[number], given) for given in self.book.weapon_sets]
            for number in weapons
        ]
        self._weapon_fits: Floats = np.array(fits, dtype=np.float64).reshape(-1)
        self._weapon_start = weapon_of * len(self.book.weapon_sets)
        self._form_start = self.form_of * len(self.book.form_sets)
        self._most_areas = int(batch.area_counts[first:last].max(initial=0))
        self._has_vague = bool(batch.is_vague[first:last].any())

    def serve(self, needs: Integers, offers: Integers, form_sets: Integers, weapon_sets: Integers) -> Served:
        """Each need (its number in the batch) beside an offer (its row in the book, and the sets that it gives)."""
        here = needs - self.first
        forms = self._form_start.take(here)
        forms += form_sets
        weapons = self._weapon_start.take(here)
        weapons += weapon_sets
        return Served(
            self._area(needs, offers), self.form_fits.reshape(-1).take(forms), self._weapon_fits.take(weapons)
        )

    def forms_in_common(self, needs: Integers, form_sets: Integers) -> tuple[Bools, Bools]:
        """Whether of the forms that a need asks for and a set gives any is equipment, and any is not."""
        cells = self._form_start.take(needs - self.first) + form_sets
        supply, other = self._in_common
        return supply.take(cells), other.take(cells)

    @cached_property
    def _in_common(self) -> tuple[Bools, Bools]:
        rows = self.book.form_rows
        asked = np.zeros((len(self._forms), len(rows)), dtype=np.float32)
        for number, forms in enumerate(self._forms):
            asked[number, [rows[form] for form, _ in forms.types if form in rows]] = 1
        is_equipment = np.array([code in self.book.equipment for code in rows], dtype=np.bool_)
        given = self.book.given.T.astype(np.float32)
        found = [((asked * part) @ given > 0).reshape(-1) for part in (is_equipment, ~is_equipment)]
        return found[0], found[1]

    def _area(self, needs: Integers, offers: Integers) -> Floats:
        batch = self.batch
        first = batch.first_area.take(needs)
        best = self._closeness(first, offers)
        for further in range(1, self._most_areas):
            more = np.flatnonzero(batch.area_counts.take(needs) > further)
            best[more] = np.maximum(best[more], self._closeness(first[more] + further, offers[more]))
        if self._has_vague:
            vague = np.flatnonzero(batch.is_vague.take(needs) & self.book.helps_to_define.take(offers))
            best[vague] = np.maximum(best[vague], pair_rules.HELP_TO_DEFINE)
        return best

    def _closeness(self, areas: Integers, offers: Integers) -> Floats:
        cells = self.batch.area_row.take(areas)
        cells *= len(self.book)
        cells += offers
        found: Floats = self.book.levels.take(self.book.nearness.reshape(-1).take(cells))
        found *= self.batch.area_strength.take(areas)
        return found


class NeedGates:
    """For the same needs, as packed bits over the offers: which offers can be in reach of a need.

    An offer that is not among them is too far or gives no fitting form; whether the others are in reach is
    decided pair by pair.
    """

    def __init__(self, tables: NeedTables, reach: float) -> None:
        self.tables = tables
        self._reach = reach
        batch = tables.batch
        priority = batch.priority[tables.first : tables.last].tolist()
        self._form_gate, forms = numbered(list(zip(tables.form_of.tolist(), priority, strict=True)))
        self._forms = self._form_rows(forms)
        needs = np.repeat(np.arange(tables.first, tables.last), batch.area_counts[tables.first : tables.last])
        begin = int(batch.area_counts[: tables.first].sum())
        areas = slice(begin, begin + needs.size)
        self._first_area = begin
        keys = zip(
            batch.area_row[areas].tolist(),
            batch.area_strength[areas].tolist(),
            batch.priority[needs].tolist(),
            strict=True,
        )
        self._area_gate, distinct = numbered(list(keys))
        self._areas = self._area_rows(distinct)
        self._help = pack(tables.book.helps_to_define)

    def rows(self, needs: Integers) -> Words:
        """The bits of each of the needs, shape (needs, words)."""
        batch = self.tables.batch
        counts = batch.area_counts[needs]
        found: Words = np.zeros((needs.size, self._help.size), dtype=np.uint64)
        for further in range(int(counts.max(initial=0))):
            more = np.flatnonzero(counts > further)
            gates = self._area_gate[batch.first_area[needs[more]] + further - self._first_area]
            found[more] |= self._areas[gates]
        found[batch.is_vague[needs]] |= self._help
        found &= self._forms[self._form_gate[needs - self.tables.first]]
        return found

    def _form_rows(self, keys: Sequence[tuple[int, float]]) -> Words:
        book = self.tables.book
        rows: Words = np.zeros((len(keys), packed_length(len(book))), dtype=np.uint64)
        for begin in range(0, len(keys), ROWS_AT_ONCE):
            some = keys[begin : begin + ROWS_AT_ONCE]
            fits = self.tables.form_fits[[form for form, _ in some]]
            passed = np.array([priority for _, priority in some])[:, None] * fits >= self._reach
            rows[begin : begin + ROWS_AT_ONCE] = pack(passed.take(book.form_set, axis=1))
        return rows

    def _area_rows(self, keys: Sequence[tuple[int, float, float]]) -> Words:
        book = self.tables.book
        rows: Words = np.zeros((len(keys), packed_length(len(book))), dtype=np.uint64)
        for number, (row, strength, priority) in enumerate(keys):
            lowest = np.count_nonzero(priority * (strength * book.levels) < self._reach)  # the levels are ascending
            rows[number] = pack(book.nearness[row] >= lowest)
        return rows


def form_fits(asked: Sequence[FormsAsked], book: OfferBook) -> Floats:
    """The fit of every set of forms that is given (columns) to each that is asked for (rows); see `Pair`."""
    fits: Floats = np.zeros((len(asked), len(book.form_sets)))
    for row, forms in enumerate(asked):
        if forms != NOTHING_ASKED:
            fits[row] = _form_fit(forms, book)
    return fits


def _form_fit(asked: FormsAsked, book: OfferBook) -> Floats:
    given, refused = book.given, [book.form_rows[form] for form in asked.refused if form in book.form_rows]
    is_mixed = given[:, refused].any(axis=1)
    if refused:
        given = given.copy()
        given[:, refused] = False
    left = given.any(axis=1)
    if asked.any_form:
        return np.where(left, pair_rules.ANY_FORM, 0.0)
    top, best, total = np.zeros(len(given)), np.zeros(len(given)), 0.0
    for form, weight in asked.types:
        value = book.best_form(form, given)
        if refused:
            value = np.where(is_mixed & (value < pair_rules.BESIDE_REFUSED), 0.0, value)
        np.maximum(top, value if weight >= 1 else pair_rules.TEXT_FORM_AT_BEST * value, out=top)
        best += weight * value
        total += weight
    fit = pair_rules.TOP_FORM * top + (1 - pair_rules.TOP_FORM) * (best / total)
    return np.where(left, fit, 0.0)
