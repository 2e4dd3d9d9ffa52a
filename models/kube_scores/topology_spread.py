"""PodTopologySpread: soft constraints, the agent's own or the default ones (§6.5).

A domain's agents weigh ln(number of domains + 2), so that a constraint over few domains is not drowned by
one over many. Floats are added up in kube-scheduler's order and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from placewright.models.agent import Agent, SpreadConstraint
from placewright.models.kube_scores.base import MOST, round_half_away
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules.topology import HOSTNAME, NODE_ITSELF, TopologyCounts
from placewright.models.rules.topology_spread import counted_agents, is_included
from placewright.models.spread import default_constraints
from placewright.models.state import ClusterState


@dataclass(frozen=True)
class _Spread:
    """One soft constraint in a state, and the live counts it compares: by node or by value."""

    constraint: SpreadConstraint
    counts: Mapping[str, int]

    @property
    def by_node(self) -> bool:
        return self.constraint.topology_key == HOSTNAME

    def raw(self, node: Node, weight: float) -> float:
        value = node.labels[self.constraint.topology_key]
        count = self.counts.get(node.name if self.by_node else value, 0)
        return float(count) * weight + float(self.constraint.max_skew - 1)


def soft_constraints(agent: Agent, profile: Profile) -> tuple[SpreadConstraint, ...]:
    """The ScheduleAnyway constraints that score an agent: its own, or where it has none the default ones."""
    constraints = agent.spec.spread
    if not constraints and agent.spread_selector is not None:
        constraints = default_constraints(profile.default_spread, agent.spread_selector)
    return tuple(constraint for constraint in constraints if not constraint.hard)


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """Most for the emptiest domains; 0 for a node without a key; None without soft constraints."""
    spreads = _spreads(state, agent, profile)
    if not spreads:
        return None
    keys = [spread.constraint.topology_key for spread in spreads]
    lenient = _is_lenient(agent, profile)
    # Only with the system's defaults is a node scored by the keys that it has.
    scored = [node for node in nodes if lenient or all(key in node.labels for key in keys)]
    weights = [math.log(_size(spread, scored) + 2) for spread in spreads]
    raw = {node.name: _raw(node, spreads, weights) for node in scored}
    least, largest = min(raw.values(), default=0), max(raw.values(), default=0)
    return [_points(raw.get(node.name), least, largest) for node in nodes]


def _points(raw: int | None, least: int, largest: int) -> int:
    if raw is None:
        return 0
    return MOST * (largest + least - raw) // largest if largest else MOST


def _is_lenient(agent: Agent, profile: Profile) -> bool:
    return profile.default_spread.system and not agent.spec.spread


def _size(spread: _Spread, scored: Sequence[Node]) -> int:
    """How many domains the open nodes make; a label that is missing is one more."""
    if spread.by_node:
        return len(scored)
    return len({node.labels.get(spread.constraint.topology_key, "") for node in scored})


def _raw(node: Node, spreads: Sequence[_Spread], weights: Sequence[float]) -> int:
    total = 0.0
    for spread, weight in zip(spreads, weights, strict=True):
        if spread.constraint.topology_key in node.labels:
            total += spread.raw(node, weight)
    return round_half_away(total)


def _spreads(state: ClusterState, agent: Agent, profile: Profile) -> tuple[_Spread, ...]:
    """The agent's soft constraints with their live counts, shared by all agents of its kind."""
    # The snapshot keeps every spec alive, so an id stays its own.
    key: Hashable = (__name__, id(agent.spec), agent.namespace, agent.spread_selector, profile.default_spread)
    known = state.cache.get(key)
    if known is None:
        known = state.cache[key] = tuple(_counted(state, agent, profile))
    return cast(tuple[_Spread, ...], known)


def _counted(state: ClusterState, agent: Agent, profile: Profile) -> list[_Spread]:
    constraints = soft_constraints(agent, profile)
    keys = [] if _is_lenient(agent, profile) else [c.topology_key for c in constraints]
    counted = state.index(TopologyCounts)
    found = []
    for constraint in constraints:
        matcher = counted_agents(agent, constraint)
        counts: Mapping[str, int] = {}
        if matcher is not None and constraint.topology_key == HOSTNAME:
            # On the node itself, whatever the constraint's policies leave out.
            counts = counted.counts(matcher, NODE_ITSELF)
        elif matcher is not None:
            within = frozenset(
                node.name
                for node in state.snapshot.nodes
                if all(key in node.labels for key in keys)
                and is_included(state.snapshot, agent, constraint, node)
            )
            counts = counted.counts(matcher, constraint.topology_key, within)
        found.append(_Spread(constraint, counts))
    return found
