"""Who stays on nodes that are to be drained: why, by which budget, and what would free it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from placewright.models.agent import Agent
from placewright.models.audit import placed
from placewright.models.demands import Demands, has_demands
from placewright.models.filters import rejection
from placewright.models.rebalance_plan import Blocked
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.explain import explain_unplaced
from placewright.solver.moves.cluster import Move
from placewright.solver.moves.freeing import freed_by, holding
from placewright.solver.moves.task import Task

EXPLAINED = 200
"""Agents that are looked into one by one while there is time; of the others it is said that they are left."""

MOST_ASKED = 20
"""Nodes that take an agent, up to which it is looked into what workloads would miss there."""


def blocked(
    task: Task, state: ClusterState, stuck: Mapping[str, str], moves: Sequence[Move], deadline: Deadline
) -> Iterator[Blocked]:
    """Every agent that keeps a drained node in use.

    `state`: how the plan leaves them. `stuck`: agent key -> why it never got to its target. `moves`: all that
    the plan makes.
    """
    left = [
        (name, agent)
        for name in task.goals.drained
        for agent in state.agents_on(name).values()
        if keeps_in_use(agent)
    ]
    spent = sum(task.trip(move.key, move.source, move.target) for move in moves)
    for index, (name, agent) in enumerate(left):
        reason, helps = _reason(task, agent, stuck, len(moves), spent)
        if not reason and index < EXPLAINED and not deadline.passed:
            node = state.snapshot.node_by_name[name]
            state.remove(agent, node)
            way = _shortest_open(task, state, agent)
            if asked := _asked_for(task, state, agent):
                reason, helps = asked, "less asked for by placewright.io/min-domains or placewright.io/near"
            elif way is None or _holds(task, way, spent):
                reason = explain_unplaced(state.snapshot, state, [agent], proven=False)[0].message
            else:
                reason, helps = _too_dear(task, way, spent)
            state.place(agent, node)
        original = task.question.snapshot.agent_by_key[agent.key]
        yield Blocked(
            namespace=agent.namespace,
            agent=agent.name,
            node=name,
            reason=reason or "no node takes it",
            budgets=tuple(budget.name for budget in holding(task.question.snapshot, original)),
            helps=helps,
        )


def _reason(task: Task, agent: Agent, stuck: Mapping[str, str], moves: int, spent: int) -> tuple[str, str]:
    """Why an agent stays, as far as that is known without asking the rules, and what would free it."""
    question, options = task.question, task.options
    original = question.snapshot.agent_by_key[agent.key]
    pin = question.pinned.get(agent.key)
    if pin is not None:
        return pin.reason, pin.helps or " or ".join(freed_by(question.snapshot, original, options))
    if agent.key in stuck:
        return stuck[agent.key], ""
    if options.max_moves is not None and moves >= options.max_moves:
        return f"{moves} moves are made, no more are allowed", "a larger --max-moves"
    if not _holds(task, task.cost(agent.key), spent):
        return _too_dear(task, task.cost(agent.key), spent)
    return "", ""


def _holds(task: Task, cost: int, spent: int) -> bool:
    """Whether a move that costs so much may still be made."""
    most = task.options.max_disruption
    return most is None or spent + cost <= most


def _too_dear(task: Task, cost: int, spent: int) -> tuple[str, str]:
    left = (task.options.max_disruption or 0) - spent
    reason = f"its move costs {cost}, and {left} is left of what moves may cost"
    return reason, "a larger --max-disruption"


def _asked_for(task: Task, state: ClusterState, agent: Agent) -> str:
    """What some workload would miss on each node that takes the agent; "" where one of them will do."""
    question = task.question
    if not has_demands(question.asked):
        return ""
    others = (n for n in state.snapshot.nodes if n.name not in question.closed)
    able = [node for node in others if rejection(state, agent, node) is None]
    if len(able) > MOST_ASKED:
        return ""
    before, said = Demands.of(placed(question.asked, question.home)), ""
    for node in able:
        state.place(agent, node)
        worse = next(iter(Demands.of(state).beyond(before)), "")
        state.remove(agent, node)
        if not worse:
            return ""
        said = said or worse
    return f"it would not be as workloads ask for: {said}" if said else ""


def _shortest_open(task: Task, state: ClusterState, agent: Agent) -> int | None:
    """What the shortest way to a node that takes the agent costs; None where none does, or all cost alike."""
    if not task.options.surcharges.distance or task.options.max_disruption is None:
        return None
    home = task.question.home[agent.key]
    nodes = (n for n in state.snapshot.nodes if n.name not in task.question.closed)
    ways = (task.trip(agent.key, home, n.name) for n in nodes if rejection(state, agent, n) is None)
    return min(ways, default=None)
