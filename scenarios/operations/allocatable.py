"""Nodes are of another size: an upgrade to a larger type, more reserved for the system."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field, model_validator

from placewright.models.errors import InputError
from placewright.models.node import Node
from placewright.models.quantity import parse_amount
from placewright.models.reading.display import nearest, shown
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Amounts, ResourceName, unfit
from placewright.scenarios.operations.base import Factor, NodeChoice, Operation
from placewright.scenarios.operations.cordon import changed


class Allocatable(NodeChoice, Operation):
    """Change what agents can use on nodes. Who runs there stays, even if the node is then overcommitted."""

    set: Amounts = Field(default_factory=dict)
    """New amounts; other resources keep theirs."""
    factors: dict[ResourceName, Factor] = Field(default_factory=dict)
    """What amounts are multiplied by, rounded down."""

    @model_validator(mode="after")
    def _changes(self) -> Allocatable:
        if not self.set and not self.factors:
            raise unfit("give set or factors: what is to change?")
        both = sorted(self.set.keys() & self.factors.keys())
        if both:
            raise unfit(f"{both[0]} is in set and in factors: give it once")
        return self

    def apply(self, snapshot: Snapshot) -> Snapshot:
        nodes = self.nodes(snapshot)
        for name in self.factors:
            if not any(node.allocatable.get(name, 0) for node in nodes):
                known = {resource for node in nodes for resource in node.allocatable}
                raise InputError(
                    f"none of these nodes has any {shown(name)}{nearest(name, known)}", field="factors"
                )
        return changed(snapshot, nodes, self._changed)

    def _changed(self, node: Node) -> Node:
        amounts = dict(node.allocatable)
        amounts.update({name: parse_amount(name, value) for name, value in self.set.items()})
        for name, factor in self.factors.items():
            if name in amounts:
                amounts[name] = amounts[name] * factor.numerator // factor.denominator
        return replace(node, allocatable=amounts)
