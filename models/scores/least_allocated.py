"""LeastAllocated: no node busier than it need be.

Batch form of kube-scheduler's NodeResourcesFit with LeastAllocated. Scored pod by pod, LeastAllocated adds
up to the integral of the free fraction, so the final state's equivalent is the square of each node's
utilisation. In integers:

    u(n, r) = ceil(1000 * used(n, r) / allocatable(n, r))          permille, r in {cpu, memory}
    F(u)    = max over k in 0..9 of (2k+1)*u - 100*k*(k+1)         = u*u/100 at every full 10 %
    cost    = sum over nodes n and resources r of F(u(n, r))

`used` counts kube-scheduler's non-zero requests (100m and 200Mi for a container that asks for nothing),
as LeastAllocated does. A node without an allocatable amount of r has no term for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from placewright.models.agent import Agent, AgentSpec
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import Score
from placewright.models.state import ClusterState

RESOURCES = ("cpu", "memory")
SEGMENTS = tuple((2 * k + 1, 100 * k * (k + 1)) for k in range(10))
"""(slope, offset) of each line of F."""


def scored_request(spec: AgentSpec, resource: str) -> int:
    """What an agent counts for here: its non-zero request where ingest filled one in."""
    return spec.scoring_requests.get(resource, spec.requests.get(resource, 0))


def permille(used: int, allocatable: int) -> int:
    """Utilisation in thousandths, rounded up; above 1000 on an overcommitted node."""
    return -(-1000 * used // allocatable)


def cost(utilisation: int) -> int:
    """F above."""
    return max(slope * utilisation - offset for slope, offset in SEGMENTS)


class LeastAllocatedScore(Score):
    name = ScoreName.LEAST_ALLOCATED
    plugin = "NodeResourcesFit"
    summary = "No node is busier than it need be."

    def value(self, state: ClusterState, profile: Profile) -> int:
        total = 0
        for node in state.snapshot.nodes:
            agents = state.agents_on(node.name).values()
            for resource in RESOURCES:
                allocatable = node.allocatable.get(resource, 0)
                if allocatable > 0:
                    total += cost(permille(_used(agents, resource), allocatable))
        return total


def _used(agents: Iterable[Agent], resource: str) -> int:
    return sum(scored_request(agent.spec, resource) for agent in agents)


SCORE = LeastAllocatedScore()
