"""Disruption budgets: whom a PodDisruptionBudget covers, and how many it lets go (§11, §10.2).

What the budget's status says counts. Where it says nothing, the budget is worked out from its spec and the
agents that the snapshot holds; a percentage is then of the agents that exist, as their controllers' replica
counts are not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import cast

from placewright.models.agent import Agent
from placewright.models.policy import PodDisruptionBudget
from placewright.models.snapshot import Snapshot


def covers(budget: PodDisruptionBudget, agent: Agent) -> bool:
    """Whether the budget is about the agent: a null selector is about nobody, an empty one about all."""
    return (
        budget.namespace == agent.namespace
        and budget.selector is not None
        and budget.selector.matches(agent.labels)
    )


def budgets_of(snapshot: Snapshot, agent: Agent) -> tuple[PodDisruptionBudget, ...]:
    """Every budget that covers the agent; agents alike in namespace and labels share the answer."""
    key: Hashable = (__name__, agent.namespace, agent.label_set)
    known = snapshot.memo.get(key)
    if known is None:
        known = tuple(budget for budget in snapshot.budgets if covers(budget, agent))
        snapshot.memo[key] = known
    return cast(tuple[PodDisruptionBudget, ...], known)


def allowed(snapshot: Snapshot, budget: PodDisruptionBudget) -> int:
    """How many of the agents that it covers may be disrupted now."""
    if budget.disruptions_allowed is not None:
        return budget.disruptions_allowed
    key: Hashable = (__name__, "allowed", budget.namespace, budget.name)
    known = snapshot.memo.get(key)
    if known is None:
        known = _recomputed(snapshot, budget)
        snapshot.memo[key] = known
    return cast(int, known)


def _recomputed(snapshot: Snapshot, budget: PodDisruptionBudget) -> int:
    own = [agent for agent in snapshot.agents if not agent.terminal and covers(budget, agent)]
    healthy = sum(map(is_healthy, own))
    expected = len(own)
    if budget.min_available is not None:
        desired = _part(budget.min_available, expected)
    elif budget.max_unavailable is not None:
        desired = max(0, expected - _part(budget.max_unavailable, expected))
    else:
        return 0
    return max(0, healthy - desired) if expected else 0


def is_healthy(agent: Agent) -> bool:
    """On a node, ready, and not on its way out."""
    return bool(agent.node_name) and agent.ready and not agent.terminating


def _part(amount: int | str, whole: int) -> int:
    """An int as it is, a percentage of `whole` rounded up."""
    if isinstance(amount, int):
        return amount
    return -(-int(amount.removesuffix("%")) * whole // 100)


def excess(snapshot: Snapshot, evicted: Iterable[Agent]) -> int:
    """How far evicting these agents goes beyond what budgets allow, summed over the budgets."""
    used: Counter[tuple[str, str]] = Counter()
    known: dict[tuple[str, str], PodDisruptionBudget] = {}
    for agent in evicted:
        for budget in budgets_of(snapshot, agent):
            used[budget.namespace, budget.name] += 1
            known[budget.namespace, budget.name] = budget
    return sum(max(0, count - allowed(snapshot, known[name])) for name, count in used.items())
