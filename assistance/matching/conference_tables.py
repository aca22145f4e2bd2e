"""Which table each meeting takes: a provider keeps its table as far as possible, requesters walk."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
from scipy.optimize import linear_sum_assignment

from assistance.matching.conference_board import Pair


def seat(meetings: Mapping[int, list[Pair]], tables: int) -> dict[tuple[int, Pair], int]:
    """A table, from 1, for each meeting.

    `meetings` maps a slot to its pairs, at most one a table. Providers with most meetings choose first a table that is
    free whenever they meet somebody. Those for whom no table is left are seated slot by slot, at the table they had
    before if it is free (an assignment problem a slot, `scipy.optimize.linear_sum_assignment`).
    """
    slots_of: dict[str, set[int]] = defaultdict(set)
    for slot, pairs in meetings.items():
        for pair in pairs:
            slots_of[pair.provider].add(slot)
    taken: list[set[int]] = [set() for _table in range(tables)]
    home: dict[str, int] = {}
    for provider in sorted(slots_of, key=lambda key: (-len(slots_of[key]), key)):
        table = next((number for number, slots in enumerate(taken) if not slots & slots_of[provider]), None)
        if table is not None:
            home[provider] = table
            taken[table] |= slots_of[provider]
    seats: dict[tuple[int, Pair], int] = {}
    wanderers: dict[str, Counter[int]] = defaultdict(Counter)
    for slot in sorted(meetings):
        seats |= {(slot, pair): home[pair.provider] + 1 for pair in meetings[slot] if pair.provider in home}
        left = sorted((pair for pair in meetings[slot] if pair.provider not in home), key=lambda pair: pair.provider)
        free = [table for table in range(tables) if slot not in taken[table]]
        for pair, table in _assigned(left, free, wanderers):
            seats[slot, pair] = table + 1
            wanderers[pair.provider][table] += 1
    return seats


def _assigned(left: list[Pair], free: list[int], sat: Mapping[str, Counter[int]]) -> list[tuple[Pair, int]]:
    """Pairs to free tables: as many as possible at a table that the provider knows, else the first ones."""
    if not left:
        return []
    known = len(free) * len(left) + 1  # outweighs every wish for a low number
    cost = np.array(
        [[rank - known * bool(sat[pair.provider][table]) for rank, table in enumerate(free)] for pair in left]
    )
    rows, columns = linear_sum_assignment(cost)
    return [(left[row], free[column]) for row, column in zip(rows, columns, strict=True)]
