"""Random pods: replicas of templates, waiting, running, terminating, finished, gated or somebody else's."""

from __future__ import annotations

from copy import deepcopy
from random import Random

from placewright.tests.conformance.cases import terms
from placewright.tests.conformance.cases.containers import containers, running_status
from placewright.tests.conformance.cases.storage import World
from placewright.tests.conformance.cases.words import (
    APPS,
    NAMESPACES,
    TIERS,
    VERSIONS,
    Object,
    chance,
    obj,
)

DELETED = {"deletionTimestamp": "2026-01-02T03:04:05Z", "deletionGracePeriodSeconds": 30}


def template(rng: Random, nodes: int) -> Object:
    """What replicas share: namespace, labels and spec."""
    namespace = rng.choice(tuple(NAMESPACES))
    labels: dict[str, str] = {}
    if chance(rng, 95):
        labels["app"] = rng.choice(APPS)
    if chance(rng, 60):
        labels["tier"] = rng.choice(TIERS)
    if chance(rng, 60):
        labels["version"] = rng.choice(VERSIONS)
    return {"namespace": namespace, "labels": labels, "spec": _spec(rng, labels, nodes)}


def _spec(rng: Random, labels: dict[str, str], nodes: int) -> Object:
    spec = containers(rng)
    affinity: Object = terms.company(rng, labels)
    if chance(rng, 45):
        where = terms.node_affinity(rng, nodes)
        if where:
            affinity["nodeAffinity"] = where
    if affinity:
        spec["affinity"] = affinity
    if chance(rng, 8):
        spec["nodeSelector"] = rng.choice(({}, {"disk": "ssd"}, {"rack": "k1"}, {"disk": ""}))
    spread = terms.spread(rng, labels)
    if spread:
        spec["topologySpreadConstraints"] = spread
    tolerations = terms.tolerations(rng)
    if tolerations:
        spec["tolerations"] = tolerations
    if chance(rng, 70):
        spec["priority"] = rng.choice((-10, 0, 10, 10, 1000))
    if chance(rng, 10):
        spec["preemptionPolicy"] = "Never"
    return spec


def pod(made: Object, name: str, *, owner: Object | None = None) -> Object:
    """One replica of a template; nothing is shared between two of them."""
    meta: Object = {"labels": dict(made["labels"]), "creationTimestamp": "2026-01-01T00:00:00Z"}
    if owner is not None:
        meta["ownerReferences"] = [owner]
    spec = deepcopy(made["spec"])
    return obj("Pod", name, namespace=made["namespace"], meta=meta, spec=spec, status={"phase": "Pending"})


def with_volumes(rng: Random, made: Object, world: World, *, running: bool = False) -> None:
    """Give a pod its volumes."""
    meta = made["metadata"]
    chosen = world.volumes(rng, meta["namespace"], meta["name"], running=running)
    if chosen:
        made["spec"]["volumes"] = chosen


def waiting(rng: Random, made: Object) -> None:
    """Most are ours to place; a few are not."""
    if chance(rng, 2):
        made["spec"]["schedulingGates"] = [{"name": "example.com/wait"}]
    elif chance(rng, 2):
        made["spec"]["schedulerName"] = "other-scheduler"
    elif chance(rng, 2):
        made["metadata"].update(DELETED)


def assigned(rng: Random, made: Object, nodes: int) -> None:
    """Put a pod on a node, whether or not there is room: the past is not ours to judge."""
    made["spec"]["nodeName"] = f"n{rng.randrange(nodes)}" if chance(rng, 98) else "gone"
    made["status"] = {
        "phase": rng.choice(("Running", "Running", "Running", "Pending", "Unknown")),
        "startTime": "2026-01-01T00:00:00Z",
        **running_status(rng, made["spec"]),
    }
    if chance(rng, 10):
        made["status"]["phase"] = rng.choice(("Succeeded", "Failed"))
    if chance(rng, 10):
        made["metadata"].update(DELETED)
    if chance(rng, 5):
        made["spec"]["schedulerName"] = "other-scheduler"
