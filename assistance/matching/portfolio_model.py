"""A part of a portfolio as a linear programme.

One variable an arc (is it chosen?); one a need of an arc that serves several (is it the one that serves it?); one a
requester who has nothing yet (is it helped?). A need is served once, a request gets no more offers than it may, an
offer takes no more requests than it has places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assistance.matching.portfolio_board import Arc, Board
from assistance.matching.solver import Program

PAIR_COSTS = 20_000
"""What a new pair costs, in hundredths of a point, before its score is taken off: two pairs cost more than one."""

Goal = dict[int, float]
"""A sum to maximise: variable to factor."""


@dataclass(frozen=True)
class Model:
    """The programme, its arcs being the first variables, and its three goals.

    `rows` are the rows that hold the places, by offer; `more` the variables that give one offer a place more.
    """

    program: Program
    first: Goal
    need: Goal
    few: Goal
    rows: dict[str, int]
    more: dict[str, int]


def model_of(board: Board, arcs: Sequence[Arc], waiting: Iterable[str], more: Collection[str] = ()) -> Model:
    """The model of these arcs; one of the offers in `more` may take one request more than it has places."""
    program = Program()
    for _arc in arcs:
        program.variable()
    need = _serving(program, arcs)
    for request, variables in _variables_by(arc.request for arc in arcs).items():
        if len(variables) > board.room[request]:
            program.row(variables, most=board.room[request])
    first = _helping(program, board, arcs, waiting)
    added = {offer: program.variable() for offer in sorted(more)}
    if added:
        program.row(list(added.values()), most=1.0)
    rows = {}
    for offer, variables in _variables_by(arc.offer for arc in arcs).items():
        if offer in board.contested:
            extra = [added[offer]] if offer in added else []
            factors = [1.0] * len(variables) + [-1.0] * len(extra)
            rows[offer] = program.row([*variables, *extra], factors, most=board.places[offer])
    few: Goal = {variable: float(arc.hundredths - PAIR_COSTS) for variable, arc in enumerate(arcs)}
    return Model(program, first, need, few, rows, added)


def _variables_by(keys: Iterable[str]) -> dict[str, list[int]]:
    """The variables of the arcs by something that the arcs have, given in the order of the arcs."""
    found: dict[str, list[int]] = defaultdict(list)
    for variable, key in enumerate(keys):
        found[key].append(variable)
    return found


def _serving(program: Program, arcs: Sequence[Arc]) -> Goal:
    """The second goal: each need once, by an arc that is chosen."""
    serving: dict[tuple[str, int], list[int]] = defaultdict(list)
    need: Goal = {}
    for variable, arc in enumerate(arcs):
        for place, gain in arc.gains:
            serves = variable
            if len(arc.gains) > 1:
                serves = program.variable(whole=False)
                program.row([serves, variable], [1.0, -1.0], most=0.0)
            serving[arc.request, place].append(serves)
            need[serves] = gain
    for variables in serving.values():
        if len(variables) > 1:
            program.row(variables, most=1.0)
    return need


def _helping(program: Program, board: Board, arcs: Sequence[Arc], waiting: Iterable[str]) -> Goal:
    """The first goal: who has nothing yet is helped if one of its arcs is chosen."""
    arcs_of = _variables_by(board.requests[arc.request].requester for arc in arcs)
    first: Goal = {}
    for requester in sorted(waiting):
        helped = program.variable()
        program.row([helped, *arcs_of[requester]], [1.0, *[-1.0] * len(arcs_of[requester])], most=0.0)
        first[helped] = 1.0
    return first
