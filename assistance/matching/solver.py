"""Exact choice among yes and no: a small front to the HiGHS solver (`scipy.optimize.milp`).

All coefficients that are handed in are whole numbers, so that an optimum found within the solver's tolerances is
the optimum. HiGHS is deterministic: the same problem gives the same answer, as long as no time limit is met.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

Floats = NDArray[np.float64]

SOLVED, OUT_OF_TIME, IMPOSSIBLE = 0, 1, 2
"""The statuses of `scipy.optimize.milp` that can occur here."""
LEAST_SECONDS = 0.05
"""A solver that is called at all gets this long."""


class SolverFailed(RuntimeError):
    """The solver gave up for a reason other than time; the message is its own."""


class Deadline:
    """A point in time up to which an exact answer is waited for."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._until - time.monotonic())

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def share(self, part: float) -> Deadline:
        """A deadline that lies within this one, after `part` (0-1) of what is left."""
        return Deadline(self.left * part)


@dataclass(frozen=True)
class Solution:
    """What was found: `values` one a variable (None if nothing was found in time), and the objective's bounds.

    `value` is what the values reach, `bound` what no solution can exceed; they are equal if `is_proven`.
    """

    values: Floats | None
    value: float
    bound: float
    is_proven: bool


@dataclass
class Program:
    """A linear programme, built variable by variable and row by row, and solved for one goal or for several in turn.

    A goal maps variables to their factors in the sum that is maximised; without one the variables' own gains count.
    """

    gains: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    _rows: list[tuple[Sequence[int], Sequence[float], float, float]] = field(default_factory=list)

    def variable(self, gain: float = 0.0, *, whole: bool = True, least: float = 0.0, most: float = 1.0) -> int:
        """Add a variable; give back its number."""
        self.gains.append(gain)
        self.whole.append(whole)
        self.lower.append(least)
        self.upper.append(most)
        return len(self.whole) - 1

    def row(
        self, numbers: Sequence[int], factors: Sequence[float] | None = None, *, least: float = -inf, most: float = inf
    ) -> int:
        """Demand that the sum of factor x variable lies from `least` to `most`; factors are 1 if not given.

        Gives back the row's number.
        """
        self._rows.append((numbers, factors if factors is not None else [1.0] * len(numbers), least, most))
        return len(self._rows) - 1

    def maximise(self, deadline: Deadline, goal: Mapping[int, float] | None = None) -> Solution:
        """The best whole solution. Raises `SolverFailed`."""
        if not self.whole:
            return Solution(np.empty(0), 0.0, 0.0, is_proven=True)
        answer = milp(
            c=-self._factors(goal),
            integrality=np.array(self.whole, dtype=np.int8),
            bounds=Bounds(self.lower, self.upper),
            constraints=self._constraints(),
            options={"mip_rel_gap": 0.0, "time_limit": max(deadline.left, LEAST_SECONDS)},
        )
        if answer.status == IMPOSSIBLE:
            return Solution(None, -inf, -inf, is_proven=True)
        if answer.status not in (SOLVED, OUT_OF_TIME):
            raise SolverFailed(str(answer.message))
        bound = inf if answer.mip_dual_bound is None else -answer.mip_dual_bound
        if answer.x is None:
            return Solution(None, -inf, bound, is_proven=False)
        return Solution(answer.x, -answer.fun, bound, answer.status == SOLVED)

    def relaxed(self, goal: Mapping[int, float] | None = None) -> tuple[float, Floats]:
        """The optimum if fractions were allowed, and what one more unit of each row's `most` would add to it.

        The first is a bound on `maximise`, and first + second a bound on it with that row widened by one.
        Raises `SolverFailed`.
        """
        matrix, least, most = self._matrix()
        above, below = np.isfinite(most), np.isfinite(least)
        answer = linprog(
            -self._factors(goal),
            A_ub=vstack([matrix[above], -matrix[below]]),
            b_ub=np.concatenate([most[above], -least[below]]),
            bounds=np.column_stack([self.lower, self.upper]),
            method="highs",
        )
        if answer.status != SOLVED:
            raise SolverFailed(str(answer.message))
        prices = np.zeros(len(self._rows))
        prices[above] = -answer.ineqlin.marginals[: int(above.sum())]
        return float(-answer.fun), prices

    def _factors(self, goal: Mapping[int, float] | None) -> Floats:
        if goal is None:
            return np.array(self.gains, dtype=np.float64)
        factors: Floats = np.zeros(len(self.whole))
        factors[list(goal)] = list(goal.values())
        return factors

    def _constraints(self) -> list[LinearConstraint]:
        if not self._rows:
            return []
        return [LinearConstraint(*self._matrix())]

    def _matrix(self) -> tuple[csr_array, Floats, Floats]:
        starts = np.cumsum([0, *(len(numbers) for numbers, *_rest in self._rows)])
        columns = np.array([number for numbers, *_rest in self._rows for number in numbers], dtype=np.int64)
        factors = np.array([factor for _numbers, given, *_rest in self._rows for factor in given], dtype=np.float64)
        matrix = csr_array((factors, columns, starts), shape=(len(self._rows), len(self.whole)))
        least = np.array([row[2] for row in self._rows], dtype=np.float64)
        most = np.array([row[3] for row in self._rows], dtype=np.float64)
        return matrix, least, most
