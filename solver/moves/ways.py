"""What moving costs beside the agents that move: how far they go, and how many of one workload do.

Over counts of groups told apart (`told_apart`): all of a group have the same way to a node, and its agents
are of one workload where that counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from placewright.models.demands import Workload, workload_of
from placewright.models.move_cost import Surcharges
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.moves.question import Question
from placewright.solver.moves.terms import AdditiveTerm, Asked, Place, leaving
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class WaysTerm(AdditiveTerm):
    """ways (G, N): what each agent of a group costs on a node for having come from afar."""

    ways: IntArray

    def expression(self, x: Variables) -> Linear:
        parts: list[Linear] = [
            int(self.ways[at]) * variable for at, variable in x.items() if self.ways[at] > 0
        ]
        return self.already + sum(parts, start=0)

    def value(self, count: IntArray) -> int:
        return self.already + int((self.ways * count).sum())

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """At least what the nearest node of each class costs."""
        parts = []
        for c, nodes in enumerate(relaxation.members):
            nearest = self.ways[:, nodes].min(axis=1)
            if nearest.any():
                parts.append(relaxation.load(c, nearest.tolist()))
        return relaxation.lp.Sum(parts) + self.already


@dataclass(frozen=True)
class MostMovedTerm(Asked):
    """`cost` times the agents that move of the workload of which most do.

    homes: for each workload, group and node -> how many of it are at home there.
    """

    cost: int
    homes: tuple[Mapping[Place, int], ...]

    def expression(self, x: Variables) -> Linear:
        most = x.model.new_int_var(0, max((sum(home.values()) for home in self.homes), default=0), "")
        for home in self.homes:
            x.model.add(most >= sum((self._left(x, at, number) for at, number in home.items()), start=0))
        x.complete_hints(lambda count: [(most, self._most_moved(count))])
        return self.cost * most

    @staticmethod
    def _left(x: Variables, at: Place, number: int) -> Linear:
        if x.upper(*at) <= number:
            return number - x.x(*at)
        left = x.model.new_int_var(0, number, "")
        x.model.add(left >= number - x.x(*at))
        x.complete_hints(lambda count: [(left, max(0, number - int(count[at])))])
        return left

    def _most_moved(self, count: IntArray) -> int:
        moved = (sum(max(0, number - int(count[at])) for at, number in home.items()) for home in self.homes)
        return max(moved, default=0)

    def value(self, count: IntArray) -> int:
        return self.cost * self._most_moved(count)

    def least(self) -> int:
        return 0

    def most(self, cap: IntArray) -> int:
        return self.cost * max((sum(home.values()) for home in self.homes), default=0)

    def fixing(self, fixed: IntArray) -> Self:
        left = ({at: number - int(fixed[at]) for at, number in home.items()} for home in self.homes)
        homes = tuple({at: number for at, number in home.items() if number > 0} for home in left)
        return replace(self, homes=homes)

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        most = relaxation.lp.NumVar(0.0, float(self.most(relaxation.cap)), "")
        for home in self.homes:
            moved = [(variable, float(self.cost)) for variable in leaving(relaxation, home).values()]
            relaxation.row((*moved, (most, -1.0)), most=0.0)
        return relaxation.lp.Sum([most])


def surcharge_terms(question: Question, compilation: Compilation, surcharges: Surcharges) -> Iterator[Term]:
    """The surcharges of a question as terms."""
    if any(surcharges.distance.values()):
        yield WaysTerm(_ways(question, compilation, surcharges))
    if surcharges.most_moved:
        homes: dict[Workload, dict[Place, int]] = {}
        for g in compilation.pending:
            for agent in compilation.groups[g].members:
                home = homes.setdefault(workload_of(agent), {})
                at = (g, compilation.node_index[question.home[agent.key]])
                home[at] = home.get(at, 0) + 1
        yield MostMovedTerm(surcharges.most_moved, tuple(homes.values()))


def _ways(question: Question, compilation: Compilation, surcharges: Surcharges) -> IntArray:
    """int64 (G, N): all of a group have homes with the same labels; at home, and there, it is no way."""
    ways = np.zeros((len(compilation.groups), len(compilation.nodes)), dtype=np.int64)
    by_name = question.asked.node_by_name
    for g in compilation.pending:
        home = by_name[question.home[compilation.groups[g].agent.key]]
        ways[g] = [surcharges.way(home, node) for node in compilation.nodes]
    return ways
