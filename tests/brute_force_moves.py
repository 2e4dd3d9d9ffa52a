"""Exhaustive search over sequences of moves, one at a time, and over orders of the steps of a wave."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
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


def fewest_moves(snapshot: Snapshot, goals: Goals, policy: MovePolicy) -> tuple[int, int]:
    """How many movable agents must stay on drained nodes, and the fewest moves that leave no more there."""
    return min(
        (sum(name in goals.drained for name in where.values()), moves)
        for where, moves in reachable(snapshot, goals, policy)
    )


def reachable(snapshot: Snapshot, goals: Goals, policy: MovePolicy) -> Iterator[tuple[dict[str, str], int]]:
    """Where the movable agents can all be, and in how few single moves.

    Over all sequences that hold at every step and end with nobody breaking a rule who did not.
    """
    judged = world(snapshot, goals)
    home = {
        key: snapshot.agent_by_key[key].node_name for key, why in pinned(judged, policy).items() if not why
    }
    keys = sorted(home)
    asked = to_be_placed(judged, home)
    at_first = broken(asked, home)
    start = tuple(home[key] for key in keys)
    seen = {start: 0}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        where = dict(zip(keys, here, strict=True))
        if broken(asked, where) <= at_first:
            yield where, seen[here]
        for following in _steps(judged, goals, where, policy):
            then = tuple(following[key] for key in keys)
            if then not in seen:
                seen[then] = seen[here] + 1
                queue.append(then)


def _steps(
    snapshot: Snapshot, goals: Goals, where: Mapping[str, str], policy: MovePolicy
) -> Iterator[dict[str, str]]:
    """Every single move that holds, as the positions after it."""
    state = ClusterState(snapshot)
    now: dict[str, Agent] = {}
    for key, name in where.items():
        agent = snapshot.agent_by_key[key]
        state.remove(agent, snapshot.node_by_name[agent.node_name])
        now[key] = replace(unassigned(agent), name=f"{agent.name}~")
        state.place(now[key], snapshot.node_by_name[name])
    for key, name in where.items():
        original = snapshot.agent_by_key[key]
        group = snapshot.pod_group_by_key.get((original.namespace, original.spec.pod_group))
        if group is not None and gang.standing(snapshot, group) - 1 < group.min_member:
            continue
        state.remove(now[key], snapshot.node_by_name[name])
        for node in snapshot.nodes:
            closed = node.unschedulable or node.name in goals.drained
            if node.name != name and not closed and rejection(state, now[key], node) is None:
                yield {**where, key: node.name}
        state.place(now[key], snapshot.node_by_name[name])


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
