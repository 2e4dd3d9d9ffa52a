"""Pods -> agents: everything that placement reads, resolved."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placewright.models.agent import (
    DEFAULT_SCHEDULER,
    Agent,
    AgentSpec,
    ClaimUse,
    DeviceRequest,
    Disk,
    HostPort,
    OwnerReference,
    Phase,
    SharedLabels,
    SpreadConstraint,
    WeightedAffinityTerm,
)
from placewright.models.errors import InputError
from placewright.models.ingest import requests as amounts
from placewright.models.ingest.annotations import (
    DEVICE_IDS,
    DEVICES,
    MIRROR,
    TALKS_TO,
    keeps_data_locally,
    min_domains,
    move_weight,
    near,
    needs_data,
    says_preemptable,
    stays_because,
    talks_to,
)
from placewright.models.ingest.defaulting import Admission, Admitted
from placewright.models.ingest.pods import PodRecord, PodShape
from placewright.models.ingest.selectors import (
    affinity_term,
    node_selector,
    node_term,
    spread_constraint,
    toleration,
)
from placewright.models.ingest.services import SpreadSelectors
from placewright.models.selector import AffinityTerm, PreferredNodeTerm
from placewright.models.wire.devices import DeviceRequestWire, parse_annotation
from placewright.models.wire.meta import OwnerReferenceWire
from placewright.models.wire.pod import (
    ContainerStatus,
    NodeAffinityWire,
    PodAffinityTerm,
    PodAffinityWire,
    PodSpec,
    PodStatus,
    Volume,
)

POD_GROUP = "scheduling.x-k8s.io/pod-group"


class AgentBuilder:
    """Builds agents; equal specs become one object, so that replicas share it and are cheap to build."""

    def __init__(self, admission: Admission, spread_selectors: SpreadSelectors) -> None:
        self._admission = admission
        self._spread_selectors = spread_selectors
        self._specs: dict[Hashable, AgentSpec] = {}
        self._owners: dict[OwnerReference, OwnerReference] = {}
        self._labels: dict[frozenset[tuple[str, str]], SharedLabels] = {}
        self._known: dict[Hashable, tuple[PodSpec, PodStatus, AgentSpec]] = {}
        self._reads: dict[int, tuple[PodSpec, _Reads]] = {}
        self._replicas: dict[Hashable, tuple[PodShape, dict[str, Any]]] = {}
        self._resizes: dict[tuple[int, int], tuple[PodSpec, PodStatus, bool]] = {}

    def build(self, pod: PodRecord) -> Agent:
        """One agent of a pod; InputErrors name fields."""
        return Agent(
            name=pod.name,
            uid=pod.uid,
            node_name=pod.node_name,
            created=pod.created,
            started=pod.started,
            **self._in_common(pod),
        )

    def _in_common(self, pod: PodRecord) -> dict[str, Any]:
        """What an agent has in common with its replicas."""
        shape = pod.shape
        # Identity stands for equality: the reader shares what is equal, and the entry keeps it alive.
        key = (id(shape), bool(pod.node_name), bool(pod.uid))
        known = self._replicas.get(key)
        if known is None:
            known = (shape, self._fields(self._admission.admit(pod)))
            if not self._read_by(shape.spec).name:
                self._replicas[key] = known
        return known[1]

    def _fields(self, admitted: Admitted) -> dict[str, Any]:
        """The fields of an agent that its replicas have, too."""
        pod = admitted.pod
        metadata, status = pod.shape.metadata, pod.status
        static = MIRROR in metadata.annotations or any(o.kind == "Node" for o in metadata.owner_references)
        owner = controller(metadata.owner_references)
        return {
            "namespace": pod.namespace,
            "spec": self._spec(admitted),
            "labels": self._shared_labels(metadata.labels),
            "phase": Phase(status.phase or "Pending"),
            "nominated_node": status.nominated_node_name,
            "terminating": pod.terminating,
            "scheduling_gates": tuple(gate.name for gate in pod.spec.scheduling_gates),
            "admitted": pod.exists,
            "owner": owner and self._owners.setdefault(owner, owner),
            "static": static,
            "device_ids": _device_ids(metadata.annotations),
            "refusal": admitted.refusal,
            "ready": _ready(status),
            "preemptable": not static and says_preemptable(metadata),
            "spread_selector": self._spread_selectors.of(pod),
            # A bare pod of a live cluster is gone once evicted; the concise form is about agents as such.
            # In the middle of a resize what is made anew asks for something else: it is for a later round.
            "recreated": (not pod.uid or owner is not None) and not self._resized(pod),
            "stays_because": stays_because(metadata.annotations),
            "local_storage": keeps_data_locally(metadata, pod.spec.volumes),
            "move_weight": move_weight(metadata.annotations),
        }

    def _shared_labels(self, labels: Mapping[str, str]) -> SharedLabels:
        """The same labels, one object for all agents that have them."""
        shared = SharedLabels(labels)
        return self._labels.setdefault(shared.items_set, shared)

    def _spec(self, admitted: Admitted) -> AgentSpec:
        """The spec of an agent: known already, where nothing that it depends on differs."""
        pod = admitted.pod
        spec, status, labels = pod.spec, pod.status, pod.labels
        reads = self._read_by(spec)
        # Identity stands for equality: the reader shares what is equal, and the entry keeps both alive.
        key = (
            (id(spec), id(status), bool(pod.node_name), pod.namespace),
            (admitted.priority, admitted.preemption_policy),
            tuple(labels.get(name) for name in reads.labels),
            tuple(pod.annotations.items()),
            pod.name if reads.name else "",
        )
        known = self._known.get(key)
        if known is None:
            built = _spec(admitted)
            built = self._specs.setdefault(built.signature, built)
            known = self._known[key] = (spec, status, built)
        return known[2]

    def _resized(self, pod: PodRecord) -> bool:
        """Whether a running agent counts for something else than its spec says."""
        spec, status = pod.spec, pod.status
        if not pod.node_name or not (status.resources or any(s.resources for s in _statuses(status))):
            return False
        key = (id(spec), id(status))
        if key not in self._resizes:
            differs = amounts.running_requests(spec, status) != amounts.pod_requests(spec)
            self._resizes[key] = (spec, status, differs)
        return self._resizes[key][2]

    def _read_by(self, spec: PodSpec) -> _Reads:
        known = self._reads.get(id(spec))
        if known is None:
            known = self._reads[id(spec)] = (spec, _reads_of(spec))
        return known[1]


@dataclass(frozen=True)
class _Reads:
    """What a pod's spec reads of the pod itself: some of its labels, and perhaps its name."""

    labels: tuple[str, ...]
    name: bool


