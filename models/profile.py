"""A profile: which plugins filter, which scores count and how much, and in which order the levels come.

Read from a KubeSchedulerConfiguration, from placewright's own short form, or from a preset; what is not
said there has kube-scheduler's default (sections 0.4 and 9 of the semantics reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from placewright.models.agent import DEFAULT_SCHEDULER, SpreadConstraint
from placewright.models.node import Resources
from placewright.models.selector import NodeSelector, PreferredNodeTerm


class ScoreName(StrEnum):
    """Every score, by its name in profiles, plans and the tree. The first nine are kube-scheduler's."""

    LEAST_ALLOCATED = "LeastAllocated"
    MOST_ALLOCATED = "MostAllocated"
    REQUESTED_TO_CAPACITY_RATIO = "RequestedToCapacityRatio"
    BALANCED_ALLOCATION = "BalancedAllocation"
    NODE_AFFINITY = "NodeAffinity"
    INTER_POD_AFFINITY = "InterPodAffinity"
    POD_TOPOLOGY_SPREAD = "PodTopologySpread"
    TAINT_TOLERATION = "TaintToleration"
    IMAGE_LOCALITY = "ImageLocality"
    COST = "Cost"
    FEWEST_NODES = "FewestNodes"
    FRAGMENTATION = "Fragmentation"
    TRAFFIC_LOCALITY = "TrafficLocality"
    DATA_LOCALITY = "DataLocality"
    STABILITY = "Stability"
    LIMIT_OVERCOMMIT = "LimitOvercommit"
    ALLOCATION = "Allocation"
    SOFT_CAPACITY = "SoftCapacity"
    FREE_RATIO = "FreeRatio"


KUBE_WEIGHTS: Mapping[ScoreName, int] = {
    ScoreName.LEAST_ALLOCATED: 1,
    ScoreName.BALANCED_ALLOCATION: 1,
    ScoreName.NODE_AFFINITY: 2,
    ScoreName.INTER_POD_AFFINITY: 2,
    ScoreName.POD_TOPOLOGY_SPREAD: 2,
    ScoreName.TAINT_TOLERATION: 3,
    ScoreName.IMAGE_LOCALITY: 1,
}
"""kube-scheduler's default score plugins and weights."""

DEFAULT_RESOURCES: Mapping[str, int] = {"cpu": 1, "memory": 1}


class BalancedFormula(StrEnum):
    """NodeResourcesBalancedAllocation changed in 1.36 (section 8.5)."""

    UNTIL_1_35 = "1.35"
    SINCE_1_36 = "1.36"


@dataclass(frozen=True)
class FitArgs:
    """NodeResourcesFit: what its filter leaves out, and how its score reads utilisation.

    resources: name -> weight. shape: (utilisation 0..100, score 0..10), only for RequestedToCapacityRatio;
    which of the three strategies is in use is said by `Profile.weights`.
    """

    ignored_resources: frozenset[str] = frozenset()
    ignored_groups: frozenset[str] = frozenset()
    resources: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_RESOURCES))
    shape: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class DefaultSpread:
    """Spread constraints of agents that have none of their own; selectors are deduced per agent.

    `system`: kube-scheduler's own two soft constraints, for which a node need not have every key.
    """

    system: bool = True
    constraints: tuple[SpreadConstraint, ...] = ()

    @property
    def has_hard(self) -> bool:
        """Whether some of them filter; kube-scheduler's own do not."""
        return not self.system and any(constraint.hard for constraint in self.constraints)


@dataclass(frozen=True)
class Shape:
    """Room that is to be kept: `count` copies of these requests (`cpu` in milli-cores)."""

    name: str
    requests: Resources
    count: int = 1
    weight: int = 1


@dataclass(frozen=True)
class Rate:
    """What each `per` of a resource costs, in the scores' unit; begun ones count whole."""

    price: int = 1
    per: int = 1


@dataclass(frozen=True)
class FreeRatio:
    """For each `amount` free of `of`, `share` is to be free of `beside`; they have no common factor.

    The rate is for what lacks of `beside`.
    """

    of: str
    amount: int
    beside: str
    share: int
    rate: Rate = field(default_factory=Rate)


@dataclass(frozen=True)
class Latency:
    """What a pair of agents that talk pays for not sharing a topology domain, level by level.

    steps: (topology key, cost of crossing it), nearest first; the node itself is kubernetes.io/hostname.
    """

    steps: tuple[tuple[str, int], ...] = (
        ("kubernetes.io/hostname", 1),
        ("topology.kubernetes.io/zone", 9),
        ("topology.kubernetes.io/region", 90),
    )


PLACED, DISRUPTION, SCORES = "placed", "disruption", "scores"
"""The levels that are not a single score. `placed` and `disruption` are several each, by priority."""


@dataclass(frozen=True)
class Stage:
    """One step of the order of importance: a level's name alone, or several blended by weight.

    parts: (PLACED, DISRUPTION, SCORES or a score's name) -> weight. A blend is one level: what is not
    placed, what is disrupted and what scores cost are added up, each times its weight.
    """

    parts: Mapping[str, int]

    @property
    def name(self) -> str:
        """As levels are named in plans: `scores`, or `blend(2*placed+scores)`."""
        if len(self.parts) == 1:
            return next(iter(self.parts))
        terms = (name if weight == 1 else f"{weight}*{name}" for name, weight in self.parts.items())
        return f"blend({'+'.join(terms)})"


DEFAULT_STAGES = (Stage({PLACED: 1}), Stage({DISRUPTION: 1}), Stage({SCORES: 1}))


@dataclass(frozen=True)
class Profile:
    """One scheduler profile.

    weights: score -> weight; a score that is not in it does not count. Weights are in kube-scheduler's
        unit: what one agent gains or loses by it, 0 to 100, times the weight.
    off: kube-scheduler plugins whose filter is switched off; DefaultPreemption: nobody is evicted for its
        agents.
    allocate: resource -> what one unit of it is worth that is handed out.
    limit_caps: resource -> the most that limits on a node may add up to, in thousandths of its
        allocatable amount: a hard rule.
    soft_capacity: resource -> what going beyond a node's soft capacity costs (SoftCapacity).
    free_ratios: what is to be free beside what (FreeRatio).
    stages: the order of importance.
    """

    name: str = "balanced"
    scheduler_name: str = DEFAULT_SCHEDULER
    weights: Mapping[ScoreName, int] = field(default_factory=lambda: dict(KUBE_WEIGHTS))
    off: frozenset[str] = frozenset()
    fit: FitArgs = field(default_factory=FitArgs)
    balanced_resources: tuple[str, ...] = ("cpu", "memory")
    balanced_formula: BalancedFormula = BalancedFormula.SINCE_1_36
    hard_affinity_weight: int = 1
    ignore_preferred_of_existing: bool = False
    added_affinity: NodeSelector | None = None
    added_preferred: tuple[PreferredNodeTerm, ...] = ()
    default_spread: DefaultSpread = field(default_factory=DefaultSpread)
    shapes: tuple[Shape, ...] = ()
    allocate: Mapping[str, int] = field(default_factory=dict)
    latency: Latency = field(default_factory=Latency)
    limit_caps: Mapping[str, int] = field(default_factory=dict)
    soft_capacity: Mapping[str, Rate] = field(default_factory=dict)
    free_ratios: tuple[FreeRatio, ...] = ()
    stages: tuple[Stage, ...] = DEFAULT_STAGES

    def weight(self, score: ScoreName) -> int:
        """The weight of a score, 0 where it does not count."""
        return self.weights.get(score, 0)
