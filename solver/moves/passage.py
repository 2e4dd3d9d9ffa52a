"""One wave in the making: which moves can go on at the same time, in whatever order their steps come.

Each move has two steps, and steps of different moves come in any order. What can only be hindered by agents
that are there is asked of the fullest moment: everybody has come, nobody has left. What leans on agents is
asked of the emptiest: everybody has left, nobody has come. Spread compares both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.audit import unassigned
from placewright.models.disruption import BudgetKey, allowed, health, key_of, spends
from placewright.models.filters import rejection
from placewright.models.movable import Discipline
from placewright.models.node import Node
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import Limits
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import (
    counted_agents,
    counted_nodes,
    counts_itself,
    hard_constraints,
)
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

ZONE = "topology.kubernetes.io/zone"
ALONE = "~"
"""Replacements are named after the agent that they replace, with this and a number."""


@dataclass(frozen=True)
class Move:
    """`agent`, by the key that it had at first, goes from a node to another. why: what for."""

    key: str
    source: str
    target: str
    discipline: Discipline
    why: str


class Cluster:
    """The cluster between waves, as two states that are equal then: `most` and `least` (see above).

    now: agent key -> the agent as it is there now, itself or its latest replacement.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.most = ClusterState(snapshot)
        self.least = ClusterState(snapshot)
        self.now: dict[str, Agent] = {}
        self._made = 0
        self.workloads = Counter(_workload(agent) for agent in snapshot.residents)
        self.gangs = Counter(_gang(a) for a in snapshot.residents if a.spec.pod_group)
        self._counted: dict[tuple[object, ...], tuple[frozenset[str], frozenset[str]]] = {}

    def current(self, key: str) -> Agent:
        """The agent as it is there now."""
        return self.now.get(key) or self.snapshot.agent_by_key[key]

    def replacement(self, key: str, discipline: Discipline) -> Agent:
        """An agent like it that is not there yet; one that comes beside it is charged to quotas."""
        self._made += 1
        made = unassigned(self.snapshot.agent_by_key[key])
        admitted = discipline is Discipline.EVICT_THEN_BIND
        return replace(made, name=f"{made.name}{ALONE}{self._made}", admitted=admitted)

    def node(self, name: str) -> Node:
        return self.snapshot.node_by_name[name]

    def counted(self, agent: Agent, index: int) -> tuple[frozenset[str], frozenset[str]]:
        """The nodes that count for the agent's hard spread constraint at `index`, and their domains."""
        key = (id(agent.spec), id(agent.spread_selector), agent.namespace, index)
        if key not in self._counted:
            constraint = hard_constraints(self.snapshot, agent)[index]
            within = counted_nodes(self.snapshot, agent, constraint)
            domains = frozenset(self.node(name).labels[constraint.topology_key] for name in within)
            self._counted[key] = (within, domains)
        return self._counted[key]

    def take_back(self, key: str, there: str, home: str, before: Agent | None) -> None:
        """Undo the latest move of an agent, from `home`, where it was `before` (None: itself), to `there`."""
        came = self.now.pop(key)
        if before is not None:
            self.now[key] = before
        for state in (self.most, self.least):
            state.remove(came, self.node(there))
            put_back(state, before or self.snapshot.agent_by_key[key], self.node(home))


def put_back(state: ClusterState, agent: Agent, node: Node) -> None:
    """Undo a removal of an agent that ran from the start, or came later."""
    if agent.node_name:
        state.restore(agent)
    else:
        state.place(agent, node)


@dataclass(frozen=True)
class _Passing:
    """A move that is part of the wave, with who leaves and who comes."""

    move: Move
    old: Agent
    new: Agent
    sensitive: tuple[Matcher, ...]


