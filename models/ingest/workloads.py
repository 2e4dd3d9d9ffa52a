"""Workloads whose pods are not there yet -> the pods they would create (`--expand-workloads`).

Pods that exist are counted by their owner, through a Deployment's ReplicaSets too. What is still missing
is made from the template, under the names that the controllers would give (an index where they draw one).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placewright.models.agent import TERMINAL_PHASES
from placewright.models.node import Node
from placewright.models.wire.meta import Metadata, OwnerReferenceWire, TemplateMetadata
from placewright.models.wire.pod import Pod, PodSpec, PodTemplate, Volume
from placewright.models.wire.workload import NamedClaimTemplate, WorkloadSpec, WorkloadWire

KINDS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "Job", "DaemonSet")

OwnerKey = tuple[str, str, str]
"""(namespace, kind, name)"""

DAEMON_TOLERATIONS: tuple[dict[str, str], ...] = (
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/pid-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"},
)


@dataclass(frozen=True)
class NewClaim:
    """A claim that comes with an expanded pod."""

    metadata: Metadata
    template: NamedClaimTemplate
    namespace: str


@dataclass(frozen=True)
class Expanded:
    pods: tuple[Pod, ...]
    claims: tuple[NewClaim, ...]


def expand(
    workloads: Mapping[str, Sequence[WorkloadWire]], pods: Sequence[Pod], nodes: Sequence[Node]
) -> Expanded:
    """The pods, and claims of StatefulSets, that the workloads (by kind) still lack."""
    existing = _existing(workloads, pods)
    names = {(pod.metadata.namespace or "default", pod.metadata.name) for pod in pods}
    new: list[Pod] = []
    claims: list[NewClaim] = []
    for kind in KINDS:
        for workload in workloads.get(kind, ()):
            if workload.spec is None or workload.spec.template is None or _is_managed(workload):
                continue
            made = list(_missing(kind, workload, workload.spec, existing, names, nodes))
            new.extend(made)
            if kind == "StatefulSet":
                claims.extend(_claims(workload.spec, made))
    return Expanded(tuple(new), tuple(claims))


def _is_managed(workload: WorkloadWire) -> bool:
    """A ReplicaSet of a Deployment, a Job of a CronJob: its owner decides, or it is history."""
    return any(
        owner.controller and owner.kind == "Deployment" for owner in workload.metadata.owner_references
    )


def _existing(workloads: Mapping[str, Sequence[WorkloadWire]], pods: Sequence[Pod]) -> Counter[OwnerKey]:
    """Pods that have not ended, per owner; a ReplicaSet's also count for its Deployment."""
    above: dict[OwnerKey, OwnerKey] = {}
    for replica_set in workloads.get("ReplicaSet", ()):
        namespace = replica_set.metadata.namespace or "default"
        for owner in replica_set.metadata.owner_references:
            if owner.controller and owner.kind == "Deployment":
                above[namespace, "ReplicaSet", replica_set.metadata.name] = (
                    namespace,
                    "Deployment",
                    owner.name,
                )
    counts: Counter[OwnerKey] = Counter()
    for pod in pods:
        ended = pod.status is not None and pod.status.phase in TERMINAL_PHASES
        for owner in pod.metadata.owner_references:
            if owner.controller and not ended:
                key = (pod.metadata.namespace or "default", owner.kind, owner.name)
                counts[key] += 1
                if key in above:
                    counts[above[key]] += 1
    return counts


def _missing(
    kind: str,
    workload: WorkloadWire,
    spec: WorkloadSpec,
    existing: Counter[OwnerKey],
    names: set[tuple[str, str]],
    nodes: Sequence[Node],
) -> Iterator[Pod]:
    namespace, name = workload.metadata.namespace or "default", workload.metadata.name
    there = existing[namespace, kind, name]
    if kind == "DaemonSet":
        if not there:
            yield from (_daemon_pod(workload, spec, node) for node in nodes)
        return
    start = spec.ordinals.start if kind == "StatefulSet" and spec.ordinals else 0
    wanted = _wanted(kind, workload, spec) - there
    index = start
    while wanted > 0:
        pod_name = f"{name}-{index}"
        index += 1
        if (namespace, pod_name) in names:
            continue
        wanted -= 1
        yield _pod(kind, workload, spec, pod_name, {})


def _wanted(kind: str, workload: WorkloadWire, spec: WorkloadSpec) -> int:
    if kind != "Job":
        return 1 if spec.replicas is None else spec.replicas
    if spec.suspend:
        return 0
    parallel = 1 if spec.parallelism is None else spec.parallelism
    if spec.completions is None:
        return parallel
    done = (workload.status.succeeded if workload.status else None) or 0
    return max(0, min(parallel, spec.completions - done))


def _pod(kind: str, workload: WorkloadWire, spec: WorkloadSpec, name: str, update: dict[str, Any]) -> Pod:
    template = spec.template or PodTemplate(spec=PodSpec())
    metadata = template.metadata or TemplateMetadata()
    labels = dict(metadata.labels)
    if kind == "StatefulSet":
        labels["statefulset.kubernetes.io/pod-name"] = name
        update = {**update, "volumes": [*template.spec.volumes, *_claim_volumes(spec, name)]}
    return Pod(
        metadata=Metadata(
            name=name,
            namespace=workload.metadata.namespace,
            labels=labels,
            annotations=metadata.annotations,
            owner_references=[OwnerReferenceWire(kind=kind, name=workload.metadata.name, controller=True)],
        ),
        spec=template.spec.model_copy(update=update),
    )


def _claim_volumes(spec: WorkloadSpec, pod_name: str) -> list[Volume]:
    return [
        Volume.model_validate(
            {
                "name": template.metadata.name,
                "persistentVolumeClaim": {"claimName": f"{template.metadata.name}-{pod_name}"},
            }
        )
        for template in spec.volume_claim_templates
    ]


def _claims(spec: WorkloadSpec, pods: Sequence[Pod]) -> Iterator[NewClaim]:
    for pod in pods:
        for template in spec.volume_claim_templates:
            name = f"{template.metadata.name}-{pod.metadata.name}"
            yield NewClaim(Metadata(name=name), template, pod.metadata.namespace or "default")


def _daemon_pod(workload: WorkloadWire, spec: WorkloadSpec, node: Node) -> Pod:
    """One pod for one node: pinned by name, tolerating what the controller has it tolerate (§3.5)."""
    pod = _pod("DaemonSet", workload, spec, f"{workload.metadata.name}-{node.name}", {})
    own = pod.spec.model_dump(by_alias=True, exclude_defaults=True)
    own["tolerations"] = [*own.get("tolerations", []), *DAEMON_TOLERATIONS]
    affinity = own.setdefault("affinity", None) or {}
    pin = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node.name]}]}
    required = {"nodeSelectorTerms": [_pinned(term, pin) for term in _terms(affinity)]}
    own["affinity"] = {
        **affinity,
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required},
    }
    return pod.model_copy(update={"spec": PodSpec.model_validate(own)})


def _terms(affinity: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The template's own required terms: the controller checks them, so they stay beside the pin."""
    nodes = affinity.get("nodeAffinity") or {}
    required = nodes.get("requiredDuringSchedulingIgnoredDuringExecution")
    return [{}] if required is None else list(required.get("nodeSelectorTerms", ()))


def _pinned(term: Mapping[str, Any], pin: Mapping[str, Any]) -> dict[str, Any]:
    return {**term, **pin}
