"""Fragmentation: the encoding of models/scores/fragmentation.py."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from placewright.models.agent import AgentSpec
from placewright.models.profile import Profile, ScoreName
from placewright.models.rules.resources import PODS
from placewright.models.scores.base import WORST
from placewright.models.scores.fragmentation import asked, keeps_room
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.objectives.fragmentation_tally import FragmentationTally
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class FragmentationTerm(Term):
    """Sum over shapes (axis S) of price * max(0, wanted - copies that fit).

    price (S,): weight times WORST; wanted (S,); shape (S, R): what a copy takes, 0: nothing; ask (G, R);
    free (N, R), negative where overcommitted; keeps (N,): whether room there counts. `held` (R,): agents
    take no more of the resource than `most_asked` (N, R), beyond `free` only where too many run and may
    stay. In the units of the snapshot.
    """

    score: ClassVar[ScoreName] = ScoreName.FRAGMENTATION
    price: IntArray
    wanted: IntArray
    shape: IntArray
    ask: IntArray
    free: IntArray
    keeps: BoolArray
    held: BoolArray
    most_asked: IntArray

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        shapes = [shape for shape in profile.shapes if shape.weight > 0 and shape.count > 0]
        if not shapes:
            return None
        takes = [asked(shape) for shape in shapes]
        names = tuple(dict.fromkeys(name for amounts in takes for name in amounts))
        specs = [group.agent.spec for group in compilation.groups]
        ask = _table([[_requested(spec, name) for name in names] for spec in specs], names)
        used = compilation.residents_loads(names, _requested)
        whole = [[node.allocatable.get(name, 0) for name in names] for node in compilation.nodes]
        free = _table(whole, names) - used
        return cls(
            price=np.array([WORST * shape.weight for shape in shapes], dtype=np.int64),
            wanted=np.array([shape.count for shape in shapes], dtype=np.int64),
            shape=_table([[amounts.get(name, 0) for name in names] for amounts in takes], names),
            ask=ask,
            free=free,
            keeps=np.array([keeps_room(node) for node in compilation.nodes], dtype=np.bool_),
            held=_held(compilation, names, ask),
            most_asked=np.maximum(np.maximum(free, 0), compilation.home.T @ ask),
        )

    def expression(self, x: Variables) -> Linear:
        fits = self._fits(self.free)
        untouched = np.ones(len(self.free), dtype=np.bool_)
        untouched[list(x.occupied())] = False
        total: Linear = 0
        for s, price in enumerate(self.price.tolist()):
            still = int(self.wanted[s] - fits[s, untouched].sum())
            if still > 0:
                total += price * self._missing(x, s, still)
        return total

    def _missing(self, x: Variables, s: int, wanted: int) -> cp_model.IntVar:
        """A variable that is at least the copies of shape s, of `wanted`, that fit on no occupied node."""
        most = np.minimum(self._fits(self.free)[s], wanted)
        nodes = [n for n in x.occupied() if most[n] > 0]
        copies = [self._copies(x, s, n, int(most[n])) for n in nodes]
        missing = x.model.new_int_var(0, wanted, f"missing[{s}]")
        x.model.add(missing + cp_model.LinearExpr.sum(copies) >= wanted)

        def complete(count: IntArray) -> Iterator[tuple[cp_model.IntVar, int]]:
            left = np.minimum(self._fits(self.free - count.T @ self.ask)[s], most)[nodes].tolist()
            yield from zip(copies, left, strict=True)
            yield missing, max(0, wanted - sum(left))

        x.complete_hints(complete)
        return missing

    def _copies(self, x: Variables, s: int, n: int, most: int) -> cp_model.IntVar:
        """A variable that is at most the copies of shape s that fit on node n."""
        copies = x.model.new_int_var(0, most, f"fits[{s},{n}]")
        for r in np.flatnonzero(self.shape[s]).tolist():
            amount, free = int(self.shape[s, r]), int(self.free[n, r])
            asks = {g: int(self.ask[g, r]) for g in x.groups_on(n) if self.ask[g, r]}
            unit = math.gcd(amount, *asks.values())
            load = sum(ask // unit * x.x(g, n) for g, ask in asks.items())
            line = x.model.add(amount // unit * copies + load <= free // unit)
            if not self.held[r] or self.most_asked[n, r] > free:
                # Agents may take more than there is; the line then only holds where a copy does fit.
                some = x.model.new_bool_var(f"room[{s},{n},{r}]")
                x.model.add(copies <= most * some)
                line.only_enforce_if(some)
        return copies

    def value(self, count: IntArray) -> int:
        fits = self._fits(self.free - count.T @ self.ask).sum(axis=1)
        return int((self.price * np.maximum(0, self.wanted - fits)).sum())

    def alone(self, group: int, cap: IntArray) -> IntArray:
        before = self._fits(self.free)
        fits = before.sum(axis=1)[:, None] - before + self._fits(self.free - self.ask[group])
        alone: IntArray = self.price @ np.maximum(0, self.wanted[:, None] - fits)
        return alone

    def least(self) -> int:
        return int((self.price * np.maximum(0, self.wanted - self._fits(self.free).sum(axis=1))).sum())

    def step(self) -> int:
        return math.gcd(*self.price.tolist())

    def most(self, cap: IntArray) -> int:
        return int((self.price * self.wanted).sum())

    def fixing(self, fixed: IntArray) -> Self:
        there = fixed.T @ self.ask
        return replace(self, free=self.free - there, most_asked=self.most_asked - there)

    def tally(self) -> Tally:
        return FragmentationTally(self.price, self.wanted, self.ask, self.free, self._fits)

    def told_by(self) -> IntArray:
        return self.ask

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """What a class has free bounds what its agents ask for and the copies beside them, by resource."""
        lp = relaxation.lp
        fits = self._fits(self.free)
        told = np.flatnonzero((self.shape > 0).any(axis=0) & self.held).tolist()
        loads = [
            {r: relaxation.load(c, self.ask[:, r].astype(float).tolist()) for r in told}
            for c in range(len(relaxation.members))
        ]
        terms = []
        for s, price in enumerate(self.price.tolist()):
            missing = lp.NumVar(0.0, lp.infinity(), "")
            copies = [
                self._class_copies(relaxation, nodes, s, fits[s], load)
                for nodes, load in zip(relaxation.members, loads, strict=True)
            ]
            needed = ((one, 1.0) for one in (missing, *copies))
            relaxation.row(needed, least=float(self.wanted[s]), most=lp.infinity())
            terms.append(price * missing)
        return lp.Sum(terms)

    def _class_copies(
        self,
        relaxation: Relaxation,
        nodes: IntArray,
        s: int,
        fits: IntArray,
        load: Mapping[int, pywraplp.Variable],
    ) -> pywraplp.Variable:
        """A variable: the copies of shape s beside the `load` of a class of nodes, by resource."""
        copies = relaxation.lp.NumVar(0.0, float(fits[nodes].sum()), "")
        for r in np.flatnonzero((self.shape[s] > 0) & self.held).tolist():
            # Nodes that keep no room are counted in: agents may be there instead.
            room = float(self.most_asked[nodes, r].sum())
            relaxation.row(((copies, float(self.shape[s, r])), (load[r], 1.0)), most=room)
        return copies

    def _fits(self, free: IntArray) -> IntArray:
        """int64 (S, N): copies of each shape that fit into what is free (N, R)."""
        counts = [(free[:, takes > 0] // takes[takes > 0]).min(axis=1) for takes in self.shape]
        fits: IntArray = np.where(self.keeps, np.maximum(np.array(counts), 0), 0)
        return fits


def _requested(spec: AgentSpec, name: str) -> int:
    return spec.requests.get(name, int(name == PODS))


def _table(rows: Sequence[Sequence[int]], names: Sequence[str]) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(names))


def _held(compilation: Compilation, names: Sequence[str], ask: IntArray) -> BoolArray:
    """bool (R,): whether every group that asks for a resource is held to what is free of it."""
    limited = {name: compilation.request[:, r] > 0 for r, name in enumerate(compilation.resources)}
    nobody = np.zeros(len(ask), dtype=np.bool_)
    return np.array([not (ask[:, r] > 0)[~limited.get(name, nobody)].any() for r, name in enumerate(names)])
