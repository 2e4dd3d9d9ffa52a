"""Nodes and namespaces."""

from __future__ import annotations

from typing import Literal

from placewright.models.wire.base import Flag, ListOf, Quantities, Text, Wire
from placewright.models.wire.meta import Metadata
from placewright.models.wire.pod import Condition


class TaintWire(Wire):
    key: str
    value: Text = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class NodeSpec(Wire):
    unschedulable: Flag = False
    taints: ListOf[TaintWire] = []


class ContainerImage(Wire):
    names: ListOf[str] = []
    size_bytes: int = 0


class NodeCondition(Condition):
    last_heartbeat_time: Text = ""


class NodeStatus(Wire):
    allocatable: Quantities | None = None
    capacity: Quantities = {}
    conditions: ListOf[NodeCondition] = []
    images: ListOf[ContainerImage] = []


class NodeWire(Wire):
    metadata: Metadata
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class NamespaceWire(Wire):
    metadata: Metadata
