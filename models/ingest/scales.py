"""How many agents each controller is to have: what a disruption budget's percentages are of (§11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from placewright.models.ingest.workloads import OwnerKey, deployment_of, owner_key
from placewright.models.policy import Scale
from placewright.models.wire.workload import WorkloadWire

SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
"""The kinds with a number of replicas; one that does not say has one."""


def scales(workloads: Mapping[str, Sequence[WorkloadWire]]) -> dict[OwnerKey, Scale]:
    """By controller. A ReplicaSet's is that of its Deployment, shared with the ReplicaSets before it."""
    found: dict[OwnerKey, Scale] = {}
    for kind in SCALED:
        for workload in workloads.get(kind, ()):
            key = owner_key(kind, workload)
            deciding = found.get(deployment_of(workload) or key)
            replicas = workload.spec.replicas if workload.spec else None
            own = Scale((kind, workload.metadata.name), 1 if replicas is None else replicas)
            found[key] = deciding or own
    return found
