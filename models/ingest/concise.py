"""The concise form as Kubernetes objects: what follows a snapshot's making knows one form only."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

import orjson

from placewright.models.errors import InputError
from placewright.models.ingest.annotations import DATA, DEVICES, SOFT_CAPACITY
from placewright.models.ingest.concise_agents import GroupKey, agent_names, agent_objects
from placewright.models.ingest.concise_check import parse_concise
from placewright.models.ingest.nodes import MILLIONTHS, PRICE
from placewright.models.ingest.storage import BIND_COMPLETED
from placewright.models.quantity import amount, parse_quantity
from placewright.models.reader import ConciseDocument, RawObject
from placewright.models.wire.concise import ConciseCluster, ConciseNode
from placewright.models.wire.concise_policies import (
    ConciseBudget,
    ConciseClaim,
    ConciseGang,
    ConcisePriorityClass,
    ConciseQuota,
    KubernetesShaped,
)

Object = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
DEFAULT_PODS = 110


def desugar(documents: Sequence[ConciseDocument], declared: Container[GroupKey] = ()) -> Iterator[RawObject]:
    """The Kubernetes objects that concise documents stand for, in the order written.

    documents: all of one snapshot, since a gang may be spread over them.
    declared: (namespace, name) of the PodGroups that are there as Kubernetes objects.
    Raises InputError for what the schema refuses, for a name given twice, and for gangs that
    contradict each other.
    """
    yield from cluster_objects([(d.source, parse_concise(d)) for d in documents], declared)


def cluster_objects(
    clusters: Sequence[tuple[str, ConciseCluster]], declared: Container[GroupKey] = ()
) -> Iterator[RawObject]:
    """`desugar` for clusters that are parsed already, each with its source."""
    _refuse_duplicates(clusters)
    for source, cluster in clusters:
        for item in _policies(cluster):
            yield RawObject(source, item)
        for node in cluster.nodes:
            for item in _nodes(node):
                yield RawObject(source, item)
        for agent in cluster.agents:
            for item in agent_objects(agent):
                yield RawObject(source, item)
    for source, gang in _implied_gangs(clusters, declared):
        yield RawObject(source, _gang(gang))


def _refuse_duplicates(clusters: Sequence[tuple[str, ConciseCluster]]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for source, cluster in clusters:
        for kind, entry, name in _names(cluster):
            subject = f"{kind} {entry}"
            before = seen.get((kind, name))
            if before is not None:
                also = "" if before == subject else f", also by {before}"
                raise InputError(f"the name {name} is given twice{also}", source=source, subject=subject)
            seen[kind, name] = subject


def _names(cluster: ConciseCluster) -> Iterator[tuple[str, str, str]]:
    """(kind, name of the entry, full name) for all that has to have a name of its own."""
    for node in cluster.nodes:
        yield from (("node", node.name, name) for name in _node_names(node))
    for agent in cluster.agents:
        yield from (("agent", agent.name, f"{agent.namespace}/{name}") for name in agent_names(agent))
    for kind, items in (
        ("quota", cluster.quotas),
        ("disruption budget", cluster.disruption_budgets),
        ("gang", cluster.gangs),
        ("claim", cluster.claims),
        ("service", cluster.services),
    ):
        yield from ((kind, item.name, f"{item.namespace}/{item.name}") for item in items)
    for kind, classes in (
        ("priority class", cluster.priority_classes),
        ("volume", cluster.volumes),
        ("storage class", cluster.storage_classes),
    ):
        yield from ((kind, item.name, item.name) for item in classes)


def _implied_gangs(
    clusters: Sequence[tuple[str, ConciseCluster]], declared: Container[GroupKey]
) -> Iterator[tuple[str, ConciseGang]]:
    """The gangs that only agents name: as large as an agent says, else all its agents."""
    known = {(gang.namespace, gang.name) for _, cluster in clusters for gang in cluster.gangs}
    members: dict[GroupKey, int] = {}
    wanted: dict[GroupKey, int] = {}
    first: dict[GroupKey, str] = {}
    for source, cluster in clusters:
        for agent in cluster.agents:
            if agent.gang is None:
                continue
            key = (agent.namespace, agent.gang.name)
            size = agent.gang.min_member
            exists = key in known or key in declared
            if size is not None and (exists or wanted.setdefault(key, size) != size):
                message = f"the size of gang {agent.gang.name} is given elsewhere too, and may differ"
                subject = f"agent {agent.name}"
                raise InputError(message, source=source, subject=subject, field="gang.minMember")
            first.setdefault(key, source)
            members[key] = members.get(key, 0) + agent.replicas
    for key, count in members.items():
        if key not in known and key not in declared and count:
            gang = ConciseGang(namespace=key[0], name=key[1], minMember=wanted.get(key, count))
            yield first[key], gang


def _object(kind: str, version: str, name: str, namespace: str = "", **fields: Any) -> Object:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _policies(cluster: ConciseCluster) -> Iterator[Object]:
    for name, namespace in cluster.namespaces.items():
        item = _object("Namespace", "v1", name)
        item["metadata"]["labels"] = namespace.labels
        yield item
    yield from map(_priority_class, cluster.priority_classes)
    yield from map(_quota, cluster.quotas)
    yield from map(_budget, cluster.disruption_budgets)
    yield from map(_gang, cluster.gangs)
    for storage_class in cluster.storage_classes:
        yield _shaped(storage_class, "StorageClass", "storage.k8s.io/v1")
    for volume in cluster.volumes:
        yield _shaped(volume, "PersistentVolume", "v1")
    yield from map(_claim, cluster.claims)
    for service in cluster.services:
        yield _object("Service", "v1", service.name, service.namespace, spec={"selector": service.selector})


def _priority_class(item: ConcisePriorityClass) -> Object:
    policy = {} if item.preemption_policy is None else {"preemptionPolicy": item.preemption_policy}
    return _object(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        item.name,
        value=item.value,
        globalDefault=item.global_default,
        **policy,
    )


def _quota(item: ConciseQuota) -> Object:
    spec: Object = {"hard": item.hard, "scopes": item.scopes}
    if item.scope_selector is not None:
        spec["scopeSelector"] = item.scope_selector.model_dump(by_alias=True)
    status = {} if item.used is None else {"status": {"hard": item.hard, "used": item.used}}
    return _object("ResourceQuota", "v1", item.name, item.namespace, spec=spec, **status)


def _budget(item: ConciseBudget) -> Object:
    spec = item.model_dump(
        by_alias=True, exclude_none=True, exclude={"name", "namespace", "disruptions_allowed"}
    )
    allowed = item.disruptions_allowed
    status = {} if allowed is None else {"status": {"disruptionsAllowed": allowed}}
    return _object("PodDisruptionBudget", "policy/v1", item.name, item.namespace, spec=spec, **status)


def _gang(item: ConciseGang) -> Object:
    spec: Object = {"minMember": item.min_member}
    if item.min_resources:
        spec["minResources"] = item.min_resources
    return _object("PodGroup", "scheduling.x-k8s.io/v1alpha1", item.name, item.namespace, spec=spec)


def _shaped(item: KubernetesShaped, kind: str, version: str, namespace: str = "") -> Object:
    extra = item.model_extra or {}
    document = {**extra, **_object(kind, version, item.name, namespace)}
    own = {"labels": item.labels, "annotations": item.annotations}
    document["metadata"] = {**extra.get("metadata", {}), **document["metadata"], **own}
    return document


def _claim(item: ConciseClaim) -> Object:
    document = _shaped(item, "PersistentVolumeClaim", "v1", item.namespace)
    if item.bound:
        metadata = document["metadata"]
        metadata["annotations"] = {**item.annotations, BIND_COMPLETED: "yes"}
        # A claim without uid is a new one, which nothing can be bound to yet.
        metadata.setdefault("uid", f"{item.namespace}/{item.name}")
        document.setdefault("status", {"phase": "Bound"})
    return document


def _node_names(node: ConciseNode) -> Iterator[str]:
    if node.count == 1:
        yield node.name
    else:
        yield from (f"{node.name}-{i}" for i in range(node.count))


def _nodes(node: ConciseNode) -> Iterator[Object]:
    """`count` nodes; what they share is shared in memory too."""
    given = node.allocatable or node.capacity
    status: Object = {"allocatable": {"pods": DEFAULT_PODS, **given}}
    if node.capacity:
        status["capacity"] = {"pods": DEFAULT_PODS, **node.capacity}
    if node.images:
        sizes = {name: amount("memory", parse_quantity(size)) for name, size in node.images.items()}
        status["images"] = [{"names": [name], "sizeBytes": size} for name, size in sizes.items()]
    spec = {
        "unschedulable": node.unschedulable,
        "taints": [taint.model_dump(by_alias=True) for taint in node.taints],
    }
    annotations = _node_annotations(node)
    for index, name in enumerate(_node_names(node)):
        zone = node.zones[index % len(node.zones)] if node.zones else node.zone
        zoned = {} if zone is None else {ZONE: zone}
        document = _object("Node", "v1", name, spec=spec, status=status)
        document["metadata"]["labels"] = {HOSTNAME: name, **zoned, **node.labels}
        document["metadata"]["annotations"] = annotations
        yield document


def _node_annotations(node: ConciseNode) -> dict[str, str]:
    annotations = dict(node.annotations)
    if node.price is not None:
        whole, millionths = divmod(node.price, MILLIONTHS)
        annotations[PRICE] = f"{whole}.{millionths:06d}"
    if node.devices:
        pools = [pool.model_dump(by_alias=True) for pool in node.devices]
        annotations[DEVICES] = orjson.dumps(pools).decode()
    if node.soft_capacity:
        annotations[SOFT_CAPACITY] = ",".join(f"{name}={text}" for name, text in node.soft_capacity.items())
    if node.data:
        annotations[DATA] = ",".join(node.data)
    return annotations
