"""placewright's own short form of a cluster: what a person writes, or a program for agents that are no Pods.

Field names and the syntax of values are Kubernetes'; unknown fields are errors. The JSON schema in
docs/concise.schema.json is made from these classes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic.alias_generators import to_camel

from placewright.models.node import DEVICE_MILLI
from placewright.models.wire.annotations import MOST_TRAFFIC
from placewright.models.wire.concise_base import (
    Amounts,
    Labels,
    Member,
    Name,
    Namespace,
    PreemptionPolicy,
    Price,
    Priority,
    Quantity,
    ResourceName,
    Strict,
    unfit,
)
from placewright.models.wire.concise_policies import (
    ConciseBudget,
    ConciseClaim,
    ConciseGang,
    ConciseNamespace,
    ConcisePriorityClass,
    ConciseQuota,
    ConciseService,
    ConciseStorageClass,
    ConciseVolume,
)
from placewright.models.wire.concise_terms import (
    Affinity,
    AnyTaint,
    LabelSelector,
    SpreadConstraint,
    Toleration,
)

MOST_NODES = 100_000
MOST_REPLICAS = 1_000_000

Port = Annotated[int, Field(ge=1, le=65535)]
DeviceCount = Annotated[int, Field(ge=1, le=1024)]
DataName = Annotated[str, Field(pattern=r"^[^\s,=]+$", max_length=253)]
"""A name without blanks, commas and equals signs."""
Document = dict[str, Any]


class NodeDevices(Strict):
    """Devices of one model that can be shared out in thousandths."""

    resource: ResourceName
    count: DeviceCount
    model: str = ""


class ConciseNode(Strict):
    """A node, or `count` nodes alike."""

    name: Name
    """With `count` above 1 the prefix of name-0, name-1, …"""
    count: Annotated[int, Field(ge=0, le=MOST_NODES)] = 1
    labels: Labels = Field(default_factory=dict)
    """`kubernetes.io/hostname` is the node's name unless given."""
    annotations: dict[str, str] = Field(default_factory=dict)
    zone: str | None = None
    """Short for the label topology.kubernetes.io/zone."""
    zones: list[str] = Field(default_factory=list)
    """The `count` nodes go round these zones: the first to the first, the second to the second, …"""
    taints: list[AnyTaint] = Field(default_factory=list)
    allocatable: Amounts = Field(default_factory=dict)
    """What agents can use; `pods` is 110 unless given."""
    capacity: Amounts = Field(default_factory=dict)
    """Taken where `allocatable` is not given."""
    unschedulable: bool = False
    """Cordoned."""
    images: dict[str, Quantity] = Field(default_factory=dict)
    """Images present on the node and their sizes."""
    price: Price | None = None
    """Per hour, in any currency, at most 6 decimals."""
    devices: list[NodeDevices] = Field(default_factory=list)
    soft_capacity: Amounts = Field(default_factory=dict)
    """Up to what the node had better be used (SoftCapacity)."""
    data: list[DataName] = Field(default_factory=list)
    """Names of what is there already of what agents read."""

    @model_validator(mode="after")
    def _fits(self) -> ConciseNode:
        if not self.allocatable and not self.capacity:
            raise unfit("allocatable is missing: what can agents use on this node?")
        if self.zone is not None and self.zones:
            raise unfit("give zone or zones, not both")
        return self


class HostPort(Strict):
    """A port of the node that the agent takes."""

    host_port: Port
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    host_ip: Annotated[str, Field(alias="hostIP")] = ""


class ContainerPort(Strict):
    """Kubernetes' container port; only one with a hostPort matters for placement."""

    container_port: Port
    host_port: Port | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    host_ip: Annotated[str, Field(alias="hostIP")] = ""
    name: str = ""


class GangMembership(Strict):
    """The gang an agent belongs to: all of a gang's agents run, or none."""

    name: Name
    min_member: Member | None = None
    """How many must run together; left out: all agents of the gang in this document."""


