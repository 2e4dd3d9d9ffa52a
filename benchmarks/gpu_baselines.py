"""Online policies for clusters of shared GPUs, one agent after the other: best fit, and least fragmentation.

Both see cpu, memory and each device of a node by itself. A share goes to one device, whole devices have to be
free. Least fragmentation is the idea of FGD ("Beware of Fragmentation", ATC'23): what a node has free is
fragmented for a kind of agent if it is of no use to it. What counts is the mean over the kinds of agents that
are expected; the agent goes where that grows least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MILLI = 1000
DEVICES = 8
"""The most that a node of the trace has."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What an agent asks for: milli-cpus, MiB, so many devices, milli-shares of each."""

    cpu: int
    memory: int
    count: int
    milli: int

    @property
    def shares(self) -> int:
        return self.count * self.milli


@dataclass
class Nodes:
    """What is left: milli-cpus and MiB by node, milli-shares by node and device (0 where there is none)."""

    cpu: Ints
    memory: Ints
    devices: Ints

    def fits(self, kind: Kind) -> NDArray[np.bool_]:
        """By node, whether there is room for one."""
        room: NDArray[np.bool_] = (self.cpu >= kind.cpu) & (self.memory >= kind.memory)
        if kind.count and kind.milli < MILLI:
            room &= self.devices.max(axis=1) >= kind.milli
        elif kind.count:
            room &= (self.devices == MILLI).sum(axis=1) >= kind.count
        return room

    def take(self, kind: Kind, node: int, device: int) -> None:
        """Put one on a node; a share goes to `device`, whole ones to the first that are free."""
        self.cpu[node] -= kind.cpu
        self.memory[node] -= kind.memory
        if kind.count and kind.milli < MILLI:
            self.devices[node, device] -= kind.milli
        elif kind.count:
            self.devices[node, np.flatnonzero(self.devices[node] == MILLI)[: kind.count]] = 0


def best_fit(nodes: Nodes, arrivals: Sequence[Kind]) -> list[Kind]:
    """Who is placed if each goes where least is left, and to the fullest device."""
    whole = nodes.cpu.max(), nodes.memory.max(), nodes.devices.sum(axis=1).max()
    placed = []
    for kind in arrivals:
        fits = np.flatnonzero(nodes.fits(kind))
        if not len(fits):
            continue
        left = nodes.cpu[fits] / whole[0] + nodes.memory[fits] / whole[1]
        left += nodes.devices[fits].sum(axis=1) / whole[2]
        node = int(fits[left.argmin()])
        free = nodes.devices[node]
        device = int(np.where(free >= max(1, kind.milli), free, 2 * MILLI).argmin())
        nodes.take(kind, node, device)
        placed.append(kind)
    return placed


def least_fragmentation(nodes: Nodes, arrivals: Sequence[Kind], expected: Counter[Kind]) -> list[Kind]:
    """Who is placed if each goes where fragmentation grows least."""
    fragments = Fragments(expected)
    kinds = {kind: i for i, kind in enumerate(dict.fromkeys(arrivals))}
    known: dict[tuple[int, ...], tuple[Floats, Ints]] = {}
    growth = np.empty((len(kinds), len(nodes.cpu)))
    device = np.empty((len(kinds), len(nodes.cpu)), dtype=np.int64)

    def look_at(node: int) -> None:
        state = (int(nodes.cpu[node]), int(nodes.memory[node]), *nodes.devices[node].tolist())
        if state not in known:
            known[state] = fragments.growth(state, list(kinds))
        growth[:, node], device[:, node] = known[state]

    for node in range(len(nodes.cpu)):
        look_at(node)
    placed = []
    for kind in arrivals:
        row = growth[kinds[kind]]
        node = int(row.argmin())
        if np.isinf(row[node]):
            continue
        nodes.take(kind, node, int(device[kinds[kind], node]))
        placed.append(kind)
        look_at(node)
    return placed


class Fragments:
    """How much of what is free is of no use, by the kinds of agents that are expected."""

    def __init__(self, expected: Counter[Kind]) -> None:
        total = expected.total()
        self._weight = np.array([number / total for number in expected.values()])
        self._cpu, self._memory, self._count, self._milli = (
            np.array([getattr(kind, name) for kind in expected], dtype=np.int64)
            for name in ("cpu", "memory", "count", "milli")
        )

    def amount(self, cpu: Ints, memory: Ints, devices: Ints) -> Floats:
        """By state (rows of `devices`): the expected milli-shares that are free and of no use to a kind."""
        free = devices.sum(axis=1)[:, None]
        useful = np.where(devices[:, None, :] >= self._milli[None, :, None], devices[:, None, :], 0)
        fitting = np.minimum(useful // MILLI, 1).sum(axis=2)
        enough = np.where(self._milli < MILLI, useful.any(axis=2), fitting >= self._count)
        room = (cpu[:, None] >= self._cpu) & (memory[:, None] >= self._memory) & (self._count > 0) & enough
        lost = np.where(room, free - useful.sum(axis=2), free)
        result: Floats = lost @ self._weight
        return result

    def growth(self, state: tuple[int, ...], kinds: Sequence[Kind]) -> tuple[Floats, Ints]:
        """By kind: how much one more of it adds, infinite where it does not fit, and on which device."""
        before = Nodes(np.array(state[:1]), np.array(state[1:2]), np.array([state[2:]]))
        after: list[tuple[int, int, Nodes]] = []
        for i, kind in enumerate(kinds):
            if before.fits(kind)[0]:
                for device in _choices(kind, state[2:]):
                    nodes = Nodes(before.cpu.copy(), before.memory.copy(), before.devices.copy())
                    nodes.take(kind, 0, device)
                    after.append((i, device, nodes))
        growth = np.full(len(kinds), np.inf)
        chosen = np.zeros(len(kinds), dtype=np.int64)
        if after:
            amounts = self.amount(
                np.concatenate([nodes.cpu for _, _, nodes in after]),
                np.concatenate([nodes.memory for _, _, nodes in after]),
                np.concatenate([nodes.devices for _, _, nodes in after]),
            ) - self.amount(before.cpu, before.memory, before.devices)
            for (i, device, _), amount in zip(after, amounts, strict=True):
                if amount < growth[i]:
                    growth[i], chosen[i] = amount, device
        return growth, chosen


def _choices(kind: Kind, devices: Sequence[int]) -> list[int]:
    """Devices that could take a share, one of those that have the same left; any where none is shared."""
    if kind.count == 0 or kind.milli == MILLI:
        return [0]
    firsts = {free: i for i, free in reversed(list(enumerate(devices))) if free >= kind.milli}
    return sorted(firsts.values())
