"""Choosing as much value as possible under "at most so many of these": a front to HiGHS (`scipy.optimize.milp`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

#: Status of `milp` when the time is over; 0 is solved to the end.
SOLVED, OUT_OF_TIME = 0, 1


@dataclass(frozen=True)
class Choice:
    """The things chosen, by number, and whether no choice can be worth more."""

    chosen: frozenset[int]
    is_proven: bool


def choose(
    values: Sequence[int], groups: Iterable[tuple[Sequence[int], int]], *, surely: Iterable[int] = (), seconds: float
) -> Choice | None:
    """Choose things of the highest total value, at most so many of each group (numbers, most).

    `surely` are chosen in any case. None if nothing was found in time. HiGHS is deterministic: unless the time runs
    out, the same input gives the same choice.
    """
    if not values:
        return Choice(frozenset(), is_proven=True)
    least = np.zeros(len(values))
    least[list(surely)] = 1
    rows = [(numbers, most) for numbers, most in groups if len(numbers) > most]
    found = milp(
        -np.array(values, dtype=np.float64),
        integrality=np.ones(len(values)),
        bounds=Bounds(least, np.ones(len(values))),
        constraints=[_constraint(rows, len(values))] if rows else [],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.x is None or found.status not in (SOLVED, OUT_OF_TIME):
        return None
    return Choice(frozenset(np.flatnonzero(found.x > 0.5).tolist()), found.status == SOLVED)


def _constraint(rows: Sequence[tuple[Sequence[int], int]], count: int) -> LinearConstraint:
    starts = np.cumsum([0, *(len(numbers) for numbers, _most in rows)])
    columns = np.concatenate([np.array(numbers, dtype=np.int64) for numbers, _most in rows])
    matrix = csr_array((np.ones(len(columns)), columns, starts), shape=(len(rows), count))
    return LinearConstraint(matrix, ub=np.array([most for _numbers, most in rows], dtype=np.float64))
