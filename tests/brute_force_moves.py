"""Exhaustive search over sequences of moves, one at a time, and over orders of the steps of a wave."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.audit import broken, to_be_placed, unassigned
from placewright.models.disruption import BudgetKey, eviction_refusal, health, key_of, spends
from placewright.models.filters import rejection
from placewright.models.goals import Goals, world
from placewright.models.movable import Discipline, MovePolicy, pinned
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_plan import PlannedMove
from placewright.models.rules import gang
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

Where = tuple[str, ...]


@dataclass(frozen=True)
class Reached:
    """Where the movable agents can all be, and in how few single moves that hold at every step."""

    where: Mapping[str, str]
    moves: int
    asked: Snapshot
    at_first: frozenset[str]

    def may_end(self) -> bool:
        """Whether nobody breaks a rule there who did not at first. Costs far more than getting there."""
        return broken(self.asked, self.where) <= self.at_first


def fewest_moves(snapshot: Snapshot, goals: Goals, policy: MovePolicy) -> tuple[int, int]:
    """How many movable agents must stay on drained nodes, and the fewest moves that leave no more there."""
    found = [
        (sum(name in goals.drained for name in reached.where.values()), reached.moves, reached)
        for reached in reachable(snapshot, goals, policy)
    ]
    best = sorted(found, key=lambda one: one[:2])
    return next((left, moves) for left, moves, reached in best if reached.may_end())


def reachable(snapshot: Snapshot, goals: Goals, policy: MovePolicy) -> Iterator[Reached]:
    """All that any sequence of single moves leads to, the fewest moves first; not all of them `may_end` it."""
    judged = world(snapshot, goals)
    home = {
        key: snapshot.agent_by_key[key].node_name for key, why in pinned(judged, policy).items() if not why
    }
    keys = sorted(home)
    asked = to_be_placed(judged, home)
    at_first = broken(asked, home)
    start = tuple(home[key] for key in keys)
    moving = _Moving(judged, goals, dict(zip(keys, start, strict=True)))
    seen = {start: 0}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        yield Reached(dict(zip(keys, here, strict=True)), seen[here], asked, at_first)
        for then in moving.steps(here, seen):
            seen[then] = seen[here] + 1
            queue.append(then)


class _Moving:
    """A stand-in for each movable agent, going from node to node in one state. `home`: key -> node."""

    def __init__(self, snapshot: Snapshot, goals: Goals, home: Mapping[str, str]) -> None:
        self._nodes = snapshot.node_by_name
        self._here = tuple(home.values())
        self._state = ClusterState(snapshot)
        originals = [snapshot.agent_by_key[key] for key in home]
        self._agents = [replace(unassigned(agent), name=f"{agent.name}~") for agent in originals]
        for agent, stand_in in zip(originals, self._agents, strict=True):
            self._state.remove(agent, self._nodes[agent.node_name])
            self._state.place(stand_in, self._nodes[agent.node_name])
        self._leave = [i for i, agent in enumerate(originals) if _may_leave(snapshot, agent)]
        closed = {n.name for n in snapshot.nodes if n.unschedulable or n.name in goals.drained}
        self._open = [n.name for n in snapshot.nodes if n.name not in closed]

    def steps(self, here: Where, seen: Container[Where]) -> Iterator[Where]:
        """Every single move that holds, as the positions after it, but to what has been seen."""
        for i in self._leave:
            thens = [(*here[:i], name, *here[i + 1 :]) for name in self._open if name != here[i]]
            thens = [then for then in thens if then not in seen]
            if not thens:
                continue
            self._go(here)
            self._state.remove(self._agents[i], self._nodes[here[i]])
            for then in thens:
                if rejection(self._state, self._agents[i], self._nodes[then[i]]) is None:
                    yield then
            self._state.place(self._agents[i], self._nodes[here[i]])

    def _go(self, there: Where) -> None:
        for agent, old, new in zip(self._agents, self._here, there, strict=True):
            if old != new:
                self._state.remove(agent, self._nodes[old])
                self._state.place(agent, self._nodes[new])
        self._here = there


def _may_leave(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether there are enough of its gang without it."""
    group = snapshot.pod_group_by_key.get((agent.namespace, agent.spec.pod_group))
    return group is None or gang.standing(snapshot, group) - 1 >= group.min_member