class AgentDevices(Strict):
    """`count` whole devices, or a share of one."""

    resource: ResourceName
    count: DeviceCount = 1
    milli: Annotated[int, Field(ge=1, le=DEVICE_MILLI)] = DEVICE_MILLI
    """Thousandths of the device; below 1000 it is a share of ONE device."""
    models: list[str] = Field(default_factory=list)
    """The models that will do; empty: any."""

    @model_validator(mode="after")
    def _fits(self) -> AgentDevices:
        if self.milli < DEVICE_MILLI and self.count != 1:
            raise unfit("a share (milli below 1000) is of one device: count must be 1")
        return self


class Talk(Strict):
    """Agents with which traffic is exchanged; a text means the agents whose label `app` it is."""

    label_selector: LabelSelector | None = None
    match_labels: Labels = Field(default_factory=dict)
    """Short for a labelSelector of these labels."""
    namespace: Namespace | None = None
    """The agent's own unless given."""
    weight: Annotated[int, Field(ge=1, le=MOST_TRAFFIC)] = 1
    """How much traffic, in any unit."""

    @model_validator(mode="after")
    def _fits(self) -> Talk:
        if (self.label_selector is None) == (not self.match_labels):
            raise unfit("give labelSelector or matchLabels, one of them")
        return self


def _talk(value: Any) -> Any:
    return {"matchLabels": {"app": value}} if isinstance(value, str) else value


def _short_for(field: str, kind: type[str] | type[int], schema: Any) -> BeforeValidator:
    """A bare string or number stands for the mapping `{field: value}`."""

    def wrap(value: Any) -> Any:
        return {field: value} if isinstance(value, kind) and not isinstance(value, bool) else value

    return BeforeValidator(wrap, json_schema_input_type=kind | schema)


def _claim(value: Any) -> Any:
    return {"name": value, "persistentVolumeClaim": {"claimName": value}} if isinstance(value, str) else value


class Gate(Strict):
    name: Name


AnyContainerPort = Annotated[ContainerPort, _short_for("containerPort", int, ContainerPort)]
AnyHostPort = Annotated[HostPort, _short_for("hostPort", int, HostPort)]
AnyGang = Annotated[GangMembership, _short_for("name", str, GangMembership)]
AnyGate = Annotated[Gate, _short_for("name", str, Gate)]
AnyTalk = Annotated[Talk, BeforeValidator(_talk, json_schema_input_type=str | Talk)]
AnyVolume = Annotated[Document, BeforeValidator(_claim, json_schema_input_type=str | Document)]


