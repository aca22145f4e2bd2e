"""Packages: the fewest offers that together meet a request with several needs.

A package is chosen among the offers that may be suggested, in this order: every need that some offer can meet is
met; as few offers as possible; the highest worth; the highest sum of scores; the references that come first in the
alphabet. The worth is the sum over the needs of priority x how well the best offer of the package meets it, plus a
bonus where a specialised international body stands beside a body of the requester's region, because the one knows the
subject and the other the country.

The first step is the set cover problem, the others choose among its optima. Each is solved exactly (`solver`), in whole
numbers, one after the other; the next best package is the best one that does not contain one already found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistance.matching.pair import Pair
from assistance.matching.profiles import REGIONAL_CATEGORIES, NeedProfile
from assistance.matching.solver import Deadline, Program

INTERNATIONAL_CATEGORIES = frozenset({"international", "UN entity"})
WHOLE = 10_000
"""A need of the highest priority, met in full, in the whole numbers of the worth."""
COMPLEMENTARITY = 1_000
"""What a package gains by joining an international body with one of the region: a tenth of a need met in full."""
MOST_PACKAGES = 4
SECONDS = 10.0


@dataclass(frozen=True)
class Candidate:
    """An offer that may be part of a package.

    `met` is how well (0-1) it meets each need, in the order of the needs. `is_settled` offers are agreed or proposed
    already: they are part of every package and do not count towards its size.
    """

    offer: str
    provider: str
    hundredths: int
    met: tuple[float, ...]
    is_international: bool = False
    is_regional: bool = False
    is_settled: bool = False


@dataclass(frozen=True)
class Meeting:
    """A need, the offer of the package that meets it best, and how well (0-1)."""

    need: NeedProfile
    offer: str
    met: float


@dataclass(frozen=True)
class Package:
    """Offers that together meet the needs. `offers` are new, in the order of their scores; `settled` were there.

    `worth` and `hundredths` are what packages of equal size are compared by. `notes` are codes with parameters
    (place `package` of `codes`).
    """

    offers: tuple[str, ...]
    settled: tuple[str, ...]
    meetings: tuple[Meeting, ...]
    worth: int
    hundredths: int
    notes: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True)
class Packages:
    """The packages of one request, best first; the needs that no candidate meets; whether the first is proven best."""

    packages: tuple[Package, ...]
    unmet: tuple[NeedProfile, ...]
    is_proven: bool = True

    @property
    def notes(self) -> tuple[dict[str, object], ...]:
        return tuple(
            {"code": "need_unreached", "params": {"key": need.key, "area": need.area, "priority": need.priority}}
            for need in self.unmet
        )


def candidate(pair: Pair, hundredths: int, *, is_settled: bool = False) -> Candidate:
    """The candidate that a pair makes: what it meets, and whether its provider is international or of the region."""
    provider = pair.directory.provider(pair.offer.provider)
    return Candidate(
        offer=pair.offer.reference,
        provider=provider.key,
        hundredths=hundredths,
        met=tuple(served.value for served in pair.served),
        is_international=provider.category in INTERNATIONAL_CATEGORIES,
        is_regional=provider.category in REGIONAL_CATEGORIES
        and bool(pair.directory.home_of(provider.key) & pair.states),
        is_settled=is_settled,
    )


def find_packages(
    needs: Sequence[NeedProfile],
    candidates: Iterable[Candidate],
    *,
    priorities: Mapping[str, float],
    reach: float,
    limit: int = MOST_PACKAGES,
    seconds: float = SECONDS,
) -> Packages:
    """The best packages, at most `limit`. A need counts as met from `reach` (0-1) on.

    `priorities` maps high, medium and low to their weight, as in `Policy`. Raises `SolverFailed`.
    """
    search = _Search(tuple(needs), tuple(sorted(candidates, key=lambda one: one.offer)), priorities, reach)
    deadline = Deadline(seconds)
    found: list[Package] = []
    taken: list[frozenset[int]] = []
    is_proven = True
    while search.coverable and len(found) < limit:
        chosen, is_exact = search.best(deadline, taken)
        is_proven = is_proven and (is_exact or bool(found))
        if chosen is None:
            break
        found.append(search.package(chosen))
        taken.append(chosen)
        if not found[-1].offers:
            break
    unmet = tuple(need for place, need in enumerate(search.needs) if place not in search.coverable)
    return Packages(tuple(found), unmet, is_proven)


Goal = dict[int, float]
"""A sum to maximise: variable to factor."""


@dataclass(frozen=True)
class _Search:
    """One request's needs and candidates, the latter in the order of their references."""

    needs: tuple[NeedProfile, ...]
    candidates: tuple[Candidate, ...]
    priorities: Mapping[str, float]
    reach: float

    @cached_property
    def coverable(self) -> frozenset[int]:
        """Places of the needs that some candidate meets."""
        return frozenset(
            place for place in range(len(self.needs)) if any(self._meets(one, place) for one in self.useful)
        )

    @cached_property
    def useful(self) -> tuple[Candidate, ...]:
        """Those that meet something."""
        return tuple(one for one in self.candidates if any(met >= self.reach for met in one.met))

    def _meets(self, one: Candidate, place: int) -> bool:
        return one.met[place] >= self.reach

    @cached_property
    def groups(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each need to cover, who meets it and what that is worth; needs with the same answers are one."""
        together: dict[tuple[tuple[int, float], ...], list[float]] = {}
        for place in sorted(self.coverable):
            answers = tuple(
                (number, one.met[place]) for number, one in enumerate(self.useful) if self._meets(one, place)
            )
            together.setdefault(answers, []).append(self.priorities[self.needs[place].priority])
        return tuple(
            tuple((number, sum(round(WHOLE * weight * met) for weight in weights)) for number, met in answers)
            for answers, weights in together.items()
        )

    def best(self, deadline: Deadline, taken: Sequence[frozenset[int]]) -> tuple[frozenset[int] | None, bool]:
        """The best choice that contains none of those taken (numbers of `useful`), and whether that is proven.

        None, if there is no other choice, or none was found in time.
        """
        program, goals = self._program(taken)
        chosen: frozenset[int] | None = None
        for goal in goals:
            answer = program.maximise(deadline, goal)
            if answer.values is None:
                return chosen, answer.is_proven
            chosen = frozenset(number for number in range(len(self.useful)) if answer.values[number] > 0.5)
            if not answer.is_proven:
                return chosen, False
            program.row(list(goal), list(goal.values()), least=round(answer.value) - 0.5)
        return self._first_by_reference(program, chosen or frozenset(), deadline)

    def _program(self, taken: Sequence[frozenset[int]]) -> tuple[Program, list[Goal]]:
        """Choices that meet everything that can be met, and what they are compared by, the weightiest first."""
        program = Program()
        for one in self.useful:
            program.variable(least=1.0 if one.is_settled else 0.0)
        worth: Goal = {}
        for answers in self.groups:
            serving = {program.variable(whole=False): (number, gain) for number, gain in answers}
            program.row(list(serving), least=1.0, most=1.0)
            for variable, (number, gain) in serving.items():
                program.row([variable, number], [1.0, -1.0], most=0.0)
                worth[variable] = gain
        worth[self._complementarity(program)] = COMPLEMENTARITY
        new = [number for number, one in enumerate(self.useful) if not one.is_settled]
        for chosen in taken:
            again = [number for number in new if number in chosen]
            program.row(again, most=len(again) - 1)
        size: Goal = dict.fromkeys(new, -1.0)
        scores: Goal = {number: float(self.useful[number].hundredths) for number in new}
        return program, [size, worth, scores]

    def _complementarity(self, program: Program) -> int:
        """A variable that may be 1 only if an international and a regional body are chosen."""
        both = program.variable()
        for numbers in (
            [number for number, one in enumerate(self.useful) if one.is_international],
            [number for number, one in enumerate(self.useful) if one.is_regional],
        ):
            program.row([both, *numbers], [1.0, *[-1.0] * len(numbers)], most=0.0)
        return both

    def _first_by_reference(
        self, program: Program, chosen: frozenset[int], deadline: Deadline
    ) -> tuple[frozenset[int], bool]:
        """Among the choices that are equal in all goals, the one whose references come first."""
        left = [number for number in range(len(self.useful)) if not self.useful[number].is_settled]
        for _turn in range(sum(1 for number in chosen if not self.useful[number].is_settled)):
            first = {program.variable(): number for number in left}
            program.row(list(first), least=1.0, most=1.0)
            for variable, number in first.items():
                program.row([variable, number], [1.0, -1.0], most=0.0)
            goal = {variable: -float(number) for variable, number in first.items()}
            answer = program.maximise(deadline, goal)
            if answer.values is None or not answer.is_proven:
                return chosen, False
            chosen = frozenset(number for number in range(len(self.useful)) if answer.values[number] > 0.5)
            earliest = round(-answer.value)
            program.row([earliest], least=1.0)
            left = [number for number in left if number > earliest]
        return chosen, True

    def package(self, chosen: frozenset[int]) -> Package:
        """A choice as a package: who meets what, and what it is worth."""
        members = [self.useful[number] for number in sorted(chosen)]
        meetings = tuple(self._meeting(place, members) for place in sorted(self.coverable))
        gains = [max(gain for number, gain in answers if number in chosen) for answers in self.groups]
        pair = _complementary(members)
        new = sorted((one for one in members if not one.is_settled), key=lambda one: (-one.hundredths, one.offer))
        return Package(
            offers=tuple(one.offer for one in new),
            settled=tuple(one.offer for one in members if one.is_settled),
            meetings=meetings,
            worth=sum(gains) + (COMPLEMENTARITY if pair else 0),
            hundredths=sum(one.hundredths for one in new),
            notes=_notes(new, members, pair),
        )

    def _meeting(self, place: int, members: Sequence[Candidate]) -> Meeting:
        best = min(members, key=lambda one: (-one.met[place], -one.hundredths, one.offer))
        return Meeting(self.needs[place], best.offer, best.met[place])


def _complementary(members: Sequence[Candidate]) -> tuple[Candidate, Candidate] | None:
    """The best-scored international and the best-scored regional body, if both are there."""
    by_score = sorted(members, key=lambda one: (-one.hundredths, one.offer))
    international = next((one for one in by_score if one.is_international), None)
    regional = next((one for one in by_score if one.is_regional), None)
    return (international, regional) if international and regional else None


def _notes(
    new: Sequence[Candidate], members: Sequence[Candidate], pair: tuple[Candidate, Candidate] | None
) -> tuple[dict[str, object], ...]:
    """What is to be said of a package, as codes with parameters."""
    notes: list[dict[str, object]] = []
    if not new:
        notes.append({"code": "settled_enough", "params": {"offers": [one.offer for one in members]}})
    elif len(members) == 1:
        notes.append({"code": "one_offer_enough", "params": {"offer": new[0].offer, "provider": new[0].provider}})
    if pair:
        international, regional = pair
        notes.append(
            {
                "code": "complementary",
                "params": {"international": international.provider, "regional": regional.provider},
            }
        )
    return tuple(notes)
