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
WEIGHED_A_SECOND = 5_000
"""Of the relaxation's variables so many a second are what a weighted level takes, on a fast machine."""
GATHERING_SHARE = 0.2
"""The part of the time left that deciding where groups gather may take."""

PLENTY = 4
"""In how many times the seconds of the gathering's solve the one without it is done for certain."""


@dataclass(frozen=True)
class Blueprint:
    """target (G, N): counts to aim at; within room and caps, but not all rules have been asked. All 0 where
    it is not `drawn`: nothing better is known than the answer that there is.

    number (G,): of each group so many; more of one may leave others out. bounds: of the first levels, as far
    as the relaxation had answers.
    """

    target: IntArray
    number: IntArray
    bounds: tuple[KnownBound, ...]
    drawn: bool = True


def blueprint(
    problem: Problem, seconds: float = float("inf"), known: IntArray | None = None, *, bounded: bool = True
) -> Blueprint:
    """The relaxation's optimum, level by level, as far as a few `seconds` allow; no target without answer.

    known: an answer (G, N) that is there. Where it reaches all bounds, and those of the weighted levels are
    not among them, nothing is drawn: there is nothing to gain, and it takes its time. Not `bounded`: a level
    for which the relaxation would be solved once more for its bound alone has none.
    """
    number = problem.size.copy()
    if not problem.cap.any():
        return Blueprint(np.zeros_like(problem.cap), number, ())
    deadline = Deadline(seconds)
    relaxation = relaxed(problem)
    solved = _solved(problem, relaxation, deadline, UNHURRIED * seconds, bounded=bounded)
    placing = zip(problem.levels, solved.bounds, strict=False)
    reached = known is not None and all(level.value(known) == bound.value for level, bound in placing)
    if reached and not solved.weighted:
        return Blueprint(np.zeros_like(problem.cap), number, solved.bounds, drawn=False)
    whole = relaxation.whole(solved.solution)
    for g, many in whole.items():
        number[g] = many
    return Blueprint(_drawn(problem, relaxation, solved.solution, whole), number, solved.bounds)


@dataclass(frozen=True)
class _Solved:
    """(group, class) -> agents; bounds of the first levels; whether weighted levels have had their say."""

    solution: dict[tuple[int, int], float]
    bounds: tuple[KnownBound, ...]
    weighted: bool


def _solved(
    problem: Problem, relaxation: Relaxation, deadline: Deadline, unhurried: float, *, bounded: bool
) -> _Solved:
    """Level by level, until there is no more time or a level has no answer.

    A first answer is wanted soon: weighted levels, whose relaxation is the largest, are left to the search
    where those before them leave less than `unhurried` seconds, or too little to come to an end.
    """
    weighing = max(unhurried, problem.classes.columns / WEIGHED_A_SECOND)
    bounds: list[KnownBound] = []
    solution: dict[tuple[int, int], float] = {}
    weighted = False
    for level in problem.levels:
        weighs = isinstance(level, WeightedObjective)
        if weighs and deadline.remaining() < weighing:
            break
        last = level is problem.levels[-1]
        gathering = _gathered(problem, relaxation, level, deadline) if last else None
        if gathering is not None and not (bounded and deadline.remaining() >= PLENTY * gathering.seconds):
            # Where nobody has to gather it takes longer, and a bound nearly as good can be had by parts.
            return _Solved(gathering.solution, tuple(bounds), True)
        relaxation.hurry(deadline.remaining())
        best = bound_of(level, relaxation)
        if best is not None:
            # Read before the next demand is added: the solver forgets its answer with every change.
            solution, weighted = relaxation.solution(), weighs
            bounds.append(best)
        if gathering is not None:
            solution, weighted = gathering.solution, True
        if best is None or last:
            break
        level.demand(relaxation, best.value)
    return _Solved(solution, tuple(bounds), weighted)


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
    # Alike nodes are used alike, whatever it costs.
    alike = all(problem.alike(nodes) for nodes in members)
    layout = Layout(problem, None if alike else _tally(problem))
    left = layout.lay_out(whole, members)
    if left:
        layout.compare(lambda: _tally(problem))
    place_of = np.zeros((problem.cap.shape[1], places.shape[1]), dtype=np.int64)
    for c, nodes in enumerate(members):
        place_of[nodes] = places[c]
    everywhere = np.arange(len(place_of))
    for (g, c), many in left.items():
        outside = layout.find_room(g, many, np.flatnonzero((place_of == places[c]).all(axis=1)))
        layout.find_room(g, outside, everywhere)
    return layout.target


def _tally(problem: Problem) -> Tally | None:
    """What agents cost the first weighted level that says so; None where none does."""
    tallies = (level.tally() for level in problem.levels if isinstance(level, WeightedObjective))
    return next((tally for tally in tallies if tally is not None), None)
