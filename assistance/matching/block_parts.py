"""The parts of a score for many offers at once; `scoring` has the same rules for one pair, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from assistance.matching import scoring as rules
from assistance.matching.book import LAST_DAY, Bools, Floats, Integers, OfferBook
from assistance.matching.policy import LOWERING, PARTS, Policy
from assistance.matching.profiles import ExistingAssistance, RequestProfile
from assistance.matching.request_reading import RequestReading


@dataclass(frozen=True)
class ServedNeeds:
    """Per need (first axis) and offer (second): fit of area, form and weapon type, and their product."""

    area: Floats
    form: Floats
    weapon: Floats
    value: Floats
    priorities: tuple[float, ...]

    def of(self, kept: Bools) -> ServedNeeds:
        """The same for some of the offers."""
        return ServedNeeds(
            self.area[:, kept], self.form[:, kept], self.weapon[:, kept], self.value[:, kept], self.priorities
        )


class BlockParts:
    """One request against the offers in `rows` of a book."""

    def __init__(
        self,
        request: RequestProfile,
        reading: RequestReading,
        book: OfferBook,
        policy: Policy,
        rows: Integers,
        needs: ServedNeeds,
    ) -> None:
        self.request = request
        self.reading = reading
        self.book = book
        self.policy = policy
        self.rows = rows
        self.needs = needs
        self.states: Integers = np.array(state_rows(request, book), dtype=np.int64)
        first = max(request.needed_from or book.today, book.today)
        last = request.needed_by or first + timedelta(days=rules.OPEN_ENDED)
        self.first = first.toordinal()
        self.last = max(last, first + timedelta(days=1)).toordinal()

    def none(self) -> Floats:
        return np.zeros(self.rows.size)

    def hundredths(self) -> Integers:
        """The sum of the rounded parts, raised and then lowered in the order of the policy."""
        fit = self.fit()
        weighted = np.array(self.needs.priorities)[:, None] * self.needs.value
        values = {
            "needs": fit,
            "types": (weighted * self.needs.form).max(axis=0),
            "weapons": (weighted * self.needs.weapon).max(axis=0),
            "region": self.region(),
            "timing": self.timing(),
            "language": self.language(),
            "specificity": self.specificity(),
            "words": self.words(),
            "preferred": self.preferred(),
        }
        reached = self.none()
        for code in PARTS:
            points = self.policy.shares[code] * values[code]
            reached += np.rint(points if code in rules.ABSOLUTE_PARTS else points * fit)
        lowering = {
            "overlap": self.overlap(),
            "language_barrier": np.where(self.has_barrier(), 1.0, 0.0),
            "coverage_gap": self.coverage_gap(),
            "outside_region": self.outside_region(),
            "unwanted": self.unwanted(),
        }
        for code in LOWERING:
            reached -= np.rint(reached * (self.policy.taken(code) * lowering[code]))
        return reached.astype(np.int64)

    def fit(self) -> Floats:
        best, total, priorities = self.none(), self.none(), 0.0
        for place, priority in enumerate(self.needs.priorities):
            value = priority * self.needs.value[place]
            np.maximum(best, value, out=best)
            total += value
            priorities += priority
        breadth = self.policy.breadth
        return (1 - breadth) * best + breadth * (total / priorities)

    def region(self) -> Floats:
        book, rows = self.book, self.rows
        value: Floats = np.where(book.is_global[rows], rules.GLOBAL, rules.MADE_FOR_REGION)
        if self.request.organization:
            value = np.where(book.for_organizations[rows], rules.MADE_FOR_REGION, value)
        if self.states.size:
            at_home = 2 * book.home[self.states].sum(axis=0) >= self.states.size
            value = np.where(at_home[book.provider[rows]], 1.0, value)
        return value

    def timing(self) -> Floats:
        book, rows, days = self.book, self.rows, self.last - self.first
        late = np.clip((book.starts[rows] - self.first) / days, 0.0, 1.0)
        early = np.clip((self.last - book.ends[rows]) / days, 0.0, 1.0)
        early = np.where(book.is_event[rows], 0.0, early)
        value: Floats = 1 - rules.LATE_COSTS * late - rules.EARLY_COSTS * early
        if rules.is_urgent(self.request, self.reading, book.today):
            value = np.where(book.is_prompt[rows], value, value * rules.NOT_AT_ONCE)
        value = np.where(book.is_unfunded[rows], value * rules.UNFUNDED, value)
        return np.maximum(value, 0.0)

    def language(self) -> Floats:
        book, asked = self.book, self.request.languages
        if not asked:
            return np.full(self.rows.size, rules.UNKNOWN_LANGUAGE)
        given = book.languages[self.rows]
        common = (given & book.mask(asked, book.language_bits)) != 0
        first = (given & book.mask(asked[:1], book.language_bits)) != 0
        value = np.where(first, 1.0, np.where(common, rules.SECOND_LANGUAGE, 0.0))
        return np.where(given == 0, rules.UNKNOWN_LANGUAGE, value)

    def specificity(self) -> Floats:
        book, rows = self.book, self.rows
        needed = [book.area_rows[code] for need in self.reading.needs for code in need.areas]
        is_near = np.logical_or.reduce(book.is_near[needed], axis=0)
        near = book.tags[:, rows] & is_near[:, None]
        narrow: Floats = np.where(near, book.specificity[:, None], 0.0).max(axis=0)
        narrow = narrow / (1 + rules.BESIDE_THE_POINT * (book.tag_counts[rows] - near.sum(axis=0)))
        return 0.5 * narrow + 0.3 * book.concrete[rows] + 0.2 * book.kind[rows]

    def words(self) -> Floats:
        book, asked = self.book, self.reading.concepts
        product = self.none()
        for name, weight in asked.items():
            if name in book.concept_rows:
                product += weight * book.concepts[book.concept_rows[name], self.rows]
        own = sum(weight * weight for weight in asked.values())
        length = np.sqrt(own * book.concept_squares[self.rows])
        value: Floats = np.divide(product, length, out=self.none(), where=product > 0)
        return np.minimum(value, 1.0)

    def preferred(self) -> Floats:
        if not self.request.preferred_providers:
            return self.none()
        values = [rules.preference(self.request, key, self.book.directory) for key in self.book.provider_keys]
        by_provider: Floats = np.array(values)
        return by_provider[self.book.provider[self.rows]]

    def overlaps(self) -> list[tuple[ExistingAssistance, Floats, Bools]]:
        """For each running help the overlap, and where the provider is the same."""
        book, rows = self.book, self.rows
        found = []
        for existing in self.request.existing_assistance:
            lines = [existing.organization in lineage for lineage in book.lineages]
            same: Bools = np.array(lines, dtype=np.bool_)[book.provider[rows]]
            until = existing.until.toordinal() if existing.until else LAST_DAY
            running = min(max((until - self.first) / (self.last - self.first), 0.0), 1.0)
            area = book.area_rows.get(existing.area)
            near = self.none() if area is None else book.tag_closest[area, rows]
            value = near * running * np.where(same, 1.0, rules.OTHER_PROVIDER_OVERLAP)
            found.append((existing, np.where(book.continues[rows], value * rules.COMPLETING, value), same))
        return found

    def overlap(self) -> Floats:
        value = self.none()
        for _, found, _ in self.overlaps():
            np.maximum(value, found, out=value)
        return value

    def has_barrier(self) -> Bools:
        """No common working language, for more than the supply of equipment."""
        book, rows = self.book, self.rows
        bound, supply = np.zeros(rows.size, dtype=np.bool_), np.zeros(rows.size, dtype=np.bool_)
        if not self.request.languages:
            return bound
        given = book.languages[rows]
        apart = (given != 0) & ((given & book.mask(self.request.languages, book.language_bits)) == 0)
        for place, need in enumerate(self.reading.needs):
            served = self.needs.value[place] > 0
            for row in [book.form_rows[form] for form in need.types if form in book.form_rows]:
                both = served & book.forms[row, rows]
                if book.is_equipment[row]:
                    supply |= both
                else:
                    bound |= both
        barrier: Bools = apart & (bound | ~supply)
        return barrier

    def coverage_gap(self) -> Floats:
        if self.request.state:
            return self.none()
        shares = covered_shares(self.request, self.book)[self.rows]
        gap = rules.ANY_GAP + (1 - rules.ANY_GAP) * (1 - shares)
        return np.where(self.book.is_global[self.rows] | (shares >= 1), 0.0, gap)

    def outside_region(self) -> Floats:
        book, rows, states = self.book, self.rows, self.states
        if not states.size:
            return self.none()
        inside = book.in_named_region[states][:, rows].sum(axis=0)
        applies = book.names_region[rows] & ~book.names_state[states][:, rows].any(axis=0)
        return np.where(applies, (states.size - inside) / states.size, 0.0)

    def unwanted(self) -> Floats:
        book, rows = self.book, self.rows
        refused = {form for need in self.reading.needs for form in need.refused_types}
        unwanted = sorted(book.form_rows[form] for form in refused if form in book.form_rows)
        if not unwanted:
            return self.none()
        count = book.forms[unwanted][:, rows].sum(axis=0)
        share: Floats = np.divide(count, book.form_counts[rows], out=self.none(), where=count > 0)
        return share


def state_rows(request: RequestProfile, book: OfferBook) -> list[int]:
    """The rows of the States that a request speaks for."""
    states = sorted(book.directory.states_of(request))
    return [book.state_rows[iso3] for iso3 in states if iso3 in book.state_rows]


def covered_shares(request: RequestProfile, book: OfferBook) -> Floats:
    """For every offer of the book the share of the requester's States that it is open to."""
    states = state_rows(request, book)
    shares = book.covers[states].sum(axis=0) / len(states) if states else np.zeros(len(book))
    whole = book.is_global.copy()
    if request.organization:
        named = [request.organization in offer.members_of for offer in book.offers]
        whole |= np.array(named, dtype=np.bool_) & ~book.is_narrowed
    return np.where(whole, 1.0, shares)
