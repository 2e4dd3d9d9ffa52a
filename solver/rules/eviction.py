"""Eviction: an agent that leaves may be placed anew, once, and who may not preempt finds room without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.rules.preemption import kept_out
from placewright.models.rules.victims import may_preempt
from placewright.models.state import ClusterState
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.exclusion import close
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class EvictionEncoder(Encoder):
    """returning: standing group -> the group of its agents placed anew. size (G,): agents of each group.

    modest: groups that may not preempt. closed (G, N): where somebody who runs now keeps them out.
    before (N, R): what a node has left with everybody in place; request (G, R). beneath: for each standing
    group the pending groups that may evict its agents; waived: those of which some are placed for sure.
    home (G, N): as in `Compilation`.
    """

    rule: ClassVar[str] = "preemption"
    returning: Mapping[int, int]
    size: IntArray
    modest: tuple[int, ...]
    closed: BoolArray
    before: IntArray
    request: IntArray
    beneath: Mapping[int, tuple[int, ...]]
    home: IntArray
    waived: frozenset[int] = frozenset()

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        if not compilation.standing.any():
            return None
        snapshot, groups = compilation.snapshot, compilation.groups
        modest = tuple(g for g in compilation.pending if not may_preempt(snapshot, groups[g].agent))
        before = np.maximum(compilation.free - compilation.home.T @ compilation.request, 0)
        return cls(
            compilation.running.returning,
            compilation.size,
            modest,
            _closed(compilation, modest),
            before,
            compilation.request,
            _beneath(compilation),
            compilation.home,
        )

    def tighten(self, cap: IntArray) -> IntArray:
        """Nobody is placed anew where it was: only those that ran elsewhere may come to a node."""
        cap = cap.copy()
        for standing, back in self.returning.items():
            cap[back] = np.minimum(cap[back], self.size[standing] - self.home[standing])
        return cap

    def encode(self, x: Variables) -> None:
        for standing, back in self.returning.items():
            if x.most([standing, back]) > self.size[standing]:
                x.model.add(x.sum([standing, back]) <= int(self.size[standing]))
            for n in np.flatnonzero(self.home[standing]).tolist():
                if x.most([back], [n]):
                    # Who would be sent away from a node while others of its kind come stays instead.
                    stays = x.model.add(x.x(standing, n) == int(self.home[standing, n]))
                    stays.only_enforce_if(x.present([back], [n]))
        for standing, preemptors in self.beneath.items():
            if x.most([standing]) and not self.waived.intersection(preemptors):
                stay = x.model.add(x.sum([standing]) == int(self.size[standing]))
                stay.only_enforce_if(~x.present(preemptors))
        close(x, self.closed)
        for n in x.occupied() if self.modest else ():
            self._stay_modest(x, n)

    def _stay_modest(self, x: Variables, n: int) -> None:
        """Who may not preempt fits into what was free before anybody left."""
        groups = [g for g in self.modest if x.most([g], [n])]
        most = np.array([x.most([g], [n]) for g in groups], dtype=np.int64)
        asked = self.request[groups]
        for r in np.flatnonzero(most @ asked > self.before[n]).tolist():
            load = cp_model.LinearExpr.weighted_sum(
                [x.x(g, n) for g in groups], [int(amount) for amount in asked[:, r]]
            )
            x.model.add(load <= int(self.before[n, r]))

    def fixing(self, fixed: IntArray) -> Self:
        size = self.size.copy()
        for standing, back in self.returning.items():
            size[standing] -= int(fixed[back].sum())
        for standing in self.beneath:
            size[standing] -= int(fixed[standing].sum())
        modest = list(self.modest)
        before = np.maximum(self.before - fixed[modest].T @ self.request[modest], 0)
        placed = np.flatnonzero(fixed.sum(axis=1)).tolist()
        return replace(self, size=size, before=before, waived=self.waived.union(placed))


def _beneath(compilation: Compilation) -> dict[int, tuple[int, ...]]:
    """By standing group the pending groups that may evict its agents."""
    groups = compilation.groups
    may = [g for g in compilation.pending if may_preempt(compilation.snapshot, groups[g].agent)]
    above: dict[int, tuple[int, ...]] = {}
    found = {}
    for standing in np.flatnonzero(compilation.standing).tolist():
        priority = groups[standing].agent.spec.priority
        if priority not in above:
            above[priority] = tuple(g for g in may if groups[g].agent.spec.priority > priority)
        found[standing] = above[priority]
    return found


def _closed(compilation: Compilation, modest: tuple[int, ...]) -> BoolArray:
    closed = np.zeros_like(compilation.eligible)
    state = ClusterState(compilation.snapshot)
    for g in modest:
        agent = compilation.groups[g].agent
        for n in np.flatnonzero(compilation.cap[g]).tolist():
            closed[g, n] = bool(kept_out(state, agent, compilation.nodes[n]))
    return closed
