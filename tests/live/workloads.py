"""Manifests that tests apply, and waiting for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from placewright.tests.live.control_plane import ControlPlane

PATIENCE = 60.0
"""Seconds until what controllers do is done."""


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def replicas(
    name: str,
    number: int,
    *,
    kind: str = "Deployment",
    scheduler: str = "default-scheduler",
    cpu: str = "500m",
    **spec: Any,
) -> dict[str, Any]:
    """A controller of so many alike pods that are labelled `app: name`; `spec`: more of the pod's."""
    request = {"cpu": cpu, "memory": "64Mi"}
    pod = {
        "schedulerName": scheduler,
        "containers": [{"name": "main", "image": "any", "resources": {"requests": request}}],
        **spec,
    }
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    body: dict[str, Any] = {"replicas": number, "selector": {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        body |= {"serviceName": name, "podManagementPolicy": "Parallel"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def budget(name: str, unavailable: int) -> dict[str, Any]:
    """So many of the pods labelled `app: name` may be away at a time."""
    spec = {"maxUnavailable": unavailable, "selector": {"matchLabels": {"app": name}}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": spec,
    }


def pods(plane: ControlPlane, of: str) -> list[dict[str, Any]]:
    """The pods of a namespace that are not being deleted."""
    found = plane.api.get(f"/api/v1/namespaces/{of}/pods")["items"]
    return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]


def where(plane: ControlPlane, of: str) -> dict[str, str]:
    """Pod -> node."""
    return {pod["metadata"]["name"]: pod["spec"].get("nodeName", "") for pod in pods(plane, of)}


def running(plane: ControlPlane, of: str) -> int:
    """How many pods of a namespace run."""
    return sum(pod["status"]["phase"] == "Running" for pod in pods(plane, of))


def wait_until(what: Callable[[], bool]) -> None:
    """Fails where it does not come true in time."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.2)
