"""Nodes bought as objects: read back, they are what was bought, with all that runs on them."""

from __future__ import annotations

import io

from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.solver.capacity.files import bought_objects
from placewright.solver.capacity.question import node_of
from placewright.tests.builders import agent
from placewright.tests.solver.capacity.questions import kind, question

LOG = {
    "name": "log",
    "namespace": "system",
    "labels": {"app": "log"},
    "requests": {"cpu": "150m", "memory": "1.5Gi"},
    "tolerations": [{"operator": "Exists"}],
    "hostPorts": [{"hostPort": 9100}],
}
TYPE = kind(
    "gpu",
    8,
    2,
    allocatable={"cpu": "7.5", "memory": "30Gi", "nvidia.com/gpu": 2, "pods": 58},
    zones=["a"],
    labels={"disk": "ssd"},
    taints=["gpu=yes:NoSchedule"],
    devices=[{"resource": "nvidia.com/gpu", "count": 2, "model": "T4"}],
    spot={"price": "0.123456"},
)


def test_what_is_written_is_read_as_what_was_bought() -> None:
    asked = question([agent("a", cpu=100)], TYPE, daemons=[LOG])
    bought = [node_of(offering, f"{offering.name}-0") for offering in asked.catalog.offerings]
    text = bought_objects(asked, bought)
    read = load_snapshot(["-"], Options(), stdin=io.BytesIO(text.encode()))
    assert {n.name: n for n in read.nodes} == {n.name: n for n in bought}
    daemons = {a.name: a for a in asked.with_nodes(bought).residents}
    assert set(daemons) == {"log-gpu-a-0", "log-gpu-a-spot-0"}
    for there in read.residents:
        own = daemons[there.name]
        assert (there.namespace, there.labels, there.node_name) == (own.namespace, own.labels, own.node_name)
        assert there.spec.requests == own.spec.requests
        assert there.spec.host_ports == own.spec.host_ports
        assert there.spec.tolerations == own.spec.tolerations
        assert (there.owner.kind, there.owner.name) == ("DaemonSet", "log")  # type: ignore[union-attr]
    assert len(read.residents) == 2
