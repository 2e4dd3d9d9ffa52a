"""Kubernetes objects -> Snapshot: every kind that is modelled, in one pass, then resolved together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.ingest import policies, runtime_classes, storage, workloads
from placewright.models.ingest.agents import AgentBuilder
from placewright.models.ingest.defaulting import Admission, limit_range
from placewright.models.ingest.nodes import build_node
from placewright.models.ingest.objects import Objects, Origin, located
from placewright.models.ingest.pods import PodReader, PodRecord
from placewright.models.ingest.scales import scales
from placewright.models.ingest.services import SpreadSelectors, spread_selectors
from placewright.models.ingest.unmodelled import (
    Unmodelled,
    about,
    default_spread_note,
    gated_note,
    snapshot_warnings,
)
from placewright.models.ingest.vain import unexpanded_note, vain_warnings
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.reader import RawObject, TakenPod
from placewright.models.rules.quota_usage import completed
from placewright.models.rules.switched_off import refuse_unmodelled
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage
from placewright.models.wire.devices import DeviceClassWire
from placewright.models.wire.node import NamespaceWire, NodeWire
from placewright.models.wire.policy import (
    LimitRangeWire,
    PodDisruptionBudgetWire,
    PodGroupWire,
    PriorityClassWire,
    ResourceQuotaWire,
)
from placewright.models.wire.runtime_class import RuntimeClassWire
from placewright.models.wire.service import ServiceWire
from placewright.models.wire.storage import (
    CsiDriverWire,
    CsiNodeWire,
    CsiStorageCapacityWire,
    PersistentVolumeClaimWire,
    PersistentVolumeWire,
    StorageClassWire,
    VolumeAttachmentWire,
)
from placewright.models.wire.workload import WorkloadWire


def build_snapshot(
    objects: Iterable[RawObject | TakenPod],
    options: Options,
    *,
    expand_workloads: bool = False,
    pods: PodReader | None = None,
) -> Snapshot:
    """All objects as one snapshot, where `pods` read what was taken for Pods.

    Raises InputError for anything that the API server would not take.
    """
    read = Objects(pods or PodReader())
    for item in objects:
        read.add(item)
    nodes = tuple(
        read.build(
            "Node", NodeWire, lambda w: build_node(w, taints_from_conditions=options.taints_from_conditions)
        )
    )
    found: list[_Located] = [(pod, origin, "") for pod, origin in read.pods]
    default = storage.default_class(read.wires("StorageClass", StorageClassWire))
    volumes = _storage(read, default)
    if expand_workloads:
        made, claims = _expanded(read, nodes, options)
        found.extend(made)
        new = (storage.new_claim(c.metadata, c.template.spec, c.namespace, default) for c in claims)
        volumes = _with_claims(volumes, new)
    admission = _admission(read)
    agents = tuple(_agents(found, admission, _spread_selectors(read)))
    volumes = _with_claims(volumes, storage.ephemeral_claims((pod for pod, _, _ in found), agents, default))
    snapshot = Snapshot(
        nodes=nodes,
        agents=tuple(_with_refused_claims(agents, volumes, admission)),
        namespaces={w.metadata.name: w.metadata.labels for w in read.wires("Namespace", NamespaceWire)},
        storage=volumes,
        quotas=tuple(read.build("ResourceQuota", ResourceQuotaWire, policies.build_quota)),
        budgets=tuple(read.build("PodDisruptionBudget", PodDisruptionBudgetWire, policies.build_budget)),
        pod_groups=tuple(read.build("PodGroup", PodGroupWire, policies.build_pod_group)),
        scales=scales({kind: read.wires(kind, WorkloadWire) for kind in workloads.KINDS}),
        options=options,
    )
    refuse_unmodelled(snapshot)
    snapshot, recomputed = _with_usage(snapshot)
    findings = [*_findings(read, found, options), *recomputed]
    warnings = [*findings, *snapshot_warnings(snapshot, read.kinds), *vain_warnings(snapshot)]
    notes = [*read.notes(), *gated_note(snapshot), *default_spread_note(snapshot, read.kinds)]
    if not expand_workloads:
        notes.extend(unexpanded_note(read, snapshot))
    return snapshot.saying(warnings=warnings, notes=notes)


def _with_usage(snapshot: Snapshot) -> tuple[Snapshot, Iterator[str]]:
    """The snapshot, its quotas knowing what is used of all that they limit, and a warning if they did not."""
    quotas = tuple(completed(snapshot, quota) for quota in snapshot.quotas)
    changed = [q for q, before in zip(quotas, snapshot.quotas, strict=True) if q is not before]
    said = about(
        "ResourceQuotas whose status does not know all that they limit: what it lacks is recomputed",
        (f"{quota.namespace}/{quota.name}" for quota in changed),
    )
    return (replace(snapshot, quotas=quotas) if changed else snapshot), said


_Located = tuple[PodRecord, Origin, str]
"""A pod, the object that it comes from, and under which field of it: a workload has a template."""


def _admission(read: Objects) -> Admission:
    classes = read.build("PriorityClass", PriorityClassWire, policies.build_priority_class)
    ranges = read.build("LimitRange", LimitRangeWire, limit_range)
    runtimes = read.build("RuntimeClass", RuntimeClassWire, runtime_classes.check)
    return Admission((*policies.SYSTEM_CLASSES, *classes), ranges, runtimes)


def _spread_selectors(read: Objects) -> SpreadSelectors:
    found = {kind: read.wires(kind, WorkloadWire) for kind in workloads.KINDS}
    return spread_selectors(read.wires("Service", ServiceWire), found)


def _agents(pods: Iterable[_Located], admission: Admission, selectors: SpreadSelectors) -> Iterator[Agent]:
    builder = AgentBuilder(admission, selectors)
    for pod, origin, field in pods:
        yield located(origin, builder.build, pod, field=field)


def _with_refused_claims(agents: Iterable[Agent], volumes: Storage, admission: Admission) -> Iterator[Agent]:
    """The agents; one that needs a claim that would not be created is not created either."""
    for agent in agents:
        refusal = agent.refusal
        for use in () if agent.admitted else agent.spec.claims:
            claim = volumes.claims.get((agent.namespace, use.name))
            if claim is not None and not claim.admitted:
                refusal = refusal or admission.refuses_claim(claim)
        yield agent if refusal == agent.refusal else replace(agent, refusal=refusal)


def _storage(read: Objects, default: str) -> Storage:
    classes = read.build("StorageClass", StorageClassWire, storage.build_class)
    claims = read.build(
        "PersistentVolumeClaim", PersistentVolumeClaimWire, lambda w: storage.build_claim(w, default)
    )
    volumes = read.build("PersistentVolume", PersistentVolumeWire, storage.build_volume)
    checked = (w.metadata.name for w in read.wires("CSIDriver", CsiDriverWire) if w.spec.storage_capacity)
    return Storage(
        claims={claim.key: claim for claim in claims},
        volumes={volume.name: volume for volume in volumes},
        classes={c.name: c for c in classes},
        csi_nodes={w.metadata.name: storage.build_csi_node(w) for w in read.wires("CSINode", CsiNodeWire)},
        capacity_checked_drivers=frozenset(checked),
        capacities=tuple(read.build("CSIStorageCapacity", CsiStorageCapacityWire, storage.build_capacity)),
        attachments=tuple(read.build("VolumeAttachment", VolumeAttachmentWire, storage.build_attachment)),
    )


def _with_claims(volumes: Storage, new: Iterable[PersistentVolumeClaim]) -> Storage:
    """The storage with new claims; one that exists already stands."""
    return replace(volumes, claims={**{claim.key: claim for claim in new}, **volumes.claims})


def _expanded(
    read: Objects, nodes: tuple[Node, ...], options: Options
) -> tuple[list[_Located], tuple[workloads.NewClaim, ...]]:
    """Pods and claims that the workloads still lack."""
    found = [(kind, w, origin) for kind in workloads.KINDS for w, origin in read.of(kind, WorkloadWire)]
    by_kind = {kind: read.wires(kind, WorkloadWire) for kind in workloads.KINDS}
    sources = {
        (w.metadata.namespace or "default", kind, w.metadata.name): origin for kind, w, origin in found
    }
    expanded = workloads.expand(
        by_kind,
        [pod for pod, _ in read.pods],
        nodes,
        comparison_operators=options.taint_comparison_operators,
    )
    made: list[_Located] = []
    for pod in expanded.pods:
        owner = pod.owners[0]
        made.append((pod, sources[pod.namespace, owner.kind, owner.name], "spec.template"))
    return made, expanded.claims


def _findings(read: Objects, pods: Iterable[_Located], options: Options) -> Iterator[str]:
    classes = (w.spec for w in read.wires("DeviceClass", DeviceClassWire))
    offered = (spec.extended_resource_name for spec in classes if spec is not None)
    runtimes = (w.metadata.name for w in read.wires("RuntimeClass", RuntimeClassWire))
    findings = Unmodelled(frozenset(name for name in offered if name), frozenset(runtimes))
    for pod, _, _ in pods:
        findings.pod(pod)
    for node in read.wires("Node", NodeWire):
        findings.node(node, taints_from_conditions=options.taints_from_conditions)
    for volume in read.wires("PersistentVolume", PersistentVolumeWire):
        findings.volume(volume)
    return findings.warnings()
