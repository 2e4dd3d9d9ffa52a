"""Utilisations of nodes in permille, as numbers and as variables: what terms about full nodes share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.agent import AgentSpec
from placewright.models.scores.utilisation import permille
from placewright.solver.compilation import Compilation, IntArray, loads
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class Shares:
    """ceil(1000 * load / allocatable) for each node and each of K resources.

    ask (G, K): what one agent adds; used (N, K): what is there and stays; allocatable (N, K), 0: there is
    none of it. home (G, N): zeros of the shape of counts. In the snapshot's units (milli-cores, bytes).
    """

    ask: IntArray
    used: IntArray
    allocatable: IntArray
    home: IntArray

    @classmethod
    def of(
        cls, compilation: Compilation, resources: tuple[str, ...], asks: Callable[[AgentSpec, str], int]
    ) -> Shares:
        """`asks(spec, resource)` is what an agent of the spec counts for."""
        groups, nodes, k = compilation.groups, compilation.nodes, len(resources)
        ask = [[asks(group.agent.spec, name) for name in resources] for group in groups]
        whole = [[max(0, node.allocatable.get(name, 0)) for name in resources] for node in nodes]
        return cls(
            np.array(ask, dtype=np.int64).reshape(len(groups), k),
            compilation.residents_loads(resources, asks),
            np.array(whole, dtype=np.int64).reshape(len(nodes), k),
            np.zeros((len(groups), len(nodes)), dtype=np.int64),
        )

    @property
    def nodes(self) -> int:
        return len(self.used)

    def of_counts(self, count: IntArray) -> IntArray:
        """int64 (N, K) for counts (G, N); without meaning where nothing is allocatable."""
        shares: IntArray = -(-1000 * self.load(count) // np.maximum(self.allocatable, 1))
        return shares

    def load(self, count: IntArray) -> IntArray:
        """int64 (N, K): what is used for counts (G, N)."""
        load: IntArray = self.used + loads(count, self.ask)
        return load

    @property
    def at_first(self) -> IntArray:
        """int64 (N, K): before anybody comes."""
        shares: IntArray = -(-1000 * self.used // np.maximum(self.allocatable, 1))
        return shares

    def with_one(self, group: int) -> IntArray:
        """int64 (N, K): with one agent of a group on each node, and nobody else who comes."""
        shares: IntArray = -(-1000 * (self.used + self.ask[group]) // np.maximum(self.allocatable, 1))
        return shares

    def at(self, count: IntArray, n: int, k: int) -> int:
        """One of them."""
        return permille(int(self.used[n, k] + count[:, n] @ self.ask[:, k]), int(self.allocatable[n, k]))

    def start(self, n: int, k: int) -> int:
        """Before anybody comes."""
        return permille(int(self.used[n, k]), int(self.allocatable[n, k]))

    def fixing(self, fixed: IntArray) -> Shares:
        """The same where `fixed` (G, N) agents are there and stay."""
        return replace(self, used=self.used + loads(fixed, self.ask))

    def variable(
        self, x: Variables, n: int, k: int, *, exact: bool
    ) -> tuple[cp_model.IntVar, int, int] | None:
        """A variable for the share, at least that and, if `exact`, no more; with its bounds.

        None where nobody can come who changes it.
        """
        base, whole = int(self.used[n, k]), int(self.allocatable[n, k])
        asks = {g: int(self.ask[g, k]) for g in x.groups_on(n) if self.ask[g, k]}
        if not asks:
            return None
        least, most = (
            permille(base, whole),
            permille(base + sum(a * x.upper(g, n) for g, a in asks.items()), whole),
        )
        unit = math.gcd(whole, 1000 * base, *(1000 * ask for ask in asks.values()))
        start, parts = 1000 * base // unit, whole // unit
        loads = {g: 1000 * ask // unit for g, ask in asks.items()}
        load = start + cp_model.LinearExpr.weighted_sum([x.x(g, n) for g in loads], list(loads.values()))

        def make() -> cp_model.IntVar:
            share = x.model.new_int_var(least, most, f"u[{n},{k}]")
            x.model.add(parts * share >= load)
            x.complete_hints(lambda count: [(share, self.at(count, n, k))])
            return share

        # What two terms see alike, as cpu where everybody requests some, is one variable.
        key = (n, parts, start, *loads.items())
        share = x.once(("share", key), make)
        if exact:
            x.once(("exact share", key), lambda: x.model.add(parts * share <= load + (parts - 1)))
        return share, least, most
