"""Claims, volumes, classes and what CSI drivers report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from placewright.models.wire.base import Flag, ListOf, Quantities, QuantityValue, Text, Wire
from placewright.models.wire.meta import LabelSelectorWire, Metadata, NodeSelectorWire
from placewright.models.wire.pod import ClaimTemplateSpec


class ClaimStatus(Wire):
    phase: Text = ""
    allocated_resources: Quantities = {}


class PersistentVolumeClaimWire(Wire):
    metadata: Metadata
    spec: ClaimTemplateSpec
    status: ClaimStatus | None = None


class ClaimReference(Wire):
    namespace: Text = ""
    name: Text = ""
    uid: Text = ""


class CsiSource(Wire):
    driver: str
    volume_handle: Text = ""


class VolumeNodeAffinity(Wire):
    required: NodeSelectorWire | None = None


class PersistentVolumeSpec(Wire):
    capacity: Quantities = {}
    access_modes: ListOf[str] = []
    storage_class_name: Text = ""
    volume_mode: Text = ""
    claim_ref: ClaimReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    csi: CsiSource | None = None
    gce_persistent_disk: Any = None
    aws_elastic_block_store: Any = None
    azure_disk: Any = None
    cinder: Any = None
    vsphere_volume: Any = None
    volume_attributes_class_name: Text = ""

    @property
    def in_tree(self) -> bool:
        """Whether the source is a disk that a CSI driver has taken over since."""
        sources = (self.gce_persistent_disk, self.aws_elastic_block_store, self.azure_disk, self.cinder)
        return any(source is not None for source in (*sources, self.vsphere_volume))


class VolumeStatus(Wire):
    phase: Text = ""


class PersistentVolumeWire(Wire):
    metadata: Metadata
    spec: PersistentVolumeSpec
    status: VolumeStatus | None = None


class TopologyExpression(Wire):
    key: str
    values: ListOf[str] = []


class TopologyTerm(Wire):
    match_label_expressions: ListOf[TopologyExpression] = []


class StorageClassWire(Wire):
    metadata: Metadata
    provisioner: str
    volume_binding_mode: Literal["Immediate", "WaitForFirstConsumer"] | None = None
    allowed_topologies: ListOf[TopologyTerm] = []


class DriverAllocatable(Wire):
    count: Annotated[int, Field(ge=0)] | None = None


class CsiDriverOnNode(Wire):
    name: str
    topology_keys: ListOf[str] = []
    allocatable: DriverAllocatable | None = None


class CsiNodeSpec(Wire):
    drivers: ListOf[CsiDriverOnNode] = []


class CsiNodeWire(Wire):
    metadata: Metadata
    spec: CsiNodeSpec


class CsiDriverSpec(Wire):
    storage_capacity: Flag = False


class CsiDriverWire(Wire):
    metadata: Metadata
    spec: CsiDriverSpec


class CsiStorageCapacityWire(Wire):
    metadata: Metadata
    storage_class_name: str
    node_topology: LabelSelectorWire | None = None
    capacity: QuantityValue = None
    maximum_volume_size: QuantityValue = None


class AttachmentSource(Wire):
    persistent_volume_name: Text = ""


class VolumeAttachmentSpec(Wire):
    node_name: str
    source: AttachmentSource


class VolumeAttachmentWire(Wire):
    metadata: Metadata
    spec: VolumeAttachmentSpec
