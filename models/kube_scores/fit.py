"""NodeResourcesFit's three strategies: how full the agent would leave each node (§8.2 to §8.4).

Amounts are `requested` (of all agents on the node, and of this one) against allocatable. cpu and memory are
the non-zero requests, so that agents that ask for nothing are spread too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import MOST
from placewright.models.kube_scores.usage import COMPUTE, Amounts, ScoredUsage, counts
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules.resources import UsageIndex
from placewright.models.scores.utilisation import scored_request
from placewright.models.state import ClusterState

SHAPE_UNIT = 10
"""Shapes are written in scores from 0 to 10."""

Weighed = list[tuple[int, Amounts]]


def least_allocated(
    state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile
) -> list[int] | None:
    """The emptier, the better."""
    return [_average(amounts, _free_share) for amounts in _amounts(state, agent, nodes, profile)]


def most_allocated(
    state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile
) -> list[int] | None:
    """The fuller, the better; a node that is overcommitted is full."""
    return [_average(amounts, _used_share) for amounts in _amounts(state, agent, nodes, profile)]


def requested_to_capacity_ratio(
    state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile
) -> list[int] | None:
    """As the profile's shape says, resource by resource; one that scores 0 is left out of the average."""
    shape = profile.fit.shape
    return [_shaped(amounts, shape) for amounts in _amounts(state, agent, nodes, profile)]


def incoming_request(state: ClusterState, agent: Agent, resource: str) -> int:
    """What an agent that comes in counts for.

    With `quirk_fit_scoring` as 1.35 and 1.36 have it: what its containers ask for, whatever its
    `spec.resources` says (§1.4).
    """
    spec = agent.spec
    if state.snapshot.options.quirk_fit_scoring and resource in spec.container_scoring_requests:
        return spec.container_scoring_requests[resource]
    return scored_request(spec, resource) if resource in COMPUTE else spec.requests.get(resource, 0)


def _amounts(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> Iterator[Weighed]:
    """For each node the weight and the amounts of every resource that counts there."""
    asked = [(name, w, incoming_request(state, agent, name)) for name, w in profile.fit.resources.items()]
    asked = [(name, weight, request) for name, weight, request in asked if counts(name, request)]
    scored, real = state.index(ScoredUsage), state.index(UsageIndex)
    for node in nodes:
        nonzero, exact = scored.used(node.name), real.used(node.name)
        yield [
            (weight, ((nonzero if name in COMPUTE else exact).get(name, 0) + request, node.allocatable[name]))
            for name, weight, request in asked
            if node.allocatable.get(name, 0) > 0
        ]


def _average(amounts: Weighed, share: Callable[[Amounts], int]) -> int:
    score = weights = 0
    for weight, amount in amounts:
        score += share(amount) * weight
        weights += weight
    return score // weights if weights else 0


def _free_share(amounts: Amounts) -> int:
    requested, allocatable = amounts
    return 0 if requested > allocatable else (allocatable - requested) * MOST // allocatable


def _used_share(amounts: Amounts) -> int:
    requested, allocatable = amounts
    return min(requested, allocatable) * MOST // allocatable


def _shaped(amounts: Weighed, shape: tuple[tuple[int, int], ...]) -> int:
    score = weights = 0
    for weight, amount in amounts:
        own = shape_score(shape, _used_share(amount))
        if own > 0:
            score += own * weight
            weights += weight
    # Rounded half up, as kube-scheduler rounds the quotient.
    return (2 * score + weights) // (2 * weights) if weights else 0


def shape_score(shape: tuple[tuple[int, int], ...], utilization: int) -> int:
    """A shape's score, 0 to 100, at a utilisation of 0 to 100: straight between its points, flat outside."""
    before_x, before_y = shape[0][0], shape[0][1] * SHAPE_UNIT
    for x, points in shape:
        y = points * SHAPE_UNIT
        if utilization <= x:
            if x == before_x:
                return y
            return before_y + _toward_zero((y - before_y) * (utilization - before_x), x - before_x)
        before_x, before_y = x, y
    return before_y


def _toward_zero(dividend: int, divisor: int) -> int:
    """Go's integer division, for a positive divisor."""
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)
