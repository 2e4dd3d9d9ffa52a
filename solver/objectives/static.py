"""What an agent costs on a node, whoever else is there: the encoding of models/scores/static.py."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores import image_locality, node_affinity, taint_toleration
from placewright.models.scores.base import judges
from placewright.models.scores.data_locality import missing_cost
from placewright.models.scores.static import StaticScore
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.objectives.floor import Floor
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

STEPS = 5
"""In the relaxation the nodes of a class are told apart by what a group costs there in so many steps."""

MOST_LINES = 10_000
"""No more (group, class) pairs than this have steps."""

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class StaticTerm(Term):
    """costs (G, N): of one agent on a node; constant: what those who stay cost."""

    costs: IntArray
    constant: int

    @classmethod
    @abstractmethod
    def cost(cls, snapshot: Snapshot, agent: Agent, node: Node, profile: Profile) -> int:
        """What the score says of one agent on one node."""

    @classmethod
    @abstractmethod
    def matters(cls, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        """Whether the score may have anything to say of an agent."""

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        snapshot, nodes = compilation.snapshot, compilation.nodes
        costs = np.zeros_like(compilation.cap)
        for g, group in enumerate(compilation.groups):
            if judges(snapshot, profile, group.agent) and cls.matters(snapshot, group.agent, profile):
                for n in np.flatnonzero(compilation.cap[g]).tolist():
                    costs[g, n] = cls.cost(snapshot, group.agent, nodes[n], profile)
        constant = sum(
            number * cls.cost(snapshot, those.sample, nodes[n], profile)
            for those in compilation.settled
            if judges(snapshot, profile, those.sample) and cls.matters(snapshot, those.sample, profile)
            for n, number in zip(those.nodes.tolist(), those.number.tolist(), strict=True)
        )
        return cls(costs, constant) if constant or costs.any() else None

    def expression(self, x: Variables) -> Linear:
        pairs = [(variable, int(self.costs[g, n])) for (g, n), variable in x.items() if self.costs[g, n]]
        if not pairs:
            return self.constant
        return self.constant + cp_model.LinearExpr.weighted_sum([v for v, _ in pairs], [c for _, c in pairs])

    def value(self, count: IntArray) -> int:
        return self.constant + int((count * self.costs).sum())

    def least(self) -> int:
        return self.constant

    def most(self, cap: IntArray) -> int:
        return self.constant + int((cap * self.costs).sum())

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, constant=self.value(fixed))

    def told_by(self) -> IntArray:
        return self.costs

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """In a class everybody has the cheapest nodes that he may use, as many as fit there by themselves."""
        parts = [float(self.constant)]
        lines = MOST_LINES
        for c, nodes in enumerate(relaxation.members):
            open_costs = np.where(relaxation.cap[:, nodes] > 0, self.costs[:, nodes], _NEVER)
            cheapest = open_costs.min(axis=1)
            amounts = np.where(cheapest == _NEVER, 0, cheapest)
            if amounts.any():
                parts.append(relaxation.load(c, amounts.tolist()))
            dearest = np.where(open_costs == _NEVER, -1, open_costs).max(axis=1)
            for g in np.flatnonzero(dearest > cheapest).tolist():
                lines -= 1
                if lines >= 0:
                    parts.append(_beyond(relaxation, g, c, open_costs[g], relaxation.cap[g, nodes]))
        return relaxation.lp.Sum(parts)

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        return Floor(Floor.flat(cap, self.constant).base, self.costs.astype(np.float64))

    def alone(self, group: int, cap: IntArray) -> IntArray:
        alone: IntArray = self.constant + self.costs[group]
        return alone

    def tally(self) -> Tally:
        return _Costs(self.costs.astype(np.float64))


def _beyond(relaxation: Relaxation, g: int, c: int, costs: IntArray, cap: IntArray) -> LpExpression:
    """What group g costs in class c beyond the cheapest node for each of its agents, at least.

    costs, cap: by node of the class. Nodes are taken in up to `STEPS` steps, each as cheap as its cheapest.
    """
    lp = relaxation.lp
    levels, step = np.unique(costs[cap > 0], return_inverse=True)
    number = min(STEPS, len(levels))
    step = step.reshape(-1) * number // len(levels)
    taken = []
    for i in range(number):
        room = float(cap[cap > 0][step == i].sum())
        taken.append((lp.NumVar(0.0, room, ""), int(costs[cap > 0][step == i].min())))
    relaxation.hold(c, {g: 1.0}, [(variable, -1.0) for variable, _ in taken], 0.0)
    return lp.Sum([float(cost - taken[0][1]) * variable for variable, cost in taken[1:]])


class _Costs(Tally):
    """The same for every agent of a group, whoever is there."""

    def __init__(self, costs: FloatArray) -> None:
        self._costs = costs

    def more(self, group: int) -> FloatArray:
        costs: FloatArray = self._costs[group]
        return costs

    def independent(self, group: int) -> bool:
        return True

    def add(self, group: int, node: int, number: int) -> None:
        """Nobody else costs more or less for it."""

    def add_many(self, group: int, nodes: IntArray, number: IntArray) -> None:
        """The same."""


class _ScoredTerm(StaticTerm):
    """A term of a score that says itself what an agent costs."""

    meaning: ClassVar[StaticScore]

    @classmethod
    def matters(cls, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        return cls.meaning.matters(snapshot, agent, profile)

    @classmethod
    def cost(cls, snapshot: Snapshot, agent: Agent, node: Node, profile: Profile) -> int:
        return cls.meaning.cost(snapshot, agent, node, profile)


class NodeAffinityTerm(_ScoredTerm):
    score: ClassVar[ScoreName] = ScoreName.NODE_AFFINITY
    meaning: ClassVar[StaticScore] = node_affinity.SCORE


class TaintTolerationTerm(_ScoredTerm):
    score: ClassVar[ScoreName] = ScoreName.TAINT_TOLERATION
    meaning: ClassVar[StaticScore] = taint_toleration.SCORE


class ImageLocalityTerm(_ScoredTerm):
    score: ClassVar[ScoreName] = ScoreName.IMAGE_LOCALITY
    meaning: ClassVar[StaticScore] = image_locality.SCORE


class DataLocalityTerm(StaticTerm):
    score: ClassVar[ScoreName] = ScoreName.DATA_LOCALITY

    @classmethod
    def matters(cls, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        return bool(agent.spec.needs_data)

    @classmethod
    def cost(cls, snapshot: Snapshot, agent: Agent, node: Node, profile: Profile) -> int:
        return missing_cost(agent, node)
