"""Lookups that the volume rules share: what an agent's claims are, and where they can be served (§7.1)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from placewright.models.agent import Agent, ClaimUse
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    TopologyRequirement,
)

ClaimKey = tuple[str, str]


def claims_of(snapshot: Snapshot, agent: Agent) -> Iterator[tuple[ClaimUse, PersistentVolumeClaim | None]]:
    """Each claim that the agent mounts, None where the snapshot does not hold it."""
    for use in agent.spec.claims:
        yield use, snapshot.storage.claims.get((agent.namespace, use.name))


def class_of(snapshot: Snapshot, claim: PersistentVolumeClaim) -> StorageClass | None:
    return snapshot.storage.classes.get(claim.storage_class)


def is_delayed(snapshot: Snapshot, claim: PersistentVolumeClaim) -> bool:
    """Unbound, and bound or provisioned only once an agent that uses it has a node."""
    if claim.bound or claim.volume_name:
        return False
    storage_class = class_of(snapshot, claim)
    return storage_class is not None and storage_class.wait_for_first_consumer


def delayed_claims(snapshot: Snapshot, agent: Agent) -> list[PersistentVolumeClaim]:
    """The agent's delayed claims, smallest first, then as written: so they choose volumes."""
    found = [c for _, c in claims_of(snapshot, agent) if c is not None and is_delayed(snapshot, c)]
    return sorted(dict.fromkeys(found), key=lambda claim: claim.request)


def reaches(volume: PersistentVolume, node: Node) -> bool:
    """Whether a volume can be used from a node; its node affinity is tested on labels only."""
    return volume.node_affinity is None or volume.node_affinity.matches(node.labels, "")


def static_volumes(snapshot: Snapshot, claim: PersistentVolumeClaim) -> list[PersistentVolume]:
    """The volumes that could be bound to a delayed claim, smallest first; one reserved for it comes alone."""
    volumes = sorted(snapshot.storage.volumes.values(), key=lambda v: (v.capacity, v.name))
    reserved = [v for v in volumes if v.claim == claim.key and _is_its(v, claim) and _serves(v, claim)]
    if reserved:
        return reserved[:1]
    return [v for v in volumes if v.claim is None and _is_free_for(v, claim) and _serves(v, claim)]


def _is_its(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return not volume.claim_uid or volume.claim_uid == claim.uid


def _serves(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """What is asked even of a volume that is reserved for the claim."""
    return (
        volume.storage_class == claim.storage_class
        and volume.capacity >= claim.request
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.terminating
    )


def _is_free_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """What is asked of a volume that nobody has reserved; whoever reserved one has chosen already."""
    return (
        volume.phase == "Available"
        and volume.access_modes >= claim.access_modes
        and (claim.selector is None or claim.selector.matches(volume.labels))
    )


def can_provision(snapshot: Snapshot, claim: PersistentVolumeClaim, node: Node) -> bool:
    """Whether a volume for the claim can be made where the node is."""
    storage_class = class_of(snapshot, claim)
    if storage_class is None or not storage_class.provisions:
        return False
    topologies = storage_class.allowed_topologies
    if topologies and not any(_topology_matches(term, node) for term in topologies):
        return False
    return has_capacity(snapshot, claim, storage_class, node)


def _topology_matches(term: tuple[TopologyRequirement, ...], node: Node) -> bool:
    return bool(term) and all(node.labels.get(r.key) in r.values for r in term)


def has_capacity(
    snapshot: Snapshot, claim: PersistentVolumeClaim, storage_class: StorageClass, node: Node
) -> bool:
    """Where the driver reports capacity, some report for this class and node is large enough."""
    storage = snapshot.storage
    if storage_class.provisioner not in storage.capacity_checked_drivers:
        return True
    return any(
        capacity.storage_class == storage_class.name
        and capacity.node_topology is not None
        and capacity.node_topology.matches(node.labels)
        and capacity.largest >= claim.request
        for capacity in storage.capacities
    )


def segment(snapshot: Snapshot, claim: PersistentVolumeClaim, node: Node) -> Hashable:
    """Nodes with equal segments can all use a volume provisioned for one of them.

    By the topology keys that the provisioner reports on the node; without a report, the node alone.
    """
    storage_class = class_of(snapshot, claim)
    for driver in snapshot.storage.csi_nodes.get(node.name, ()):
        if storage_class is not None and driver.driver == storage_class.provisioner and driver.topology_keys:
            return tuple((key, node.labels.get(key)) for key in driver.topology_keys)
    return node.name
