"""Which devices placed agents get: best fit, else an exact packing of the node."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.devices import allowed_ids, choose_devices, free_devices
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.rules.devices import Want, pack


def hand_out_devices(
    snapshot: Snapshot, steps: Sequence[tuple[Agent, Node]]
) -> dict[str, tuple[int, ...]] | None:
    """Device ids by agent key for all steps that ask for devices, or None where some node cannot serve them.

    Best fit first; where that gets stuck, an exact packing of the node.
    """
    chosen: dict[str, tuple[int, ...]] = {}
    state = ClusterState(snapshot)
    for name, agents in _asking(steps).items():
        node = snapshot.node_by_name[name]
        found = _best_fit(state, node, agents)
        own = found if len(found) == len(agents) else _packed(state, node, agents)
        if own is None:
            return None
        chosen.update(own)
    return chosen


def hand_out_most(
    snapshot: Snapshot, steps: Sequence[tuple[Agent, Node]]
) -> tuple[dict[str, tuple[int, ...]], frozenset[str]]:
    """Device ids by agent key, and who has none: best fit by node, those that ask for most first.

    Whether a node that best fit cannot fill could serve everybody after all is not asked: to say that it
    cannot may take very long.
    """
    chosen: dict[str, tuple[int, ...]] = {}
    state = ClusterState(snapshot)
    by_node = _asking(steps)
    for name, agents in by_node.items():
        chosen.update(_best_fit(state, snapshot.node_by_name[name], agents))
    return chosen, frozenset(agent.key for agents in by_node.values() for agent in agents) - chosen.keys()


def _asking(steps: Sequence[tuple[Agent, Node]]) -> dict[str, list[Agent]]:
    """Those that ask for devices, by the name of their node."""
    by_node: dict[str, list[Agent]] = {}
    for agent, node in steps:
        if agent.spec.devices:
            by_node.setdefault(node.name, []).append(agent)
    return by_node


def _best_fit(state: ClusterState, node: Node, agents: Sequence[Agent]) -> dict[str, tuple[int, ...]]:
    """Largest requests first, each to the fullest devices that hold it; leaves `state` as it was.

    Who finds none is left out.
    """
    order = sorted(agents, key=lambda a: (-max(r.milli * r.count for r in a.spec.devices), a.key))
    chosen: dict[str, tuple[int, ...]] = {}
    for agent in order:
        ids = choose_devices(state, agent, node)
        if ids is not None:
            state.place(agent, node, ids)
            chosen[agent.key] = ids
    for agent in order:
        if agent.key in chosen:
            state.remove(agent, node)
    return chosen


def _packed(state: ClusterState, node: Node, agents: Sequence[Agent]) -> dict[str, tuple[int, ...]] | None:
    resources = dict.fromkeys(request.resource for agent in agents for request in agent.spec.devices)
    ids: dict[tuple[str, int], tuple[int, ...]] = {}
    for resource in resources:
        asking = [
            (agent.key, i, request)
            for agent in agents
            for i, request in enumerate(agent.spec.devices)
            if request.resource == resource
        ]
        wants = [Want(r.count, r.milli, tuple(allowed_ids(node, r))) for _, _, r in asking]
        packed = pack(free_devices(state, node, resource), wants)
        if packed is None:
            return None
        ids.update({(key, i): own for (key, i, _), own in zip(asking, packed, strict=True)})
    return {
        agent.key: tuple(d for i in range(len(agent.spec.devices)) for d in ids[agent.key, i])
        for agent in agents
    }
