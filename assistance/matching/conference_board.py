"""Which pair meets in which slot, so that nobody is in two places: an edge colouring kept right at every step.

Parties are the vertices of a graph, the pairs that meet its edges and the slots its colours. König (1916): a bipartite
graph whose vertices have at most S edges each can be coloured with S colours. The step of his proof is `_swap_free`:
along the path on which two slots alternate, the two slots are exchanged, and a slot comes free at both ends. The same
exchange also moves a meeting out of a slot that has more meetings than tables (`_relieve`; de Werra 1971: the colour
classes can be made equal), and brings what is worth more into an earlier slot (`bring_forward`).

Where parties are absent at times, or where a party both asks and offers, the step may fail; then nothing is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_TRIES = 400
"""Pairs of slots tried to make room for one meeting. In the plain case the first succeeds."""


@dataclass(frozen=True)
class Pair:
    """Who asks, who may help, and what a meeting of the two is worth: a whole number above 0."""

    requester: str
    provider: str
    value: int

    @property
    def parties(self) -> tuple[str, str]:
        return (self.requester, self.provider)

    @property
    def order(self) -> tuple[int, str, str]:
        """Most valuable first, equals by name."""
        return (-self.value, self.requester, self.provider)


class Board:
    """Meetings in slots. No change ever puts a party twice into a slot, or into one in which it is absent."""

    def __init__(
        self, pairs: Sequence[Pair], slots: int, tables: int, absent: Mapping[str, Collection[int]], most: int
    ) -> None:
        self.pairs = pairs
        self.slots = slots
        self.tables = tables
        self.most = most
        self.slot_of: dict[int, int] = {}
        self._in: list[set[int]] = [set() for _slot in range(slots)]
        self._absent = absent
        self._fixed: set[int] = set()
        self._at: dict[str, dict[int, int]] = defaultdict(dict)

    @property
    def value(self) -> int:
        return sum(self.pairs[number].value for number in self.slot_of)

    @property
    def is_full(self) -> bool:
        return len(self.slot_of) >= self.slots * self.tables

    def load(self, slot: int) -> int:
        """How many meetings a slot has."""
        return len(self._in[slot])

    def is_free(self, party: str, slot: int) -> bool:
        return slot not in self._at[party] and slot not in self._absent.get(party, ())

    def has_room(self, number: int) -> bool:
        """Whether both parties may have one more meeting."""
        return all(len(self._at[party]) < self.most for party in self.pairs[number].parties)

    def meetings_of(self, party: str) -> int:
        return len(self._at[party])

    def put(self, number: int, slot: int, *, fixed: bool = False) -> None:
        for party in self.pairs[number].parties:
            self._at[party][slot] = number
        self.slot_of[number] = slot
        self._in[slot].add(number)
        if fixed:
            self._fixed.add(number)

    def insert(self, number: int, *, moving: bool = True) -> bool:
        """Put a pair into its earliest free slot; if there is none, move others to make room. False if that failed."""
        if self.is_full or not self.has_room(number):
            return False
        free = [slot for slot in range(self.slots) if all(self.is_free(p, slot) for p in self.pairs[number].parties)]
        for slot in free:
            if self.load(slot) < self.tables:
                self.put(number, slot)
                return True
        if not moving:
            return False
        for slot in free[:MOST_TRIES]:
            self.put(number, slot)
            if self._relieve(slot):
                return True
            self._take(number)
        return self._swap_free(number)

    def bring_forward(self) -> None:
        """Give each pair, most valuable first, the earliest slot that costs no more valuable one its own."""
        for number in sorted(self.slot_of):
            late = self.slot_of[number]
            for early in range(late):
                if self._forward(number, early, late):
                    break

    def _forward(self, number: int, early: int, late: int) -> bool:
        """Exchange two slots along the path of a pair, and along another if the tables ask for it."""
        if self.load(early) == self.tables and max(self._in[early]) < number:
            return False  # nobody there gives way
        component = self._component(number, early, late)
        if min(component) < number or not self._may_swap(component, early, late):
            return False
        for full, other in ((early, late), (late, early)):
            if self._load_after(component, full, other) > self.tables:
                component |= self._making_room(number, component, full, other)
        if max(self._load_after(component, *slots) for slots in ((early, late), (late, early))) > self.tables:
            return False
        self._swap(component, early, late)
        return True

    def _load_after(self, component: Iterable[int], slot: int, other: int) -> int:
        return self.load(slot) + self._surplus(component, other)

    def _making_room(self, number: int, component: frozenset[int], full: int, other: int) -> frozenset[int]:
        """Another path, with one meeting more in the slot that would be too full, that costs nothing more valuable."""
        for row in self._components(full, other):
            is_harmless = min(row) > number or self.slot_of[min(row)] == max(full, other)
            is_fit = row.isdisjoint(component) and self._surplus(row, full) == 1
            if is_fit and is_harmless and self._may_swap(row, full, other):
                return row
        return frozenset()

    def _take(self, number: int) -> None:
        slot = self.slot_of.pop(number)
        for party in self.pairs[number].parties:
            del self._at[party][slot]
        self._in[slot].remove(number)

    def _swap_free(self, number: int) -> bool:
        """König's step: free one slot for both parties by exchanging two slots along a path."""
        first, second = self.pairs[number].parties
        tries = 0
        for here, there in ((first, second), (second, first)):
            for a in self._free_slots(here):
                start = self._at[there].get(a)
                if start is None:  # absent then, or free and already tried
                    continue
                for b in self._free_slots(there):
                    if (tries := tries + 1) > MOST_TRIES:
                        return False
                    if self._insert_along(number, here, self._component(start, a, b), a, b):
                        return True
        return False

    def _insert_along(self, number: int, here: str, component: frozenset[int], a: int, b: int) -> bool:
        if any(here in self.pairs[n].parties for n in component) or not self._may_swap(component, a, b):
            return False
        before = dict(self.slot_of)
        self._swap(component, a, b)
        self.put(number, a)
        if self._relieve(a) and self._relieve(b):
            return True
        self._restore(before)
        return False

    def _restore(self, before: Mapping[int, int]) -> None:
        moved = [number for number, slot in self.slot_of.items() if before.get(number) != slot]
        for number in moved:
            self._take(number)
        for number in moved:
            if number in before:
                self.put(number, before[number])

    def _relieve(self, slot: int) -> bool:
        """Move meetings out of a slot that has more than there are tables; False if it stays too full."""
        while self.load(slot) > self.tables:
            others = sorted((self.load(other), other) for other in range(self.slots) if self.load(other) < self.tables)
            if not any(self._move_one(slot, other) for _load, other in others):
                return False
        return True

    def _move_one(self, full: int, other: int) -> bool:
        for component in self._components(full, other):
            if self._surplus(component, full) == 1 and self._may_swap(component, full, other):
                self._swap(component, full, other)
                return True
        return False

    def _free_slots(self, party: str) -> list[int]:
        return [slot for slot in range(self.slots) if self.is_free(party, slot)]

    def _surplus(self, component: Iterable[int], slot: int) -> int:
        """By how many meetings `slot` has more of the component than the other slot."""
        return sum(1 if self.slot_of[number] == slot else -1 for number in component)

    def _components(self, a: int, b: int) -> Iterator[frozenset[int]]:
        """The paths and circles on which the two slots alternate, in the order of their pairs."""
        seen: set[int] = set()
        for number in sorted(self._in[a] | self._in[b]):
            # An exchange of one component leaves the others as they are.
            if number not in seen:
                component = self._component(number, a, b)
                seen |= component
                yield component

    def _component(self, start: int, a: int, b: int) -> frozenset[int]:
        found, waiting = {start}, [start]
        while waiting:
            for party in self.pairs[waiting.pop()].parties:
                for slot in (a, b):
                    beside = self._at[party].get(slot)
                    if beside is not None and beside not in found:
                        found.add(beside)
                        waiting.append(beside)
        return frozenset(found)

    def _may_swap(self, component: Iterable[int], a: int, b: int) -> bool:
        for number in component:
            target = b if self.slot_of[number] == a else a
            if number in self._fixed:
                return False
            if any(target in self._absent.get(party, ()) for party in self.pairs[number].parties):
                return False
        return True

    def _swap(self, component: Iterable[int], a: int, b: int) -> None:
        targets = {number: b if self.slot_of[number] == a else a for number in component}
        for number in targets:
            self._take(number)
        for number, slot in targets.items():
            self.put(number, slot)
