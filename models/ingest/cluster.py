"""Kubernetes objects -> Snapshot: every kind that is modelled, in one pass, then resolved together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import orjson

from placewright.models.agent import Agent, ClaimUse, OwnerReference
from placewright.models.errors import InputError
from placewright.models.ingest import policies, storage, workloads
from placewright.models.ingest.agents import AgentBuilder, parse_pod
from placewright.models.ingest.defaulting import Admission
from placewright.models.ingest.nodes import build_node
from placewright.models.ingest.unmodelled import Unmodelled, gated_note, snapshot_warnings
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.reader import RawObject
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage
from placewright.models.wire.base import Wire, parse
from placewright.models.wire.node import NamespaceWire, NodeWire
from placewright.models.wire.pod import Pod
from placewright.models.wire.policy import (
    LimitRangeWire,
    PodDisruptionBudgetWire,
    PodGroupWire,
    PriorityClassWire,
    ResourceQuotaWire,
)
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

SCHEMAS: Mapping[str, type[Wire]] = {
    "Node": NodeWire,
    "Pod": Pod,
    "Namespace": NamespaceWire,
    "PersistentVolumeClaim": PersistentVolumeClaimWire,
    "PersistentVolume": PersistentVolumeWire,
    "StorageClass": StorageClassWire,
    "CSINode": CsiNodeWire,
    "CSIDriver": CsiDriverWire,
    "CSIStorageCapacity": CsiStorageCapacityWire,
    "VolumeAttachment": VolumeAttachmentWire,
    "ResourceQuota": ResourceQuotaWire,
    "LimitRange": LimitRangeWire,
    "PodDisruptionBudget": PodDisruptionBudgetWire,
    "PriorityClass": PriorityClassWire,
    "PodGroup": PodGroupWire,
    **dict.fromkeys(workloads.KINDS, WorkloadWire),
}
"""The kinds that are read. Service is known, and nothing yet reads it."""

SILENT = frozenset({"Service"})
_CLUSTER_SCOPED = frozenset(
    {"Node", "Namespace", "PersistentVolume", "StorageClass", "CSINode", "CSIDriver", "VolumeAttachment"}
    | {"PriorityClass"}
)
_GANG_API = "scheduling.x-k8s.io/"

W = TypeVar("W", bound=Wire)
T = TypeVar("T")


@dataclass
class _Objects:
    """What was read, by kind, each with where it stood."""

    parsed: dict[str, list[tuple[Wire, RawObject]]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seen: dict[tuple[str, str, str], bytes] = field(default_factory=dict)

    def of(self, kind: str, schema: type[W]) -> list[tuple[W, RawObject]]:
        found = self.parsed.get(kind, [])
        return [(wire, raw) for wire, raw in found if isinstance(wire, schema)]

    def build(self, kind: str, schema: type[W], make: Callable[[W], T]) -> list[T]:
        """`make` for each object of a kind; an InputError is told which object it was."""
        return [_located(raw, make, wire) for wire, raw in self.of(kind, schema)]


def build_snapshot(
    objects: Iterable[RawObject], options: Options, *, expand_workloads: bool = False
) -> Snapshot:
    """All objects as one snapshot. Raises InputError for anything that the API server would not take."""
    read = _Objects()
    for raw in objects:
        _read(read, raw)
    nodes = tuple(
        read.build(
            "Node", NodeWire, lambda w: build_node(w, taints_from_conditions=options.taints_from_conditions)
        )
    )
    pods = [(pod, raw) for pod, raw in read.of("Pod", Pod)]
    volumes = _storage(read)
    if expand_workloads:
        pods, volumes = _expanded(read, pods, nodes, volumes)
    findings = Unmodelled()
    agents = tuple(_agents(read, pods, findings))
    volumes = replace(volumes, claims={**_ephemeral_claims(pods, agents, volumes), **volumes.claims})
    snapshot = Snapshot(
        nodes=nodes,
        agents=agents,
        namespaces={w.metadata.name: w.metadata.labels for w, _ in read.of("Namespace", NamespaceWire)},
        storage=volumes,
        quotas=tuple(read.build("ResourceQuota", ResourceQuotaWire, policies.build_quota)),
        budgets=tuple(read.build("PodDisruptionBudget", PodDisruptionBudgetWire, policies.build_budget)),
        pod_groups=tuple(read.build("PodGroup", PodGroupWire, policies.build_pod_group)),
        options=options,
    )
    warnings = (*findings.warnings(), *snapshot_warnings(snapshot, frozenset(read.parsed)))
    return replace(snapshot, warnings=warnings, notes=(*_notes(read), *gated_note(snapshot)))


def _read(read: _Objects, raw: RawObject) -> None:
    kind = raw.document.get("kind")
    if not isinstance(kind, str):
        raise InputError(f"expected a kind, found {kind!r}", source=raw.source, field="kind")
    foreign_gang = kind == "PodGroup" and not str(raw.document.get("apiVersion", "")).startswith(_GANG_API)
    if kind not in SCHEMAS or foreign_gang:
        if kind not in SILENT:
            read.ignored[kind] += 1
        return
    if not _is_first(read, kind, raw):
        read.repeated += 1
        return
    wire = _located(raw, parse_pod if kind == "Pod" else lambda d: parse(SCHEMAS[kind], d), raw.document)
    read.parsed.setdefault(kind, []).append((wire, raw))


def _is_first(read: _Objects, kind: str, raw: RawObject) -> bool:
    """False for an object that was read before; one of the same name that differs is an error."""
    metadata = raw.document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return True
    namespace = "" if kind in _CLUSTER_SCOPED else str(metadata.get("namespace") or "default")
    key = (kind, namespace, metadata["name"])
    content = _content(raw.document)
    before = read.seen.setdefault(key, content)
    if before is content:
        return True
    if before == content:
        return False
    raise InputError("given twice, with different content", source=raw.source, subject=subject(raw.document))


def _content(document: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):
        # Integers beyond 64 bits: the schema will say which field.
        return repr(sorted(document.items(), key=lambda item: item[0])).encode()


def subject(document: Mapping[str, Any]) -> str:
    """`Pod default/web`, as far as the document says."""
    kind = document.get("kind", "object")
    metadata = document.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    if not isinstance(name, str) or not name or not isinstance(metadata, dict):
        return str(kind)
    namespace = "" if kind in _CLUSTER_SCOPED else f"{metadata.get('namespace') or 'default'}/"
    return f"{kind} {namespace}{name}"


A = TypeVar("A")


def _located(raw: RawObject, make: Callable[[A], T], argument: A) -> T:
    try:
        return make(argument)
    except InputError as error:
        raise error.located(source=raw.source, subject=subject(raw.document)) from None


def _agents(read: _Objects, pods: Iterable[tuple[Pod, RawObject]], findings: Unmodelled) -> Iterator[Agent]:
    classes = read.build("PriorityClass", PriorityClassWire, policies.build_priority_class)
    ranges = [wire for wire, _ in read.of("LimitRange", LimitRangeWire)]
    admission = Admission((*policies.SYSTEM_CLASSES, *classes), ranges)
    builder = AgentBuilder()

    def build(pod: Pod) -> Agent:
        admitted = admission.admit(pod)
        return builder.build(
            admitted.pod,
            priority=admitted.priority,
            preemption_policy=admitted.preemption_policy,
            refusal=admitted.refusal,
        )

    for pod, raw in pods:
        findings.pod(pod)
        yield _located(raw, build, pod)


def _storage(read: _Objects) -> Storage:
    classes = {c.name: c for c in read.build("StorageClass", StorageClassWire, storage.build_class)}
    default = next((name for name, c in sorted(classes.items()) if c.default), "")
    claims = read.build(
        "PersistentVolumeClaim", PersistentVolumeClaimWire, lambda w: storage.build_claim(w, default)
    )
    volumes = read.build("PersistentVolume", PersistentVolumeWire, storage.build_volume)
    checked = (w.metadata.name for w, _ in read.of("CSIDriver", CsiDriverWire) if w.spec.storage_capacity)
    return Storage(
        claims={claim.key: claim for claim in claims},
        volumes={volume.name: volume for volume in volumes},
        classes=classes,
        csi_nodes={w.metadata.name: storage.build_csi_node(w) for w, _ in read.of("CSINode", CsiNodeWire)},
        capacity_checked_drivers=frozenset(checked),
        capacities=tuple(read.build("CSIStorageCapacity", CsiStorageCapacityWire, storage.build_capacity)),
        attachments=tuple(read.build("VolumeAttachment", VolumeAttachmentWire, storage.build_attachment)),
    )


def _expanded(
    read: _Objects, pods: list[tuple[Pod, RawObject]], nodes: tuple[Node, ...], volumes: Storage
) -> tuple[list[tuple[Pod, RawObject]], Storage]:
    """Pods and claims with those added that the workloads still lack."""
    by_kind = {kind: [w for w, _ in read.of(kind, WorkloadWire)] for kind in workloads.KINDS}
    sources = {
        (kind, w.metadata.namespace or "default", w.metadata.name): raw
        for kind in workloads.KINDS
        for w, raw in read.of(kind, WorkloadWire)
    }
    expanded = workloads.expand(by_kind, [pod for pod, _ in pods], nodes)
    made = []
    for pod in expanded.pods:
        owner = pod.metadata.owner_references[0]
        made.append((pod, sources[owner.kind, pod.metadata.namespace or "default", owner.name]))
    default = next((name for name, c in sorted(volumes.classes.items()) if c.default), "")
    new = {}
    for claim in expanded.claims:
        built = storage.claim_from_template(claim.metadata, claim.template.spec, claim.namespace)
        if claim.template.spec.storage_class_name is None:
            built = replace(built, storage_class=default)
        new[built.key] = built
    return [*pods, *made], replace(volumes, claims={**new, **volumes.claims})


def _ephemeral_claims(
    pods: Iterable[tuple[Pod, RawObject]], agents: Iterable[Agent], volumes: Storage
) -> dict[tuple[str, str], PersistentVolumeClaim]:
    """Claims that come with new agents' ephemeral volumes, where the snapshot does not hold them."""
    default = next((name for name, c in sorted(volumes.classes.items()) if c.default), "")
    claims = {}
    for (pod, _), agent in zip(pods, agents, strict=True):
        if agent.admitted or not any(use.ephemeral for use in agent.spec.claims):
            continue
        for volume in pod.spec.volumes:
            if volume.ephemeral is None:
                continue
            spec = volume.ephemeral.volume_claim_template.spec
            use = ClaimUse(f"{agent.name}-{volume.name}", ephemeral=True)
            metadata = pod.metadata.model_copy(update={"name": use.name})
            claim = storage.claim_from_template(metadata, spec, agent.namespace)
            unnamed = spec.storage_class_name is None
            claims[claim.key] = replace(
                claim,
                owner=OwnerReference("Pod", agent.name),
                storage_class=default if unnamed else claim.storage_class,
            )
    return claims


def _notes(read: _Objects) -> Iterator[str]:
    if read.ignored:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(read.ignored.items()))
        yield f"kinds that are not read: {counted}"
    if read.repeated:
        yield f"{read.repeated} objects were given more than once, with the same content: read once"