class Passage:
    """A wave to which moves are added one by one; `add` says why one cannot be part of it."""

    def __init__(self, cluster: Cluster, limits: Limits) -> None:
        self._cluster = cluster
        self._limits = limits
        self._passing: list[_Passing] = []
        self._evicted: Counter[BudgetKey] = Counter()
        self._surged: Counter[BudgetKey] = Counter()
        self._touched: Counter[tuple[str, str]] = Counter()
        self._away: Counter[Hashable] = Counter()
        self._gone: Counter[tuple[str, str]] = Counter()

    @property
    def moves(self) -> list[Move]:
        return [passing.move for passing in self._passing]

    def add(self, move: Move) -> str:
        """ "" where the move is now part of the wave, else why not; nothing is changed then."""
        cluster = self._cluster
        old = cluster.current(move.key)
        refusal = self._busy(move) or self._disrupts(move) or ""
        if refusal:
            return refusal
        source, target = cluster.node(move.source), cluster.node(move.target)
        new = cluster.replacement(move.key, move.discipline)
        surging = move.discipline is Discipline.SURGE
        if not surging:
            cluster.most.remove(old, source)
        refused = rejection(cluster.most, new, target)
        if not surging:
            put_back(cluster.most, old, source)
        if refused is not None:
            return f"{refused.rule}: {refused.message}"
        passing = _Passing(move, old, new, tuple(_sensitive(cluster.snapshot, new)))
        cluster.most.place(new, target)
        cluster.least.remove(old, source)
        refusal = self._leans(passing)
        if refusal:
            cluster.most.remove(new, target)
            put_back(cluster.least, old, source)
            return refusal
        self._passing.append(passing)
        self._count(move)
        return ""

    def commit(self) -> None:
        """The wave is over: who left is gone, who came has come."""
        for passing in self._passing:
            source = self._cluster.node(passing.move.source)
            target = self._cluster.node(passing.move.target)
            settled = replace(passing.new, admitted=True)
            self._cluster.most.remove(passing.old, source)
            if not passing.new.admitted:
                self._cluster.most.remove(passing.new, target)
                self._cluster.most.place(settled, target)
            self._cluster.least.place(settled, target)
            self._cluster.now[passing.move.key] = settled

    def cancel(self) -> None:
        """Leave the cluster as it was before the wave."""
        for passing in reversed(self._passing):
            self._cluster.most.remove(passing.new, self._cluster.node(passing.move.target))
            put_back(self._cluster.least, passing.old, self._cluster.node(passing.move.source))
        self._passing.clear()

    def _busy(self, move: Move) -> str:
        """Why limits keep a move for a later wave."""
        limits = self._limits
        if limits.total and len(self._passing) >= limits.total:
            return "limit: so many moves at once"
        most = {"node": limits.per_node, "namespace": limits.per_namespace, "zone": limits.per_zone}
        for kind, name in self._touches(move):
            if most[kind] and self._touched[kind, name] >= most[kind]:
                return f"limit: so many moves at once of {kind} {name}"
        agent = self._cluster.snapshot.agent_by_key[move.key]
        workload = _workload(agent)
        if limits.per_workload and agent.owner is not None and move.discipline is not Discipline.SURGE:
            most_away = max(1, self._cluster.workloads[workload] * limits.per_workload // 100)
            if self._away[workload] >= most_away:
                return f"limit: so many agents of {agent.owner.kind} {agent.owner.name} away at once"
        return ""

    def _touches(self, move: Move) -> Iterator[tuple[str, str]]:
        nodes = dict.fromkeys((move.source, move.target))
        yield from (("node", name) for name in nodes)
        yield ("namespace", self._cluster.snapshot.agent_by_key[move.key].namespace)
        zones = (self._cluster.node(name).labels.get(ZONE) for name in nodes)
        yield from (("zone", zone) for zone in dict.fromkeys(zones) if zone is not None)

    def _disrupts(self, move: Move) -> str:
        """Why budgets or a gang keep a move for a later wave, or for ever."""
        snapshot = self._cluster.snapshot
        agent = snapshot.agent_by_key[move.key]
        budget = spends(snapshot, agent)
        surging = move.discipline is Discipline.SURGE
        if budget is not None and not self._affords(budget, surging):
            return f"disruption budget {budget.name} lets nobody more go at once"
        gang = snapshot.pod_group_by_key.get(_gang(agent)) if agent.spec.pod_group else None
        if gang is not None and not surging:
            there = self._cluster.gangs[_gang(agent)]
            if there - self._gone[_gang(agent)] - 1 < gang.min_member:
                return f"gang {gang.name} needs {gang.min_member} of its {there} agents at every moment"
        return ""

    def _affords(self, budget: PodDisruptionBudget, surging: bool) -> bool:
        """Whether a budget lets one more go.

        Where it asks for a number of agents, replacements that run already make up for those that go.
        """
        snapshot, key = self._cluster.snapshot, key_of(budget)
        made_up = by_number(snapshot, budget)
        if surging and made_up:
            return True
        charged = self._evicted[key] + (0 if made_up else self._surged[key])
        return charged < allowed(snapshot, budget)

    def _count(self, move: Move) -> None:
        snapshot = self._cluster.snapshot
        agent = snapshot.agent_by_key[move.key]
        self._touched.update(self._touches(move))
        budget = spends(snapshot, agent)
        surging = move.discipline is Discipline.SURGE
        if budget is not None:
            (self._surged if surging else self._evicted)[key_of(budget)] += 1
        if not surging:
            self._away[_workload(agent)] += 1
            if agent.spec.pod_group:
                self._gone[_gang(agent)] += 1

    def _leans(self, passing: _Passing) -> str:
        """Why the wave with this move does not hold for those who lean on, or are counted with, others."""
        snapshot = self._cluster.snapshot
        affected = [
            other
            for other in self._passing
            if any(matches(snapshot, matcher, passing.new) for matcher in other.sensitive)
        ]
        for each in (passing, *affected):
            if not self._is_spread(each):
                return "topology_spread: some order of the moves at once is too uneven"
            if not self._has_company(each):
                return "inter_agent_affinity: in some order of the moves at once its company is missing"
        return ""

    def _is_spread(self, passing: _Passing) -> bool:
        cluster, agent, move = self._cluster, passing.new, passing.move
        target, source = cluster.node(move.target), cluster.node(move.source)
        for index, constraint in enumerate(hard_constraints(cluster.snapshot, agent)):
            matcher = counted_agents(agent, constraint)
            key = constraint.topology_key
            within, domains = cluster.counted(agent, index)
            here = target.labels[key]
            most: Mapping[str, int] = {}
            least: Mapping[str, int] = {}
            if matcher is not None:
                most = cluster.most.index(TopologyCounts).counts(matcher, key, within)
                least = cluster.least.index(TopologyCounts).counts(matcher, key, within)
            count = most.get(here, 0)
            if move.target not in within and counts_itself(agent, constraint):
                # It counts for itself even where its node does not count.
                count += 1
            leaves_first = move.discipline is Discipline.EVICT_THEN_BIND
            if leaves_first and move.source in within and source.labels.get(key) == here:
                count -= matcher is not None and matches(cluster.snapshot, matcher, passing.old)
            emptiest = min((least.get(value, 0) for value in domains if value != here), default=count)
            lowest = 0 if len(domains) < constraint.min_domains else min(emptiest, count)
            if count - lowest > constraint.max_skew:
                return False
        return True

    def _has_company(self, passing: _Passing) -> bool:
        cluster, agent = self._cluster, passing.new
        terms = own_affinity(cluster.snapshot, agent)
        if not terms or not agent.spec.affinity:
            return True
        matcher = own_matcher(cluster.snapshot, agent)
        labels = cluster.node(passing.move.target).labels
        least = cluster.least.index(TopologyCounts)
        if all(least.counts(matcher, t.topology_key).get(labels[t.topology_key], 0) > 0 for t in terms):
            return True
        return self._is_first(passing, matcher, [t.topology_key for t in terms])

    def _is_first(self, passing: _Passing, matcher: Matcher, keys: Iterable[str]) -> bool:
        """Whether it may be the first of its series: nobody else who is company is in any domain of `keys`.

        Company on a node without the label of a key is in no domain of it. Asked of the fullest moment.
        """
        cluster, move = self._cluster, passing.move
        if not matches(cluster.snapshot, matcher, passing.new):
            return False
        old_counts = move.discipline is Discipline.EVICT_THEN_BIND and matches(
            cluster.snapshot, matcher, passing.old
        )
        source = cluster.node(move.source).labels
        most = cluster.most.index(TopologyCounts)
        return all(
            sum(most.counts(matcher, key).values()) == 1 + (old_counts and key in source) for key in keys
        )


def by_number(snapshot: Snapshot, budget: PodDisruptionBudget) -> bool:
    """Whether a budget asks for a number of healthy agents, and has that many now."""
    if not isinstance(budget.min_available, int):
        return False
    known = health(snapshot, budget)
    current = known.current if budget.current_healthy is None else budget.current_healthy
    return current >= budget.min_available


def _sensitive(snapshot: Snapshot, agent: Agent) -> Iterator[Matcher]:
    """Whose coming and going matters to whether the agent is let in, other than by being in the way."""
    if agent.spec.affinity:
        yield own_matcher(snapshot, agent)
    for constraint in hard_constraints(snapshot, agent):
        matcher = counted_agents(agent, constraint)
        if matcher is not None:
            yield matcher


def _workload(agent: Agent) -> Hashable:
    owner = agent.owner
    return (agent.namespace, owner.kind, owner.name) if owner is not None else agent.key


def _gang(agent: Agent) -> tuple[str, str]:
    return (agent.namespace, agent.spec.pod_group)
