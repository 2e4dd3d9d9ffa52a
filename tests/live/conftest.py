"""One control plane for all tests here; each has a namespace of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from placewright.tests.live.control_plane import BINARY, ControlPlane
from placewright.tests.live.kubelet import Kubelets

NODES = 4
HAVE = {"cpu": "4", "memory": "8Gi", "pods": "20"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these are slow, and there is nothing to ask without the program."""
    for item in items:
        if item.nodeid.startswith("tests/live/"):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("live"))
            item.add_marker(
                pytest.mark.skipif(not BINARY.exists(), reason="`make live` builds a control plane")
            )


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Four nodes in two zones, and kubelets that run what is bound."""
    with ControlPlane(tmp_path_factory.mktemp("plane")) as plane, Kubelets(plane.api):
        for i in range(NODES):
            labels = {"kubernetes.io/hostname": f"n{i}", "topology.kubernetes.io/zone": "ab"[i % 2]}
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{i}", "labels": labels}}
            plane.api.create("/api/v1/nodes", node)
            ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": "ready"}
            status = {"capacity": HAVE, "allocatable": HAVE, "conditions": [ready]}
            plane.api.patch(f"/api/v1/nodes/n{i}/status", {"status": status})
        yield plane
