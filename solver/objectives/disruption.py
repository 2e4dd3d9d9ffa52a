"""Disruption: whom a round evicts. Levels by priority, so that nobody goes for somebody less important.

An agent that runs counts before a pending one of the same priority or less. So the levels of evictions stand
between those of placed agents: after the agents of one priority are placed, the evictions among those that
are at least as important as the next pending ones are settled, budgets first, before anybody else asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from placewright.models.agent import Agent
from placewright.models.disruption import allowed, budgets_of
from placewright.models.levels import QOS_NAME, budgets_name, evicted_name
from placewright.models.rules.victims import QOS_COST
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Objective, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class EvictedObjective(Objective):
    """What leaves: the sum over standing groups of `costs` times the agents that do not stay.

    running: what these groups weigh when everybody stays.
    """

    sense: ClassVar[Literal["minimize"]] = "minimize"
    title: str
    costs: Mapping[int, int]
    running: int

    @classmethod
    def of(cls, compilation: Compilation, title: str, costs: Mapping[int, int]) -> Self:
        return cls(title, costs, sum(cost * int(compilation.size[g]) for g, cost in costs.items()))

    @property
    def name(self) -> str:
        return self.title

    def expression(self, x: Variables) -> Linear:
        stays: list[Linear] = [cost * x.sum([g]) for g, cost in self.costs.items()]
        return self.running - sum(stays, start=0)

    def value(self, count: IntArray) -> int:
        return self.running - sum(cost * int(count[g].sum()) for g, cost in self.costs.items())

    def limit(self, cap: IntArray) -> int:
        return 0

    def fixing(self, fixed: IntArray) -> Self:
        stays = sum(cost * int(fixed[g].sum()) for g, cost in self.costs.items())
        return replace(self, running=self.running - stays)

    def relax(self, relaxation: Relaxation) -> int | None:
        # Counted from above: what stays at most.
        return relaxation.least([self.relaxed(relaxation)])

    def demand(self, relaxation: Relaxation, value: int) -> None:
        relaxation.at_most([self.relaxed(relaxation)], value)

    def relaxed(self, relaxation: Relaxation) -> LpExpression:
        """The level in the relaxation: never above its value."""
        parts = [cost * relaxation.sum([g]) for g, cost in self.costs.items()]
        return self.running - relaxation.lp.Sum(parts)


@dataclass(frozen=True)
class _Budget:
    """allowed: disruptions that cost nothing. groups: the standing ones it covers; running: their agents."""

    allowed: int
    groups: tuple[int, ...]
    running: int


@dataclass(frozen=True)
class BudgetsObjective(Objective):
    """How far evictions go beyond what disruption budgets allow, summed over the budgets."""

    sense: ClassVar[Literal["minimize"]] = "minimize"
    title: str
    budgets: tuple[_Budget, ...]

    @property
    def name(self) -> str:
        return self.title

    def expression(self, x: Variables) -> Linear:
        excess: list[Linear] = []
        for budget in self.budgets:
            over = x.model.new_int_var(0, max(0, budget.running - budget.allowed), "")
            x.model.add(over >= budget.running - budget.allowed - x.sum(budget.groups))
            excess.append(over)
        return sum(excess, start=0)

    def value(self, count: IntArray) -> int:
        return sum(max(0, b.running - b.allowed - int(count[list(b.groups)].sum())) for b in self.budgets)

    def limit(self, cap: IntArray) -> int:
        return 0

    def fixing(self, fixed: IntArray) -> Self:
        return replace(
            self,
            budgets=tuple(
                replace(b, running=b.running - int(fixed[list(b.groups)].sum())) for b in self.budgets
            ),
        )

    def relax(self, relaxation: Relaxation) -> int | None:
        return relaxation.least(relaxation.once(self, lambda: self._relaxed(relaxation)))

    def demand(self, relaxation: Relaxation, value: int) -> None:
        relaxation.at_most(relaxation.once(self, lambda: self._relaxed(relaxation)), value)

    def _relaxed(self, relaxation: Relaxation) -> list[LpExpression]:
        excess = []
        for budget in self.budgets:
            over = relaxation.lp.NumVar(0.0, relaxation.lp.infinity(), "")
            stays = relaxation.sum(budget.groups)
            relaxation.lp.Add(over + stays >= float(budget.running - budget.allowed))
            excess.append(over)
        return excess


def settled(compilation: Compilation, priorities: Sequence[int]) -> Iterator[Objective]:
    """The levels that settle evictions among agents of `priorities`, highest first; all above are settled."""
    groups = _standing(compilation)
    if not any(g for p in priorities for g in groups.get(p, ())):
        return
    lowest = min(priorities)
    budgets = _budgets(compilation, [g for p, own in groups.items() if p >= lowest for g in own])
    if budgets:
        yield BudgetsObjective(budgets_name(lowest), budgets)
    for priority in priorities:
        if priority in groups:
            costs = dict.fromkeys(groups[priority], 1)
            yield EvictedObjective.of(compilation, evicted_name(priority), costs)


def gentlest(compilation: Compilation) -> Iterator[Objective]:
    """Among equal evictions, those of agents with the weaker promise."""
    costs = {
        int(g): QOS_COST[compilation.groups[g].agent.spec.qos] for g in np.flatnonzero(compilation.standing)
    }
    if len(set(costs.values())) > 1:
        yield EvictedObjective.of(compilation, QOS_NAME, {g: cost for g, cost in costs.items() if cost})


def _standing(compilation: Compilation) -> dict[int, list[int]]:
    """The standing groups by priority."""
    groups: dict[int, list[int]] = {}
    for g in np.flatnonzero(compilation.standing).tolist():
        groups.setdefault(compilation.groups[g].agent.spec.priority, []).append(g)
    return groups


def _budgets(compilation: Compilation, groups: Sequence[int]) -> tuple[_Budget, ...]:
    """The budgets that could be exceeded by evicting agents of these groups."""
    snapshot = compilation.snapshot
    covered: dict[int, list[int]] = {}
    for g in groups:
        agent: Agent = compilation.groups[g].agent
        for budget in budgets_of(snapshot, agent):
            covered.setdefault(snapshot.budgets.index(budget), []).append(g)
    found = []
    for index, own in covered.items():
        running = int(compilation.size[own].sum())
        most = allowed(snapshot, snapshot.budgets[index])
        if running > most:
            found.append(_Budget(most, tuple(own), running))
    return tuple(found)


@dataclass(frozen=True)
class EvictedTerm(Term):
    """How many agents are evicted, for levels that blend that with other things."""

    score: ClassVar[None] = None
    evicted: EvictedObjective

    @classmethod
    def compile(cls, compilation: Compilation, profile: object = None) -> Self:
        costs = dict.fromkeys(np.flatnonzero(compilation.standing).tolist(), 1)
        return cls(EvictedObjective.of(compilation, "evicted", costs))

    def expression(self, x: Variables) -> Linear:
        return self.evicted.expression(x)

    def value(self, count: IntArray) -> int:
        return self.evicted.value(count)

    def least(self) -> int:
        return 0

    def most(self, cap: IntArray) -> int:
        return self.evicted.running

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, evicted=self.evicted.fixing(fixed))

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        return self.evicted.relaxed(relaxation)
