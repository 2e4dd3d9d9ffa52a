"""The sequential baseline: what kube-scheduler does with a snapshot, one agent after the other.

The queue is by priority, then age, then name. Each agent is filtered by every rule, scored by its profile's
own weights over all open nodes, and bound at once to the best; where nothing is open, preemption makes room
on one node (§10.2). Agents that preemption turns out, and their controllers make anew, go to the end of their
priority and may be placed elsewhere. Who finds no place is tried again when somebody left, or came whom it
was waiting for.

Where kube-scheduler leaves it to chance: of nodes that score the same the first in the snapshot's order is
taken, no node is sampled away, and a preemptor gets the node that it was nominated to at once. Members of a
gang that do not come together are not placed: the round is run anew without them, as if their gang had
timed out. Unlike a batch, nothing here looks back: a placement can be legal step by step and still leave a
spread constraint violated by what came later.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from placewright.models.agent import Agent
from placewright.models.disruption import BudgetKey, key_of, preempted_budgets
from placewright.models.filters import rejection
from placewright.models.kube_scores import total
from placewright.models.node import Node
from placewright.models.plan import Eviction, Plan, Status
from placewright.models.rules import RULES, gang
from placewright.models.rules.base import Reason, Rule
from placewright.models.rules.devices import choose_devices
from placewright.models.rules.victims import may_preempt, returns
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.explain import explain_unplaced
from placewright.solver.outcome import Step
from placewright.solver.planning import binding, volume_bindings
from placewright.solver.victims import Candidate, find_candidate

GangKey = tuple[str, str]


@dataclass(frozen=True)
class Evicted:
    """`agent` ran on `node` and was turned out for `makes_room_for`, by key; they are placed on that node."""

    agent: Agent
    node: Node
    makes_room_for: tuple[str, ...]


@dataclass(frozen=True)
class Sequential:
    """Where the baseline ends.

    steps: bindings in the order in which they were made. unplaced: pending agents, in queue order. gone:
    agents that were evicted and have no place any more.
    """

    state: ClusterState
    steps: tuple[Step, ...]
    evicted: tuple[Evicted, ...]
    unplaced: tuple[Agent, ...]
    gone: tuple[Agent, ...]

    def plan(self) -> Plan:
        """The same as a plan without levels: a baseline proves nothing."""
        snapshot, state = self.state.snapshot, self.state
        return Plan(
            status=Status.FEASIBLE,
            bindings=tuple(binding(step, state.devices) for step in self.steps),
            volume_bindings=volume_bindings(snapshot, self.steps),
            evictions=tuple(
                Eviction(
                    namespace=item.agent.namespace,
                    agent=item.agent.name,
                    node=item.node.name,
                    uid=item.agent.uid,
                    makes_room_for=item.makes_room_for,
                )
                for item in self.evicted
            ),
            unplaced=explain_unplaced(snapshot, state, self.unplaced, proven=False),
            sequential=self._holds_after_evictions(),
            warnings=snapshot.warnings,
            notes=snapshot.notes,
        )

    def _holds_after_evictions(self) -> bool:
        """Whether the order is also accepted with all evictions done first, as a plan is carried out."""
        state = ClusterState(self.state.snapshot)
        for item in self.evicted:
            state.remove(item.agent, item.node)
        for agent, node in self.steps:
            if rejection(state, agent, node) is not None:
                return False
            state.place(agent, node, self.state.devices.get(agent.key, ()))
        return True


def schedule(
    snapshot: Snapshot,
    *,
    preempt: bool = True,
    rules: Sequence[Rule] = RULES,
    deadline: Deadline | None = None,
) -> Sequential:
    """Schedule the pending agents of `snapshot` one by one. After `deadline` nobody more is placed."""
    until = deadline or Deadline(float("inf"))
    given_up: set[GangKey] = set()
    while True:
        run = _Run(snapshot, rules, until, given_up, preempt=preempt)
        run.go()
        short = run.short_gangs()
        if not short:
            return run.result()
        if until.passed:
            run.take_off(short)
            return run.result()
        given_up |= short


class _Turn(NamedTuple):
    """An agent's place in the queue."""

    priority: int
    returned: bool
    unborn: bool
    created: str
    namespace: str
    name: str


def _turn(agent: Agent, *, returned: bool = False) -> _Turn:
    """Priority, then age; one that was never created, or will be anew, is younger than all others."""
    return _Turn(
        -agent.spec.priority, returned, not agent.created, agent.created, agent.namespace, agent.name
    )


class _Seen(NamedTuple):
    """How much had happened when an agent was refused."""

    departures: int
    arrivals: int


