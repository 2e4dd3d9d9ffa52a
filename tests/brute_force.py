"""Exhaustive search over placements: what the best verified one is worth."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, product

from placewright.models.agent import Agent
from placewright.models.levels import level_values, placed_name
from placewright.models.node import Node
from placewright.models.profile import PLACED, Stage
from placewright.models.rules import RULES
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.extract import hand_out_devices

Choice = tuple[tuple[Agent, Node], ...]


def best_values(snapshot: Snapshot) -> dict[str, int]:
    """Level name -> value of the best placement, whatever the stages of the cluster's profile are."""
    stages = snapshot.options.profile.stages
    # Where placing comes first, only the placements that place most need to be looked at.
    placed_first = stages[0].name == PLACED
    by_placed: dict[tuple[int, ...], list[Choice]] = {}
    priorities = sorted({agent.spec.priority for agent in snapshot.pending}, reverse=True)
    for choice in _choices(snapshot):
        placed = tuple(sum(a.spec.priority == p for a, _ in choice) for p in priorities)
        by_placed.setdefault(placed if placed_first else (), []).append(choice)
    for placed in sorted(by_placed, reverse=True):
        values = [values for choice in by_placed[placed] if (values := _values(snapshot, choice)) is not None]
        if values:
            return min(values, key=lambda v: _rank(v, stages, priorities))
    raise AssertionError("the empty placement is always valid")


def _rank(values: Mapping[str, int], stages: Sequence[Stage], priorities: Sequence[int]) -> tuple[int, ...]:
    """Smaller is better, in the order of the stages."""
    rank: list[int] = []
    for stage in stages:
        if stage.name == PLACED:
            rank.extend(-values[placed_name(priority)] for priority in priorities)
        elif stage.name in values:
            rank.append(values[stage.name])
    return tuple(rank)


def _choices(snapshot: Snapshot) -> Iterator[Choice]:
    """Every way to hand nodes, or none, to the pending agents; identical agents are interchangeable."""
    kinds: dict[Hashable, list[Agent]] = {}
    for agent in snapshot.pending:
        own = (agent.namespace, agent.label_set, agent.admitted, keeps_in_use(agent))
        key = (*own, agent.spec.signature)
        kinds.setdefault(key, []).append(agent)
    options = []
    for members in kinds.values():
        open_nodes = [None, *(n for n in snapshot.nodes if _admitted(snapshot, members[0], n))]
        options.append(
            [
                tuple((a, n) for a, n in zip(members, nodes, strict=True) if n is not None)
                for nodes in combinations_with_replacement(open_nodes, len(members))
            ]
        )
    for parts in product(*options):
        yield tuple(step for part in parts for step in part)


def _admitted(snapshot: Snapshot, agent: Agent, node: Node) -> bool:
    return all(rule.admits(snapshot, agent, node) is None for rule in RULES)


def _values(snapshot: Snapshot, choice: Choice) -> dict[str, int] | None:
    """The level values of a placement, or None where a rule forbids it."""
    devices = hand_out_devices(snapshot, choice)
    if devices is None:
        return None
    state = ClusterState(snapshot)
    for agent, node in choice:
        state.place(agent, node, devices.get(agent.key, ()))
    for rule in RULES:
        if any(True for _ in rule.violations(state)):
            return None
    return level_values(state)
