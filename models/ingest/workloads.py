"""Workloads whose pods are not there yet -> the pods they would create (`--expand-workloads`).

Pods that exist are counted by their owner, through a Deployment's ReplicaSets too. What is still missing
is made from the template, under the names that the controllers would give (an index where they draw one).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from placewright.models.agent import TERMINAL_PHASES
from placewright.models.errors import InputError
from placewright.models.ingest.daemons import daemon_spec, pinned_nodes, runs_on
from placewright.models.ingest.pods import PodRecord, PodShape, shape_of
from placewright.models.node import Node
from placewright.models.wire.meta import Metadata, OwnerReferenceWire, SharedMetadata, TemplateMetadata
from placewright.models.wire.pod import ClaimSource, PodSpec, PodTemplate, Volume
from placewright.models.wire.workload import NamedClaimTemplate, WorkloadSpec, WorkloadStatus, WorkloadWire

# StatefulSets first: their names are fixed, the others take what is left.
KINDS = ("StatefulSet", "Deployment", "ReplicaSet", "ReplicationController", "Job", "DaemonSet")
MOST_PODS = 1_000_000
REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"

OwnerKey = tuple[str, str, str]
"""(namespace, kind, name)"""


@dataclass(frozen=True)
class NewClaim:
    """A claim that comes with an expanded pod."""

    metadata: Metadata
    template: NamedClaimTemplate
    namespace: str


@dataclass(frozen=True)
class Expanded:
    pods: tuple[PodRecord, ...]
    claims: tuple[NewClaim, ...]


@dataclass
class _Existing:
    """What is there already: names in use, and per owner what runs or waits, succeeded, or covers a node."""

    names: set[tuple[str, str]]
    active: Counter[OwnerKey] = field(default_factory=Counter)
    succeeded: Counter[OwnerKey] = field(default_factory=Counter)
    covered: set[tuple[OwnerKey, str]] = field(default_factory=set)


def expand(
    workloads: Mapping[str, Sequence[WorkloadWire]],
    pods: Sequence[PodRecord],
    nodes: Sequence[Node],
    *,
    comparison_operators: bool = False,
) -> Expanded:
    """The pods, and claims of StatefulSets, that the workloads (by kind) still lack.

    Raises InputError where they are more than `MOST_PODS`.
    """
    deployments = {owner_key("Deployment", w) for w in workloads.get("Deployment", ())}
    hashes = _template_hashes(workloads)
    existing = _existing(workloads, pods)
    new: list[PodRecord] = []
    claims: list[NewClaim] = []
    for kind in KINDS:
        for workload in workloads.get(kind, ()):
            spec = workload.spec
            if spec is None or spec.template is None or workload.metadata.deletion_timestamp is not None:
                continue
            if deployment_of(workload) in deployments:
                continue
            if kind == "DaemonSet":
                lacking = _daemons(workload, spec, existing, nodes, comparison_operators=comparison_operators)
            else:
                lacking = _replicas(kind, workload, spec, existing, hashes)
            for pod in lacking:
                if len(new) >= MOST_PODS:
                    raise InputError(f"the workloads expand to more than {MOST_PODS:,} agents")
                existing.names.add((pod.namespace, pod.name))
                new.append(pod)
                if kind == "StatefulSet":
                    claims.extend(_claims(spec, pod))
    return Expanded(tuple(new), tuple(claims))


def owner_key(kind: str, workload: WorkloadWire) -> OwnerKey:
    return (workload.metadata.namespace or "default", kind, workload.metadata.name)


def deployment_of(workload: WorkloadWire) -> OwnerKey | None:
    """The Deployment that controls a ReplicaSet and decides for it."""
    for owner in workload.metadata.owner_references:
        if owner.controller and owner.kind == "Deployment":
            return (workload.metadata.namespace or "default", "Deployment", owner.name)
    return None


def _template_hashes(workloads: Mapping[str, Sequence[WorkloadWire]]) -> dict[OwnerKey, str]:
    """The label that tells a Deployment's newest ReplicaSet from older ones; new pods will carry it."""
    newest: dict[OwnerKey, tuple[int, str]] = {}
    for replica_set in workloads.get("ReplicaSet", ()):
        deployment = deployment_of(replica_set)
        label = replica_set.metadata.labels.get(TEMPLATE_HASH)
        revision = replica_set.metadata.annotations.get(REVISION, "0")
        if deployment is None or label is None or not revision.isdecimal():
            continue
        newest[deployment] = max(newest.get(deployment, (-1, "")), (int(revision[:18]), label))
    return {deployment: label for deployment, (_, label) in newest.items()}


def _existing(workloads: Mapping[str, Sequence[WorkloadWire]], pods: Sequence[PodRecord]) -> _Existing:
    """Pods by owner; a ReplicaSet's also count for its Deployment."""
    above = {owner_key("ReplicaSet", w): deployment_of(w) for w in workloads.get("ReplicaSet", ())}
    existing = _Existing({(pod.namespace, pod.name) for pod in pods})
    for pod in pods:
        ended = pod.status.phase in TERMINAL_PHASES
        for owner in pod.owners:
            if not owner.controller:
                continue
            key = (pod.namespace, owner.kind, owner.name)
            if pod.status.phase == "Succeeded":
                existing.succeeded[key] += 1
            if ended:
                continue
            if owner.kind == "DaemonSet":
                # Even one that is being deleted: a daemon is replaced only when it is gone.
                nodes = {pod.node_name} if pod.node_name else pinned_nodes(pod.spec)
                existing.covered.update((key, node) for node in nodes)
            if not pod.terminating:
                existing.active[key] += 1
                deployment = above.get(key)
                if deployment is not None:
                    existing.active[deployment] += 1
    return existing


