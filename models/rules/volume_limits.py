"""Volume limits: a CSI driver attaches only so many volumes to a node (§7.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.claims import claims_of, class_of
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex
from placewright.models.storage import PersistentVolumeClaim

MESSAGE = "node(s) exceed max volume count"

VolumeId = tuple[str, str]
"""(driver, handle): one attachment, however many agents use it."""


def limits(snapshot: Snapshot, node: Node) -> Mapping[str, int]:
    """How many volumes each driver attaches to the node; a driver without a known limit is absent."""
    drivers = snapshot.storage.csi_nodes.get(node.name, ())
    return {driver.driver: driver.limit for driver in drivers if driver.limit is not None}


def volumes_of(snapshot: Snapshot, agent: Agent) -> list[VolumeId]:
    """The CSI volumes that an agent attaches, each once."""
    found = (_volume_id(snapshot, claim) for _, claim in claims_of(snapshot, agent) if claim is not None)
    return list(dict.fromkeys(volume for volume in found if volume is not None))


def _volume_id(snapshot: Snapshot, claim: PersistentVolumeClaim) -> VolumeId | None:
    volume = snapshot.storage.volumes.get(claim.volume_name)
    if volume is not None:
        return (volume.driver, volume.handle) if volume.driver and volume.handle else None
    # Not there, or not there any more: it counts under whoever provisions its class.
    storage_class = class_of(snapshot, claim)
    if storage_class is None or not storage_class.provisions:
        return None
    return (storage_class.provisioner, f"{claim.namespace}/{claim.name}")


def attached_at_start(snapshot: Snapshot, node: Node) -> list[VolumeId]:
    """Volumes with a VolumeAttachment to the node, whether or not an agent there uses them."""
    names = (a.volume_name for a in snapshot.storage.attachments if a.node_name == node.name)
    volumes = (snapshot.storage.volumes.get(name) for name in names)
    return [(v.driver, v.handle) for v in volumes if v is not None and v.driver]


class AttachmentIndex(StateIndex):
    """Volumes on each node with how many agents use them; those attached from the start stay.

    A volume that is attached although no running agent there uses it (any more) counts beside, and once more
    for the next agent that uses it: kube-scheduler only sets attachments off against what runs on the node,
    and it takes a while until an evicted agent's volumes are detached.
    """

    def __init__(self, state: ClusterState) -> None:
        self._snapshot = state.snapshot
        self._at_start = {
            n.name: dict.fromkeys(attached_at_start(state.snapshot, n)) for n in state.snapshot.nodes
        }
        for agent in state.snapshot.residents:
            if agent.spec.claims:
                self._at_start[agent.node_name].update(dict.fromkeys(volumes_of(state.snapshot, agent)))
        self._on: dict[str, Counter[VolumeId]] = {node.name: Counter() for node in state.snapshot.nodes}
        self._residents: dict[str, Counter[VolumeId]] = {
            node.name: Counter() for node in state.snapshot.nodes
        }

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        if not agent.spec.claims:
            return
        for volume in volumes_of(self._snapshot, agent):
            self._on[node.name][volume] += step
            # Who was evicted and comes to another node is as new there as anybody.
            if agent.node_name == node.name and agent.key in self._snapshot.resident_keys:
                self._residents[node.name][volume] += step

    def attached(self, node: Node, back: Agent | None = None) -> set[VolumeId]:
        """What counts on the node; a volume that nobody running there uses, under a name of its own.

        back: an evicted agent that may come back to this node, where its volumes are attached still.
        """
        used = {volume for volume, users in self._on[node.name].items() if users > 0}
        running = self._residents[node.name]
        own = (
            set(volumes_of(self._snapshot, back)) if back is not None and back.node_name == node.name else ()
        )
        beside = (v for v in self._at_start[node.name] if running[v] <= 0 and v not in own)
        return used.union((driver, f"attached {handle}") for driver, handle in beside)


class VolumeLimitsRule(Rule):
    name = "volume_limits"
    plugin = "NodeVolumeLimits"
    summary = "The distinct volumes of each CSI driver on a node stay within the driver's limit there."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if not agent.spec.claims:
            return None
        allowed = limits(state.snapshot, node)
        attached = state.index(AttachmentIndex).attached(node, agent)
        new = [volume for volume in volumes_of(state.snapshot, agent) if volume not in attached]
        for driver in dict.fromkeys(driver for driver, _ in new):
            count = sum(d == driver for d, _ in attached) + sum(d == driver for d, _ in new)
            if driver in allowed and count > allowed[driver]:
                return Reason(self.name, MESSAGE)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for agent, node in self.concerned(state):
            before = state.before().index(AttachmentIndex).attached(node)
            attached = Counter(driver for driver, _ in state.index(AttachmentIndex).attached(node))
            added = [volume for volume in volumes_of(state.snapshot, agent) if volume not in before]
            for driver in dict.fromkeys(driver for driver, _ in added):
                limit = limits(state.snapshot, node).get(driver)
                if limit is not None and attached[driver] > limit:
                    message = f"{MESSAGE}: {attached[driver]} of {driver}, limit {limit}"
                    yield Violation(self.name, message, agent.key, node.name)


RULE = VolumeLimitsRule()
