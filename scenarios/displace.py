"""What becomes of agents when their node goes or turns them away: their controllers make them anew.

An agent that something re-creates is pending again, under its own name: quotas, which count what exists, are
not charged twice. One of a DaemonSet or a static one belongs to its node and goes with it, and so does one
that nothing makes anew. What they leave behind: `left_behind`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from placewright.models.agent import Agent, Phase
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.scenarios.left_behind import quotas_without, storage_anew


def recreated(agent: Agent) -> Agent:
    """The agent as its controller makes it anew: waiting for a node, under a uid that nobody knows yet."""
    return replace(
        agent,
        uid="",
        node_name="",
        nominated_node="",
        phase=Phase.PENDING,
        device_ids=(),
        started="",
        admitted=True,
        terminating=False,
    )


def comes_back(agent: Agent) -> bool:
    """Whether something makes the agent anew, elsewhere if need be."""
    return keeps_in_use(agent) and agent.recreated and not agent.terminating


def displaced(snapshot: Snapshot, leaves: Callable[[Agent], bool]) -> Snapshot:
    """The snapshot with each running agent that `leaves` pending again, or gone with its node."""
    agents: list[Agent] = []
    back: list[Agent] = []
    gone: list[Agent] = []
    for agent in snapshot.agents:
        if not agent.node_name or agent.terminal or not leaves(agent):
            agents.append(agent)
        elif comes_back(agent):
            agents.append(recreated(agent))
            back.append(agent)
        else:
            gone.append(agent)
    return replace(
        snapshot,
        agents=tuple(agents),
        quotas=quotas_without(snapshot, gone),
        storage=storage_anew(snapshot, back),
        notes=(*snapshot.notes, *_about(gone)),
    )


def _about(gone: Sequence[Agent]) -> Iterator[str]:
    """What is said of agents that go with the nodes; those that belong to them always do."""
    lost = sum(keeps_in_use(agent) and not agent.terminating for agent in gone)
    if lost:
        plural = "agent that nothing makes anew goes" if lost == 1 else "agents that nothing makes anew go"
        yield f"{lost} {plural} with the nodes"


def without_nodes(snapshot: Snapshot, names: Collection[str]) -> Snapshot:
    """The snapshot without these nodes; what ran there is `displaced`."""
    left = displaced(snapshot, lambda agent: agent.node_name in names)
    return replace(left, nodes=tuple(node for node in left.nodes if node.name not in names))
