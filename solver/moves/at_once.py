"""What the moves of a wave may take at once: limits, disruption budgets, and what gangs and controllers need.

All of it is counted with every eviction of the wave made and no replacement ready.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator

from placewright.models.disruption import BudgetKey, allowed, health, key_of, spends
from placewright.models.movable import Discipline
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import Limits
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.cluster import Cluster, Move, gang_of, workload

ZONE = "topology.kubernetes.io/zone"


class AtOnce:
    """What the moves that are counted so far have used; `refusal` says why one more is too many."""

    def __init__(self, cluster: Cluster, limits: Limits) -> None:
        self._cluster = cluster
        self._limits = limits
        self._moves = 0
        self._evicted: Counter[BudgetKey] = Counter()
        self._surged: Counter[BudgetKey] = Counter()
        self._touched: Counter[tuple[str, str]] = Counter()
        self._away: Counter[Hashable] = Counter()
        self._gone: Counter[tuple[str, str]] = Counter()

    def refusal(self, move: Move) -> str:
        """Why a move has to wait for a later wave, or for ever; "" where it need not."""
        return self._busy(move) or self._disrupts(move)

    def count(self, move: Move) -> None:
        """The move is part of the wave."""
        self._moves += 1
        snapshot = self._cluster.snapshot
        agent = snapshot.agent_by_key[move.key]
        self._touched.update(self._touches(move))
        budget = spends(snapshot, agent)
        surging = move.discipline is Discipline.SURGE
        if budget is not None:
            (self._surged if surging else self._evicted)[key_of(budget)] += 1
        if not surging:
            self._away[workload(agent)] += 1
            if agent.spec.pod_group:
                self._gone[gang_of(agent)] += 1

    def _busy(self, move: Move) -> str:
        """Why limits keep a move for a later wave."""
        limits = self._limits
        if limits.total and self._moves >= limits.total:
            return "limit: so many moves at once"
        most = {"node": limits.per_node, "namespace": limits.per_namespace, "zone": limits.per_zone}
        for kind, name in self._touches(move):
            if most[kind] and self._touched[kind, name] >= most[kind]:
                return f"limit: so many moves at once of {kind} {name}"
        agent = self._cluster.snapshot.agent_by_key[move.key]
        owner = workload(agent)
        if limits.per_workload and agent.owner is not None and move.discipline is not Discipline.SURGE:
            most_away = max(1, self._cluster.workloads[owner] * limits.per_workload // 100)
            if self._away[owner] >= most_away:
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
        gang = snapshot.pod_group_by_key.get(gang_of(agent)) if agent.spec.pod_group else None
        if gang is not None and not surging:
            there = self._cluster.gangs[gang_of(agent)]
            if there - self._gone[gang_of(agent)] - 1 < gang.min_member:
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


def by_number(snapshot: Snapshot, budget: PodDisruptionBudget) -> bool:
    """Whether a budget asks for a number of healthy agents, and has that many now."""
    if not isinstance(budget.min_available, int):
        return False
    known = health(snapshot, budget)
    current = known.current if budget.current_healthy is None else budget.current_healthy
    return current >= budget.min_available
