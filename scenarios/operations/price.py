"""Nodes cost something else: another contract, a price rise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import model_validator

from placewright.models.errors import InputError
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Price, unfit
from placewright.scenarios.operations.base import Factor, NodeChoice, Operation, scaled
from placewright.scenarios.operations.cordon import changed


class PriceNodes(NodeChoice, Operation):
    """Change what nodes cost per hour."""

    price: Price | None = None
    """Per hour, in any currency, at most 6 decimals."""
    factor: Factor | None = None
    """What the price is multiplied by, rounded up to a millionth."""

    @model_validator(mode="after")
    def _changes(self) -> PriceNodes:
        if (self.price is None) == (self.factor is None):
            raise unfit("give price or factor, one of them")
        return self

    def apply(self, snapshot: Snapshot) -> Snapshot:
        nodes = self.nodes(snapshot)
        if self.factor is not None and not any(node.price for node in nodes):
            raise InputError("none of these nodes has a price: give price, as a factor changes nothing")
        return changed(snapshot, nodes, self._changed)

    def _changed(self, node: Node) -> Node:
        price: Any = self.price if self.factor is None else scaled(node.price, self.factor)
        return replace(node, price=price)
