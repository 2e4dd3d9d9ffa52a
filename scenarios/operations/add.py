"""Agents and nodes, and what goes with them, are added: written as a cluster in the concise form."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from placewright.models.errors import InputError
from placewright.models.ingest.cluster import build_snapshot
from placewright.models.ingest.concise import cluster_objects
from placewright.models.snapshot import Snapshot
from placewright.models.storage import Storage
from placewright.models.wire.concise import ConciseCluster
from placewright.models.wire.concise_policies import ConcisePriorityClass
from placewright.scenarios.daemons import with_daemons
from placewright.scenarios.operations.base import Operation

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Add(ConciseCluster, Operation):
    """Add nodes (a pool is a node with `count`), agents, quotas and whatever else a concise cluster holds.

    Each DaemonSet of the cluster gets an agent on each new node that admits it. Priority classes that agents
    of the cluster name can be named here.
    """

    def apply(self, snapshot: Snapshot) -> Snapshot:
        own = {item.name for item in self.priority_classes}
        known = [ConcisePriorityClass(name=n, value=v) for n, v in _classes(snapshot) if n not in own]
        cluster = self.model_copy(update={"priority_classes": [*self.priority_classes, *known]})
        objects = cluster_objects([("", cluster)], snapshot.pod_group_by_key)
        new = build_snapshot(objects, snapshot.options)
        merged = replace(
            snapshot,
            nodes=_joined("node", snapshot.nodes, new.nodes, lambda node: node.name),
            agents=_joined("agent", snapshot.agents, new.agents, lambda agent: agent.key),
            namespaces={**snapshot.namespaces, **new.namespaces},
            storage=_storage(snapshot.storage, new.storage),
            quotas=_joined("quota", snapshot.quotas, new.quotas, lambda q: f"{q.namespace}/{q.name}"),
            budgets=_joined(
                "disruption budget", snapshot.budgets, new.budgets, lambda b: f"{b.namespace}/{b.name}"
            ),
            pod_groups=_joined(
                "gang", snapshot.pod_groups, new.pod_groups, lambda g: f"{g.namespace}/{g.name}"
            ),
            warnings=tuple(dict.fromkeys((*snapshot.warnings, *new.warnings))),
        )
        return with_daemons(merged, new.nodes)


def _classes(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Priority classes as far as agents of the snapshot name them, with their values."""
    named = {
        a.spec.priority_class_name: a.spec.priority for a in snapshot.agents if a.spec.priority_class_name
    }
    yield from ((name, value) for name, value in named.items() if not name.startswith("system-"))


def _joined(kind: str, old: Iterable[T], new: Iterable[T], name: Callable[[T], str]) -> tuple[T, ...]:
    """Both, in their order. Raises InputError for a name that there is already."""
    there = {name(item) for item in old}
    for item in new:
        if name(item) in there:
            raise InputError(f"{kind} {name(item)} is in the cluster already")
    return (*old, *new)


def _storage(old: Storage, new: Storage) -> Storage:
    return replace(
        old,
        claims=_merged("claim", old.claims, new.claims),
        volumes=_merged("volume", old.volumes, new.volumes),
        classes=_merged("storage class", old.classes, new.classes),
    )


def _merged(kind: str, old: Mapping[K, T], new: Mapping[K, T]) -> Mapping[K, T]:
    for key in new:
        if key in old:
            name = "/".join(key) if isinstance(key, tuple) else key
            raise InputError(f"{kind} {name} is in the cluster already")
    return {**old, **new}
