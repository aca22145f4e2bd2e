"""Scores one request against a whole book of offers at once.

The same rules as `gates` and `pair`, written for arrays, in the same order of operations, so that the
hundredths are the same. Gates come first: only the offers that may be suggested are scored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistance.matching import gates as gate_rules
from assistance.matching import pair as pair_rules
from assistance.matching.block_parts import BlockParts, ServedNeeds, covered_shares
from assistance.matching.book import Bools, Floats, Integers, OfferBook
from assistance.matching.closeness import form_closeness
from assistance.matching.policy import Policy
from assistance.matching.profiles import RequestProfile
from assistance.matching.request_needs import ReadNeed
from assistance.matching.request_reading import RequestReading

NO_ROWS: Integers = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Block:
    """Rows of the book that passed every gate, ascending, and their scores in hundredths."""

    rows: Integers
    hundredths: Integers

    def best(self, limit: int | None) -> list[tuple[int, int]]:
        """(row, hundredths), best first, equal scores by reference (the order of the rows)."""
        order = np.lexsort((self.rows, -self.hundredths))[:limit]
        return [(int(self.rows[place]), int(self.hundredths[place])) for place in order]


def score_block(request: RequestProfile, reading: RequestReading, book: OfferBook, policy: Policy) -> Block:
    """Gates and scores of all offers of the book for one request."""
    rows = _open_rows(request, reading, book, policy)
    if not rows.size or not reading.needs:
        return Block(NO_ROWS, NO_ROWS)
    needs = _serve(reading, book, policy, rows)
    weighted = np.array(needs.priorities)[:, None]
    kept: Bools = (weighted * (needs.area * needs.weapon)).max(axis=0) >= policy.reach
    kept &= (weighted * needs.value).max(axis=0) >= policy.reach
    rows, needs = rows[kept], needs.of(kept)
    parts = BlockParts(request, reading, book, policy, rows, needs)
    kept = ~_is_received_already(parts)
    if reading.insists_on_language:
        kept &= ~parts.has_barrier()
    if not kept.all():
        rows, needs = rows[kept], needs.of(kept)
        parts = BlockParts(request, reading, book, policy, rows, needs)
    return Block(rows, parts.hundredths())


def _open_rows(request: RequestProfile, reading: RequestReading, book: OfferBook, policy: Policy) -> Integers:
    """Offers that pass the gates which do not look at the needs, and that may be near one."""
    rows = _candidates(request, reading, book, policy)
    if request.needed_by:
        rows = rows[book.starts[rows] <= request.needed_by.toordinal()]
    if request.needed_from:
        rows = rows[book.ends[rows] >= request.needed_from.toordinal()]
    barred = request.declined_providers | reading.declined
    closed = [
        key in barred or request.requester in line for key, line in zip(book.provider_keys, book.lineages, strict=True)
    ]
    if any(closed):
        rows = rows[~np.array(closed)[book.provider[rows]]]
    return rows


def _candidates(request: RequestProfile, reading: RequestReading, book: OfferBook, policy: Policy) -> Integers:
    """Live offers open to the requester; for a State also near one of its needs."""
    if request.state in book.state_rows and not reading.is_vague:
        areas = sorted({area for need in reading.needs for area in need.areas})
        near = [book.near(request.state, area, policy.reach) for area in areas]
        return np.unique(np.concatenate(near)) if near else NO_ROWS
    least = 1.0 if request.state else gate_rules.MOST_MEMBERS
    return np.flatnonzero(book.is_live & (covered_shares(request, book) >= least))


def _serve(reading: RequestReading, book: OfferBook, policy: Policy, rows: Integers) -> ServedNeeds:
    needs = reading.needs
    area = np.array([_area(need, reading, book, rows) for need in needs])
    form = np.array([_form(need, book, rows) for need in needs])
    weapon = np.array([_weapon(need, book, rows) for need in needs])
    values = [policy.priorities[need.need.priority] for need in needs]
    highest = max(values)
    return ServedNeeds(area, form, weapon, area * form * weapon, tuple(value / highest for value in values))


def _area(need: ReadNeed, reading: RequestReading, book: OfferBook, rows: Integers) -> Floats:
    closest = book.closest_if_vague if reading.is_vague else book.closest
    best: Floats = np.zeros(rows.size)
    for code, strength in need.areas.items():
        np.maximum(best, strength * closest[book.area_rows[code], rows], out=best)
    if reading.is_vague and need.areas:
        best = np.where(book.helps_to_define[rows], np.maximum(best, pair_rules.HELP_TO_DEFINE), best)
    return best


def _form(need: ReadNeed, book: OfferBook, rows: Integers) -> Floats:
    if not need.areas or (not need.types and need.need.types):
        return np.zeros(rows.size)
    refused = [book.form_rows[form] for form in need.refused_types if form in book.form_rows]
    given: Bools = book.forms[:, rows]
    mixed = given[refused].any(axis=0)
    given[refused] = False
    left = given.any(axis=0)
    if not need.types:
        return np.where(left, pair_rules.ANY_FORM, 0.0)
    top, best, total = np.zeros(rows.size), np.zeros(rows.size), 0.0
    for form, weight in need.types.items():
        value = _best_form(form, book, rows, given if refused else None)
        if refused:
            value = np.where(mixed & (value < pair_rules.BESIDE_REFUSED), 0.0, value)
        np.maximum(top, value if weight >= 1 else pair_rules.TEXT_FORM_AT_BEST * value, out=top)
        best += weight * value
        total += weight
    fit = pair_rules.TOP_FORM * top + (1 - pair_rules.TOP_FORM) * (best / total)
    return np.where(left, fit, 0.0)


def _best_form(form: str, book: OfferBook, rows: Integers, given: Bools | None) -> Floats:
    """How far the forms given serve where `form` is asked for; `given` None: as they stand in the book."""
    if given is None and form in book.form_rows:
        known: Floats = book.best_form[book.form_rows[form], rows]
        return known
    families = book.directory.type_families
    closeness = np.array([form_closeness(families, form, other) for other in book.form_rows])
    forms = book.forms[:, rows] if given is None else given
    value: Floats = np.where(forms, closeness[:, None], 0.0).max(axis=0)
    return value


def _weapon(need: ReadNeed, book: OfferBook, rows: Integers) -> Floats:
    if not need.weapon_types:
        return np.ones(rows.size)
    given = book.weapons[rows]
    shared = np.bitwise_count(given & book.mask(need.weapon_types, book.weapon_bits))
    several = 1 - pair_rules.ONE_OF_SEVERAL_WEAPONS
    fit = pair_rules.ONE_OF_SEVERAL_WEAPONS + several * (shared / len(need.weapon_types))
    return np.where(given == 0, 1.0, np.where(shared == 0, pair_rules.OTHER_WEAPON, fit))


def _is_received_already(parts: BlockParts) -> Bools:
    received: Bools = np.zeros(parts.rows.size, dtype=np.bool_)
    for existing, value, same in parts.overlaps():
        again = np.zeros(parts.rows.size, dtype=np.bool_)
        for place, need in enumerate(parts.reading.needs):
            if need.need.area == existing.area:
                again |= (parts.needs.form[place] >= gate_rules.WANTED_AS_ASKED) & (parts.needs.area[place] >= 1)
        received |= same & (value >= 1) & ~again
    return received
