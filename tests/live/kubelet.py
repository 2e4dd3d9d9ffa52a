"""What kubelets tell an API server, without nodes: bound pods run and are ready, deleted ones are gone at once."""

from __future__ import annotations

import threading
from typing import Any

from placewright.tests.live.api import Api

READY = {
    "phase": "Running",
    "startTime": "2026-01-01T00:00:00Z",
    "conditions": [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")],
}
INTERVAL = 0.1
"""Seconds between two looks at all pods."""


class Kubelets:
    """All nodes' kubelets in one thread; a context."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Kubelets:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            for pod in self._api.get("/api/v1/pods")["items"]:
                self._look_at(pod)

    def _look_at(self, pod: dict[str, Any]) -> None:
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if pod["metadata"].get("deletionTimestamp"):
            self._api.delete(path, {"gracePeriodSeconds": 0}, may_miss=True)
        elif pod["spec"].get("nodeName") and pod["status"].get("phase") == "Pending":
            self._api.patch(f"{path}/status", {"status": READY}, may_miss=True)
