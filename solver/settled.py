"""The running agents that stay where they are, those alike together: what is read of all is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewright.models.agent import Agent, AgentSpec
from placewright.models.crowds import Crowd, crowds
from placewright.models.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Settled:
    """Agents that rules and scores see no difference between, but for where they are.

    sample: one of them. nodes: indices of the nodes that have some, each once; number: how many each has.
    """

    sample: Agent
    nodes: NDArray[np.int64]
    number: NDArray[np.int64]


def settle(snapshot: Snapshot, leaving: AbstractSet[str] = frozenset()) -> tuple[Settled, ...]:
    """All who run but those whose keys are in `leaving`."""
    position = {node.name: n for n, node in enumerate(snapshot.nodes)}
    return tuple(_settled(crowd, position) for crowd in _staying(snapshot, leaving))


def _staying(snapshot: Snapshot, leaving: AbstractSet[str]) -> tuple[Crowd, ...]:
    if not leaving:
        return snapshot.resident_crowds
    nodes = snapshot.node_by_name
    return crowds((a, nodes[a.node_name]) for a in snapshot.residents if a.key not in leaving)


def _settled(crowd: Crowd, position: dict[str, int]) -> Settled:
    nodes = np.array([position[name] for name in crowd.on], dtype=np.int64)
    return Settled(crowd.sample, nodes, np.array([len(on) for on in crowd.on.values()], dtype=np.int64))


def loads(
    of: Iterable[Settled], nodes: int, names: Sequence[str], asks: Callable[[AgentSpec, str], int]
) -> NDArray[np.int64]:
    """int64 (N, K): what they add up to on each of so many nodes; `asks`: one agent, by resource."""
    total = np.zeros((nodes, len(names)), dtype=np.int64)
    for those in of:
        each = np.array([asks(those.sample.spec, name) for name in names], dtype=np.int64)
        total[those.nodes] += each * those.number[:, None]
    return total
