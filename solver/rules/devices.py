"""Devices: whole ones, or shares that together stay within one device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.agent import DeviceRequest
from placewright.models.node import DEVICE_MILLI
from placewright.models.rules.device_packing import pack as pack_requests
from placewright.models.rules.devices import allowed_ids, devices_left
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.sound import sound_solver
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class Want:
    """One request of a group: `count` devices of `allowed` ids on a node, `milli` of each."""

    count: int
    milli: int
    allowed: tuple[int, ...]


@dataclass(frozen=True)
class Demand:
    """All agents on a node that want the same: those of `groups`, and `fixed` that are there already.

    `agents` is their number as an expression, `most` the most that it can be. A group is there as often as
    it has this want.
    """

    want: Want
    groups: tuple[int, ...]
    fixed: int
    agents: cp_model.LinearExprT
    most: int

    @property
    def whole(self) -> bool:
        return self.want.milli == DEVICE_MILLI


@dataclass(frozen=True)
class DevicesEncoder(Encoder):
    """Devices of every resource on every node.

    free: (resource, node) -> milli left on each device, by id.
    wants: (group, node) -> its requests there, each with its resource.
    already: node -> the groups fixed there with their numbers; their devices are still to be chosen.
    """

    rule: ClassVar[str] = "devices"
    free: Mapping[tuple[str, int], tuple[int, ...]]
    wants: Mapping[tuple[int, int], tuple[tuple[str, Want], ...]]
    already: Mapping[int, Mapping[int, int]]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        asking = [g for g, group in enumerate(compilation.groups) if group.agent.spec.devices]
        if not asking:
            return None
        free: dict[tuple[str, int], tuple[int, ...]] = {}
        wants: dict[tuple[int, int], tuple[tuple[str, Want], ...]] = {}
        allowed: dict[object, tuple[int, ...]] = {}
        for n, node in enumerate(compilation.nodes):
            for resource in dict.fromkeys(pool.resource for pool in node.devices):
                free[resource, n] = tuple(devices_left(compilation.snapshot, node, resource))
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

    def tighten(self, cap: IntArray) -> IntArray:
        """No group has more agents on a node than each of its requests alone leaves room for."""
        cap = cap.copy()
        # Nodes are much alike: few pairs of free devices and want are different.
        room = cache(_room)
        for (g, n), own in self.wants.items():
            cap[g, n] = min(int(cap[g, n]), *(room(self.free[resource, n], want) for resource, want in own))
        return cap

    def encode(self, x: Variables) -> None:
        for n in x.occupied():
            for resource in dict.fromkeys(r for g in x.groups_on(n) for r, _ in self.wants.get((g, n), ())):
                devices = _NodeDevices(x, n, self.free[resource, n], self._demands(x, n, resource))
                devices.encode()
                x.complete_hints(devices.hints)

    def _demands(self, x: Variables, n: int, resource: str) -> list[Demand]:
        """Who wants devices of a node, agents with the same want together: to devices they are the same."""
        fixed = self.already.get(n, {})
        by_want: dict[Want, list[int]] = {}
        for g in dict.fromkeys((*x.groups_on(n), *fixed)):
            for name, want in self.wants.get((g, n), ()):
                if name == resource:
                    by_want.setdefault(want, []).append(g)
        demands = []
        for want, groups in by_want.items():
            there = sum(fixed.get(g, 0) for g in groups)
            agents = there + sum(x.x(g, n) for g in groups)
            most = there + sum(x.most([g], [n]) for g in groups)
            demands.append(Demand(want, tuple(groups), there, agents, most))
        return demands

    def fixing(self, fixed: IntArray) -> Self:
        already = {n: dict(groups) for n, groups in self.already.items()}
        for g, n in np.argwhere(fixed > 0).tolist():
            if (g, n) in self.wants:
                there = already.setdefault(n, {})
                there[g] = there.get(g, 0) + int(fixed[g, n])
        return type(self)(self.free, self.wants, already)


def _room(free: tuple[int, ...], want: Want) -> int:
    """An upper bound of how many agents with this want the devices hold together."""
    return sum(max(0, free[i]) // want.milli for i in want.allowed) // want.count


@dataclass
class _Kind:
    """Devices that are alike, and the variables over them.

    taken: for each whole want, how many of them it has. whole: for each, whether it is taken whole; empty
    where that does not matter. shares: for each want of shares, how many of them each device holds.
    """

    ids: tuple[int, ...]
    taken: dict[Want, cp_model.IntVar] = field(default_factory=dict)
    whole: list[cp_model.IntVar] = field(default_factory=list)
    shares: dict[Want, list[cp_model.IntVar]] = field(default_factory=dict)


class _NodeDevices:
    """The constraints over one node's devices of one resource.

    Devices with the same free milli that are open to the same demands are alike. Whole ones are counted
    per kind of device, and only where shares compete does a literal per device say which are taken whole.
    An order among devices that are alike would cost more than it saves: hints no longer fit.
    """

    def __init__(self, x: Variables, node: int, free: Sequence[int], demands: Sequence[Demand]) -> None:
        self._model = x.model
        self._node = node
        self._free = free
        self._demands = demands
        self._kinds: list[_Kind] = []

    def encode(self) -> None:
        for kind, demands in self._alike():
            self._kinds.append(kind)
            self._take_whole(kind, [d for d in demands if d.whole])
            self._share(kind, [d for d in demands if not d.whole])
        for demand in self._demands:
            parts = [kind.taken[demand.want] for kind in self._kinds if demand.want in kind.taken]
            parts += [part for kind in self._kinds for part in kind.shares.get(demand.want, ())]
            self._model.add(sum(parts) == demand.want.count * demand.agents)

    def _alike(self) -> Iterator[tuple[_Kind, list[Demand]]]:
        """The kinds of devices, each with the demands that it could serve."""
        kinds: dict[tuple[int, tuple[bool, ...]], list[int]] = {}
        for i, free in enumerate(self._free):
            serves = tuple(free >= d.want.milli and i in d.want.allowed for d in self._demands)
            if any(serves):
                kinds.setdefault((free, serves), []).append(i)
        for (_, serves), ids in kinds.items():
            yield _Kind(tuple(ids)), [d for d, served in zip(self._demands, serves, strict=True) if served]

    def _take_whole(self, kind: _Kind, demands: Sequence[Demand]) -> None:
        """No more devices are taken whole than there are."""
        for demand in demands:
            most = min(len(kind.ids), demand.want.count * demand.most)
            kind.taken[demand.want] = self._model.new_int_var(0, most, "")
        if demands:
            self._model.add(sum(kind.taken.values()) <= len(kind.ids))

    def _share(self, kind: _Kind, demands: Sequence[Demand]) -> None:
        """On each device shares stay within what is free, and are none where it is taken whole."""
        if not demands:
            return
        free = self._free[kind.ids[0]]
        if kind.taken:
            kind.whole = [self._model.new_bool_var("") for _ in kind.ids]
            self._model.add(sum(kind.whole) == sum(kind.taken.values()))
        for demand in demands:
            most = min(free // demand.want.milli, demand.most)
            kind.shares[demand.want] = [self._model.new_int_var(0, most, "") for _ in kind.ids]
            if demand.want.count > 1:
                # Shares of one agent are of different devices: none holds more than there are agents.
                for part in kind.shares[demand.want]:
                    self._model.add(part <= demand.agents)
        for position in range(len(kind.ids)):
            self._model.add(self._load(kind, position) <= free)

    @staticmethod
    def _load(kind: _Kind, position: int) -> cp_model.LinearExprT:
        shares = sum(want.milli * parts[position] for want, parts in kind.shares.items())
        return shares + DEVICE_MILLI * kind.whole[position] if kind.whole else shares

    def hints(self, count: IntArray) -> Iterator[tuple[cp_model.IntVar, int]]:
        """Values for the variables over devices that go with counts (G, N); none where they do not pack."""
        wanted = [
            (d.want, DeviceRequest("", d.want.count, d.want.milli))
            for d in self._demands
            for _ in range(d.fixed + sum(int(count[g, self._node]) for g in d.groups))
        ]
        packed = pack_requests(self._free, [(request, want.allowed) for want, request in wanted])
        if packed is None:
            return
        held: list[Counter[Want]] = [Counter() for _ in self._free]
        for (want, _), ids in zip(wanted, packed, strict=True):
            for i in ids:
                held[i][want] += 1
        for kind in self._kinds:
            yield from self._kind_hints(kind, held)

    @staticmethod
    def _kind_hints(kind: _Kind, held: Sequence[Counter[Want]]) -> Iterator[tuple[cp_model.IntVar, int]]:
        for want, taken in kind.taken.items():
            yield taken, sum(held[i][want] for i in kind.ids)
        for literal, i in zip(kind.whole, kind.ids, strict=False):
            yield literal, int(any(want in kind.taken for want in held[i] if held[i][want]))
        for want, parts in kind.shares.items():
            for part, i in zip(parts, kind.ids, strict=True):
                yield part, held[i][want]


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
    solver = sound_solver()
    solver.parameters.num_workers = 1
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [tuple(i for i, literal in own.items() if solver.boolean_value(literal)) for own in taken]
