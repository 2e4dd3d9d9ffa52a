"""Clusters of three nodes, two of them in zones, with claims, volumes and classes; an agent p uses them."""

from __future__ import annotations

from typing import Any

from placewright.models.agent import Agent, ClaimUse
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)
from placewright.tests.builders import ZONE, agent, node, node_affinity, requirement, snapshot

NODES = [node("n1", zone="a"), node("n2", zone="b"), node("n3")]
LOCAL = StorageClass("local", wait_for_first_consumer=True)
CLOUD = StorageClass("cloud", provisioner="csi.x", wait_for_first_consumer=True)
NOW = StorageClass("now", provisioner="csi.x")


def claim(name: str = "c", **fields: Any) -> PersistentVolumeClaim:
    return PersistentVolumeClaim("default", name, **{"request": 10, "storage_class": "local", **fields})


def bound(volume: str = "v", name: str = "c", **fields: Any) -> PersistentVolumeClaim:
    return claim(name, **{"volume_name": volume, "bound": True, "phase": "Bound", **fields})


def volume(name: str = "v", *, zone: str | None = None, **fields: Any) -> PersistentVolume:
    where = node_affinity([requirement(ZONE, "In", zone)]) if zone else None
    return PersistentVolume(
        name, **{"capacity": 10, "storage_class": "local", "node_affinity": where, **fields}
    )


def cluster(
    claims: list[PersistentVolumeClaim],
    volumes: list[PersistentVolume] | None = None,
    *others: Agent,
    classes: tuple[StorageClass, ...] = (LOCAL, CLOUD, NOW),
    user: Agent | None = None,
    nodes: list[Node] | None = None,
    options: dict[str, Any] | None = None,
    **storage: Any,
) -> Snapshot:
    uses = tuple(ClaimUse(c.name) for c in claims)
    return snapshot(
        nodes or NODES,
        [user or agent("p", claims=uses), *others],
        storage=Storage(
            claims={c.key: c for c in claims},
            volumes={v.name: v for v in volumes or ()},
            classes={c.name: c for c in classes},
            **storage,
        ),
        **(options or {}),
    )


ALL = {"n1", "n2", "n3"}
