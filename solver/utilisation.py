"""How evenly nodes are used: the spread of what is requested of them."""

from __future__ import annotations

from math import isqrt

from placewright.models.comparison import Utilisation
from placewright.models.rules.resources import UsageIndex
from placewright.models.state import ClusterState

RESOURCES = ("cpu", "memory")


def utilisations(state: ClusterState) -> tuple[Utilisation, ...]:
    """For cpu and memory the least, mean and most used node and the standard deviation, in thousandths.

    Over the nodes that have an amount of the resource; none where no node has.
    """
    found = ((resource, _shares(state, resource)) for resource in RESOURCES)
    return tuple(_spread(resource, shares) for resource, shares in found if shares)


def _shares(state: ClusterState, resource: str) -> list[int]:
    usage = state.index(UsageIndex)
    return [
        1000 * usage.used(node.name).get(resource, 0) // node.allocatable[resource]
        for node in state.snapshot.nodes
        if node.allocatable.get(resource, 0) > 0
    ]


def _spread(resource: str, shares: list[int]) -> Utilisation:
    count, total = len(shares), sum(shares)
    squares = count * sum(share * share for share in shares) - total * total
    return Utilisation(
        resource=resource,
        min=min(shares),
        mean=total // count,
        max=max(shares),
        deviation=isqrt(squares) // count,
    )
