"""How the needs of a batch of requests are served by offers: `Pair.served` for arrays, and which pairs can be.

Rules are applied to what is distinct (a set of forms asked for, a set of forms given) and looked up for each pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assistance.matching import pair as pair_rules
from assistance.matching.asking import FormsAsked, FormWeights, RequestBatch
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
        weapons, self.weapon_of = np.unique(batch.weapons[first:last], return_inverse=True)
        fits = [
            [pair_rules.weapon_fit(batch.weapons_asked[number], given) for given in self.book.weapon_sets]
            for number in weapons
        ]
        self.weapon_fits: Floats = np.array(fits, dtype=np.float64).reshape(len(weapons), len(self.book.weapon_sets))
        self._weapon_start = self.weapon_of * len(self.book.weapon_sets)
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
        form: Floats = self.form_fits.reshape(-1).take(forms)
        weapon: Floats = self.weapon_fits.reshape(-1).take(weapons)
        return Served(self._area(needs, offers), form, weapon)

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
        self._forms = self._set_rows(forms, tables.form_fits, tables.book.form_set)
        self._weapon_gate, weapons = numbered(list(zip(tables.weapon_of.tolist(), priority, strict=True)))
        self._weapons = self._set_rows(weapons, tables.weapon_fits, tables.book.weapon_set)
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
        found &= self._weapons[self._weapon_gate[needs - self.tables.first]]
        return found

    def _set_rows(self, keys: Sequence[tuple[int, float]], fits: Floats, sets: Integers) -> Words:
        """A row for each of the keys (row of the fits, priority), from the set that each offer gives."""
        rows: Words = np.zeros((len(keys), packed_length(sets.size)), dtype=np.uint64)
        for begin in range(0, len(keys), ROWS_AT_ONCE):
            some = keys[begin : begin + ROWS_AT_ONCE]
            priority = np.array([priority for _, priority in some])[:, None]
            passed = priority * fits[[row for row, _ in some]] >= self._reach
            rows[begin : begin + ROWS_AT_ONCE] = pack(passed.take(sets, axis=1))
        return rows

    def _area_rows(self, keys: Sequence[tuple[int, float, float]]) -> Words:
        book = self.tables.book
        rows: Words = np.zeros((len(keys), packed_length(len(book))), dtype=np.uint64)
        areas = [row for row, _, _ in keys]
        strength, priority = np.array([key[1:] for key in keys]).reshape(-1, 2).T[:, :, None]
        lowest = np.count_nonzero(priority * (strength * book.levels) < self._reach, axis=1)  # the levels are ascending
        lowest = lowest.astype(np.min_scalar_type(book.levels.size))[:, None]
        for begin in range(0, len(keys), ROWS_AT_ONCE):
            some = slice(begin, begin + ROWS_AT_ONCE)
            rows[some] = pack(book.nearness[areas[some]] >= lowest[some])
        return rows


def form_fits(asked: Sequence[FormsAsked], book: OfferBook) -> Floats:
    """The fit of every set of forms that is given (columns) to each that is asked for (rows); see `Pair`."""
    fits: Floats = np.zeros((len(asked), len(book.form_sets)))
    alike: dict[tuple[frozenset[str], int], list[int]] = {}
    for row, forms in enumerate(asked):
        if forms.types or forms.any_form:
            alike.setdefault((forms.refused, len(forms.types)), []).append(row)
    for (refused, _), rows in alike.items():
        columns = [book.form_rows[form] for form in refused if form in book.form_rows]
        given = book.given.copy()
        given[:, columns] = False
        left: Bools = np.asarray(given.any(axis=1))
        is_mixed: Bools = np.asarray(book.given[:, columns].any(axis=1))
        for begin in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[begin : begin + ROWS_AT_ONCE]
            found = _form_fits([asked[row].types for row in some], book, given if columns else book.given, is_mixed)
            fits[some] = np.where(left, found, 0.0)
    return fits


def _form_fits(asked: Sequence[FormWeights], book: OfferBook, given: Bools, is_mixed: Bools) -> Floats:
    """The same for as many forms each; `given` is what is left of each set, `is_mixed` whether it has lost any."""
    if not asked[0]:
        return np.full((len(asked), len(given)), pair_rules.ANY_FORM)
    names, distinct = numbered([form for types in asked for form, _ in types])
    values = np.array([book.best_form(form, given) for form in distinct])
    if is_mixed.any():
        values = np.where(is_mixed & (values < pair_rules.BESIDE_REFUSED), 0.0, values)
    weights = np.array([[weight for _, weight in types] for types in asked])
    top = np.zeros((len(asked), len(given)))
    best, total = np.zeros_like(top), np.zeros((len(asked), 1))
    for forms, weight in zip(names.reshape(weights.shape).T, weights.T[:, :, None], strict=True):
        value = values[forms]
        np.maximum(top, value * np.where(weight >= 1, 1.0, pair_rules.TEXT_FORM_AT_BEST), out=top)
        value *= weight
        best += value
        total += weight
    best /= total
    best *= 1 - pair_rules.TOP_FORM
    top *= pair_rules.TOP_FORM
    top += best
    return top
