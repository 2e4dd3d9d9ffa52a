"""The few words that random objects share, so that selectors, labels and keys meet often enough to matter."""

from __future__ import annotations

from random import Random
from typing import Any, TypeVar

Object = dict[str, Any]
T = TypeVar("T")

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
OLD_REGION = "failure-domain.beta.kubernetes.io/region"
RACK = "rack"
TOPOLOGY_KEYS = (HOSTNAME, HOSTNAME, ZONE, ZONE, ZONE, RACK, REGION, "disk")

NAMESPACES: dict[str, dict[str, str]] = {
    "default": {},
    "team-a": {"team": "a", "env": "prod"},
    "team-b": {"team": "b", "env": "dev"},
    "plain": {"env": "dev"},
}
APPS = ("web", "db", "cache")
TIERS = ("front", "back")
VERSIONS = ("v1", "v2")
GPU = "example.com/gpu"
CSI = "csi.example.com"
CSI_CAPACITY = "capacity.csi.example.com"
TAINT_KEYS = ("dedicated", "gpu", "maintenance")
TAINT_VALUES = ("", "yes", "true")
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule")
IMAGES = (
    "registry.example.com/web:1",
    "registry.example.com/db",
    "registry.example.com/cache@sha256:" + "ab" * 32,
    "registry.example.com:5000/tool",
    "busybox",
)


def chance(rng: Random, percent: float) -> bool:
    return rng.random() * 100 < percent


def some(rng: Random, items: tuple[T, ...], most: int) -> list[T]:
    """From none to `most` different items."""
    return rng.sample(items, rng.randint(0, min(most, len(items))))


def obj(kind: str, name: str, *, api: str = "v1", namespace: str = "", **fields: Any) -> Object:
    """An object as the API server would return it: with a uid."""
    meta: Object = {"name": name, "uid": f"{kind.lower()}-{namespace}-{name}", **fields.pop("meta", {})}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}
