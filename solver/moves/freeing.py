"""What would let the API evict an agent that disruption budgets hold: each way is enough by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewright.models.agent import Agent
from placewright.models.disruption import allowed, budgets_of, eviction_refusal, goes_free, health
from placewright.models.movable import Discipline, budget_because, may_surge
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot


def holding(snapshot: Snapshot, agent: Agent) -> tuple[PodDisruptionBudget, ...]:
    """The budgets for which the API refuses to evict the agent; several of them always do."""
    return budgets_of(snapshot, agent) if eviction_refusal(snapshot, agent, {}) else ()


def freed_by(snapshot: Snapshot, agent: Agent, options: RebalanceOptions) -> list[str]:
    """Ways to free an agent that budgets hold, each enough by itself; none where no budget holds it."""
    budgets = holding(snapshot, agent)
    if len(budgets) > 1:
        return [_one_of(snapshot, agent, budgets)]
    if not budgets:
        return []
    ways = _ways(snapshot, agent, budgets[0])
    evicts = options.policy.discipline is Discipline.EVICT_THEN_BIND
    if evicts and may_surge(snapshot, agent) and not budget_because(snapshot, agent, surge=True):
        ways.insert(0, "--discipline surge")
    return ways


def _one_of(snapshot: Snapshot, agent: Agent, budgets: Sequence[PodDisruptionBudget]) -> str:
    """An agent may have one budget: those that it can be left with."""
    lenient = [b for b in budgets if allowed(snapshot, b) > 0 or goes_free(snapshot, b, agent)]
    names = ", ".join(budget.name for budget in lenient or budgets)
    said = f"an agent may have one budget: take it out of all but one of {names}"
    if lenient:
        return said
    return f"{said}, and {' or '.join(_ways(snapshot, agent, budgets[0]))} for {budgets[0].name}"


def _ways(snapshot: Snapshot, agent: Agent, budget: PodDisruptionBudget) -> list[str]:
    """What has to change of a budget, or of its agents, so that it lets this one go."""
    ways = list(_changes(snapshot, budget))
    if not agent.ready:
        ways.insert(0, "unhealthyPodEvictionPolicy AlwaysAllow, as it is not ready")
    return ways


def _changes(snapshot: Snapshot, budget: PodDisruptionBudget) -> Iterator[str]:
    """What there has to be more of, or less asked for, so that the budget lets one agent go."""
    known = health(snapshot, budget)
    healthy = known.current if budget.current_healthy is None else budget.current_healthy
    wanted = known.desired if budget.desired_healthy is None else budget.desired_healthy
    missing = max(1, wanted - healthy + 1)
    counted = isinstance(budget.min_available, int)
    if counted or (known.expected > 0 and healthy + missing <= known.expected):
        agents = "agent" if missing == 1 else "agents"
        yield f"{missing} more healthy {agents} ({healthy} healthy, {wanted} wanted)"
    if healthy < 1:
        return
    if counted:
        yield f"minAvailable {healthy - 1}"
    elif known.expected <= 0:
        yield f"minAvailable {healthy - 1}, a number, as nothing says how many there are to be"
    elif budget.max_unavailable is not None:
        yield f"maxUnavailable that allows {known.expected - healthy + 1} of {known.expected}"
    elif budget.min_available is not None:
        yield f"minAvailable that asks for no more than {healthy - 1} of {known.expected}"
