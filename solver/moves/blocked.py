"""Who stays on nodes that are to be drained: why, by which budget, and what would free it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placewright.models.agent import Agent
from placewright.models.disruption import budgets_of, eviction_refusal, health
from placewright.models.movable import Discipline, budget_because, may_surge
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import Blocked
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.explain import explain_unplaced
from placewright.solver.moves.question import Question

EXPLAINED = 200
"""Agents that are looked into one by one; of the others it is said that they are left."""


def blocked(
    question: Question,
    state: ClusterState,
    stuck: Mapping[str, str],
    options: RebalanceOptions,
) -> Iterator[Blocked]:
    """Every agent that keeps a drained node in use.

    `state`: how the plan leaves them. `stuck`: agent key -> why it never got to its target.
    """
    left = [
        (name, agent)
        for name in question.drained
        for agent in state.agents_on(name).values()
        if keeps_in_use(agent)
    ]
    for index, (name, agent) in enumerate(left):
        yield _blocked(question, state, agent, name, stuck, options, explained=index < EXPLAINED)


def _blocked(
    question: Question,
    state: ClusterState,
    agent: Agent,
    name: str,
    stuck: Mapping[str, str],
    options: RebalanceOptions,
    *,
    explained: bool,
) -> Blocked:
    snapshot = question.snapshot
    original = snapshot.agent_by_key[agent.key]
    reason = question.pinned.get(agent.key, "") or stuck.get(agent.key, "")
    covering = budgets_of(snapshot, original)
    if not reason and options.max_moves is not None:
        reason = "the limit on moves is reached, or no node takes it"
    if not reason and explained:
        node = state.snapshot.node_by_name[name]
        state.remove(agent, node)
        reason = explain_unplaced(state.snapshot, state, [agent], proven=False)[0].message
        state.place(agent, node)
    budgets = covering if eviction_refusal(snapshot, original, {}) else ()
    return Blocked(
        namespace=agent.namespace,
        agent=agent.name,
        node=name,
        reason=reason or "no node takes it",
        budgets=tuple(budget.name for budget in budgets),
        helps=_helps(snapshot, original, budgets, options),
    )


def _helps(
    snapshot: Snapshot, agent: Agent, budgets: tuple[PodDisruptionBudget, ...], options: RebalanceOptions
) -> str:
    """What would free an agent that budgets hold."""
    if len(budgets) > 1:
        names = ", ".join(budget.name for budget in budgets)
        return f"an agent may have one budget: take it out of all but one of {names}"
    if not budgets:
        return ""
    budget = budgets[0]
    known = health(snapshot, budget)
    healthy = known.current if budget.current_healthy is None else budget.current_healthy
    wanted = known.desired if budget.desired_healthy is None else budget.desired_healthy
    missing = max(1, wanted - healthy + 1)
    ways = []
    evicts = options.policy.discipline is Discipline.EVICT_THEN_BIND
    if evicts and may_surge(snapshot, agent) and not budget_because(snapshot, agent, surge=True):
        ways.append("--discipline surge")
    if isinstance(budget.min_available, int):
        ways.append(
            f"{missing} more healthy agent{'' if missing == 1 else 's'} ({healthy} healthy, {wanted} wanted)"
        )
        ways.append(f"minAvailable {max(0, healthy - 1)}")
    elif budget.max_unavailable is not None:
        ways.append(f"maxUnavailable that allows {known.expected - healthy + 1} of {known.expected}")
    elif budget.min_available is not None:
        ways.append(f"minAvailable that asks for no more than {max(0, healthy - 1)} of {known.expected}")
    return " or ".join(ways)