class ConciseAgent(Strict):
    """An agent, or `replicas` agents alike."""

    name: Name
    """With `replicas` above 1 the prefix of name-0, name-1, …"""
    namespace: Namespace = "default"
    replicas: Annotated[int, Field(ge=0, le=MOST_REPLICAS)] = 1
    labels: Labels = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    requests: Amounts = Field(default_factory=dict)
    """What is set aside on the node."""
    limits: Amounts = Field(default_factory=dict)
    """A resource with a limit and no request requests its limit."""
    overhead: Amounts = Field(default_factory=dict)
    """Added to the requests, and to limits that are given."""
    priority: Priority | None = None
    """Higher goes first and is never traded for lower; 0 unless given."""
    priority_class_name: str | None = None
    """A priority class, which gives the priority."""
    preemption_policy: PreemptionPolicy | None = None
    node_selector: Labels = Field(default_factory=dict)
    """Labels that the node must have."""
    affinity: Affinity | None = None
    tolerations: list[Toleration] = Field(default_factory=list)
    topology_spread_constraints: list[SpreadConstraint] = Field(default_factory=list)
    ports: list[AnyContainerPort] = Field(default_factory=list)
    """Container ports; only those with a hostPort matter here."""
    host_ports: list[AnyHostPort] = Field(default_factory=list)
    """Ports of the node, as numbers or as mappings."""
    gang: AnyGang | None = None
    """All agents of a gang are placed, or none: its name, or a mapping with minMember."""
    volumes: list[AnyVolume] = Field(default_factory=list)
    """Names of PersistentVolumeClaims, or Kubernetes' volumes."""
    devices: list[AgentDevices] = Field(default_factory=list)
    """Shareable devices that the agent needs, beside what `requests` counts."""
    device_ids: list[Annotated[int, Field(ge=0)]] = Field(default_factory=list)
    """For an agent that runs: the numbers of the devices it holds."""
    needs_data: dict[DataName, Quantity] = Field(default_factory=dict)
    """What the agent reads, by name, with its size: fetched where the node does not have it."""
    talks_to: list[AnyTalk] = Field(default_factory=list)
    """Whom it exchanges traffic with."""
    node: Name | None = None
    """The node where the agent already runs; left out: it waits for one."""
    ready: bool | None = None
    """False: it runs, and is not ready."""
    preemptable: bool | None = None
    """False: it is never evicted to make room."""
    admitted: bool | None = None
    """Exists already, so that quotas have been charged for it; with `node` that is so anyway."""
    uid: str | None = None
    """For one agent of a live cluster: goes into its binding."""
    scheduler_name: str | None = None
    """Who places it; `default-scheduler` unless given."""
    scheduling_gates: list[AnyGate] = Field(default_factory=list)
    """While there is one, the agent is left alone."""
    images: list[str] = Field(default_factory=list)
    """Images that the agent runs."""
    containers: list[Document] = Field(default_factory=list)
    """Kubernetes' containers, instead of requests, limits, ports and images."""
    init_containers: list[Document] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> ConciseAgent:
        flat = ("requests", "limits", "ports", "host_ports", "images")
        both = [to_camel(name) for name in flat if getattr(self, name)]
        if self.containers and both:
            raise unfit(f"give containers or {both[0]}, not both")
        if self.init_containers and not self.containers:
            raise unfit("initContainers needs containers")
        if self.node is not None and self.admitted is False:
            raise unfit("an agent that runs on a node is admitted")
        if self.node is None and self.ready is not None:
            raise unfit("ready is for an agent that runs on a node")
        if self.device_ids and (self.node is None or not self.devices or self.replicas != 1):
            raise unfit("deviceIds is for one agent that runs on a node and has devices")
        if self.uid is not None and self.replicas != 1:
            raise unfit("uid is for one agent, not for replicas")
        return self


def _empty(value: Any) -> Any:
    return {} if value is None else value


class ConciseCluster(Strict):
    """A cluster in placewright's concise form."""

    api_version: Literal["placewright.io/v1"] = "placewright.io/v1"
    kind: Literal["Cluster"] = "Cluster"
    nodes: list[ConciseNode] = Field(default_factory=list)
    agents: list[ConciseAgent] = Field(default_factory=list)
    quotas: list[ConciseQuota] = Field(default_factory=list)
    disruption_budgets: list[ConciseBudget] = Field(default_factory=list)
    namespaces: dict[Namespace, Annotated[ConciseNamespace, BeforeValidator(_empty)]] = Field(
        default_factory=dict
    )
    priority_classes: list[ConcisePriorityClass] = Field(default_factory=list)
    gangs: list[ConciseGang] = Field(default_factory=list)
    claims: list[ConciseClaim] = Field(default_factory=list)
    volumes: list[ConciseVolume] = Field(default_factory=list)
    storage_classes: list[ConciseStorageClass] = Field(default_factory=list)
    services: list[ConciseService] = Field(default_factory=list)

    @model_validator(mode="after")
    def _bounded(self) -> ConciseCluster:
        if sum(node.count for node in self.nodes) > MOST_NODES:
            raise unfit(f"more than {MOST_NODES:,} nodes")
        if sum(agent.replicas for agent in self.agents) > MOST_REPLICAS:
            raise unfit(f"more than {MOST_REPLICAS:,} agents")
        return self
