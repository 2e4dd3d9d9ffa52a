"""Whether a wave fits its snapshot and its plan: who moves, where to, what it emits, how much at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from placewright.models.agent import Agent
from placewright.models.movable import Discipline, may_surge
from placewright.models.rebalance_plan import RebalancePlan, Wave
from placewright.models.rules.base import Violation
from placewright.models.snapshot import Snapshot

PLAN, LIMIT = "plan", "limit"
"""The rules named when a plan does not fit its snapshot or says what is not so, and when too much moves."""
ZONE = "topology.kubernetes.io/zone"


def owner_of(agent: Agent) -> str:
    """`Kind/name` of an agent's controller; "" where it has none."""
    return f"{agent.owner.kind}/{agent.owner.name}" if agent.owner is not None else ""


class Fit:
    """pinned: running agent -> why it may not move, "" where it may."""

    def __init__(self, snapshot: Snapshot, plan: RebalancePlan, pinned: Mapping[str, str]) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self._pinned = pinned
        self._at_once = plan.terms.discipline is Discipline.AT_ONCE
        self._costs = plan.terms.costs(snapshot)

    def misfits(self, wave: Wave, where: Mapping[str, str], moved: Collection[str]) -> Iterator[Violation]:
        """`where`: agent key -> node name when the wave begins. `moved`: who has been made anew by then.

        Moves of agents that are not there or may not move, or to where nobody may go."""
        for key, times in Counter(move.key for move in wave.moves).items():
            if times > 1:
                yield Violation(PLAN, f"moves {times} times at once", key)
        for move in wave.moves:
            agent = self._snapshot.agent_by_key.get(move.key)
            if agent is None or move.key not in self._pinned:
                yield Violation(PLAN, "no such running agent in the snapshot", move.key, move.from_node)
            elif self._pinned[move.key]:
                yield Violation(PLAN, f"may not move: {self._pinned[move.key]}", move.key, move.from_node)
            elif where[move.key] != move.from_node:
                yield Violation(PLAN, f"is on {where[move.key]} then", move.key, move.from_node)
            elif move.to_node not in self._snapshot.node_by_name:
                yield Violation(PLAN, "no such node in the snapshot", move.key, move.to_node)
            elif move.to_node == move.from_node:
                yield Violation(PLAN, "does not go anywhere", move.key, move.to_node)
            elif move.to_node in self._plan.goals.drained:
                yield Violation(PLAN, "goes to a node that is to be drained", move.key, move.to_node)
            elif move.cost != (cost := self._costs.trip(agent, move.from_node, move.to_node)):
                yield Violation(PLAN, f"costs {cost}, not {move.cost}", move.key)
            elif move.discipline is Discipline.SURGE and not may_surge(self._snapshot, agent):
                yield Violation(PLAN, "cannot have a replacement beside it", move.key, move.from_node)
        yield from self._wrong_objects(wave, moved)

    def _wrong_objects(self, wave: Wave, moved: Collection[str]) -> Iterator[Violation]:
        """Evictions, reservations and bindings that are not those of the moves."""
        keys = [move.key for move in wave.moves]
        targets = [(move.key, move.to_node) for move in wave.moves]
        if [f"{e.metadata.namespace}/{e.metadata.name}" for e in wave.evictions] != keys:
            yield Violation(PLAN, "its evictions are not those of its moves")
        for items in (wave.reservations, wave.bindings):
            if [(f"{item.namespace}/{item.replaces}", item.node) for item in items] != targets:
                yield Violation(PLAN, "its reservations or bindings are not those of its moves")
        for item in wave.reservations:
            held = self._snapshot.agent_by_key.get(f"{item.namespace}/{item.replaces}")
            if held is not None and dict(item.requests) != dict(held.spec.requests):
                yield Violation(PLAN, "its reservation is not of what it requests", held.key, item.node)
        for binding in wave.bindings:
            bound = self._snapshot.agent_by_key.get(f"{binding.namespace}/{binding.replaces}")
            if bound is not None and binding.owner not in ("", owner_of(bound)):
                yield Violation(PLAN, f"its owner is {owner_of(bound)}", bound.key, binding.node)
            if binding.node_selector and self._selected(binding.node_selector) != {binding.node}:
                key = f"{binding.namespace}/{binding.replaces}"
                yield Violation(
                    PLAN, "its node selector means other nodes than its target", key, binding.node
                )
        for eviction, key in zip(wave.evictions, keys, strict=False):
            agent = self._snapshot.agent_by_key.get(key)
            uid = eviction.delete_options.preconditions.uid if eviction.delete_options else ""
            if agent is not None and uid and (uid != agent.uid or key in moved):
                yield Violation(PLAN, f"evicts uid {uid}, which is not there then", key)

    def _selected(self, labels: Mapping[str, str]) -> set[str]:
        """The names of the nodes that have all these labels."""
        having = (self._having.get(pair, set()) for pair in labels.items())
        return set.intersection(*having)

    @cached_property
    def _having(self) -> Mapping[tuple[str, str], set[str]]:
        """The names of the nodes that have a label."""
        found: dict[tuple[str, str], set[str]] = {}
        for node in self._snapshot.nodes:
            for pair in node.labels.items():
                found.setdefault(pair, set()).add(node.name)
        return found

    def limits(self, wave: Wave) -> Iterator[Violation]:
        """Where a wave moves more at once than the plan's terms allow; all at once is meant so."""
        terms = self._plan.terms
        if any((move.discipline is Discipline.AT_ONCE) != self._at_once for move in wave.moves):
            yield Violation(PLAN, "all move at once or nobody does")
        if self._at_once:
            if wave.number > 1:
                yield Violation(LIMIT, "a second wave where all move at once")
            return
        if terms.max_at_once and len(wave.moves) > terms.max_at_once:
            yield Violation(LIMIT, f"{len(wave.moves)} moves at once, {terms.max_at_once} is the most")
        counts: Counter[tuple[str, str]] = Counter()
        away: Counter[tuple[str, str, str]] = Counter()
        for move in wave.moves:
            both = {move.from_node, move.to_node}
            zones = {self._snapshot.node_by_name[name].labels.get(ZONE) for name in both} - {None}
            counts.update(("node", name) for name in both)
            counts.update(("zone", str(zone)) for zone in zones)
            counts["namespace", move.namespace] += 1
            owner = self._snapshot.agent_by_key[move.key].owner
            if owner is not None and move.discipline is Discipline.EVICT_THEN_BIND:
                away[move.namespace, owner.kind, owner.name] += 1
        most = {"node": terms.max_per_node, "zone": terms.max_per_zone, "namespace": terms.max_per_namespace}
        for (kind, name), count in counts.items():
            if most[kind] and count > most[kind]:
                yield Violation(LIMIT, f"{count} moves at once of {kind} {name}, {most[kind]} is the most")
        if terms.max_per_workload:
            size = Counter(
                (a.namespace, a.owner.kind, a.owner.name) for a in self._snapshot.residents if a.owner
            )
            for workload, count in away.items():
                if count > max(1, size[workload] * terms.max_per_workload // 100):
                    yield Violation(LIMIT, f"{count} agents of {workload[1]} {workload[2]} away at once")
