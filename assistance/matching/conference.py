"""A regional assistance conference: which requester meets which provider, when and at which table.

Paragraph 20 of resolution 2325 (2016) encourages such conferences. The schedule is found in four steps.

1. *Choose* the pairs that meet, of the highest total value, so that nobody has more meetings than slots to come to and
   all of them fit the tables: a whole linear programme for HiGHS. Where nobody is both requester and provider it is a
   flow in a network, whose vertices are whole, so the optimum comes at once.
2. *Place* them in slots by edge colouring (`conference_board`). Where all parties come to all slots and none is on
   both sides this always succeeds, and the schedule is the best there is.
3. Where some stay over because parties are absent at times, a second programme with one unknown for each pair and slot
   looks for something better, if it is not too large. The better schedule is kept, and never one that is worth less
   than taking the most valuable pairs one after the other. `bound` says what no schedule can exceed.
4. *Bring forward* what is worth most, and *seat* it so that providers keep their tables (`conference_tables`).

Everything is ordered by value, then by name: the same input gives the same schedule.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistance.matching.conference_board import Board, Pair
from assistance.matching.conference_choice import choose
from assistance.matching.conference_days import Break, InvalidConference, Slot, build_slots, check_slots
from assistance.matching.conference_tables import seat

__all__ = [
    "Appointment",
    "Break",
    "InvalidConference",
    "LeftOut",
    "Limits",
    "Pair",
    "Schedule",
    "Slot",
    "build_slots",
    "schedule",
]

MAX_TABLES = 60
MAX_PAIRS = 6000
#: Unknowns up to which the programme over pairs and slots is tried, and the seconds it gets.
MAX_UNKNOWNS = 6000
SECONDS = 10.0

PairKey = tuple[str, str]


@dataclass(frozen=True)
class Limits:
    """What a schedule keeps to.

    - `tables`: how many meetings there can be at once.
    - `most`: meetings of one party at most; None for as many as there are slots.
    - `absent`: party to the slots (by number, from 0) in which it cannot meet.
    - `pins`: pairs (requester, provider) that are to meet before any other, in the slot given or in any (None).
    """

    tables: int
    most: int | None = None
    absent: Mapping[str, frozenset[int]] = field(default_factory=dict)
    pins: Mapping[PairKey, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Appointment:
    """A pair in a slot (by number, from 0) at a table (from 1)."""

    slot: int
    table: int
    pair: Pair


@dataclass(frozen=True)
class LeftOut:
    """A pair that does not meet. `reason`: never_free, party_full, tables_full or no_free_slot."""

    pair: Pair
    reason: str


@dataclass(frozen=True)
class Schedule:
    """Appointments by slot and table, and what is left out, most valuable first.

    `value` is the sum over the appointments, `bound` what no schedule within the same limits can exceed.
    """

    appointments: tuple[Appointment, ...]
    left_out: tuple[LeftOut, ...]
    value: int
    bound: int

    @property
    def is_best(self) -> bool:
        return self.value >= self.bound


def schedule(pairs: Iterable[Pair], slots: Sequence[Slot], limits: Limits) -> Schedule:
    """The schedule of the most valuable meetings. Raises `InvalidConference`."""
    ordered = sorted(pairs, key=lambda pair: pair.order)
    check_slots(slots)
    _check_limits(limits)
    _check_pairs(ordered)
    problem = _Problem(ordered, len(slots), limits)
    chosen, bound = problem.choose()
    best = max(problem.placed(chosen), problem.one_after_the_other(), key=problem.worth)
    if problem.worth(best) < problem.weight(chosen):
        exact, proven = problem.exact()
        if exact is not None and problem.worth(exact) > problem.worth(best):
            best = exact
        if proven is not None:
            bound = min(bound, proven)
    best.bring_forward()
    return Schedule(
        appointments=_seated(best),
        left_out=tuple(
            LeftOut(pair, problem.reason(best, n)) for n, pair in enumerate(ordered) if n not in best.slot_of
        ),
        value=best.value,
        bound=max(bound, best.value),
    )


class _Problem:
    """The pairs in order, how many slots there are, and the limits; pairs are known by their number."""

    def __init__(self, pairs: Sequence[Pair], slots: int, limits: Limits) -> None:
        self.pairs, self.slots, self.tables = pairs, slots, limits.tables
        self.absent = {
            party: frozenset(s for s in numbers if 0 <= s < slots) for party, numbers in limits.absent.items()
        }
        self.most = slots if limits.most is None else min(limits.most, slots)
        self.pins = self._pins(limits.pins)
        # Worth more than everything that is not pinned together.
        self.bonus = sum(pair.value for pair in pairs) + 1

    def choose(self) -> tuple[list[int], int]:
        """Step 1: the best pairs as if absences could always be arranged, and their value, which nothing can exceed."""
        possible = [number for number in range(len(self.pairs)) if self._common(number)]
        by_party: dict[str, list[int]] = defaultdict(list)
        for position, number in enumerate(possible):
            for party in self.pairs[number].parties:
                by_party[party].append(position)
        groups = [
            (positions, min(self.most, self.slots - len(self.absent.get(party, ()))))
            for party, positions in sorted(by_party.items())
        ]
        groups.append((list(range(len(possible))), self.slots * self.tables))
        surely = [position for position, number in enumerate(possible) if self.pins.get(number) is not None]
        found = choose([self._weight(number) for number in possible], groups, surely=surely, seconds=SECONDS)
        everything = sum(self.pairs[number].value for number in possible)
        if found is None:
            return [], everything
        chosen = [possible[position] for position in sorted(found.chosen)]
        return chosen, sum(self.pairs[number].value for number in chosen) if found.is_proven else everything

    def placed(self, chosen: Sequence[int]) -> Board:
        """Step 2: pinned pairs, then those chosen, then whatever still finds a place; most valuable first."""
        board = self._board()
        pinned = [number for number in self.pins if number not in board.slot_of]
        wanted = dict.fromkeys([*pinned, *chosen, *range(len(self.pairs))])
        for number in wanted:
            if number not in board.slot_of:
                board.insert(number)
        return board

    def one_after_the_other(self) -> Board:
        """The simplest schedule: each pair, most valuable first, in the first slot that is free for it."""
        board = self._board()
        for number in dict.fromkeys([*self.pins, *range(len(self.pairs))]):
            if number not in board.slot_of:
                board.insert(number, moving=False)
        return board

    def exact(self) -> tuple[Board | None, int | None]:
        """Step 3: one unknown a pair and slot. The schedule found, and its value if nothing can exceed it."""
        unknowns = [(n, slot) for n in range(len(self.pairs)) for slot in self._common(n)]
        if len(unknowns) > MAX_UNKNOWNS:
            return None, None
        rows: dict[tuple[str, object, int], list[int]] = defaultdict(list)
        for position, (number, slot) in enumerate(unknowns):
            rows["pair", number, 1].append(position)
            rows["tables", slot, self.tables].append(position)
            for party in self.pairs[number].parties:
                rows["place", (party, slot), 1].append(position)
                rows["most", party, self.most].append(position)
        groups = [(positions, most) for (_kind, _of, most), positions in rows.items()]
        surely = [position for position, (number, _slot) in enumerate(unknowns) if self.pins.get(number) is not None]
        weights = [self._weight(number) for number, _slot in unknowns]
        found = choose(weights, groups, surely=surely, seconds=SECONDS)
        if found is None:
            return None, None
        board = self._board()
        for number, slot in (unknowns[position] for position in sorted(found.chosen)):
            if number not in board.slot_of:
                board.put(number, slot)
        return board, board.value if found.is_proven else None

    def worth(self, board: Board) -> int:
        """The value with the bonus of pinned pairs: what is compared."""
        return self.weight(board.slot_of)

    def weight(self, numbers: Iterable[int]) -> int:
        return sum(self._weight(number) for number in numbers)

    def reason(self, board: Board, number: int) -> str:
        """Why a pair does not meet."""
        if not self._common(number):
            return "never_free"
        if not board.has_room(number):
            return "party_full"
        return "tables_full" if board.is_full else "no_free_slot"

    def _weight(self, number: int) -> int:
        return self.pairs[number].value + (self.bonus if number in self.pins else 0)

    def _common(self, number: int) -> list[int]:
        """The slots to which both parties can come; for a pair pinned to a slot that one."""
        pinned = self.pins.get(number)
        if pinned is not None:
            return [pinned]
        first, second = (self.absent.get(party, frozenset()) for party in self.pairs[number].parties)
        return [slot for slot in range(self.slots) if slot not in first and slot not in second]

    def _board(self) -> Board:
        board = Board(self.pairs, self.slots, self.tables, self.absent, self.most)
        for number, slot in self.pins.items():
            if slot is not None:
                board.put(number, slot, fixed=True)
        return board

    def _pins(self, pins: Mapping[PairKey, int | None]) -> dict[int, int | None]:
        """Pins by number, in the order of the pairs. Raises `InvalidConference` if they cannot all be kept."""
        numbers = {(pair.requester, pair.provider): number for number, pair in enumerate(self.pairs)}
        for requester, provider in pins:
            if (requester, provider) not in numbers:
                raise InvalidConference("pin_unknown", requester=requester, provider=provider)
        found = {numbers[key]: slot for key, slot in pins.items()}
        ordered = {number: found[number] for number in sorted(found)}
        self._check_pins(ordered)
        return ordered

    def _check_pins(self, pins: Mapping[int, int | None]) -> None:
        of_party = Counter(party for number in pins for party in self.pairs[number].parties)
        for party, count in of_party.items():
            if count > self.most:
                raise InvalidConference("pins_over_limit", party=party, most=self.most)
        in_slots = [(self.pairs[number], slot) for number, slot in pins.items() if slot is not None]
        for pair, slot in in_slots:
            names = {"requester": pair.requester, "provider": pair.provider}
            if not 0 <= slot < self.slots:
                raise InvalidConference("pin_outside", **names)
            for party in pair.parties:
                if slot in self.absent.get(party, ()):
                    raise InvalidConference("pin_unavailable", party=party, **names)
        places = Counter((party, slot) for pair, slot in in_slots for party in pair.parties)
        for (party, _slot), count in places.items():
            if count > 1:
                raise InvalidConference("pins_collide", party=party)
        if max(Counter(slot for _pair, slot in in_slots).values(), default=0) > self.tables:
            raise InvalidConference("pins_fill_tables", tables=self.tables)


def _seated(board: Board) -> tuple[Appointment, ...]:
    meetings: dict[int, list[Pair]] = defaultdict(list)
    for number in sorted(board.slot_of):
        meetings[board.slot_of[number]].append(board.pairs[number])
    seats = seat(meetings, board.tables)
    found = [Appointment(slot, table, pair) for (slot, pair), table in seats.items()]
    return tuple(sorted(found, key=lambda row: (row.slot, row.table)))


def _check_limits(limits: Limits) -> None:
    if limits.tables < 1:
        raise InvalidConference("no_tables")
    if limits.tables > MAX_TABLES:
        raise InvalidConference("too_many_tables", tables=limits.tables, most=MAX_TABLES)
    if limits.most is not None and limits.most < 1:
        raise InvalidConference("limit_too_low", most=limits.most)


def _check_pairs(pairs: Sequence[Pair]) -> None:
    if not pairs:
        raise InvalidConference("no_pairs")
    if len(pairs) > MAX_PAIRS:
        raise InvalidConference("too_many_pairs", pairs=len(pairs), most=MAX_PAIRS)
    seen: set[PairKey] = set()
    for pair in pairs:
        names = {"requester": pair.requester, "provider": pair.provider}
        if pair.requester == pair.provider:
            raise InvalidConference("pair_with_itself", party=pair.requester)
        if pair.value < 1:
            raise InvalidConference("pair_without_value", **names)
        if (pair.requester, pair.provider) in seen:
            raise InvalidConference("pair_twice", **names)
        seen.add((pair.requester, pair.provider))
