"""Claims, volumes, classes and CSI reports from the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placewright.models.agent import Agent, OwnerReference
from placewright.models.errors import InputError
from placewright.models.ingest.agents import controller
from placewright.models.ingest.pods import PodRecord
from placewright.models.ingest.selectors import label_selector, node_selector
from placewright.models.quantity import parse_amount
from placewright.models.storage import (
    CsiNodeDriver,
    CsiStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    TopologyRequirement,
    VolumeAttachment,
)
from placewright.models.wire.meta import Metadata
from placewright.models.wire.pod import ClaimTemplateSpec
from placewright.models.wire.storage import (
    CsiNodeWire,
    CsiStorageCapacityWire,
    PersistentVolumeClaimWire,
    PersistentVolumeWire,
    StorageClassWire,
    VolumeAttachmentWire,
)

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def build_claim(wire: PersistentVolumeClaimWire, default_class: str) -> PersistentVolumeClaim:
    """A claim. One that does not exist yet gets the default class where it names none."""
    claim = claim_from_template(wire.metadata, wire.spec, wire.metadata.namespace or "default")
    annotations = wire.metadata.annotations
    exists = bool(wire.metadata.uid)
    allocated = wire.status.allocated_resources if wire.status else {}
    unnamed = wire.spec.storage_class_name is None and BETA_CLASS not in annotations
    storage_class = default_class if unnamed and not exists else claim.storage_class
    return replace(
        claim,
        storage_class=annotations.get(BETA_CLASS, storage_class),
        bound=bool(claim.volume_name) and BIND_COMPLETED in annotations,
        allocated=_bytes(allocated.get("storage"), "status.allocatedResources.storage"),
        phase=(wire.status.phase if wire.status else "") or "Pending",
        selected_node=annotations.get(SELECTED_NODE, ""),
        terminating=wire.metadata.deletion_timestamp is not None,
        uid=wire.metadata.uid,
        admitted=exists,
    )


def default_class(wires: Iterable[StorageClassWire]) -> str:
    """The class of new claims that name none: the youngest of those marked so, or ""."""
    marked = [w for w in wires if any(w.metadata.annotations.get(key) == "true" for key in DEFAULT_CLASS)]
    marked.sort(key=lambda w: w.metadata.name)
    youngest = max(marked, key=lambda w: w.metadata.creation_timestamp or "", default=None)
    return youngest.metadata.name if youngest is not None else ""


def new_claim(
    metadata: Metadata, spec: ClaimTemplateSpec, namespace: str, default: str
) -> PersistentVolumeClaim:
    """The claim that a template makes; one that names no class gets the default."""
    claim = claim_from_template(metadata, spec, namespace)
    return replace(claim, storage_class=default) if spec.storage_class_name is None else claim


def ephemeral_claims(
    pods: Iterable[PodRecord], agents: Iterable[Agent], default: str
) -> Iterator[PersistentVolumeClaim]:
    """Claims that come with new agents' ephemeral volumes."""
    for pod, agent in zip(pods, agents, strict=True):
        if agent.admitted or not any(use.ephemeral for use in agent.spec.claims):
            continue
        for volume in pod.spec.volumes:
            if volume.ephemeral is not None:
                metadata = Metadata(name=f"{agent.name}-{volume.name}")
                spec = volume.ephemeral.volume_claim_template.spec
                claim = new_claim(metadata, spec, agent.namespace, default)
                yield replace(claim, owner=OwnerReference("Pod", agent.name))


def claim_from_template(metadata: Metadata, spec: ClaimTemplateSpec, namespace: str) -> PersistentVolumeClaim:
    """What a claim asks for, by its own spec or by a template's."""
    requests = spec.resources.requests if spec.resources else {}
    return PersistentVolumeClaim(
        namespace=namespace,
        name=metadata.name,
        request=_bytes(requests.get("storage"), "spec.resources.requests.storage"),
        storage_class=spec.storage_class_name or "",
        volume_name=spec.volume_name,
        access_modes=frozenset(spec.access_modes),
        volume_mode=spec.volume_mode or "Filesystem",
        selector=label_selector(spec.selector),
        attributes_class=spec.volume_attributes_class_name,
        owner=controller(metadata.owner_references),
        admitted=False,
    )


def _bytes(value: str | int | float | None, field: str) -> int:
    try:
        return parse_amount("storage", value)
    except InputError as error:
        raise error.located(field=field) from None


def build_volume(wire: PersistentVolumeWire) -> PersistentVolume:
    spec, reference = wire.spec, wire.spec.claim_ref
    return PersistentVolume(
        name=wire.metadata.name,
        capacity=_bytes(spec.capacity.get("storage"), "spec.capacity.storage"),
        storage_class=spec.storage_class_name or wire.metadata.annotations.get(BETA_CLASS, ""),
        access_modes=frozenset(spec.access_modes),
        volume_mode=spec.volume_mode or "Filesystem",
        labels=wire.metadata.labels,
        node_affinity=node_selector(spec.node_affinity.required if spec.node_affinity else None),
        claim=(reference.namespace, reference.name) if reference else None,
        claim_uid=reference.uid if reference else "",
        # A volume that was never in a cluster has no status: it is there to be bound.
        phase=(wire.status.phase if wire.status else "") or "Available",
        driver=spec.csi.driver if spec.csi else "",
        handle=spec.csi.volume_handle if spec.csi else "",
        attributes_class=spec.volume_attributes_class_name,
        terminating=wire.metadata.deletion_timestamp is not None,
    )


def build_class(wire: StorageClassWire) -> StorageClass:
    terms = tuple(
        tuple(TopologyRequirement(e.key, tuple(e.values)) for e in term.match_label_expressions)
        for term in wire.allowed_topologies
    )
    return StorageClass(
        name=wire.metadata.name,
        provisioner=wire.provisioner,
        wait_for_first_consumer=wire.volume_binding_mode == "WaitForFirstConsumer",
        allowed_topologies=terms,
        default=any(wire.metadata.annotations.get(key) == "true" for key in DEFAULT_CLASS),
    )


def build_csi_node(wire: CsiNodeWire) -> tuple[CsiNodeDriver, ...]:
    return tuple(
        CsiNodeDriver(d.name, d.allocatable.count if d.allocatable else None, tuple(d.topology_keys))
        for d in wire.spec.drivers
    )


def build_capacity(wire: CsiStorageCapacityWire) -> CsiStorageCapacity:
    largest = wire.capacity if wire.maximum_volume_size is None else wire.maximum_volume_size
    field = "capacity" if wire.maximum_volume_size is None else "maximumVolumeSize"
    return CsiStorageCapacity(
        wire.storage_class_name, label_selector(wire.node_topology), _bytes(largest, field)
    )


def build_attachment(wire: VolumeAttachmentWire) -> VolumeAttachment:
    return VolumeAttachment(wire.spec.node_name, wire.spec.source.persistent_volume_name)
