"""Exhaustive search over placements: what the best verified one is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

from placewright.models.agent import Agent
from placewright.models.disruption import excess
from placewright.models.levels import QOS_NAME, level_values, placed_name
from placewright.models.node import Node
from placewright.models.profile import DISRUPTION, PLACED, Stage
from placewright.models.rules import RULES
from placewright.models.rules.victims import evictable, returns
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import Outcome

Choice = tuple[tuple[Agent, Node], ...]


@dataclass(frozen=True)
class Whole:
    """Who is evicted, and who goes where, agents made anew among them."""

    evicted: tuple[Agent, ...]
    steps: Choice


def best_values(snapshot: Snapshot, *, preempt: bool = False) -> dict[str, int]:
    """Level name -> value of the best placement, whatever the stages of the cluster's profile are.

    With `preempt` running agents may be evicted, and placed anew.
    """
    stages = snapshot.options.profile.stages
    # Where placing comes first, only the placements that are best in that need to be looked at.
    placed_first = stages[0].name == PLACED
    by_rank: dict[tuple[int, ...], list[Whole]] = {}
    for evicted, back in _evictions(snapshot) if preempt else [((), ())]:
        for steps in _choices(snapshot):
            whole = Whole(evicted, (*steps, *back))
            rank = _placed_rank(snapshot, whole, preempt) if placed_first else ()
            by_rank.setdefault(rank, []).append(whole)
    for rank in sorted(by_rank):
        valid = [(w, values) for w in by_rank[rank] if (values := _values(snapshot, w)) is not None]
        if valid:
            _, best = min(valid, key=lambda v: _rank(snapshot, v[0], v[1], stages, preempt))
            return best if preempt else _without_evictions(snapshot, best)
    raise AssertionError("the empty placement is always valid")


def _without_evictions(snapshot: Snapshot, values: Mapping[str, int]) -> dict[str, int]:
    """The levels that there are where nobody is evicted."""
    pending = {placed_name(agent.spec.priority) for agent in snapshot.pending}
    stages = {stage.name for stage in snapshot.options.profile.stages}
    return {name: value for name, value in values.items() if name in pending or name in stages}


def _rank(
    snapshot: Snapshot, whole: Whole, values: Mapping[str, int], stages: Sequence[Stage], preempt: bool
) -> tuple[int, ...]:
    """Smaller is better, in the order of the stages."""
    rank: list[int] = []
    for stage in stages:
        if stage.name == PLACED:
            rank.extend(_placed_rank(snapshot, whole, preempt))
        elif stage.name == DISRUPTION:
            rank.append(values.get(QOS_NAME, 0))
        elif stage.name in values:
            rank.append(values[stage.name])
    return tuple(rank)


def _placed_rank(snapshot: Snapshot, whole: Whole, preempt: bool) -> tuple[int, ...]:
    """Placed agents by priority and, between the pending priorities, what is evicted: smaller is better."""
    placed = Counter(agent.spec.priority for agent, _ in whole.steps)
    pending = sorted({agent.spec.priority for agent in snapshot.pending}, reverse=True)
    leaving = {agent.spec.priority for agent in evictable(snapshot)} if preempt else set()
    rank: list[int] = []
    for priority, following in zip(pending, (*pending, -(2**40))[1:], strict=True):
        rank.append(-placed[priority])
        between = sorted((q for q in leaving if following <= q < priority), reverse=True)
        if between:
            rank.append(excess(snapshot, [a for a in whole.evicted if a.spec.priority >= between[-1]]))
        rank.extend(sum(a.spec.priority == q for a in whole.evicted) for q in between)
        rank.extend(-placed[q] for q in between if q != following)
    return tuple(rank)


def _evictions(snapshot: Snapshot) -> Iterator[tuple[tuple[Agent, ...], Choice]]:
    """Every way to let running agents stay, go, or go elsewhere."""
    options: list[list[tuple[tuple[Agent, ...], Choice]]] = []
    for agent in evictable(snapshot):
        own: list[tuple[tuple[Agent, ...], Choice]] = [((), ()), ((agent,), ())]
        others = [n for n in snapshot.nodes if n.name != agent.node_name and _admitted(snapshot, agent, n)]
        own.extend(((agent,), ((agent, node),)) for node in others if returns(snapshot, agent))
        options.append(own)
    for parts in product(*options):
        yield (
            tuple(agent for evicted, _ in parts for agent in evicted),
            tuple(step for _, back in parts for step in back),
        )


def _choices(snapshot: Snapshot) -> Iterator[Choice]:
    """Every way to hand nodes, or none, to the pending agents; identical agents are interchangeable."""
    kinds: dict[Hashable, list[Agent]] = {}
    for agent in snapshot.pending:
        own = (agent.namespace, agent.label_set, agent.admitted, keeps_in_use(agent))
        key = (*own, agent.spread_selector, agent.spec.signature)
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


def _values(snapshot: Snapshot, whole: Whole) -> dict[str, int] | None:
    """The level values of a placement, or None where a rule forbids it."""
    devices = hand_out_devices(snapshot, whole.steps)
    if devices is None:
        return None
    state = Outcome(whole.evicted, whole.steps).state(snapshot, devices)
    for rule in RULES:
        if any(True for _ in rule.violations(state)):
            return None
    return level_values(state)
