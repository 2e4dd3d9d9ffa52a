"""A state of the cluster in numbers."""

from __future__ import annotations

from collections.abc import Collection

from placewright.models.rebalance_plan import Figures
from placewright.models.scores.used_nodes import keeps_in_use, used_nodes
from placewright.models.state import ClusterState
from placewright.solver.utilisation import utilisations


def figures(state: ClusterState, drained: Collection[str]) -> Figures:
    """Nodes in use, what they cost, who is left on drained nodes, and how evenly nodes are used."""
    used = list(used_nodes(state))
    on_drained = sum(keeps_in_use(a) for name in drained for a in state.agents_on(name).values())
    return Figures(
        nodes_in_use=len(used),
        price=sum(node.price for node in used),
        on_drained=on_drained,
        utilisation=utilisations(state),
    )
