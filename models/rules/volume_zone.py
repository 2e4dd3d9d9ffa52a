"""Volume zone: bound volumes are used in the zone and region that their labels name (§7.2)."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.rules.claims import claims_of, is_delayed
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume

_CURRENT_KEY = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
KEYS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region", *_CURRENT_KEY)
CONFLICT = "node(s) had no available volume zone"


class VolumeZoneRule(Rule):
    name = "volume_zone"
    plugin = "VolumeZone"
    summary = (
        "A node with zone or region labels must be in one of those that each bound volume is labelled with."
    )

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if not agent.spec.claims or not has_zones(node):
            return None
        for _, claim in claims_of(snapshot, agent):
            if claim is None or is_delayed(snapshot, claim):
                continue
            volume = snapshot.storage.volumes.get(claim.volume_name)
            if volume is None or not in_zone(volume, node):
                return Reason(self.name, CONFLICT, resolvable=False)
        return None

    def reads_node_identity(self, snapshot: Snapshot, agent: Agent) -> bool:
        return bool(agent.spec.claims)


def has_zones(node: Node) -> bool:
    """Whether the node says where it is; one that does not is anywhere."""
    return any(key in node.labels for key in KEYS)


def in_zone(volume: PersistentVolume, node: Node) -> bool:
    """Whether the node is in each zone and region that the volume is labelled with, or says of none."""
    if not has_zones(node):
        return True
    for key in KEYS:
        if key not in volume.labels:
            continue
        value = node.labels.get(key, node.labels.get(_CURRENT_KEY.get(key, key)))
        if value is None or value not in volume.labels[key].split("__"):
            return False
    return True


RULE = VolumeZoneRule()