class _Run:
    """One pass of the scheduler over a snapshot, without the members of gangs that were given up."""

    def __init__(
        self,
        snapshot: Snapshot,
        rules: Sequence[Rule],
        deadline: Deadline,
        given_up: set[GangKey],
        *,
        preempt: bool,
    ) -> None:
        self._snapshot = snapshot
        self._rules = rules
        self._deadline = deadline
        self._preempt = preempt
        self._given_up = given_up
        self._state = ClusterState(snapshot)
        self._queue = [(_turn(a), a) for a in snapshot.pending if _gang(a) not in given_up]
        heapq.heapify(self._queue)
        self._waiting: dict[str, tuple[_Turn, Agent]] = {}
        self._refused: dict[Hashable, _Seen] = {}
        self._now = _Seen(0, 0)
        self._bound: dict[str, Step] = {}
        self._victims: dict[str, tuple[Agent, Node, list[str]]] = {}
        self._spent: Counter[BudgetKey] = Counter()

    def go(self) -> None:
        """Until nobody is left whose chances could have changed, or the time is up."""
        while self._queue and not self._deadline.passed:
            turn, agent = heapq.heappop(self._queue)
            if not self._place(agent):
                self._waiting[agent.key] = (turn, agent)
            if not self._queue:
                self._wake()

    def _wake(self) -> None:
        """Back to the queue with those that were refused for reasons that may be gone."""
        for key, (turn, agent) in list(self._waiting.items()):
            if not self._is_hopeless(agent):
                del self._waiting[key]
                heapq.heappush(self._queue, (turn, agent))

    def _is_hopeless(self, agent: Agent) -> bool:
        """Whether one of its kind was refused, and nothing has happened since that could help it."""
        seen = self._refused.get(_kind(agent))
        if seen is None or seen.departures != self._now.departures:
            return False
        return seen.arrivals == self._now.arrivals or not _waits_for_others(self._snapshot, agent)

    def _place(self, agent: Agent) -> bool:
        if self._is_hopeless(agent):
            return False
        open_nodes, refusals = self._filtered(agent)
        node = self._best(agent, open_nodes)
        if node is None and self._preempt and may_preempt(self._snapshot, agent):
            found = find_candidate(self._state, agent, refusals, self._spent, self._rules)
            if found is not None:
                self._evict(found, agent)
                node = found.node
        if node is None:
            self._refused[_kind(agent)] = self._now
            return False
        self._state.place(agent, node, choose_devices(self._state, agent, node) or ())
        self._bound[agent.key] = (agent, node)
        self._now = self._now._replace(arrivals=self._now.arrivals + 1)
        return True

    def _filtered(self, agent: Agent) -> tuple[list[Node], list[tuple[Node, Reason]]]:
        """The open nodes, and why each other one is closed. A nominated node that is open is the only one."""
        nominated = self._snapshot.node_by_name.get(agent.nominated_node)
        if nominated is not None and rejection(self._state, agent, nominated, self._rules) is None:
            return [nominated], []
        open_nodes, refusals = [], []
        for node in self._snapshot.nodes:
            reason = rejection(self._state, agent, node, self._rules)
            if reason is None:
                open_nodes.append(node)
            else:
                refusals.append((node, reason))
        return open_nodes, refusals

    def _best(self, agent: Agent, nodes: Sequence[Node]) -> Node | None:
        if len(nodes) < 2:
            return nodes[0] if nodes else None
        points = total(self._state, agent, nodes, self._snapshot.profile_of(agent))
        return nodes[points.index(max(points))]

    def _evict(self, found: Candidate, agent: Agent) -> None:
        for victim in found.victims:
            self._state.remove(victim, found.node)
            newcomer = self._bound.pop(victim.key, None) is not None
            if newcomer and victim.key not in self._victims:
                # It was only ever bound on paper: it is pending still.
                heapq.heappush(self._queue, (_turn(victim, returned=True), victim))
                continue
            if victim.key not in self._victims:
                self._victims[victim.key] = (victim, found.node, [])
                self._spent.update(key_of(budget) for budget in preempted_budgets(self._snapshot, victim))
            self._victims[victim.key][2].append(agent.key)
            if returns(self._snapshot, victim) and _gang(victim) not in self._given_up:
                heapq.heappush(self._queue, (_turn(victim, returned=True), victim))
        self._now = self._now._replace(departures=self._now.departures + 1)

    def short_gangs(self) -> set[GangKey]:
        """Gangs some of whose members were placed, and not enough."""
        return {
            _gang(self._snapshot.agent_by_key[violation.agent])
            for violation in gang.RULE.violations(self._state)
            if violation.agent in self._bound
        }

    def take_off(self, gangs: set[GangKey]) -> None:
        """Unbind what was placed of these gangs."""
        for key, (agent, node) in list(self._bound.items()):
            if _gang(agent) in gangs:
                self._state.remove(agent, node)
                del self._bound[key]

    def result(self) -> Sequential:
        evicted = tuple(self._eviction(*item) for item in self._victims.values())
        return Sequential(
            state=self._state,
            steps=tuple(self._bound.values()),
            evicted=evicted,
            unplaced=tuple(a for a in sorted(self._snapshot.pending, key=_turn) if a.key not in self._bound),
            gone=tuple(item.agent for item in evicted if item.agent.key not in self._bound),
        )

    def _eviction(self, victim: Agent, node: Node, preemptors: Sequence[str]) -> Evicted:
        """For whom: those it was turned out for, or, where they had to go in their turn, who is there now."""
        there = [agent for agent, where in self._bound.values() if where is node]
        asked = [agent.key for agent in there if agent.key in preemptors]
        above = [agent.key for agent in there if agent.spec.priority > victim.spec.priority]
        return Evicted(victim, node, tuple(asked or above))


def _gang(agent: Agent) -> GangKey:
    return (agent.namespace, agent.spec.pod_group)


def _kind(agent: Agent) -> Hashable:
    """Equal for agents that every filter treats alike. The snapshot keeps every spec alive."""
    own = (agent.namespace, agent.label_set, agent.spread_selector, agent.nominated_node)
    return (id(agent.spec), *own, agent.admitted, agent.refusal, bool(agent.node_name))


def _waits_for_others(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether somebody else's coming can open a node: company, a domain that is no longer behind, a claim."""
    return bool(
        agent.spec.affinity
        or agent.spec.claims
        or any(constraint.hard for constraint in spread_constraints(snapshot, agent))
    )
