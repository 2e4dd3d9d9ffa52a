"""A rebalance plan replayed on its snapshot, wave by wave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.audit import unassigned
from placewright.models.disruption import BudgetKey, allowed, health, key_of, spends
from placewright.models.movable import Discipline, pinned
from placewright.models.rebalance_plan import PlannedMove, RebalancePlan
from placewright.models.rules import gang as gangs
from placewright.models.rules.base import Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.figures import figures
from placewright.solver.wave_checks.at_once import AtOnce
from placewright.solver.wave_checks.fits import PLAN, Fit
from placewright.solver.wave_checks.worst_order import Step, WorstOrder

BUDGET, GANG = "disruption budget", gangs.RULE.name


class Replay:
    """state: the cluster between waves. where: agent key -> node name, of those that may move.

    pinned: running agent -> why it may not move, "" for those.
    """

    def __init__(self, snapshot: Snapshot, plan: RebalancePlan) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self.state = ClusterState(snapshot)
        self.pinned = pinned(snapshot, plan.terms.policy())
        self._fit = Fit(snapshot, plan, self.pinned)
        self.where = {
            key: snapshot.agent_by_key[key].node_name for key, why in self.pinned.items() if not why
        }
        self._now: dict[str, Agent] = {}

    def run(self) -> Iterator[Violation]:
        """Everything wrong with the first wave that is not right; waves after it are not looked at."""
        for index, wave in enumerate(self._plan.waves):
            found = list(self._fit.misfits(wave, self.where, self._now))
            if wave.number != index + 1:
                found.append(Violation(PLAN, f"wave {wave.number} comes as number {index + 1}"))
            if not found:
                steps = [self._step(index, move) for move in wave.moves]
                found.extend(self._fit.limits(wave))
                found.extend(self._budgets(steps))
                found.extend(self._gangs(steps))
                found.extend(self._rules(steps))
                self._go_on(steps)
                if not found and wave.leaves != figures(self.state, self._plan.goals.drained):
                    found.append(Violation(PLAN, "leaves another state than it says"))
            if found:
                yield from (replace(v, message=f"wave {wave.number}: {v.message}") for v in found)
                return

    def _step(self, index: int, move: PlannedMove) -> Step:
        agent = self._snapshot.agent_by_key[move.key]
        made = unassigned(agent)
        new = replace(
            made,
            name=f"{made.name}~wave{index + 1}",
            admitted=move.discipline is not Discipline.SURGE,
        )
        nodes = self._snapshot.node_by_name
        return Step(move, self._now.get(move.key, agent), new, nodes[move.from_node], nodes[move.to_node])

    def _rules(self, steps: list[Step]) -> Iterator[Violation]:
        terms = self._plan.terms
        if terms.discipline is Discipline.AT_ONCE:
            return AtOnce(self.state, steps, terms.double).violations()
        return WorstOrder(self.state, steps).violations()

    def _budgets(self, steps: list[Step]) -> Iterator[Violation]:
        """Evictions that the API would refuse once all the others of the wave have been made."""
        evicted: Counter[BudgetKey] = Counter()
        surged: Counter[BudgetKey] = Counter()
        asked = {}
        for step in steps:
            budget = spends(self._snapshot, self._snapshot.agent_by_key[step.move.key])
            if budget is not None:
                asked[key_of(budget)] = budget
                (evicted if step.leaves_first else surged)[key_of(budget)] += 1
        for key, budget in asked.items():
            known = health(self._snapshot, budget)
            healthy = known.current if budget.current_healthy is None else budget.current_healthy
            by_number = isinstance(budget.min_available, int) and healthy >= budget.min_available
            # Replacements that run make up for those that go, where a number of agents is asked for.
            going = evicted[key] + (0 if by_number else surged[key])
            if going > allowed(self._snapshot, budget):
                message = f"{key[0]}/{key[1]} lets {allowed(self._snapshot, budget)} go, {going} do at once"
                yield Violation(BUDGET, message)

    def _gangs(self, steps: list[Step]) -> Iterator[Violation]:
        gone = Counter(
            (s.old.namespace, s.old.spec.pod_group) for s in steps if s.old.spec.pod_group and s.leaves_first
        )
        for key, number in gone.items():
            group = self._snapshot.pod_group_by_key.get(key)
            if group is None:
                continue
            there = gangs.standing(self._snapshot, group)
            if there - number < group.min_member:
                message = f"{group.name} is left with {there - number} of minMember {group.min_member}"
                yield Violation(GANG, message)

    def _go_on(self, steps: list[Step]) -> None:
        """The wave is over: everybody who left is gone, everybody who came is there and charged for."""
        for step in steps:
            self.state.remove(step.old, step.source)
            settled = replace(step.new, admitted=True)
            self.state.place(settled, step.target)
            self._now[step.move.key] = settled
            self.where[step.move.key] = step.target.name