def _reads_of(spec: PodSpec) -> _Reads:
    terms = list(_all_terms(spec))
    merged = [key for term in terms for key in (*term.match_label_keys, *term.mismatch_label_keys)]
    spread = [key for constraint in spec.topology_spread_constraints for key in constraint.match_label_keys]
    names = dict.fromkeys((POD_GROUP, TALKS_TO, *merged, *spread))
    return _Reads(tuple(names), any(volume.ephemeral is not None for volume in spec.volumes))


def _statuses(status: PodStatus) -> Iterator[ContainerStatus]:
    yield from status.container_statuses
    yield from status.init_container_statuses


def _ready(status: PodStatus) -> bool:
    """Condition Ready; where nothing is said of conditions at all, yes."""
    if not status.conditions:
        return True
    return any(c.type == "Ready" and c.status == "True" for c in status.conditions)


def controller(owners: Iterable[OwnerReferenceWire]) -> OwnerReference | None:
    """The owner that controls an object, or None."""
    for owner in owners:
        if owner.controller:
            return OwnerReference(owner.kind, owner.name, owner.uid)
    return None


def _spec(admitted: Admitted) -> AgentSpec:
    pod = admitted.pod
    spec, status, namespace, labels = pod.spec, pod.status, pod.namespace, pod.labels
    affinity = spec.affinity
    nodes = affinity.node_affinity if affinity else None
    company = affinity.pod_affinity if affinity else None
    strangers = affinity.pod_anti_affinity if affinity else None
    requested = amounts.running_requests(spec, status) if pod.node_name else amounts.pod_requests(spec)
    return AgentSpec(
        requests=amounts.as_resources(requested),
        limits=amounts.as_resources(amounts.pod_limits(spec)),
        scoring_requests=amounts.scoring_requests(spec, status if pod.node_name else None),
        container_scoring_requests=amounts.container_scoring_requests(spec),
        unspecified=amounts.unspecified(spec),
        qos=amounts.qos_class(spec, status),
        priority=admitted.priority,
        priority_class_name=spec.priority_class_name,
        preemption_policy=admitted.preemption_policy,
        scheduler_name=spec.scheduler_name or DEFAULT_SCHEDULER,
        node_selector=spec.node_selector,
        node_affinity=node_selector(
            nodes.required_during_scheduling_ignored_during_execution if nodes else None
        ),
        preferred_nodes=tuple(_preferred_nodes(nodes)),
        tolerations=tuple(toleration(t) for t in spec.tolerations),
        host_ports=tuple(dict.fromkeys(_host_ports(spec))),
        affinity=_required(company, namespace, labels),
        anti_affinity=_required(strangers, namespace, labels),
        preferred_affinity=(
            *_preferred(company, namespace, labels, 1),
            *_preferred(strangers, namespace, labels, -1),
        ),
        crosses_namespaces=any(t.namespaces or t.namespace_selector is not None for t in _all_terms(spec)),
        spread=tuple(_spread(spec, labels)),
        claims=tuple(dict.fromkeys(_claims(pod.name, spec.volumes))),
        disks=tuple(disk for volume in spec.volumes for disk in _disks(volume)),
        devices=_devices(pod.annotations),
        pod_group=labels.get(POD_GROUP, ""),
        images=tuple(_images(spec)),
        container_count=len(spec.containers) + len(spec.init_containers),
        has_deadline=spec.active_deadline_seconds is not None and spec.active_deadline_seconds >= 0,
        talks_to=talks_to(pod.annotations, labels, namespace),
        min_domains=min_domains(pod.annotations),
        near=near(pod.annotations, namespace),
        needs_data=needs_data(pod.annotations),
    )


