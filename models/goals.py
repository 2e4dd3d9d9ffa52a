"""What a rebalance is for: goals, in order of importance, as configurations of the scores that there are.

balance      nodes are used alike: LeastAllocated and BalancedAllocation
consolidate  nodes are emptied: Cost where nodes have a price, else FewestNodes
spread       what agents wish of each other and of spread: PodTopologySpread and InterPodAffinity
locality     agents near what they talk to and near their data: TrafficLocality and DataLocality
defragment   room for given shapes, or for the agents that wait: Fragmentation
headroom     nodes within their soft capacity, what is free in proportion: SoftCapacity and FreeRatio
profile      the scores of the profile in use, with its weights
drain        nothing that may move stays on the nodes that are named
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from placewright.models.errors import UsageError
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.profile import PLACED, Profile, ScoreName, Shape, Stage
from placewright.models.scores import Weighed, score_of
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


class Goal(StrEnum):
    """The goals, by their names on the command line and in plans."""

    BALANCE = "balance"
    CONSOLIDATE = "consolidate"
    SPREAD = "spread"
    LOCALITY = "locality"
    DEFRAGMENT = "defragment"
    HEADROOM = "headroom"
    PROFILE = "profile"
    DRAIN = "drain"


_WEIGHTS: Mapping[Goal, Mapping[ScoreName, int]] = {
    Goal.BALANCE: {ScoreName.LEAST_ALLOCATED: 1, ScoreName.BALANCED_ALLOCATION: 1},
    Goal.SPREAD: {ScoreName.POD_TOPOLOGY_SPREAD: 2, ScoreName.INTER_POD_AFFINITY: 2},
    Goal.LOCALITY: {ScoreName.TRAFFIC_LOCALITY: 1, ScoreName.DATA_LOCALITY: 1},
    Goal.DEFRAGMENT: {ScoreName.FRAGMENTATION: 1},
    Goal.HEADROOM: {ScoreName.SOFT_CAPACITY: 1, ScoreName.FREE_RATIO: 1},
}


EVEN_PRICE = 10**6
"""What a node costs, in millionths, where some are kept and none of the others has a price."""


@dataclass(frozen=True)
class Goals:
    """names: the goals, the most important first; each once, `drain` exactly where nodes are `drained`.

    shapes: what `defragment` makes room for; none: the pending agents. kept: nodes that are paid for whether
    or not they are in use, so that `consolidate` gains nothing by emptying them.
    """

    names: tuple[Goal, ...]
    drained: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def scored(self) -> tuple[Goal, ...]:
        """The goals that are levels of scores: all but drain, which is a level of its own before them."""
        return tuple(goal for goal in self.names if goal is not Goal.DRAIN)


def parse_goals(texts: tuple[str, ...], shapes: tuple[Shape, ...] = ()) -> Goals:
    """Goals as they are written: names, and `drain=NODE,NODE`. Raises UsageError."""
    names: dict[Goal, None] = {}
    drained: dict[str, None] = {}
    for text in texts:
        for part in _parts(text):
            name, equals, nodes = part.partition("=")
            if name not in set(Goal):
                raise UsageError(f"expected one of {', '.join(Goal)}, found {name!r}", field="--goal")
            if (name == Goal.DRAIN) != bool(equals and nodes):
                raise UsageError("expected drain=NODE for drain, and no value for others", field="--goal")
            names[Goal(name)] = None
            drained.update(dict.fromkeys(node for node in nodes.split("+") if node))
    if not names:
        raise UsageError("expected at least one goal", field="--goal")
    return Goals(tuple(names), tuple(drained), shapes)


def _parts(text: str) -> list[str]:
    """`balance,drain=a,b` is two parts: what follows drain= up to the next goal's name are nodes."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and "=" in parts[-1] and "=" not in part and part not in set(Goal):
            parts[-1] += f"+{part}"
        else:
            parts.append(part)
    return parts


def world(snapshot: Snapshot, goals: Goals) -> Snapshot:
    """The cluster with the goals' profile as the one that judges it, drained nodes cordoned, kept ones free.

    Raises UsageError where a drained node is not there.
    """
    for name in goals.drained:
        if name not in snapshot.node_by_name:
            raise UsageError(f"no node {name!r} in the input", field="--goal drain")
    drained = set(goals.drained)
    nodes = _priced(snapshot.nodes, set(goals.kept)) if goals.kept else snapshot.nodes
    nodes = tuple(replace(n, unschedulable=True) if n.name in drained else n for n in nodes)
    return replace(snapshot, nodes=nodes, options=_options(snapshot, goals))


def _priced(nodes: tuple[Node, ...], kept: Collection[str]) -> tuple[Node, ...]:
    """Kept nodes cost nothing more; where none of the others has a price all of them cost the same."""
    even = not any(node.price for node in nodes if node.name not in kept)
    return tuple(
        replace(node, price=0 if node.name in kept else EVEN_PRICE if even else node.price) for node in nodes
    )


def _options(snapshot: Snapshot, goals: Goals) -> Options:
    """Whatever else is best: none of those that run is left out for it."""
    profile = snapshot.options.profile
    shapes = goals.shapes or waiting_shapes(snapshot)
    shapes = shapes if Goal.DEFRAGMENT in goals.names else profile.shapes
    stages = (Stage({PLACED: 1}), *(stage for stage in profile.stages if stage.name != PLACED))
    return replace(
        snapshot.options,
        profile=replace(profile, stages=stages, shapes=shapes),
        # A volume for one node is attached to another one only once nobody uses it on the first.
        rwo_on_one_node=True,
    )


def waiting_shapes(snapshot: Snapshot) -> tuple[Shape, ...]:
    """What the pending agents request, each shape as often as they do."""
    wanted = Counter(tuple(sorted(a.spec.requests.items())) for a in snapshot.pending if a.spec.requests)
    return tuple(Shape(f"pending-{i}", dict(asked), count) for i, (asked, count) in enumerate(wanted.items()))


def weights(snapshot: Snapshot, goal: Goal, profile: Profile) -> Mapping[ScoreName, int]:
    """The scores of a goal and their weights."""
    if goal is Goal.CONSOLIDATE:
        priced = any(node.price for node in snapshot.nodes)
        return {ScoreName.COST if priced else ScoreName.FEWEST_NODES: 1}
    if goal is Goal.PROFILE:
        return {name: weight for name, weight in profile.weights.items() if name is not ScoreName.STABILITY}
    return _WEIGHTS.get(goal, {})


def weighed(snapshot: Snapshot, goal: Goal) -> list[Weighed]:
    """The scores of a goal, under which profile, and how much each counts."""
    main = snapshot.options.profile
    return [
        Weighed(score_of(name), profile, weight)
        for profile in snapshot.options.all_profiles
        for name, weight in weights(snapshot, goal, profile).items()
        if score_of(name).per_agent or profile is main
    ]


def value(state: ClusterState, goal: Goal) -> int:
    """What a state costs by one goal: the less, the better."""
    found = weighed(state.snapshot, goal)
    return sum(item.weight * item.score.value(state, item.profile) for item in found)
