"""The CP-SAT variables: how many agents of a group go to a node."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from typing import TypeAlias, TypeVar, cast

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray

T = TypeVar("T")
Literal: TypeAlias = cp_model.BoolVarT
Linear: TypeAlias = cp_model.LinearExpr | int
Completion: TypeAlias = Callable[[IntArray], Iterable[tuple[cp_model.IntVar, int]]]
"""From counts (G, N) to values of the variables that an encoder made beside them."""


class Variables:
    """`x[g, n]` in 0..cap, one per pair with a positive cap; every other pair is the constant 0.

    Encoders add constraints to `model` over these, and share the literals that `present` makes.
    """

    def __init__(self, model: cp_model.CpModel, cap: IntArray, size: IntArray) -> None:
        self.model = model
        self.size = size
        self.cap = cap
        self._x: dict[tuple[int, int], cp_model.IntVar] = {}
        self._nodes_of: list[list[int]] = [[] for _ in range(cap.shape[0])]
        self._groups_on: dict[int, list[int]] = {}
        self._present: dict[tuple[tuple[int, ...], tuple[int, ...]], Literal] = {}
        self._hints: list[Completion] = []
        self._made: dict[Hashable, object] = {}
        self._upper: dict[tuple[int, int], int] = {}
        for g, n in np.argwhere(cap > 0).tolist():
            self._upper[g, n] = min(int(cap[g, n]), int(size[g]))
            self._x[g, n] = model.new_int_var(0, self._upper[g, n], f"x[{g},{n}]")
            self._nodes_of[g].append(n)
            self._groups_on.setdefault(n, []).append(g)
        for g, nodes in enumerate(self._nodes_of):
            if nodes:
                model.add(self.sum([g], nodes) <= int(size[g]))

    def x(self, group: int, node: int) -> Linear:
        """The count of `group` on `node`; the constant 0 where it may not be."""
        return self._x.get((group, node), 0)

    def upper(self, group: int, node: int) -> int:
        """An upper bound of `x` there."""
        return self._upper.get((group, node), 0)

    def items(self) -> Iterable[tuple[tuple[int, int], cp_model.IntVar]]:
        """Every ((group, node), variable)."""
        return self._x.items()

    def nodes_of(self, group: int) -> Sequence[int]:
        """The nodes that `group` may go to."""
        return self._nodes_of[group]

    def groups_on(self, node: int) -> Sequence[int]:
        """The groups that may go to `node`."""
        return self._groups_on.get(node, [])

    def occupied(self) -> Sequence[int]:
        """The nodes that something may go to."""
        return sorted(self._groups_on)

    def occupied_by(self, domain: IntArray) -> dict[int, list[int]]:
        """The nodes that something may go to, by their domain (N,); -1: those without one."""
        found: dict[int, list[int]] = {}
        for n in self.occupied():
            found.setdefault(int(domain[n]), []).append(n)
        return found

    def sum(self, groups: Iterable[int], nodes: Iterable[int] | None = None) -> cp_model.LinearExpr:
        """How many agents of `groups` go to `nodes` (None: to any node)."""
        wanted = self._open(nodes)
        return cp_model.LinearExpr.sum([self._x[g, n] for g in groups for n in self._within(g, wanted)])

    def most(self, groups: Iterable[int], nodes: Iterable[int] | None = None) -> int:
        """An upper bound of `sum` over the same groups and nodes."""
        wanted = self._open(nodes)
        return sum(
            min(int(self.size[g]), sum(self._upper[g, n] for n in self._within(g, wanted)))
            for g in groups
            if self._nodes_of[g]
        )

    def present(self, groups: Iterable[int], nodes: Iterable[int] | None = None) -> Literal:
        """A literal that is true exactly when at least one agent of `groups` goes to `nodes`."""
        chosen = sorted(set(groups))
        wanted = self._open(None if nodes is None else sorted(set(nodes)))
        pairs = tuple((g, n) for g in chosen for n in self._within(g, wanted))
        key = (tuple(chosen), tuple(sorted({n for _, n in pairs})))
        if key not in self._present:
            self._present[key] = self._make_present(pairs, self.most(chosen, wanted))
        return self._present[key]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """`make()`, made at the first call for this key: what is needed twice is in the model once."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    def anew(self) -> Variables:
        """The same counts, and nothing that was made beside them: for constraints that may not hold."""
        view = copy(self)
        view._present, view._hints, view._made = {}, [], {}
        return view

    def complete_hints(self, completion: Completion) -> None:
        """Let an encoder say what its own variables are for given counts: half a hint is often lost."""
        self._hints.append(completion)

    def hints(self, count: IntArray) -> Iterable[tuple[cp_model.IntVar, int]]:
        """Values of all variables, as far as they are known, that go with counts (G, N)."""
        for (g, n), variable in self._x.items():
            yield variable, int(count[g, n])
        for completion in self._hints:
            yield from completion(count)

    def _make_present(self, pairs: Sequence[tuple[int, int]], most: int) -> Literal:
        if not pairs:
            return self.model.new_constant(0)
        total = cp_model.LinearExpr.sum([self._x[pair] for pair in pairs])
        literal = self.model.new_bool_var(f"present[{len(self._present)}]")
        self.model.add(total >= 1).only_enforce_if(literal)
        self.model.add(total <= most * literal)
        groups, nodes = (list(indices) for indices in zip(*pairs, strict=True))
        self.complete_hints(lambda count: [(literal, int(count[groups, nodes].any()))])
        return literal

    def _within(self, group: int, nodes: Sequence[int] | None) -> Iterable[int]:
        if nodes is None:
            return self._nodes_of[group]
        return [n for n in nodes if (group, n) in self._x]

    def _open(self, nodes: Iterable[int] | None) -> Sequence[int] | None:
        """Those of `nodes` that something may go to: rules speak of whole domains, models often of few."""
        return None if nodes is None else [n for n in nodes if n in self._groups_on]
