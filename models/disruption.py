"""Disruption budgets: whom a PodDisruptionBudget covers, and how many it lets go (§11, §10.2).

What the budget's status says counts. Where it says nothing, the budget is worked out from its spec: a number
of agents that must stay from the agents that are there, percentages and numbers that may go from what their
controllers are to have. A controller that the snapshot does not hold is taken to want what it has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from placewright.models.agent import Agent, Phase
from placewright.models.policy import PodDisruptionBudget, Scale
from placewright.models.snapshot import Snapshot

WITHOUT_SCALE = frozenset({"DaemonSet", "Job", "Node"})
"""Controllers that cannot be asked how many agents they are to have: such a budget lets nobody go."""

BudgetKey = tuple[str, str]
"""(namespace, name) of a budget."""
Spent = Mapping[BudgetKey, int]
"""How many agents each budget has let go so far."""


def key_of(budget: PodDisruptionBudget) -> BudgetKey:
    return (budget.namespace, budget.name)


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
        known = tuple(budget for budget in _own(snapshot, agent.namespace).budgets if covers(budget, agent))
        snapshot.memo[key] = known
    return cast(tuple[PodDisruptionBudget, ...], known)


@dataclass
class _Own:
    """The budgets and the agents of one namespace: a budget is about no others, and about agents alike in
    labels all or none.
    """

    budgets: list[PodDisruptionBudget] = field(default_factory=list)
    alike: dict[Hashable, list[Agent]] = field(default_factory=dict)

    def covered(self, budget: PodDisruptionBudget) -> Iterator[Agent]:
        """The agents that a budget of the namespace is about."""
        for agents in self.alike.values():
            if covers(budget, agents[0]):
                yield from agents


def _own(snapshot: Snapshot, namespace: str) -> _Own:
    known = snapshot.memo.get(_Own)
    if known is None:
        found: defaultdict[str, _Own] = defaultdict(_Own)
        for budget in snapshot.budgets:
            found[budget.namespace].budgets.append(budget)
        for agent in snapshot.agents:
            found[agent.namespace].alike.setdefault(agent.label_set, []).append(agent)
        known = snapshot.memo[_Own] = found
    return cast(defaultdict[str, _Own], known)[namespace]


@dataclass(frozen=True)
class Health:
    """A budget's agents: healthy now, wanted healthy, and how many there are to be in all."""

    current: int
    desired: int
    expected: int

    @property
    def allowed(self) -> int:
        return max(0, self.current - self.desired) if self.expected > 0 else 0


def health(snapshot: Snapshot, budget: PodDisruptionBudget) -> Health:
    """How a budget stands, worked out from its spec and the agents that the snapshot holds."""
    key: Hashable = (__name__, "health", key_of(budget))
    known = snapshot.memo.get(key)
    if known is None:
        known = snapshot.memo[key] = _health(snapshot, budget)
    return cast(Health, known)


def allowed(snapshot: Snapshot, budget: PodDisruptionBudget) -> int:
    """How many of the agents that it covers may be disrupted now."""
    if budget.disruptions_allowed is not None:
        return budget.disruptions_allowed
    return health(snapshot, budget).allowed


def _health(snapshot: Snapshot, budget: PodDisruptionBudget) -> Health:
    covered = _own(snapshot, budget.namespace).covered(budget)
    own = [agent for agent in covered if not agent.terminal]
    current = sum(is_healthy(agent) and agent.name not in budget.disrupted for agent in own)
    if isinstance(budget.min_available, int):
        return Health(current, budget.min_available, len(own))
    expected = _expected(snapshot, own)
    if budget.min_available is not None:
        return Health(current, _part(budget.min_available, expected), expected)
    if budget.max_unavailable is not None:
        return Health(current, max(0, expected - _part(budget.max_unavailable, expected)), expected)
    return Health(current, 0, 0)


def is_healthy(agent: Agent) -> bool:
    """On a node, ready, and not on its way out."""
    return bool(agent.node_name) and agent.ready and not agent.terminating


