"""Devices: whole ones, or shares that together stay within one device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Self

from ortools.sat.python import cp_model

from placewright.models.node import DEVICE_MILLI
from placewright.models.rules.devices import allowed_ids, free_devices
from placewright.models.state import ClusterState
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Literal, Variables


@dataclass(frozen=True)
class Want:
    """One request of a group: `count` devices of `allowed` ids on a node, `milli` of each."""

    count: int
    milli: int
    allowed: tuple[int, ...]


@dataclass(frozen=True)
class DevicesEncoder(Encoder):
    """For one resource: free milli by device on each node, and what each group wants there.

    free:  node -> milli left on each device, by id.
    wants: (group, node) -> its requests there.
    already: groups x nodes that are fixed there and whose devices are still to be chosen.
    """

    rule: ClassVar[str] = "devices"
    free: Mapping[tuple[str, int], tuple[int, ...]]
    wants: Mapping[tuple[int, int], tuple[tuple[str, Want], ...]]
    already: Mapping[tuple[int, int], int]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        asking = [g for g, group in enumerate(compilation.groups) if group.agent.spec.devices]
        if not asking:
            return None
        state = ClusterState(compilation.snapshot)
        free: dict[tuple[str, int], tuple[int, ...]] = {}
        wants: dict[tuple[int, int], tuple[tuple[str, Want], ...]] = {}
        allowed: dict[object, tuple[int, ...]] = {}
        for n, node in enumerate(compilation.nodes):
            for resource in dict.fromkeys(pool.resource for pool in node.devices):
                free[resource, n] = tuple(free_devices(state, node, resource))
            for g in asking:
                if not compilation.cap[g, n]:
                    continue
                own = []
                for request in compilation.groups[g].agent.spec.devices:
                    key = (node.devices, request.resource, request.models)
                    if key not in allowed:
                        allowed[key] = tuple(allowed_ids(node, request))
                    own.append((request.resource, Want(request.count, request.milli, allowed[key])))
                wants[g, n] = tuple(own)
        return cls(free, wants, {})

    def encode(self, x: Variables) -> None:
        for n in x.occupied():
            for resource in dict.fromkeys(r for g in x.groups_on(n) for r, _ in self.wants.get((g, n), ())):
                self._encode_node(x, n, resource)

    def _encode_node(self, x: Variables, n: int, resource: str) -> None:
        """Hand out one node's devices: shares and whole ones per device, symmetric devices in order."""
        free = self.free[resource, n]
        load: list[list[cp_model.LinearExprT]] = [[] for _ in free]
        for g in x.groups_on(n):
            for name, want in self.wants.get((g, n), ()):
                if name == resource:
                    self._encode_want(x, g, n, want, free, load)
        for (g, m), count in self.already.items():
            if m == n:
                for name, want in self.wants.get((g, n), ()):
                    if name == resource:
                        _hand_out(x, count, want, count, free, load)
        for i, terms in enumerate(load):
            if terms:
                x.model.add(sum(terms) <= max(0, free[i]))
        if not self.already:
            self._break_symmetry(x, n, resource, free, load)

    def _encode_want(
        self,
        x: Variables,
        g: int,
        n: int,
        want: Want,
        free: Sequence[int],
        load: list[list[cp_model.LinearExprT]],
    ) -> None:
        _hand_out(x, x.x(g, n), want, x.most([g], [n]), free, load)

    def _break_symmetry(
        self,
        x: Variables,
        n: int,
        resource: str,
        free: Sequence[int],
        load: Sequence[Sequence[cp_model.LinearExprT]],
    ) -> None:
        """Devices that nothing tells apart are filled in falling order."""
        alike: dict[object, list[int]] = {}
        for i in range(len(free)):
            users = tuple(
                (g, w) for g in x.groups_on(n) for r, w in self.wants.get((g, n), ()) if r == resource
            )
            open_to = tuple(i in want.allowed for _, want in users)
            alike.setdefault((free[i], open_to), []).append(i)
        for ids in alike.values():
            for one, other in pairwise(ids):
                if load[one] and load[other]:
                    x.model.add(sum(load[one]) >= sum(load[other]))

    def fixing(self, fixed: IntArray) -> Self:
        already = dict(self.already)
        for g, n in self.wants:
            if fixed[g, n]:
                already[g, n] = already.get((g, n), 0) + int(fixed[g, n])
        return type(self)(self.free, self.wants, already)


def _hand_out(
    x: Variables,
    agents: cp_model.LinearExprT,
    want: Want,
    most: int,
    free: Sequence[int],
    load: list[list[cp_model.LinearExprT]],
) -> None:
    """Add what `agents` (a count, at most `most`) take of each device to `load`."""
    parts = []
    for i in want.allowed:
        held = min(free[i] // want.milli if free[i] > 0 else 0, most)
        if held:
            part = x.model.new_int_var(0, held, "")
            parts.append(part)
            load[i].append(want.milli * part)
    x.model.add(sum(parts) == want.count * agents)
    if want.count > 1 and want.milli < DEVICE_MILLI:
        _distinct(x, agents, parts)


def _distinct(x: Variables, agents: cp_model.LinearExprT, parts: Sequence[Literal]) -> None:
    """Several shares of one agent are on different devices: none holds more shares than there are agents."""
    for part in parts:
        x.model.add(part <= agents)


def pack(free: Sequence[int], wants: Sequence[Want]) -> list[tuple[int, ...]] | None:
    """Device ids for each want so that no device is over its free milli, or None where that is impossible."""
    model = cp_model.CpModel()
    taken: list[dict[int, cp_model.IntVar]] = []
    load: list[list[cp_model.LinearExprT]] = [[] for _ in free]
    for want in wants:
        own = {i: model.new_bool_var("") for i in want.allowed if free[i] >= want.milli}
        model.add(sum(own.values()) == want.count)
        for i, literal in own.items():
            load[i].append(want.milli * literal)
        taken.append(own)
    for i, terms in enumerate(load):
        if terms:
            model.add(sum(terms) <= free[i])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [tuple(i for i, literal in own.items() if solver.boolean_value(literal)) for own in taken]
