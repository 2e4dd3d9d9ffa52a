"""Nodes are drained: cordoned, and emptied of everything that can run elsewhere."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.scenarios.displace import displaced
from placewright.scenarios.operations.base import NodeChoice, Operation
from placewright.scenarios.operations.cordon import changed


class Drain(NodeChoice, Operation):
    """Cordon nodes and send their agents away; as with `kubectl drain`, DaemonSet and static agents stay."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        nodes = self.nodes(snapshot)
        names = {node.name for node in nodes}
        emptied = displaced(snapshot, lambda agent: agent.node_name in names and keeps_in_use(agent))
        return changed(emptied, nodes, lambda node: replace(node, unschedulable=True))