def _replicas(
    kind: str, workload: WorkloadWire, spec: WorkloadSpec, existing: _Existing, hashes: Mapping[OwnerKey, str]
) -> Iterator[PodRecord]:
    key = owner_key(kind, workload)
    name = workload.metadata.name
    if kind == "StatefulSet":
        start = spec.ordinals.start if spec.ordinals else 0
        for index in range(start, start + _wanted(spec)):
            # Under a name that is taken, be it by a pod that has ended, the controller makes no second one.
            if (key[0], f"{name}-{index}") not in existing.names:
                yield _stateful_pod(workload, spec, index)
        return
    wanted = _wanted_of_job(workload, spec, existing.succeeded[key]) if kind == "Job" else _wanted(spec)
    labels = {}
    if kind == "Job":
        labels = dict.fromkeys(("job-name", "batch.kubernetes.io/job-name"), name)
    elif key in hashes:
        labels = {TEMPLATE_HASH: hashes[key]}
    free = _free_names(key[0], name, existing)
    shape = _shape(kind, workload, spec, labels)
    for _ in range(wanted - existing.active[key]):
        yield PodRecord(shape, next(free), node_name=shape.spec.node_name)


def _free_names(namespace: str, name: str, existing: _Existing) -> Iterator[str]:
    index = 0
    while True:
        if (namespace, f"{name}-{index}") not in existing.names:
            yield f"{name}-{index}"
        index += 1


def _wanted(spec: WorkloadSpec) -> int:
    return 1 if spec.replicas is None else spec.replicas


def _wanted_of_job(workload: WorkloadWire, spec: WorkloadSpec, succeeded: int) -> int:
    """How many pods of a job should be active now."""
    status = workload.status or WorkloadStatus()
    finished = any(c.type in ("Complete", "Failed") and c.status == "True" for c in status.conditions)
    if spec.suspend or finished:
        return 0
    parallel = 1 if spec.parallelism is None else spec.parallelism
    done = max(status.succeeded or 0, succeeded)
    if spec.completions is None:
        # A work queue: once one pod has succeeded there is no more to do.
        return 0 if done else parallel
    return max(0, min(parallel, spec.completions - done))


def _shape(kind: str, workload: WorkloadWire, spec: WorkloadSpec, labels: Mapping[str, str]) -> PodShape:
    """What the pods of a workload have in common, with such labels beside the template's."""
    template = spec.template or PodTemplate(spec=PodSpec())
    metadata = template.metadata or TemplateMetadata()
    shared = SharedMetadata(
        namespace=workload.metadata.namespace,
        labels={**metadata.labels, **labels},
        annotations=metadata.annotations,
        owner_references=[OwnerReferenceWire(kind=kind, name=workload.metadata.name, controller=True)],
    )
    return shape_of(shared, template.spec)


def _stateful_pod(workload: WorkloadWire, spec: WorkloadSpec, index: int) -> PodRecord:
    name = f"{workload.metadata.name}-{index}"
    labels = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(index)}
    shape = _shape("StatefulSet", workload, spec, labels)
    if spec.volume_claim_templates:
        claimed = {t.metadata.name: f"{t.metadata.name}-{name}" for t in spec.volume_claim_templates}
        # A claim template takes the place of a volume of its name.
        kept = [volume for volume in shape.spec.volumes if volume.name not in claimed]
        own = [Volume(name=v, persistent_volume_claim=ClaimSource(claim_name=c)) for v, c in claimed.items()]
        shape = replace(shape, spec=shape.spec.model_copy(update={"volumes": [*kept, *own]}))
    return PodRecord(shape, name, node_name=shape.spec.node_name)


def _claims(spec: WorkloadSpec, pod: PodRecord) -> Iterator[NewClaim]:
    for template in spec.volume_claim_templates:
        name = f"{template.metadata.name}-{pod.name}"
        yield NewClaim(Metadata(name=name), template, pod.namespace)


def _daemons(
    workload: WorkloadWire,
    spec: WorkloadSpec,
    existing: _Existing,
    nodes: Sequence[Node],
    *,
    comparison_operators: bool,
) -> Iterator[PodRecord]:
    """One pod for each node that the controller would choose and that has none."""
    key = owner_key("DaemonSet", workload)
    shape = _shape("DaemonSet", workload, spec, {})
    for node in nodes:
        if (key, node.name) in existing.covered:
            continue
        name = f"{workload.metadata.name}-{node.name}"
        if (key[0], name) in existing.names:
            name = next(_free_names(key[0], name, existing))
        if runs_on(shape.spec, node, comparison_operators=comparison_operators):
            pinned = replace(shape, spec=daemon_spec(shape.spec, node.name))
            yield PodRecord(pinned, name, node_name=shape.spec.node_name)
