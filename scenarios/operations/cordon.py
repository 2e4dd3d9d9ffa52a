"""Nodes are cordoned: what runs there stays, nothing new comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.scenarios.operations.base import NodeChoice, Operation


def changed(snapshot: Snapshot, chosen: Sequence[Node], change: Callable[[Node], Node]) -> Snapshot:
    """The snapshot with `change` made to the chosen nodes."""
    names = {node.name for node in chosen}
    nodes = (change(node) if node.name in names else node for node in snapshot.nodes)
    return replace(snapshot, nodes=tuple(nodes))


class Cordon(NodeChoice, Operation):
    """Close nodes to new agents."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        return changed(snapshot, self.nodes(snapshot), lambda node: replace(node, unschedulable=True))
