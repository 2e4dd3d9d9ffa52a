"""What a rebalance is asked for beside its goals: who may move, how much, and how many at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from placewright.models.movable import MovePolicy
from placewright.models.move_cost import Pricing, Surcharges


@dataclass(frozen=True)
class Limits:
    """How many moves one wave may hold; 0 is no limit.

    per_node, per_namespace and per_zone count what leaves and what comes. per_workload is in percent of the
    agents that one controller has, and at least one: so many may be away at once where no budget says less.
    """

    total: int = 0
    per_node: int = 0
    per_namespace: int = 0
    per_zone: int = 0
    per_workload: int = 25


@dataclass(frozen=True)
class RebalanceOptions:
    """max_moves, max_disruption: how many moves at most, and what they cost at most; None: as it takes.

    min_gain: points that the goals must gain for each 100 of move cost. repair: agents that break a rule are
    moved first. pareto: what every number of moves would bring is worked out, too. max_emptied: how many
    nodes that consolidation pays for may be emptied at most.
    """

    policy: MovePolicy = field(default_factory=MovePolicy)
    pricing: Pricing = Pricing.WEIGHTED
    surcharges: Surcharges = field(default_factory=Surcharges)
    limits: Limits = field(default_factory=Limits)
    max_moves: int | None = None
    max_disruption: int | None = None
    max_emptied: int | None = None
    min_gain: int = 1
    repair: bool = True
    pareto: bool = False