def _preferred_nodes(wire: NodeAffinityWire | None) -> Iterator[PreferredNodeTerm]:
    for term in wire.preferred_during_scheduling_ignored_during_execution if wire else ():
        yield PreferredNodeTerm(term.weight, node_term(term.preference))


def _spread(spec: PodSpec, labels: Mapping[str, str]) -> Iterator[SpreadConstraint]:
    for i, wire in enumerate(spec.topology_spread_constraints):
        yield spread_constraint(wire, labels, f"spec.topologySpreadConstraints[{i}]")


def _required(
    wire: PodAffinityWire | None, namespace: str, labels: Mapping[str, str]
) -> tuple[AffinityTerm, ...]:
    terms = wire.required_during_scheduling_ignored_during_execution if wire else ()
    return tuple(affinity_term(term, namespace, labels) for term in terms)


def _preferred(
    wire: PodAffinityWire | None, namespace: str, labels: Mapping[str, str], sign: int
) -> tuple[WeightedAffinityTerm, ...]:
    terms = wire.preferred_during_scheduling_ignored_during_execution if wire else ()
    return tuple(
        WeightedAffinityTerm(sign * t.weight, affinity_term(t.pod_affinity_term, namespace, labels))
        for t in terms
    )


def _all_terms(spec: PodSpec) -> Iterator[PodAffinityTerm]:
    affinity = spec.affinity
    for wire in (affinity.pod_affinity, affinity.pod_anti_affinity) if affinity else ():
        if wire is not None:
            yield from wire.required_during_scheduling_ignored_during_execution
            yield from (
                t.pod_affinity_term for t in wire.preferred_during_scheduling_ignored_during_execution
            )


def _host_ports(spec: PodSpec) -> Iterator[HostPort]:
    """Ports of containers and sidecars; on the host's network a container's port is the host's (§1.2)."""
    sidecars = (c for c in spec.init_containers if amounts.is_sidecar(c))
    for container in (*spec.containers, *sidecars):
        for port in container.ports:
            number = port.host_port or (port.container_port if spec.host_network else 0)
            if number:
                yield HostPort(number, port.protocol or "TCP", port.host_ip or HostPort.ip)


def _images(spec: PodSpec) -> Iterator[str]:
    """What its node has to pull: images of containers, and those that are mounted as volumes."""
    yield from (c.image for c in (*spec.init_containers, *spec.containers) if c.image)
    yield from (v.image.reference for v in spec.volumes if v.image is not None and v.image.reference)


def _claims(agent: str, volumes: Sequence[Volume]) -> Iterator[ClaimUse]:
    for volume in volumes:
        if volume.persistent_volume_claim is not None:
            yield ClaimUse(volume.persistent_volume_claim.claim_name)
        elif volume.ephemeral is not None:
            yield ClaimUse(f"{agent}-{volume.name}", ephemeral=True)


def _disks(volume: Volume) -> Iterator[Disk]:
    """Legacy disks that kube-scheduler keeps apart (§7.3)."""
    gce, ebs, iscsi, rbd = (
        volume.gce_persistent_disk,
        volume.aws_elastic_block_store,
        volume.iscsi,
        volume.rbd,
    )
    if gce:
        yield Disk("gcePersistentDisk", (str(gce.get("pdName", "")),), bool(gce.get("readOnly")))
    if ebs:
        yield Disk("awsElasticBlockStore", (str(ebs.get("volumeID", "")),), always_exclusive=True)
    if iscsi:
        yield Disk("iscsi", (str(iscsi.get("iqn", "")),), bool(iscsi.get("readOnly")))
    if rbd:
        identity = (str(rbd.get("pool", "rbd")), str(rbd.get("image", "")))
        monitors = frozenset(str(monitor) for monitor in rbd.get("monitors") or ())
        yield Disk("rbd", identity, bool(rbd.get("readOnly")), monitors=monitors)


def _devices(annotations: Mapping[str, str]) -> tuple[DeviceRequest, ...]:
    wires = parse_annotation(annotations, DEVICES, DeviceRequestWire)
    return tuple(DeviceRequest(w.resource, w.count, w.milli, tuple(w.models)) for w in wires)


def _device_ids(annotations: Mapping[str, str]) -> tuple[int, ...]:
    text = annotations.get(DEVICE_IDS)
    return () if text is None else parse_device_ids(text, f"metadata.annotations.{DEVICE_IDS}")


def parse_device_ids(text: str, field: str) -> tuple[int, ...]:
    """A JSON list of device numbers. Raises InputError that names `field`."""
    try:
        ids = json.loads(text)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not all(type(i) is int and i >= 0 for i in ids):
        raise InputError(f"expected a JSON list of device numbers, found {text!r}", field=field)
    return tuple(ids)
