"""Nodes are taken out of the cluster: a pool is retired, a machine is given back."""

from __future__ import annotations

from placewright.models.snapshot import Snapshot
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.operations.base import NodeChoice, Operation


class RemoveNodes(NodeChoice, Operation):
    """Take nodes away. What ran there is pending again; DaemonSet and static agents go with their node."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        return without_nodes(snapshot, {node.name for node in self.nodes(snapshot)})
