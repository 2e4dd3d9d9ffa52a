"""Volumes: claims, what they are bound to, and what can be provisioned where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from placewright.models.agent import OwnerReference
from placewright.models.selector import LabelSelector, NodeSelector

NO_PROVISIONER = "kubernetes.io/no-provisioner"


@dataclass(frozen=True)
class PersistentVolumeClaim:
    """`bound` is: volumeName set AND annotated pv.kubernetes.io/bind-completed. `request` in bytes.

    `allocated`: bytes that a resize under way has reserved, which quotas count where they are more.
    """

    namespace: str
    name: str
    request: int = 0
    storage_class: str = ""
    volume_name: str = ""
    bound: bool = False
    phase: str = "Pending"
    access_modes: frozenset[str] = frozenset()
    volume_mode: str = "Filesystem"
    selector: LabelSelector | None = None
    selected_node: str = ""
    attributes_class: str = ""
    owner: OwnerReference | None = None
    terminating: bool = False
    uid: str = ""
    admitted: bool = True
    allocated: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return (self.namespace, self.name)


@dataclass(frozen=True)
class PersistentVolume:
    """`claim` is the claimRef as (namespace, name), with its uid beside it. `capacity` in bytes.

    `driver` and `handle` identify the volume for attach limits; "" where it is not a CSI volume.
    """

    name: str
    capacity: int = 0
    storage_class: str = ""
    access_modes: frozenset[str] = frozenset()
    volume_mode: str = "Filesystem"
    labels: Mapping[str, str] = field(default_factory=dict)
    node_affinity: NodeSelector | None = None
    claim: tuple[str, str] | None = None
    claim_uid: str = ""
    phase: str = "Available"
    driver: str = ""
    handle: str = ""
    attributes_class: str = ""
    terminating: bool = False


@dataclass(frozen=True)
class TopologyRequirement:
    """`key` in `values`."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class StorageClass:
    """`allowed_topologies`: terms ORed, expressions in a term ANDed; no terms: everywhere."""

    name: str
    provisioner: str = NO_PROVISIONER
    wait_for_first_consumer: bool = False
    allowed_topologies: tuple[tuple[TopologyRequirement, ...], ...] = ()
    default: bool = False

    @property
    def provisions(self) -> bool:
        return self.provisioner not in ("", NO_PROVISIONER)


@dataclass(frozen=True)
class CsiNodeDriver:
    """`limit` None: no attach limit known."""

    driver: str
    limit: int | None = None
    topology_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CsiStorageCapacity:
    """`node_topology` None: no access from anywhere. `largest`: maximumVolumeSize, else capacity; bytes."""

    storage_class: str
    node_topology: LabelSelector | None
    largest: int


@dataclass(frozen=True)
class VolumeAttachment:
    """A volume attached to a node. Either by driver and handle, or by the PersistentVolume's name."""

    node_name: str
    volume_name: str


@dataclass(frozen=True)
class Storage:
    """All that is known of volumes, by name."""

    claims: Mapping[tuple[str, str], PersistentVolumeClaim] = field(default_factory=dict)
    volumes: Mapping[str, PersistentVolume] = field(default_factory=dict)
    classes: Mapping[str, StorageClass] = field(default_factory=dict)
    csi_nodes: Mapping[str, tuple[CsiNodeDriver, ...]] = field(default_factory=dict)
    capacity_checked_drivers: frozenset[str] = frozenset()
    capacities: tuple[CsiStorageCapacity, ...] = ()
    attachments: tuple[VolumeAttachment, ...] = ()