def orders(wave: Sequence[PlannedMove]) -> Iterator[list[tuple[PlannedMove, bool]]]:
    """Every order of the two steps of each move: (the move, whether the step is that it comes)."""
    done = [0] * len(wave)
    order: list[tuple[PlannedMove, bool]] = []

    def go() -> Iterator[list[tuple[PlannedMove, bool]]]:
        if len(order) == 2 * len(wave):
            yield list(order)
            return
        for i, move in enumerate(wave):
            if done[i] < 2:
                order.append((move, (done[i] == 1) == (move.discipline is Discipline.EVICT_THEN_BIND)))
                done[i] += 1
                yield from go()
                done[i] -= 1
                order.pop()

    yield from go()


@dataclass
class _Now:
    """Who is there for each agent between waves, and where."""

    agent: dict[str, Agent]
    node: dict[str, str]

    def state(self, snapshot: Snapshot) -> ClusterState:
        state = ClusterState(snapshot)
        for key, agent in self.agent.items():
            if not agent.node_name:
                first = snapshot.agent_by_key[key]
                state.remove(first, snapshot.node_by_name[first.node_name])
                state.place(agent, snapshot.node_by_name[self.node[key]])
        return state


def first_refusal(snapshot: Snapshot, waves: Sequence[Sequence[PlannedMove]], goals: Goals) -> str:
    """The first step that is refused in some order of the steps of some wave; "" where none ever is."""
    judged = world(snapshot, goals)
    now = _Now({a.key: a for a in judged.residents}, {a.key: a.node_name for a in judged.residents})
    for number, wave in enumerate(waves, start=1):
        made = {
            move.key: replace(
                unassigned(judged.agent_by_key[move.key]),
                name=f"{move.agent}~{number}",
                admitted=move.discipline is Discipline.EVICT_THEN_BIND,
            )
            for move in wave
        }
        for order in orders(wave):
            refusal = _Order(judged, now, made).refusal(order)
            if refusal:
                return f"wave {number}: {refusal}"
        for move in wave:
            now.agent[move.key] = replace(made[move.key], admitted=True)
            now.node[move.key] = move.to_node
    return ""


class _Order:
    """One order of the steps of a wave, carried out."""

    def __init__(self, snapshot: Snapshot, now: _Now, made: Mapping[str, Agent]) -> None:
        self._snapshot = snapshot
        self._now = now
        self._made = made
        self._state = now.state(snapshot)
        self._spent: Counter[BudgetKey] = Counter()

    def refusal(self, order: Sequence[tuple[PlannedMove, bool]]) -> str:
        for move, comes in order:
            said = self._comes(move) if comes else self._leaves(move)
            if said:
                return f"{move.key}: {said}"
        return ""

    def _comes(self, move: PlannedMove) -> str:
        node = self._snapshot.node_by_name[move.to_node]
        reason = rejection(self._state, self._made[move.key], node)
        if reason is not None:
            return reason.message
        self._state.place(self._made[move.key], node)
        budget = spends(self._snapshot, self._snapshot.agent_by_key[move.key])
        if move.discipline is Discipline.SURGE and budget is not None and _counts_up(self._snapshot, budget):
            # It is ready from then on, and one more than there were.
            self._spent[key_of(budget)] -= 1
        return ""

    def _leaves(self, move: PlannedMove) -> str:
        original = self._snapshot.agent_by_key[move.key]
        refusal = eviction_refusal(self._snapshot, original, self._spent)
        if refusal:
            return refusal
        budget = spends(self._snapshot, original)
        if budget is not None:
            self._spent[key_of(budget)] += 1
        self._state.remove(self._now.agent[move.key], self._snapshot.node_by_name[move.from_node])
        group = self._snapshot.pod_group_by_key.get((original.namespace, original.spec.pod_group))
        there = sum(
            a.spec.pod_group == original.spec.pod_group and a.namespace == original.namespace
            for a, _ in self._state.assignments()
        )
        if group is not None and there < group.min_member and move.discipline is Discipline.EVICT_THEN_BIND:
            return f"gang {group.name} has {there}"
        return ""


def _counts_up(snapshot: Snapshot, budget: PodDisruptionBudget) -> bool:
    """Whether a replacement beside the others makes the budget larger: where it asks for a number."""
    if not isinstance(budget.min_available, int):
        return False
    return health(snapshot, budget).current >= budget.min_available
