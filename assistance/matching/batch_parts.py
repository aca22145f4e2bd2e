"""The parts of a score for many pairs at once; `scoring` has the same rules for one pair, with their reasons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assistance.matching import gates as gate_rules
from assistance.matching import scoring as rules
from assistance.matching.batch_pairs import Fits, Pairs, Serving
from assistance.matching.book import Bools, Floats, Integers
from assistance.matching.policy import LOWERING, PARTS, Policy
from assistance.matching.standing import REGION_BITS, REGION_VALUES

PART_CODES = (*PARTS, *LOWERING)
LATE_PARTS = ("specificity", "words")
"""Parts that are measured only for pairs that may be among the best: they cost most and decide least."""


class PairParts:
    """The parts of the pairs of some fits: `values` by code; a part that is 0 for every pair is None.

    The late parts are there after `measure_late`. `is_barred` marks pairs that fail one of the last two gates: the
    same help is received already, or a language is missing on which the requester insists.
    """

    def __init__(self, fits: Fits, serving: Serving) -> None:
        self.serving = serving
        self.policy = serving.policy
        self.batch = fits.pairs.batch
        self.book = self.batch.book
        self._take(fits.pairs, fits.fit)
        self.is_barred: Bools = np.zeros(self.rows.size, dtype=np.bool_)
        self._standing = self._standings()
        self._language_pairs = self.batch.language.take(self.rows) * len(self.book.language_sets)
        self._language_pairs += self.book.language_set.take(self.offers)
        self.values: dict[str, Floats | None] = {
            "needs": fits.fit,
            "types": fits.types,
            "weapons": fits.weapons,
            "region": REGION_VALUES.take(self._standing & (2**REGION_BITS - 1)),
            "timing": self.timing(),
            "language": self.batch.language_values.take(self._language_pairs),
            "preferred": self.preferred(),
            "overlap": self.overlap(),
            "language_barrier": self.language_barrier(),
            "coverage_gap": self.coverage_gap(),
            "outside_region": self.outside_region(),
            "unwanted": self.unwanted(),
        }
        self._raised = self._points_raised([code for code in PARTS if code not in LATE_PARTS])

    def _take(self, pairs: Pairs, fit: Floats) -> None:
        self.pairs, self.fit = pairs, fit
        self.rows, self.offers = pairs.rows, pairs.offers

    def _standings(self) -> npt.NDArray[np.uint16]:
        cells = self.batch.standing.take(self.rows)
        cells *= len(self.book)
        cells += self.offers
        return self.book.standings.standing.reshape(-1).take(cells)

    def none(self) -> Floats:
        return np.zeros(self.rows.size)

    def bounds(self) -> tuple[Floats, Floats]:
        """What the score of each pair is at least and at most, whatever the late parts are; -1 if it is barred.

        The lowering parts never turn the order of two sums round, so that the bounds go through them as sums do.
        """
        most = sum(self.policy.shares[code] for code in LATE_PARTS) * self.fit
        most += len(LATE_PARTS)  # each may be rounded up
        np.ceil(most, out=most)
        most += self._raised
        least, most = self._lowered(self._raised), self._lowered(most)
        return np.where(self.is_barred, -1.0, least), np.where(self.is_barred, -1.0, most)

    def measure_late(self, kept: Integers) -> None:
        """Go on with some of the pairs alone."""
        self._take(self.pairs.some(kept), self.fit[kept])
        self.is_barred = self.is_barred[kept]
        self.values = {code: None if value is None else value[kept] for code, value in self.values.items()}
        self.values |= {"specificity": self.specificity(), "words": self.words()}
        reached = self._lowered(self._raised[kept] + self._points_raised(LATE_PARTS))
        self.hundredths: Integers = reached.astype(np.int64)

    def _points_raised(self, codes: Sequence[str]) -> Floats:
        """The sum of the points of some raising parts."""
        total = self.none()
        for code in codes:
            value = self.values[code]
            if value is not None:
                total += points_raised(code, value, self.fit, self.policy)
        return total

    def _lowered(self, reached: Floats) -> Floats:
        for code in LOWERING:
            value = self.values[code]
            if value is not None:
                reached = reached - points_lowered(code, value, reached, self.policy)
        return reached

    def table(self, some: Integers) -> tuple[Floats, npt.NDArray[np.int32]]:
        """Values and points of some pairs, a column for each of `PART_CODES`; what lowers has negative points."""
        values, points = np.zeros((some.size, len(PART_CODES))), np.zeros((some.size, len(PART_CODES)), dtype=np.int32)
        reached = np.zeros(some.size)
        for column, code in enumerate(PART_CODES):
            found = self.values[code]
            if found is not None:
                value = values[:, column] = found[some]
                if code in LOWERING:
                    change = -points_lowered(code, value, reached, self.policy)
                else:
                    change = points_raised(code, value, self.fit[some], self.policy)
                points[:, column] = change
                reached += change
        return values, points

    def timing(self) -> Floats:
        book, batch, rows = self.book, self.batch, self.rows
        days = batch.days.take(rows)
        late = (book.starts.take(self.offers) - batch.first.take(rows)) / days
        early = (batch.last.take(rows) - book.too_early.take(self.offers)) / days
        for share, costs in ((late, rules.LATE_COSTS), (early, rules.EARLY_COSTS)):
            np.maximum(share, 0.0, out=share)
            np.minimum(share, 1.0, out=share)
            share *= costs
        value: Floats = 1 - late
        value -= early
        urgent = np.flatnonzero(batch.is_urgent.take(rows))
        value[urgent] *= book.at_once.take(self.offers[urgent])
        value *= book.funding.take(self.offers)
        return np.maximum(value, 0.0, out=value)

    def specificity(self) -> Floats:
        """How narrow the narrowest area near a need is, less for each area that is beside the point."""
        book = self.book
        near = [
            asked.take(self.rows) & given.take(self.offers)
            for asked, given in zip(self.batch.near_masks, book.tag_masks, strict=True)
        ]
        beside = book.tag_counts.take(self.offers)
        for word in near:
            beside -= np.bitwise_count(word)
        step = np.zeros(self.rows.size, dtype=np.int64)
        for mask in book.specific_masks:
            step += np.logical_or.reduce([(word & bits) != 0 for word, bits in zip(near, mask, strict=True)])
        step *= book.narrowness.shape[1]
        step += beside
        value: Floats = book.narrowness.reshape(-1).take(step)
        value += book.concrete.take(self.offers)
        value += book.kind.take(self.offers)
        return value

    def words(self) -> Floats:
        """Cosine of the weighted concepts: shared ones are counted by masks, one for each weight."""
        product = self.none()
        for asked_weight, asked_masks in self.batch.concept_masks.items():
            for given_weight, given_masks in self.book.concept_masks.items():
                for asked, given in zip(asked_masks, given_masks, strict=True):
                    if np.bitwise_or.reduce(asked) & np.bitwise_or.reduce(given):
                        shared = np.bitwise_count(asked.take(self.rows) & given.take(self.offers))
                        product += (asked_weight * given_weight) * shared
        some = np.flatnonzero(product)
        squares = self.batch.concept_squares.take(self.rows[some])
        squares *= self.book.concept_squares.take(self.offers[some])
        value = self.none()
        value[some] = np.minimum(product[some] / np.sqrt(squares), 1.0)
        return value

    def preferred(self) -> Floats | None:
        preferring = self.pairs.among(self.batch.preferring)
        if not preferring:
            return None
        value, book = self.none(), self.book
        for row in preferring:
            request, some = self.batch.requests[row], self.pairs.of(row)
            by_provider = np.zeros(len(book.provider_keys))
            for provider in book.standings.related(request.preferred_providers):
                by_provider[provider] = rules.preference(request, book.provider_keys[provider], book.directory)
            value[some] = by_provider.take(book.provider.take(self.offers[some]))
        return value

    def overlap(self) -> Floats | None:
        """The largest overlap with help that is running; on the way, what is the very same help."""
        batch, book = self.batch, self.book
        most = int(batch.assistance_counts[self.pairs.first : self.pairs.last].max(initial=0))
        if not most:
            return None
        value = self.none()
        for position in range(most):
            some = np.flatnonzero(batch.assistance_counts.take(self.rows) > position)
            rows, offers = self.rows[some], self.offers[some]
            running = batch.first_assistance.take(rows) + position
            cells = batch.assisted_area.take(running) * len(book) + offers
            near: Floats = book.levels.take(book.tag_nearness.reshape(-1).take(cells))
            share = (batch.assisted_until.take(running) - batch.first.take(rows)) / batch.days.take(rows)
            near *= np.minimum(np.maximum(share, 0.0), 1.0)
            same = batch.assisted_by[running, book.provider.take(offers)]
            near *= np.where(same, 1.0, batch.weight_of_others.take(running))
            near *= book.completing.take(offers)
            value[some] = np.maximum(value[some], near)
            self._mark_received(some[same & (near >= 1)], position)
        return value

    def _mark_received(self, hits: Integers, position: int) -> None:
        """Of pairs whose provider gives this help for the whole period: those in which it is not asked for again."""
        batch = self.batch
        for row in np.unique(self.rows[hits]).tolist():
            some = hits[self.rows[hits] == row]
            area = batch.assistance[batch.first_assistance[row] + position].area
            again = np.zeros(some.size, dtype=np.bool_)
            for need in range(batch.first_need[row], batch.first_need[row] + batch.need_counts[row]):
                if batch.needs[need].need.area == area:
                    tables = self.serving.tables_of(need)
                    served = self.pairs.serve(tables, np.full(some.size, need), some)
                    again |= (served.form >= gate_rules.WANTED_AS_ASKED) & (served.area >= 1)
            self.is_barred[some[~again]] = True

    def language_barrier(self) -> Floats | None:
        """No common working language, for more than the supply of equipment."""
        batch, book = self.batch, self.book
        apart = batch.languages_apart.take(self._language_pairs)
        supplied = np.flatnonzero(apart & batch.asks_equipment.take(self.rows))
        supplied = supplied[book.gives_equipment.take(self.pairs.form_sets[supplied])]
        if supplied.size:
            apart[supplied[self._is_supply_alone(supplied)]] = False
        if not apart.any():
            return None
        for row in self.pairs.among(batch.insisting):
            some = self.pairs.of(row)
            self.is_barred[some] |= apart[some]
        return apart.astype(np.float64)

    def _is_supply_alone(self, some: Integers) -> Bools:
        """Whether of the forms asked for and given, for the needs that are served, all are equipment."""
        batch, rows = self.batch, self.rows[some]
        supply, other = np.zeros(some.size, dtype=np.bool_), np.zeros(some.size, dtype=np.bool_)
        for tables, position in self.serving.positions():
            within = np.flatnonzero(batch.need_counts.take(rows) > position)
            needs = batch.first_need.take(rows[within]) + position
            served = self.pairs.serve(tables, needs, some[within])
            is_served = (served.area > 0) & (served.form > 0)
            both = tables.forms_in_common(needs, self.pairs.form_sets[some[within]])
            supply[within] |= is_served & both[0]
            other[within] |= is_served & both[1]
        return supply & ~other

    def coverage_gap(self) -> Floats | None:
        asking = self.pairs.among(self.batch.by_organization)
        if not asking:
            return None
        value = self.none()
        for row in asking:
            some = self.pairs.of(row)
            value[some] = self.book.standings.gaps[int(self.batch.standing[row])].take(self.offers[some])
        return value

    def outside_region(self) -> Floats | None:
        outside = self._standing >> REGION_BITS
        if not outside.any():
            return None
        sizes = self.book.standings.sizes.take(self.batch.standing)
        value: Floats = outside / sizes.take(self.rows)
        return value

    def unwanted(self) -> Floats | None:
        refusing = self.pairs.among(self.batch.refusing)
        if not refusing:
            return None
        value, book = self.none(), self.book
        for row in refusing:
            some = self.pairs.of(row)
            refused = {form for need in self.batch.readings[row].needs for form in need.refused_types}
            columns = [book.form_rows[form] for form in refused if form in book.form_rows]
            shares = book.given[:, columns].sum(axis=1) / np.maximum(book.given_counts, 1)
            value[some] = shares.take(self.pairs.form_sets[some])
        return value


def points_raised(code: str, value: Floats, fit: Floats, policy: Policy) -> Floats:
    """The points of a raising part, in hundredths."""
    points = policy.shares[code] * value
    if code not in rules.ABSOLUTE_PARTS:
        points *= fit
    return np.rint(points, out=points)


def points_lowered(code: str, value: Floats, reached: Floats, policy: Policy) -> Floats:
    """What a lowering part takes off the hundredths reached."""
    points = policy.taken(code) * value
    points *= reached
    return np.rint(points, out=points)
