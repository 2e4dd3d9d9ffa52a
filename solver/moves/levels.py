"""The levels of a rebalance: all placed, nothing left to drain, the goals, then as few moves as will do.

A goal's level is the goal and what moves cost, added up: a move that brings less than it costs makes the
level worse. An answer that is optimal by such levels stays optimal when it is asked for again from itself,
since going on from it costs no less than it would have cost to go there at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.goals import Goal, Goals, weighed
from placewright.models.move_cost import MoveCosts
from placewright.models.rebalance_levels import DRAIN, MOVES, goal_name
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.moves.counts import counts
from placewright.solver.moves.demanded import DemandEncoder
from placewright.solver.moves.descend import Guide
from placewright.solver.moves.question import Question
from placewright.solver.moves.terms import (
    ClosedEncoder,
    CutEncoder,
    EmptiedEncoder,
    LeftTerm,
    LimitEncoder,
    MovesTerm,
    Place,
)
from placewright.solver.moves.ways import surcharge_terms
from placewright.solver.objectives import TERMS
from placewright.solver.objectives.base import Objective, Term
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.used_nodes import UsedNodesTerm
from placewright.solver.objectives.weighted import WeightedObjective, checked
from placewright.solver.problem import Problem
from placewright.solver.rules.base import Encoder


@dataclass(frozen=True)
class Levels:
    """drain: None where nothing is drained. goals: each with its level without the cost of moves.

    surcharges: what moves cost beside the agents that move, as far as counts tell.
    """

    placed: tuple[Objective, ...]
    drain: WeightedObjective | None
    goals: tuple[tuple[Goal, WeightedObjective], ...]
    moves: MovesTerm
    min_gain: int
    surcharges: tuple[Term, ...] = ()

    @property
    def fare(self) -> tuple[Term, ...]:
        """What moves cost, in all."""
        return (self.moves, *self.surcharges)

    @property
    def all(self) -> tuple[Objective, ...]:
        """In order of importance."""
        return tuple(self._all())

    def _all(self) -> Iterator[Objective]:
        yield from self.placed
        if self.drain is not None:
            yield self.drain
        for goal, level in self.goals:
            fare = ((self.min_gain, term) for term in self.fare)
            yield WeightedObjective(goal_name(goal), (*level.terms, *fare))
        yield WeightedObjective(MOVES, tuple((1, term) for term in self.fare))

    def guides(self) -> list[Guide]:
        """The goals as single moves see them, as far as they have a tally."""
        tallies = [level.tally() for _, level in self.goals]
        return [Guide(tally, self.min_gain) for tally in tallies if tally is not None]


def build(
    question: Question,
    compilation: Compilation,
    placed: Sequence[Objective],
    goals: Goals,
    costs: MoveCosts,
    options: RebalanceOptions,
    *,
    told_apart: bool = False,
) -> Levels:
    """The levels of one question. `placed`: those of the placed agents, as compiled.

    told_apart: groups are as `telling_apart` has them.
    """
    moves = moves_term(question, compilation, costs)
    surcharges = tuple(surcharge_terms(question, compilation, options.surcharges)) if told_apart else ()
    fare = tuple((options.min_gain, term) for term in (moves, *surcharges))
    found = []
    for goal in goals.scored:
        terms = tuple(_terms(question, compilation, goal))
        if terms:
            level = WeightedObjective(goal_name(goal), terms)
            checked(replace(level, terms=(*terms, *fare)), compilation.cap)
            found.append((goal, level))
    drained = drained_nodes(compilation, goals)
    drain = WeightedObjective(DRAIN, ((1, LeftTerm(drained)),)) if drained.any() else None
    kept = tuple(level for level in placed if isinstance(level, PlacedObjective))
    return Levels(kept, drain, tuple(found), moves, options.min_gain, surcharges)


def _terms(question: Question, compilation: Compilation, goal: Goal) -> Iterator[tuple[int, Term]]:
    for item in weighed(question.asked, goal):
        term = TERMS[item.score.name].compile(compilation, item.profile)
        if term is not None:
            yield item.weight, term


def drained_nodes(compilation: Compilation, goals: Goals) -> BoolArray:
    """bool (N,): the nodes that are to be drained."""
    names = set(goals.drained)
    return np.array([node.name in names for node in compilation.nodes], dtype=np.bool_)


def moves_term(question: Question, compilation: Compilation, costs: MoveCosts) -> MovesTerm:
    """What leaving costs at each place where movable agents run."""
    there: dict[Place, list[int]] = {}
    for g in compilation.pending:
        for agent in compilation.groups[g].members:
            n = compilation.node_index[question.home[agent.key]]
            there.setdefault((g, n), []).append(costs.of(agent))
    return MovesTerm({place: tuple(sorted(found)) for place, found in there.items()})


def bounded(
    problem: Problem,
    levels: Levels,
    question: Question,
    compilation: Compilation,
    options: RebalanceOptions,
    cuts: Sequence[Mapping[Place, int]],
    *,
    told_apart: bool = False,
) -> Problem:
    """The problem with these levels, nodes closed, limits kept and cuts made. told_apart: as in `build`."""
    closed = np.array([node.name in question.closed for node in compilation.nodes], dtype=np.bool_)
    keeper = ClosedEncoder(closed, counts(compilation, question.home))
    encoders: list[Encoder] = [*problem.encoders, keeper, *(CutEncoder(cut) for cut in cuts)]
    cap = keeper.tighten(problem.cap)
    demands = DemandEncoder.of(question, compilation) if told_apart else None
    if demands is not None:
        encoders.append(demands)
        cap = demands.tighten(cap)
    if options.max_moves is not None:
        even = MovesTerm({at: (1,) * len(costs) for at, costs in levels.moves.costs.items()})
        encoders.append(LimitEncoder((even,), options.max_moves))
    if options.max_disruption is not None:
        encoders.append(LimitEncoder(levels.fare, options.max_disruption))
    if options.max_emptied is not None:
        encoders.append(_emptied(levels, compilation, keeper.home, options.max_emptied))
    return replace(problem, cap=cap, encoders=tuple(encoders), levels=levels.all)


def _emptied(levels: Levels, compilation: Compilation, home: IntArray, most: int) -> EmptiedEncoder:
    """Counts nodes that the goals would pay for, and that are in use only through those who may move."""
    used, keeps = np.zeros(len(compilation.nodes), dtype=np.bool_), np.zeros(len(home), dtype=np.bool_)
    for _, level in levels.goals:
        for _, term in level.terms:
            if isinstance(term, UsedNodesTerm):
                keeps = term.keeps
                used |= (term.price > 0) & ~term.used & home[keeps].any(axis=0)
    return EmptiedEncoder(used, keeps, most)
