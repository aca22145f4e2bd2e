"""Many requests as arrays, beside a book of offers.

A batch holds what the gates and the score parts ask of a request. Its rows are ordered by the number of needs, so
that the requests that have a second, a third need are always the last ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistance.matching import scoring as rules
from assistance.matching.book import FIRST_DAY, LAST_DAY, Bools, Floats, OfferBook, masks, numbered
from assistance.matching.policy import Policy
from assistance.matching.profiles import RequestProfile
from assistance.matching.request_needs import ReadNeed
from assistance.matching.request_reading import RequestReading

FormWeights = tuple[tuple[str, float], ...]
"""Forms of help and their weights, in the order of the need."""


@dataclass(frozen=True)
class FormsAsked:
    """What the form fit of a need depends on. Without `types` any form serves if `any_form`, else none."""

    types: FormWeights = ()
    refused: frozenset[str] = frozenset()
    any_form: bool = False


class RequestBatch:
    """Requests and their readings in arrays.

    `places[row]` is the place of a request in what was given. Needs are numbered through: those of a row begin at
    `first_need[row]`, and there are `need_counts[row]` of them. The areas in which a need may be met are numbered
    through likewise, with a last one that is near to nothing, for needs without areas.
    """

    def __init__(
        self, requests: Sequence[RequestProfile], readings: Sequence[RequestReading], book: OfferBook, policy: Policy
    ) -> None:
        order = sorted(range(len(requests)), key=lambda place: len(readings[place].needs))
        self.book = book
        self.places = np.array(order, dtype=np.int64)
        self.requests = [requests[place] for place in order]
        self.readings = [readings[place] for place in order]
        self.standing = np.array([book.standings.row(request) for request in self.requests], dtype=np.int64)
        self._read_dates()
        self._read_needs(policy)
        self._read_areas()
        self._read_concepts()
        self._read_languages()
        self.declining = self._rows(lambda request, reading: bool(request.declined_providers or reading.declined))
        self.preferring = self._rows(lambda request, _: bool(request.preferred_providers))
        self.by_organization = self._rows(lambda request, _: request.organization is not None)
        self.insisting = self._rows(lambda _, reading: reading.insists_on_language)
        self.refusing = self._rows(lambda _, reading: any(need.refused_types for need in reading.needs))
        self._read_assistance()

    def __len__(self) -> int:
        return len(self.requests)

    def rows_with(self, position: int) -> int:
        """The first row whose request has a need at this position; all rows after it have one too."""
        return int(np.searchsorted(self.need_counts, position, side="right"))

    def _rows(self, test: Callable[[RequestProfile, RequestReading], bool]) -> list[int]:
        """The rows of the requests for which something holds that holds for few."""
        pairs = zip(self.requests, self.readings, strict=True)
        return [row for row, (request, reading) in enumerate(pairs) if test(request, reading)]

    def _read_languages(self) -> None:
        """What every distinct list of languages is worth beside every distinct set given, row by row."""
        given = self.book.language_sets
        self.language, asked = numbered([request.languages for request in self.requests])
        values = [[rules.language_value(languages, offered) for offered in given] for languages in asked]
        self.language_values: Floats = np.array(values, dtype=np.float64).reshape(-1)
        apart = [
            [bool(languages and offered and offered.isdisjoint(languages)) for offered in given] for languages in asked
        ]
        self.languages_apart: Bools = np.array(apart, dtype=np.bool_).reshape(-1)

    def _read_assistance(self) -> None:
        """The help that is running already: to which row each belongs, and until what day."""
        areas, standings = self.book.area_rows, self.book.standings
        assisted = self._rows(lambda request, _: bool(request.existing_assistance))
        running = [(row, help) for row in assisted for help in self.requests[row].existing_assistance]
        running = [(row, help) for row, help in running if help.area in areas]
        self.assistance = [help for _, help in running]
        self.assistance_counts = np.bincount([row for row, _ in running], minlength=len(self)).astype(np.int64)
        self.first_assistance = np.cumsum(self.assistance_counts) - self.assistance_counts
        self.assisted_until = _int32(help.until.toordinal() if help.until else LAST_DAY for help in self.assistance)
        self.assisted_area = np.array([areas[help.area] for help in self.assistance], dtype=np.int64)
        tree = self.book.directory.areas
        self.weight_of_others: Floats = np.array(
            [rules.weight_of_others(self.readings[row], help.area, tree) for row, help in running], dtype=np.float64
        )
        self.assisted_by: Bools = np.zeros((len(running), len(standings.provider_keys)), dtype=np.bool_)
        for number, help in enumerate(self.assistance):
            self.assisted_by[number, standings.under(help.organization)] = True

    def _read_dates(self) -> None:
        """Day ordinals: the dates themselves for the gate, and the period that is looked at, at least a day long."""
        today = self.book.today.toordinal()
        self.needed_from = _int32(
            request.needed_from.toordinal() if request.needed_from else FIRST_DAY for request in self.requests
        )
        self.needed_by = _int32(
            request.needed_by.toordinal() if request.needed_by else LAST_DAY for request in self.requests
        )
        self.first = np.maximum(self.needed_from, today)
        open_ended = self.needed_by == LAST_DAY
        self.last = np.maximum(np.where(open_ended, self.first + rules.OPEN_ENDED, self.needed_by), self.first + 1)
        self.days = (self.last - self.first).astype(np.float64)
        self.is_urgent: Bools = np.array(
            [
                rules.is_urgent(request, reading, self.book.today)
                for request, reading in zip(self.requests, self.readings, strict=True)
            ],
            dtype=np.bool_,
        )

    def _read_needs(self, policy: Policy) -> None:
        """Priorities against the highest of the request, and by number the forms and the weapon types asked for."""
        self.need_counts = np.array([len(reading.needs) for reading in self.readings], dtype=np.int64)
        self.first_need = np.cumsum(self.need_counts) - self.need_counts
        priorities: list[float] = []
        totals: list[float] = []
        for reading in self.readings:
            values = [policy.priorities[need.need.priority] for need in reading.needs]
            highest, total = max(values, default=1.0), 0.0
            for value in values:  # a plain sum, as `Pair.fit` makes it
                total += value / highest
                priorities.append(value / highest)
            totals.append(total or 1.0)
        self.priority: Floats = np.array(priorities, dtype=np.float64)
        self.priority_total: Floats = np.array(totals, dtype=np.float64)
        self.needs = [need for reading in self.readings for need in reading.needs]
        self.forms, asked = numbered([_forms_asked(need) for need in self.needs])
        self.forms_asked = [FormsAsked(*forms) for forms in asked]
        equipment = self.book.equipment
        self.asks_equipment: Bools = np.array(
            [any(not equipment.isdisjoint(need.types) for need in reading.needs) for reading in self.readings],
            dtype=np.bool_,
        )
        self.weapons, self.weapons_asked = numbered([need.weapon_types for need in self.needs])

    def _read_areas(self) -> None:
        """Where each need may be met: rows of `book.nearness` and strengths; and the areas near to any need."""
        book = self.book
        vague = [reading.is_vague for reading in self.readings for _ in reading.needs]
        self.is_vague: Bools = np.array(vague, dtype=np.bool_)
        self.is_vague &= np.array([bool(need.areas) for need in self.needs], dtype=np.bool_)
        rows: list[int] = []
        strengths: list[float] = []
        for need, in_second_block in zip(self.needs, vague, strict=True):
            block = len(book.area_rows) if in_second_block else 0
            rows += [book.area_rows[code] + block for code in need.areas]
            strengths += need.areas.values()
        self.area_counts = np.array([len(need.areas) for need in self.needs], dtype=np.int64)
        self.first_area = np.cumsum(self.area_counts) - self.area_counts
        self.first_area[self.area_counts == 0] = len(rows)
        self.area_row = np.array([*rows, 0], dtype=np.int64)
        self.area_strength: Floats = np.array([*strengths, 0.0], dtype=np.float64)
        near = [self._near(reading) for reading in self.readings]
        self.near_masks = masks(near, len(book.area_rows))

    def _near(self, reading: RequestReading) -> int:
        found = 0
        for need in reading.needs:
            for code in need.areas:
                found |= self.book.near_areas[self.book.area_rows[code]]
        return found

    def _read_concepts(self) -> None:
        """The concepts of each text as masks, one for every weight that a concept can have."""
        bits = {name: 1 << row for name, row in self.book.concept_rows.items()}
        weights = {weight for reading in self.readings for weight in reading.concepts.values()}
        found = {weight: [0] * len(self) for weight in weights}
        squares = [0.0] * len(self)
        for row, reading in enumerate(self.readings):
            for name, weight in reading.concepts.items():
                squares[row] += weight * weight
                found[weight][row] |= bits.get(name, 0)
        self.concept_masks = {weight: masks(numbers, len(bits)) for weight, numbers in found.items()}
        self.concept_squares: Floats = np.array(squares, dtype=np.float64)


def _forms_asked(need: ReadNeed) -> tuple[FormWeights, frozenset[str], bool]:
    """The fields of `FormsAsked`. Two forms are put in one order: a sum of two is the same either way round."""
    asked = tuple(need.types.items())
    if not need.areas or (not asked and need.need.types):
        return (), frozenset(), False
    if len(asked) == 2 and asked[1] < asked[0]:
        asked = (asked[1], asked[0])
    return asked, need.refused_types, not asked


def _int32(days: Iterable[int]) -> npt.NDArray[np.int32]:
    return np.array(list(days), dtype=np.int32)