def _expected(snapshot: Snapshot, own: Sequence[Agent]) -> int:
    """How many agents there are to be; 0, so that nobody may go, where a controller cannot say.

    An agent of a cluster that nothing controls is not expected at all; one that was only written down is
    taken for one of its kind.
    """
    decided: dict[Hashable, Scale] = {}
    loose = 0
    for agent in own:
        owner = agent.owner
        if owner is None:
            loose += not agent.uid
            continue
        if owner.kind in WITHOUT_SCALE:
            return 0
        scale = snapshot.scales.get((agent.namespace, owner.kind, owner.name))
        if scale is None:
            loose += 1
        else:
            decided[scale.controller] = scale
    return loose + sum(scale.replicas for scale in decided.values())


def _part(amount: int | str, whole: int) -> int:
    """An int as it is, a percentage of `whole` rounded up."""
    if isinstance(amount, int):
        return amount
    return -(-int(amount.removesuffix("%")) * whole // 100)


def excess(snapshot: Snapshot, evicted: Iterable[Agent]) -> int:
    """How far evicting these agents goes beyond what budgets allow, summed over the budgets."""
    used: Counter[BudgetKey] = Counter()
    known: dict[BudgetKey, PodDisruptionBudget] = {}
    for agent in evicted:
        for budget in budgets_of(snapshot, agent):
            used[key_of(budget)] += 1
            known[key_of(budget)] = budget
    return sum(max(0, count - allowed(snapshot, known[name])) for name, count in used.items())


def preempted_budgets(snapshot: Snapshot, agent: Agent) -> tuple[PodDisruptionBudget, ...]:
    """The budgets that kube-scheduler charges when it preempts the agent (§10.2).

    Unlike the disruption controller it passes over empty selectors, and an agent that was let go already
    is not charged again.
    """
    return tuple(
        budget
        for budget in budgets_of(snapshot, agent)
        if agent.labels
        and budget.selector is not None
        and not budget.selector.empty
        and agent.name not in budget.disrupted
    )


def violating(snapshot: Snapshot, victims: Iterable[Agent], spent: Spent) -> list[bool]:
    """For each of `victims`, in kube-scheduler's order, whether preempting it violates a budget.

    Each is charged to its budgets in turn, on top of `spent`; it violates where one has nothing left.
    """
    charged = Counter(spent)
    found = []
    for victim in victims:
        over = False
        for budget in preempted_budgets(snapshot, victim):
            charged[key_of(budget)] += 1
            over = over or charged[key_of(budget)] > allowed(snapshot, budget)
        found.append(over)
    return found


def eviction_refusal(snapshot: Snapshot, agent: Agent, spent: Spent) -> str:
    """Why the API server's eviction would be refused after `spent` evictions, or "" (§11).

    The order is the API's: agents that do not run yet, or are on their way out, are let go whatever their
    budgets say; one with several budgets never is.
    """
    if agent.terminal or agent.terminating or agent.phase is Phase.PENDING:
        return ""
    covering = budgets_of(snapshot, agent)
    if len(covering) > 1:
        names = ", ".join(budget.name for budget in covering)
        return f"is covered by several disruption budgets ({names}): it cannot be evicted"
    if not covering or goes_free(snapshot, covering[0], agent):
        return ""
    budget = covering[0]
    left = allowed(snapshot, budget) - spent.get(key_of(budget), 0)
    return "" if left > 0 else f"disruption budget {budget.name} lets nobody go now"


def spends(snapshot: Snapshot, agent: Agent) -> PodDisruptionBudget | None:
    """The budget that evicting the agent takes one from; None where it costs none."""
    covering = budgets_of(snapshot, agent)
    ignored = agent.terminal or agent.terminating or agent.phase is Phase.PENDING
    if ignored or len(covering) != 1 or goes_free(snapshot, covering[0], agent):
        return None
    return covering[0]


def goes_free(snapshot: Snapshot, budget: PodDisruptionBudget, agent: Agent) -> bool:
    """Whether an agent that is not ready may go without using the budget."""
    if agent.ready:
        return False
    if budget.always_allow_unhealthy:
        return True
    known = health(snapshot, budget)
    current = known.current if budget.current_healthy is None else budget.current_healthy
    desired = known.desired if budget.desired_healthy is None else budget.desired_healthy
    return current >= desired > 0
