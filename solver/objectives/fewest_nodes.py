"""FewestNodes: the encoding of models/scores/fewest_nodes.py."""

from __future__ import annotations

from typing import ClassVar

from placewright.models.node import Node
from placewright.models.profile import ScoreName
from placewright.models.scores.base import WORST
from placewright.solver.objectives.used_nodes import UsedNodesTerm


class FewestNodesTerm(UsedNodesTerm):
    """Every node costs the same."""

    score: ClassVar[ScoreName] = ScoreName.FEWEST_NODES

    @staticmethod
    def price_of(node: Node) -> int:
        return WORST
