"""Volume restrictions: disks and claims that only one agent, or one node, may use (§7.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Self

from placewright.models.agent import Agent, AgentSpec, Disk
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.claims import ClaimKey, claims_of
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex

DISK = "node(s) had no available disk"
ONE_POD = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
ONE_NODE = "node(s) other than the one where a shared ReadWriteOnce claim is in use"


def disks_conflict(one: Disk, other: Disk) -> bool:
    """Whether two agents on a node may not both mount these."""
    if one.kind != other.kind or one.identity != other.identity:
        return False
    if one.monitors and other.monitors and not one.monitors & other.monitors:
        return False
    return one.always_exclusive or not (one.read_only and other.read_only)


def agents_conflict(one: Agent, other: Agent) -> bool:
    """Whether any disks of two agents conflict."""
    return any(disks_conflict(a, b) for a in one.spec.disks for b in other.spec.disks)


def one_pod_claims(snapshot: Snapshot, agent: Agent) -> list[ClaimKey]:
    """The agent's ReadWriteOncePod claims: one agent in the whole cluster may use each."""
    return [c.key for _, c in claims_of(snapshot, agent) if c and "ReadWriteOncePod" in c.access_modes]


def one_node_claims(snapshot: Snapshot, agent: Agent) -> list[ClaimKey]:
    """The agent's ReadWriteOnce claims, where asked to keep their users on one node."""
    if not snapshot.options.rwo_on_one_node:
        return []
    return [c.key for _, c in claims_of(snapshot, agent) if c and c.access_modes == {"ReadWriteOnce"}]


class ClaimUsers(StateIndex):
    """On which nodes how many agents use each claim."""

    def __init__(self) -> None:
        self._nodes: dict[ClaimKey, Counter[str]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls()

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def add(self, agent: Agent, node: Node) -> None:
        for use in agent.spec.claims:
            self._nodes.setdefault((agent.namespace, use.name), Counter())[node.name] += 1

    def remove(self, agent: Agent, node: Node) -> None:
        for use in agent.spec.claims:
            self._nodes[agent.namespace, use.name][node.name] -= 1

    def users(self, claim: ClaimKey) -> int:
        return sum(self._nodes.get(claim, Counter()).values())

    def elsewhere(self, claim: ClaimKey, node: Node) -> int:
        """Users on other nodes than this one."""
        return self.users(claim) - self._nodes.get(claim, Counter())[node.name]


class VolumeRestrictionsRule(Rule):
    name = "volume_restrictions"
    plugin = "VolumeRestrictions"
    summary = "Exclusive disks are mounted once on a node; a ReadWriteOncePod claim has one user in all."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.disks or spec.claims)

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if agent.spec.disks:
            others = state.agents_on(node.name).values()
            if any(agents_conflict(agent, other) for other in others):
                return Reason(self.name, DISK)
        if not agent.spec.claims:
            return None
        users = state.index(ClaimUsers)
        if any(users.users(claim) for claim in one_pod_claims(state.snapshot, agent)):
            return Reason(self.name, ONE_POD)
        if any(users.elsewhere(claim, node) for claim in one_node_claims(state.snapshot, agent)):
            return Reason(self.name, ONE_NODE)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        users = state.index(ClaimUsers)
        for agent, node in self.concerned(state):
            if agent.spec.disks:
                others = state.agents_on(node.name).values()
                sharing = [o.key for o in others if o.key != agent.key and agents_conflict(agent, o)]
                if sharing:
                    yield Violation(self.name, f"{DISK}: shared with {sharing[0]}", agent.key, node.name)
            for claim in one_pod_claims(state.snapshot, agent):
                if users.users(claim) > 1:
                    yield Violation(self.name, f"{ONE_POD}: {claim[1]}", agent.key, node.name)
            for claim in one_node_claims(state.snapshot, agent):
                if users.elsewhere(claim, node):
                    yield Violation(self.name, f"{ONE_NODE}: {claim[1]}", agent.key, node.name)


RULE = VolumeRestrictionsRule()
