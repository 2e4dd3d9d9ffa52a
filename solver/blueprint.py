"""The relaxation's solution as a plan: how many of each group go to each node.

Where groups prefer company in topology domains, whole groups gather in one of them (`gathering`), and the
relaxation is solved with that first, and for its bound without it after that. Its amounts are rounded to
whole agents by class of nodes (`rounding`), and those laid out over the nodes of the class (`layout`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placewright.solver.bound import KnownBound, bound_of, relaxed
from placewright.solver.clock import Deadline
from placewright.solver.company import accompanied
from placewright.solver.compilation import IntArray
from placewright.solver.gathering import gathered
from placewright.solver.layout import Layout
from placewright.solver.objectives.base import Objective, Tally
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation
from placewright.solver.rounding import whole_agents

UNHURRIED = 0.5
"""The part of the time that must be left for a weighted level to be looked at."""
GATHERING_SHARE = 0.2
"""The part of the time left that deciding where groups gather may take."""


@dataclass(frozen=True)
class Blueprint:
    """target (G, N): counts to aim at; within room and caps, but not all rules have been asked.

    number (G,): of each group so many; more of one may leave others out. bounds: of the first levels, as far
    as the relaxation had answers.
    """

    target: IntArray
    number: IntArray
    bounds: tuple[KnownBound, ...]


def blueprint(problem: Problem, seconds: float = float("inf")) -> Blueprint:
    """The relaxation's optimum, level by level, as far as a few `seconds` allow; no target without answer.

    A first answer is wanted soon: weighted levels, whose relaxation is the largest, are left to the search
    where those before them took a good part of the time.
    """
    deadline = Deadline(seconds)
    bounds: list[KnownBound] = []
    number = problem.size.copy()
    if not problem.cap.any():
        return Blueprint(np.zeros_like(problem.cap), number, ())
    relaxation = relaxed(problem)
    solution: dict[tuple[int, int], float] = {}
    for level in problem.levels:
        if isinstance(level, WeightedObjective) and deadline.remaining() < UNHURRIED * seconds:
            break
        last = level is problem.levels[-1]
        gathering = _gathered(problem, relaxation, level, deadline) if last else None
        if gathering is not None and deadline.remaining() < gathering.seconds:
            # Where nobody has to gather it takes longer: the answer is worth more than its bound.
            solution = gathering.solution
            break
        relaxation.hurry(deadline.remaining())
        best = bound_of(level, relaxation)
        if best is not None:
            # Read before the next demand is added: the solver forgets its answer with every change.
            solution = relaxation.solution()
            bounds.append(best)
        if gathering is not None:
            solution = gathering.solution
        if best is None or last:
            break
        level.demand(relaxation, best.value)
    whole = relaxation.whole(solution)
    for g, many in whole.items():
        number[g] = many
    return Blueprint(_drawn(problem, relaxation, solution, whole), number, tuple(bounds))


@dataclass(frozen=True)
class _Gathering:
    """A solution with whole groups where they gather, and how long it took."""

    solution: dict[tuple[int, int], float]
    seconds: float


def _gathered(
    problem: Problem, relaxation: Relaxation, level: Objective, deadline: Deadline
) -> _Gathering | None:
    """What is best for a level where groups gather, without its bound; None: none does, or they cannot."""
    places = gathered(problem, relaxation, GATHERING_SHARE * deadline.remaining())
    if not places:
        return None
    began = time.monotonic()
    relaxation.hurry(deadline.remaining())
    with relaxation.within(places):
        best = level.relax(relaxation)
        solution = relaxation.solution()
    return None if best is None else _Gathering(solution, time.monotonic() - began)


def _drawn(
    problem: Problem,
    relaxation: Relaxation,
    solution: Mapping[tuple[int, int], float],
    number: Mapping[int, int],
) -> IntArray:
    """Counts (G, N) close to a solution, whole and within what each node has; `number`: of groups so many."""
    members, places = relaxation.members, relaxation.places
    room = np.array([problem.room[nodes].sum(axis=0) for nodes in members], dtype=np.int64)
    whole = accompanied(
        whole_agents(solution, places, problem.request, room, number), problem, members, number
    )
    layout = Layout(problem)
    left = layout.lay_out(whole, members)
    tally = _tally(problem, layout.target) if left else None
    place_of = np.zeros((problem.cap.shape[1], places.shape[1]), dtype=np.int64)
    for c, nodes in enumerate(members):
        place_of[nodes] = places[c]
    for (g, c), many in left.items():
        outside = layout.find_room(g, many, (place_of == places[c]).all(axis=1), tally)
        layout.find_room(g, outside, np.ones(len(place_of), dtype=np.bool_), tally)
    return layout.target


def _tally(problem: Problem, count: IntArray) -> Tally | None:
    """What more agents cost the first weighted level beside `count` (G, N); None where that says nothing."""
    tallies = (level.tally() for level in problem.levels if isinstance(level, WeightedObjective))
    tally = next((tally for tally in tallies if tally is not None), None)
    if tally is not None:
        for g in np.flatnonzero(count.any(axis=1)).tolist():
            nodes = np.flatnonzero(count[g])
            tally.add_many(g, nodes, count[g, nodes])
    return tally
