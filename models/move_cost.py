"""What moving an agent costs: hundredths of the move of a small agent without state.

    cost = weight * (100 + state + size + importance + freshness)

    weight      the agent's own (`placewright.io/move-weight`), 1 unless it says so
    state       100 for an agent of a StatefulSet, 100 more where it has claims that must be attached anew
    size        100 * its larger share of cpu and memory of the largest node that there is
    importance  0 to 100, by the rank of its priority among those of the running agents
    freshness   100 within an hour of its start: it was disrupted a moment ago

Everything is an integer; shares and ranks are rounded down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from placewright.models.agent import Agent
from placewright.models.demands import workload_of
from placewright.models.movable import Ages, MovePolicy
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot

UNIT = 100
"""What the move of a small agent without state costs."""
FRESH = 3600
"""Seconds within which an agent counts as just started."""


class Pricing(StrEnum):
    """weighted: as above. even: every move costs the same, whatever moves. own: its weight, nothing else."""

    WEIGHTED = "weighted"
    EVEN = "even"
    OWN = "own"


@dataclass(frozen=True)
class Surcharges:
    """What moving costs beside the agents that move.

    distance: topology key -> what leaving a domain of it for another one costs each agent. most_moved: what
    each move costs of the workload of which most agents move.
    """

    distance: Mapping[str, int] = field(default_factory=dict)
    most_moved: int = 0

    def way(self, source: Node, target: Node) -> int:
        """What it costs to go from one node to another."""
        return sum(
            cost for key, cost in self.distance.items() if source.labels.get(key) != target.labels.get(key)
        )

    def __bool__(self) -> bool:
        return self.most_moved > 0 or any(self.distance.values())


@dataclass(frozen=True)
class MoveCosts:
    """The costs of one snapshot's agents."""

    snapshot: Snapshot
    policy: MovePolicy
    pricing: Pricing = Pricing.WEIGHTED
    surcharges: Surcharges = field(default_factory=Surcharges)

    def of(self, agent: Agent) -> int:
        """What moving this agent costs, however far."""
        if self.pricing is Pricing.OWN:
            return agent.move_weight
        if self.pricing is Pricing.EVEN:
            return UNIT
        state = UNIT * (agent.owner is not None and agent.owner.kind == "StatefulSet")
        state += UNIT * bool(agent.spec.claims)
        # Whoever is asked about as if it were yet to be placed has started all the same.
        age = self._ages.seconds(self.snapshot.agent_by_key.get(agent.key, agent))
        fresh = UNIT * (age is not None and age < FRESH)
        return agent.move_weight * (UNIT + state + self._size(agent) + self._importance(agent) + fresh)

    def trip(self, agent: Agent, source: str, target: str) -> int:
        """What moving this agent from a node to another costs; nodes by name."""
        nodes = self.snapshot.node_by_name
        return self.of(agent) + self.surcharges.way(nodes[source], nodes[target])

    def fare(self, where: Mapping[str, str]) -> int:
        """What it costs that agents (by key) are on these nodes and not where they run."""
        by_key = self.snapshot.agent_by_key
        going = [(by_key[key], name) for key, name in where.items() if by_key[key].node_name != name]
        moved = Counter(workload_of(agent) for agent, _ in going)
        alone = sum(self.trip(agent, agent.node_name, name) for agent, name in going)
        return alone + self.surcharges.most_moved * max(moved.values(), default=0)

    def _size(self, agent: Agent) -> int:
        shares = (UNIT * agent.spec.requests.get(name, 0) // most for name, most in self._largest if most)
        return min(UNIT, max(shares, default=0))

    def _importance(self, agent: Agent) -> int:
        ranks = self._priorities
        return UNIT * ranks.index(agent.spec.priority) // (len(ranks) - 1) if len(ranks) > 1 else 0

    @cached_property
    def _ages(self) -> Ages:
        return Ages(self.snapshot, self.policy)

    @cached_property
    def _largest(self) -> Sequence[tuple[str, int]]:
        nodes = self.snapshot.nodes
        return [(r, max((n.allocatable.get(r, 0) for n in nodes), default=0)) for r in ("cpu", "memory")]

    @cached_property
    def _priorities(self) -> Sequence[int]:
        return sorted({agent.spec.priority for agent in self.snapshot.residents})
