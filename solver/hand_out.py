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
    by_node: dict[str, list[Agent]] = {}
    for agent, node in steps:
        if agent.spec.devices:
            by_node.setdefault(node.name, []).append(agent)
    chosen: dict[str, tuple[int, ...]] = {}
    state = ClusterState(snapshot)
    for name, agents in by_node.items():
        node = snapshot.node_by_name[name]
        own = _best_fit(state, node, agents) or _packed(state, node, agents)
        if own is None:
            return None
        chosen.update(own)
    return chosen


def _best_fit(state: ClusterState, node: Node, agents: Sequence[Agent]) -> dict[str, tuple[int, ...]] | None:
    """Largest requests first, each to the fullest devices that hold it; leaves `state` as it was."""
    order = sorted(agents, key=lambda a: (-max(r.milli * r.count for r in a.spec.devices), a.key))
    chosen: dict[str, tuple[int, ...]] = {}
    for agent in order:
        ids = choose_devices(state, agent, node)
        if ids is None:
            break
        state.place(agent, node, ids)
        chosen[agent.key] = ids
    for agent in order[: len(chosen)]:
        state.remove(agent, node)
    return chosen if len(chosen) == len(order) else None


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
