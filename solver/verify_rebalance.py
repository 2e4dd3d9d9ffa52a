"""The last gate for rebalance plans: a replay, step by step, in the worst order inside each wave.

Reads the snapshot and the plan only. Inside a wave each move has two steps, leaving and coming, in the order
of its discipline; steps of different moves come in any order. So an agent that comes is asked whether it is
let in with everybody else there who could be, and whether it still is with everybody gone who could be. Only
`verify_rebalance` makes a `VerifiedRebalance`, and only that is emitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.audit import broken, placed, to_be_placed, unassigned
from placewright.models.disruption import BudgetKey, allowed, health, key_of, spends
from placewright.models.filters import rejection
from placewright.models.goals import Goal, value, world
from placewright.models.movable import Discipline, may_surge, pinned
from placewright.models.move_cost import MoveCosts
from placewright.models.node import Node
from placewright.models.rebalance_plan import (
    PlannedMove,
    RebalancePlan,
    RebalanceTerm,
    Wave,
)
from placewright.models.rules import gang as gangs
from placewright.models.rules.base import Violation
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import counted_agents, counted_nodes, hard_constraints
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.figures import figures

PLAN = "plan"
"""The rule named when a plan does not fit its snapshot, or says what is not so."""
BUDGET, GANG, LIMIT, BROKEN = "disruption budget", gangs.RULE.name, "limit", "broken before and after"
ZONE = "topology.kubernetes.io/zone"

_SEAL = object()


class VerifiedRebalance:
    """A rebalance plan that holds at every instant, with the state that it leads to."""

    def __init__(self, plan: RebalancePlan, state: ClusterState, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only verify_rebalance() makes a VerifiedRebalance")
        self.plan = plan
        self.state = state

    def timed(self, seconds: Mapping[str, float]) -> VerifiedRebalance:
        """The same plan with its timing filled in, which is about the run and not about the cluster."""
        return VerifiedRebalance(self.plan.model_copy(update={"timing": dict(seconds)}), self.state, _SEAL)


@dataclass(frozen=True)
class RefusedRebalance:
    """A rebalance plan that must not be carried out, and what is wrong with it, the first thing first."""

    plan: RebalancePlan
    violations: tuple[Violation, ...]


def verify_rebalance(snapshot: Snapshot, plan: RebalancePlan) -> VerifiedRebalance | RefusedRebalance:
    """Replay a plan. Raises UsageError where it drains a node that the snapshot does not hold."""
    goals = plan.goals.goals()
    judged = world(snapshot, goals)
    replay = _Replay(judged, plan)
    violations = list(replay.run())
    if not violations:
        violations.extend(_broken(judged, plan, replay.where))
    if not violations:
        violations.extend(_wrong(judged, plan, replay.where))
    if violations:
        return RefusedRebalance(plan, tuple(violations))
    return VerifiedRebalance(plan, replay.state, _SEAL)


@dataclass(frozen=True)
class _Step:
    """One move of a wave: `old` leaves `source`, `new` comes to `target`."""

    move: PlannedMove
    old: Agent
    new: Agent
    source: Node
    target: Node

    @property
    def leaves_first(self) -> bool:
        return self.move.discipline is Discipline.EVICT_THEN_BIND


class _Replay:
    """state: the cluster between waves. where: agent key -> node name, of those that may move."""

    def __init__(self, snapshot: Snapshot, plan: RebalancePlan) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self.state = ClusterState(snapshot)
        self._policy = plan.terms.policy()
        self._pinned = pinned(snapshot, self._policy)
        self._costs = MoveCosts(snapshot, self._policy, plan.terms.pricing)
        self.where = {
            key: snapshot.agent_by_key[key].node_name for key, why in self._pinned.items() if not why
        }
        self._now: dict[str, Agent] = {}

    def run(self) -> Iterator[Violation]:
        """Everything wrong with the first wave that is not right; waves after it are not looked at."""
        for index, wave in enumerate(self._plan.waves):
            found = list(self._misfits(wave))
            if wave.number != index + 1:
                found.append(Violation(PLAN, f"wave {wave.number} comes as number {index + 1}"))
            if not found:
                steps = [self._step(index, move) for move in wave.moves]
                found.extend(self._limits(wave))
                found.extend(self._budgets(steps))
                found.extend(self._gangs(steps))
                found.extend(self._rules(steps))
                self._go_on(steps)
                if not found and wave.leaves != figures(self.state, self._plan.goals.drained):
                    found.append(Violation(PLAN, "leaves another state than it says"))
            if found:
                yield from (replace(v, message=f"wave {wave.number}: {v.message}") for v in found)
                return

    def _misfits(self, wave: Wave) -> Iterator[Violation]:
        """Moves of agents that are not there or may not move, or to where nobody may go."""
        for key, times in Counter(move.key for move in wave.moves).items():
            if times > 1:
                yield Violation(PLAN, f"moves {times} times at once", key)
        for move in wave.moves:
            agent = self._snapshot.agent_by_key.get(move.key)
            if agent is None or move.key not in self._pinned:
                yield Violation(PLAN, "no such running agent in the snapshot", move.key, move.from_node)
            elif self._pinned[move.key]:
                yield Violation(PLAN, f"may not move: {self._pinned[move.key]}", move.key, move.from_node)
            elif self.where[move.key] != move.from_node:
                yield Violation(PLAN, f"is on {self.where[move.key]} then", move.key, move.from_node)
            elif move.to_node not in self._snapshot.node_by_name:
                yield Violation(PLAN, "no such node in the snapshot", move.key, move.to_node)
            elif move.to_node == move.from_node:
                yield Violation(PLAN, "does not go anywhere", move.key, move.to_node)
            elif move.to_node in self._plan.goals.drained:
                yield Violation(PLAN, "goes to a node that is to be drained", move.key, move.to_node)
            elif move.cost != self._costs.of(agent):
                yield Violation(PLAN, f"costs {self._costs.of(agent)}, not {move.cost}", move.key)
            elif move.discipline is Discipline.SURGE and not may_surge(self._snapshot, agent):
                yield Violation(PLAN, "cannot have a replacement beside it", move.key, move.from_node)
        yield from self._wrong_objects(wave)

    def _wrong_objects(self, wave: Wave) -> Iterator[Violation]:
        """Evictions, reservations and bindings that are not those of the moves."""
        keys = [move.key for move in wave.moves]
        targets = [(move.key, move.to_node) for move in wave.moves]
        if [f"{e.metadata.namespace}/{e.metadata.name}" for e in wave.evictions] != keys:
            yield Violation(PLAN, "its evictions are not those of its moves")
        for items in (wave.reservations, wave.bindings):
            if [(f"{item.namespace}/{item.replaces}", item.node) for item in items] != targets:
                yield Violation(PLAN, "its reservations or bindings are not those of its moves")
        for eviction, key in zip(wave.evictions, keys, strict=False):
            agent = self._snapshot.agent_by_key.get(key)
            uid = eviction.delete_options.preconditions.uid if eviction.delete_options else ""
            if agent is not None and uid and (uid != agent.uid or key in self._now):
                yield Violation(PLAN, f"evicts uid {uid}, which is not there then", key)

    def _step(self, index: int, move: PlannedMove) -> _Step:
        agent = self._snapshot.agent_by_key[move.key]
        made = unassigned(agent)
        new = replace(
            made,
            name=f"{made.name}~wave{index + 1}",
            admitted=move.discipline is Discipline.EVICT_THEN_BIND,
        )
        nodes = self._snapshot.node_by_name
        return _Step(move, self._now.get(move.key, agent), new, nodes[move.from_node], nodes[move.to_node])

    def _limits(self, wave: Wave) -> Iterator[Violation]:
        terms = self._plan.terms
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

    def _budgets(self, steps: list[_Step]) -> Iterator[Violation]:
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

    def _gangs(self, steps: list[_Step]) -> Iterator[Violation]:
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

    def _rules(self, steps: list[_Step]) -> Iterator[Violation]:
        """Each newcomer at the fullest moment, then at the one when most of what it leans on is gone."""
        full = self.state
        for step in steps:
            full.place(step.new, step.target)
        try:
            for step in steps:
                full.remove(step.new, step.target)
                if step.leaves_first:
                    full.remove(step.old, step.source)
                reason = rejection(full, step.new, step.target)
                if reason is not None:
                    yield Violation(reason.rule, reason.message, step.move.key, step.target.name)
                else:
                    yield from self._leaning(full, step, steps)
                if step.leaves_first:
                    self._return(step)
                full.place(step.new, step.target)
        finally:
            for step in steps:
                full.remove(step.new, step.target)

    def _return(self, step: _Step) -> None:
        if step.old.node_name:
            self.state.restore(step.old)
        else:
            self.state.place(step.old, step.source)

    def _leaning(self, full: ClusterState, step: _Step, steps: list[_Step]) -> Iterator[Violation]:
        """`full`: everybody there who could be, but for the newcomer and whom it replaces."""
        others = [other for other in steps if other is not step]
        if not self._finds_company(full, step, others):
            message = "required affinity finds no company in some order of the wave's steps"
            yield Violation("inter_agent_affinity", message, step.move.key, step.target.name)
        for constraint in hard_constraints(self._snapshot, step.new):
            matcher = counted_agents(step.new, constraint)
            within = counted_nodes(self._snapshot, step.new, constraint)
            key = constraint.topology_key
            here = step.target.labels[key]
            if matcher is None:
                continue
            counts = full.index(TopologyCounts).counts(matcher, key, within)
            itself = constraint.selector is not None and constraint.selector.matches(step.new.labels)
            emptied = self._changes(matcher, others, key, within)
            domains = {self._snapshot.node_by_name[name].labels[key] for name in within}
            lows = [counts.get(d, 0) - emptied[d] for d in domains if d != here]
            if here in domains:
                lows.append(counts.get(here, 0))
            lowest = 0 if len(domains) < constraint.min_domains else min(lows, default=0)
            skew = counts.get(here, 0) + itself - lowest
            if skew > constraint.max_skew:
                message = f"skew {skew} of {key} in some order of the steps, {constraint.max_skew} is allowed"
                yield Violation("topology_spread", message, step.move.key, step.target.name)

    def _changes(
        self, matcher: Matcher, others: list[_Step], key: str, within: frozenset[str]
    ) -> Counter[str]:
        """By domain how many fewer agents there can be than at the fullest moment."""
        fewer: Counter[str] = Counter()
        for other in others:
            if not matches(self._snapshot, matcher, other.new):
                continue
            for node in (other.source, other.target):
                if node.name in within:
                    fewer[node.labels[key]] += 1
        return fewer

    def _finds_company(self, full: ClusterState, step: _Step, others: list[_Step]) -> bool:
        terms = own_affinity(self._snapshot, step.new)
        if not terms:
            return True
        matcher = own_matcher(self._snapshot, step.new)
        counts = full.index(TopologyCounts)
        lasting = True
        for term in terms:
            here = step.target.labels[term.topology_key]
            passing = sum(
                node.labels.get(term.topology_key) == here
                for other in others
                if matches(self._snapshot, matcher, other.new)
                for node in (other.source, other.target)
            )
            lasting = lasting and counts.counts(matcher, term.topology_key).get(here, 0) - passing > 0
        # Whoever is on a node without the label is in no domain: it keeps nobody from being the first.
        alone = not any(any(counts.counts(matcher, term.topology_key).values()) for term in terms)
        return lasting or (alone and matches(self._snapshot, matcher, step.new))

    def _go_on(self, steps: list[_Step]) -> None:
        """The wave is over: everybody who left is gone, everybody who came is there and charged for."""
        for step in steps:
            self.state.remove(step.old, step.source)
            settled = replace(step.new, admitted=True)
            self.state.place(settled, step.target)
            self._now[step.move.key] = settled
            self.where[step.move.key] = step.target.name


def _broken(snapshot: Snapshot, plan: RebalancePlan, where: Mapping[str, str]) -> Iterator[Violation]:
    """Agents that break a rule in the end and did not before."""
    asked = to_be_placed(snapshot, where.keys())
    before = broken(asked, {key: snapshot.agent_by_key[key].node_name for key in where})
    after = broken(asked, where)
    for key in sorted(after - before):
        yield Violation(BROKEN, "breaks a rule in the end and did not before", key, where[key])
    for said, found in ((plan.broken_before, before), (plan.broken_after, after)):
        if said != len(found):
            yield Violation(PLAN, f"{len(found)} agents break a rule, not {said}")


def _wrong(snapshot: Snapshot, plan: RebalancePlan, where: Mapping[str, str]) -> Iterator[Violation]:
    """Numbers that are not what the states have."""
    home = {key: snapshot.agent_by_key[key].node_name for key in where}
    asked = to_be_placed(snapshot, where.keys())
    before, after = placed(asked, home), placed(asked, where)
    drained = plan.goals.drained
    if plan.before != figures(before, drained) or plan.after != figures(after, drained):
        yield Violation(PLAN, "its figures before or after are not those of the states")
    if (plan.moves, plan.cost) != (len(plan.all_moves), sum(move.cost for move in plan.all_moves)):
        yield Violation(PLAN, "its number of moves, or their cost, is not that of its waves")
    gone = {key for key in where if where[key] != home[key]}
    costs = MoveCosts(snapshot, plan.terms.policy(), plan.terms.pricing)
    fare = sum(costs.of(snapshot.agent_by_key[key]) for key in gone)
    for level in plan.levels:
        expected = level_parts(level.name, plan, before, after, fare)
        if expected is None:
            yield Violation(PLAN, f"level {level.name} is not known")
        elif (level.before, level.value, level.terms) != expected:
            yield Violation(PLAN, f"level {level.name} goes from {expected[0]} to {expected[1]}")
        elif level.value < level.bound:
            yield Violation(PLAN, f"level {level.name}: {level.value} is beyond its bound {level.bound}")


def level_parts(
    name: str, plan: RebalancePlan, before: ClusterState, after: ClusterState, fare: int
) -> tuple[int, int, tuple[RebalanceTerm, ...]] | None:
    """A level's values before and after from the states alone, and its parts; None for an unknown one.

    fare: what it costs to move everybody who is elsewhere in the end from where they are, detours left out.
    """
    moves = RebalanceTerm(name="moves", weight=plan.terms.min_gain, before=0, value=fare)
    if name == "moves":
        return 0, fare, ()
    if name == "drain":
        return _left(before, plan), _left(after, plan), ()
    kind, _, goal = name.partition("/")
    if kind != "goal" or goal not in set(Goal):
        return None
    then, now = value(before, Goal(goal)), value(after, Goal(goal))
    score = RebalanceTerm(name=goal, weight=1, before=then, value=now)
    return then, now + moves.weight * fare, (score, moves)


def _left(state: ClusterState, plan: RebalancePlan) -> int:
    """Movable agents on nodes that are to be drained."""
    return sum(
        key in state.new and keeps_in_use(agent)
        for name in plan.goals.drained
        for key, agent in state.agents_on(name).items()
    )
