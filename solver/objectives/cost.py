"""Cost: the encoding of models/scores/cost.py."""

from __future__ import annotations

from typing import ClassVar

from placewright.models.node import Node
from placewright.models.profile import ScoreName
from placewright.solver.objectives.used_nodes import UsedNodesTerm


class CostTerm(UsedNodesTerm):
    """Every node costs its price per hour, in millionths."""

    score: ClassVar[ScoreName] = ScoreName.COST

    @staticmethod
    def price_of(node: Node) -> int:
        return node.price
