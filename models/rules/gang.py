"""Gangs: at least minMember of a PodGroup's agents are assigned, or none of its pending ones is (§13.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.policy import PodGroup
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.resources import PODS
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def members(snapshot: Snapshot, group: PodGroup) -> list[Agent]:
    """The agents of a gang that are there to count: neither ended nor pending and being deleted.

    An assigned member that is being deleted still counts, as it does for coscheduling.
    """
    return [
        agent
        for agent in snapshot.gang_members.get((group.namespace, group.name), ())
        if not agent.terminal and (agent.node_name or not agent.terminating)
    ]


def standing(snapshot: Snapshot, group: PodGroup) -> int:
    """Members that already run on nodes of the snapshot."""
    own = snapshot.gang_members.get((group.namespace, group.name), ())
    return sum(agent.key in snapshot.resident_keys for agent in own)


def _there(state: ClusterState, group: PodGroup) -> int:
    """Members on nodes as things stand."""
    own = state.snapshot.gang_members.get((group.namespace, group.name), ())
    return sum(state.has(agent) for agent in own)


def refusal(snapshot: Snapshot, agent: Agent) -> str:
    """Why no member of the agent's gang can start, whatever the nodes hold; "" where one can."""
    group = snapshot.pod_group_by_key.get((agent.namespace, agent.spec.pod_group))
    if group is None:
        return f"PodGroup {agent.namespace}/{agent.spec.pod_group} not found"
    ready = sum(not member.scheduling_gates for member in members(snapshot, group))
    if ready < group.min_member:
        return f"gang {group.name} has {ready} members that can start, minMember is {group.min_member}"
    if standing(snapshot, group) < group.min_member:
        return _too_little_free(snapshot, group)
    return ""


def _too_little_free(snapshot: Snapshot, group: PodGroup) -> str:
    """What of minResources the cluster lacks; what members have that run already is the gang's own."""
    own = (group.namespace, group.name)
    for name, wanted in sorted(group.min_resources.items()):
        have = sum(node.allocatable.get(name, 0) for node in snapshot.nodes)
        others = (a.spec for a in snapshot.residents if (a.namespace, a.spec.pod_group) != own)
        free = have - sum(1 if name == PODS else spec.requests.get(name, 0) for spec in others)
        if wanted > free:
            numbers = [format_amount(name, amount) for amount in (wanted, max(0, free))]
            return f"gang {group.name} wants {name} {numbers[0]} in all, {numbers[1]} is free"
    return ""


class GangRule(Rule):
    name = "gang"
    plugin = "Coscheduling"
    reads_nodes = False
    summary = "At least minMember agents of a PodGroup are assigned, or none of its pending agents is placed."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.pod_group)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        """Of one that runs: whether it could start anew elsewhere."""
        if not agent.spec.pod_group:
            return None
        message = refusal(snapshot, agent)
        return Reason(self.name, message, resolvable=False) if message else None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        placed: dict[tuple[str, str], list[tuple[Agent, Node]]] = {}
        for agent, node in self.concerned(state):
            placed.setdefault((agent.namespace, agent.spec.pod_group), []).append((agent, node))
        for key, steps in placed.items():
            group = state.snapshot.pod_group_by_key.get(key)
            message = refusal(state.snapshot, steps[0][0])
            if group is not None and not message:
                count = _there(state, group)
                if count >= group.min_member:
                    continue
                message = f"gang {group.name} gets {count} of minMember {group.min_member}"
            for agent, node in steps:
                yield Violation(self.name, message, agent.key, node.name)
        yield from self._broken(state, placed)

    def _broken(self, state: ClusterState, placed: Mapping[tuple[str, str], object]) -> Iterator[Violation]:
        """Gangs that evictions leave with too few members to go on, but with some: whole or not at all."""
        for agent in state.evicted:
            key = (agent.namespace, agent.spec.pod_group)
            group = state.snapshot.pod_group_by_key.get(key)
            if group is not None and key not in placed and 0 < _there(state, group) < group.min_member:
                message = f"gang {group.name} is left with {_there(state, group)} of {group.min_member}"
                yield Violation(self.name, message, agent.key, agent.node_name)


RULE = GangRule()
