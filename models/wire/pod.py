"""Pods: the fields that placement reads."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from placewright.models.wire.base import Flag, ListOf, MapOf, Quantities, Text, Wire
from placewright.models.wire.meta import (
    LabelSelectorWire,
    Metadata,
    NodeSelectorTermWire,
    NodeSelectorWire,
    TemplateMetadata,
)

Port = Annotated[int, Field(ge=0, le=65535)]
Weight = Annotated[int, Field(ge=0, le=100)]


class ResourcesWire(Wire):
    requests: Quantities = {}
    limits: Quantities = {}


class ContainerPort(Wire):
    container_port: Port = 0
    host_port: Port | None = None
    host_ip: Annotated[Text, Field(alias="hostIP")] = ""
    protocol: Literal["", "TCP", "UDP", "SCTP"] | None = None


class Container(Wire):
    name: Text = ""
    image: Text = ""
    resources: ResourcesWire | None = None
    ports: ListOf[ContainerPort] = []
    restart_policy: Text = ""
    restart_policy_rules: ListOf[Any] = []


class TolerationWire(Wire):
    key: Text = ""
    operator: Literal["", "Equal", "Exists", "Gt", "Lt"] | None = None
    value: Text = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: int | None = None


class PreferredSchedulingTerm(Wire):
    weight: Weight
    preference: NodeSelectorTermWire


class NodeAffinityWire(Wire):
    required_during_scheduling_ignored_during_execution: NodeSelectorWire | None = None
    preferred_during_scheduling_ignored_during_execution: ListOf[PreferredSchedulingTerm] = []


class PodAffinityTerm(Wire):
    topology_key: Annotated[str, Field(min_length=1)]
    label_selector: LabelSelectorWire | None = None
    namespaces: ListOf[str] = []
    namespace_selector: LabelSelectorWire | None = None
    match_label_keys: ListOf[str] = []
    mismatch_label_keys: ListOf[str] = []


class WeightedPodAffinityTerm(Wire):
    weight: Weight
    pod_affinity_term: PodAffinityTerm


class PodAffinityWire(Wire):
    required_during_scheduling_ignored_during_execution: ListOf[PodAffinityTerm] = []
    preferred_during_scheduling_ignored_during_execution: ListOf[WeightedPodAffinityTerm] = []


class AffinityWire(Wire):
    node_affinity: NodeAffinityWire | None = None
    pod_affinity: PodAffinityWire | None = None
    pod_anti_affinity: PodAffinityWire | None = None


class SpreadConstraintWire(Wire):
    max_skew: Annotated[int, Field(ge=1)]
    topology_key: Annotated[str, Field(min_length=1)]
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = "DoNotSchedule"
    label_selector: LabelSelectorWire | None = None
    min_domains: Annotated[int, Field(ge=1)] | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    match_label_keys: ListOf[str] = []


class ClaimSource(Wire):
    claim_name: str


class ClaimTemplateSpec(Wire):
    access_modes: ListOf[str] = []
    resources: ResourcesWire | None = None
    storage_class_name: str | None = None
    volume_mode: Text = ""
    selector: LabelSelectorWire | None = None
    volume_name: Text = ""
    volume_attributes_class_name: Text = ""


class ClaimTemplate(Wire):
    spec: ClaimTemplateSpec


class EphemeralSource(Wire):
    volume_claim_template: ClaimTemplate


class ImageSource(Wire):
    reference: Text = ""


class Volume(Wire):
    """Sources that placement reads; the legacy disks stay as they are written."""

    name: Text = ""
    persistent_volume_claim: ClaimSource | None = None
    ephemeral: EphemeralSource | None = None
    gce_persistent_disk: Annotated[MapOf[Any], Field(alias="gcePersistentDisk")] = {}
    aws_elastic_block_store: Annotated[MapOf[Any], Field(alias="awsElasticBlockStore")] = {}
    empty_dir: dict[str, Any] | None = None
    host_path: dict[str, Any] | None = None
    iscsi: MapOf[Any] = {}
    rbd: MapOf[Any] = {}
    image: ImageSource | None = None


class Gate(Wire):
    name: str


class PodSpec(Wire):
    containers: ListOf[Container] = []
    init_containers: ListOf[Container] = []
    resources: ResourcesWire | None = None
    overhead: Quantities = {}
    node_name: Text = ""
    node_selector: MapOf[str] = {}
    affinity: AffinityWire | None = None
    tolerations: ListOf[TolerationWire] = []
    topology_spread_constraints: ListOf[SpreadConstraintWire] = []
    volumes: ListOf[Volume] = []
    priority: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None
    priority_class_name: Text = ""
    preemption_policy: Literal["PreemptLowerPriority", "Never"] | None = None
    scheduler_name: Text = ""
    scheduling_gates: ListOf[Gate] = []
    host_network: Flag = False
    host_users: bool | None = None
    active_deadline_seconds: int | None = None
    runtime_class_name: Text = ""
    resource_claims: ListOf[Any] = []
    scheduling_group: Any = None
    workload_ref: Any = None


class ContainerStatus(Wire):
    name: str
    resources: ResourcesWire | None = None
    allocated_resources: Quantities = {}


class Condition(Wire):
    type: str
    status: Text = ""
    reason: Text = ""


class PodStatus(Wire):
    phase: Literal["", "Pending", "Running", "Succeeded", "Failed", "Unknown"] | None = None
    nominated_node_name: Text = ""
    start_time: Text = ""
    conditions: ListOf[Condition] = []
    container_statuses: ListOf[ContainerStatus] = []
    init_container_statuses: ListOf[ContainerStatus] = []
    resources: ResourcesWire | None = None
    allocated_resources: Quantities = {}
    qos_class: Literal["", "Guaranteed", "Burstable", "BestEffort"] | None = None


class Pod(Wire):
    metadata: Metadata
    spec: PodSpec
    status: PodStatus | None = None


class PodTemplate(Wire):
    metadata: TemplateMetadata | None = None
    spec: PodSpec
