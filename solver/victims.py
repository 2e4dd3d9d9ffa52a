"""kube-scheduler's preemption: the one node on which an agent's coming costs least, and who must go (§10.2).

Only agents on the node itself are considered, so what agents elsewhere forbid is never cured. Budgets are a
preference here, not a bar. Left out are agents that placewright never evicts (`unevictable_because`);
kube-scheduler spares nobody of lower priority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.disruption import Spent, violating
from placewright.models.filters import rejection
from placewright.models.node import Node
from placewright.models.rules import resources
from placewright.models.rules.base import Reason, Rule
from placewright.models.rules.resources import UsageIndex, shortages
from placewright.models.rules.victims import unevictable_because
from placewright.models.state import ClusterState

Refusals = Sequence[tuple[Node, Reason]]
"""Why each node is closed to an agent."""

MOST_CANDIDATES, SHARE_OF_NODES = 100, 10
"""kube-scheduler stops after this many candidates, or this percentage of the nodes if that is more."""
OFFSET = 2**31
"""Added to each victim's priority, so that one more victim never makes a sum smaller."""


@dataclass(frozen=True)
class Candidate:
    """A node that would take the agent without `victims`, `violations` of which break a budget."""

    node: Node
    victims: tuple[Agent, ...]
    violations: int

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """The first four of kube-scheduler's criteria, in their order; less is better."""
        priorities = [victim.spec.priority for victim in self.victims]
        return (
            self.violations,
            max(priorities, default=-OFFSET),
            sum(priority + OFFSET for priority in priorities),
            len(priorities),
        )


def find_candidate(
    state: ClusterState, agent: Agent, refusals: Refusals, spent: Spent, rules: Sequence[Rule]
) -> Candidate | None:
    """Where to preempt for an agent that no node takes, or None. `state` is left as it is.

    `spent`: what evictions before this one have taken from budgets. The nodes are tried in their order, where
    kube-scheduler starts anywhere; among candidates that cost the same it is the first.
    """
    most = max(MOST_CANDIDATES, len(state.snapshot.nodes) * SHARE_OF_NODES // 100)
    found: list[Candidate] = []
    for node, reason in refusals:
        if reason.resolvable and len(found) < most:
            candidate = on_node(state, agent, node, spent, rules)
            if candidate is not None:
                found.append(candidate)
    return choose(state, found)


def choose(state: ClusterState, candidates: Sequence[Candidate]) -> Candidate | None:
    """The cheapest; then the one whose most important victims started last (criterion 5)."""
    if not candidates:
        return None
    least = min(candidate.cost for candidate in candidates)
    cheapest = [candidate for candidate in candidates if candidate.cost == least]
    return max(cheapest, key=lambda candidate: _earliest_start(state, candidate))


def _earliest_start(state: ClusterState, candidate: Candidate) -> tuple[bool, str]:
    highest = max((victim.spec.priority for victim in candidate.victims), default=0)
    starts = [_started(state, v) for v in candidate.victims if v.spec.priority == highest]
    return min(starts, default=(True, ""))


def _started(state: ClusterState, agent: Agent) -> tuple[bool, str]:
    """When an agent started, in an order in which what has not started yet comes last."""
    started = "" if agent.key in state.new else agent.started
    return (not started, started)


def on_node(
    state: ClusterState, agent: Agent, node: Node, spent: Spent, rules: Sequence[Rule]
) -> Candidate | None:
    """Who must leave a node for `agent`: all of lower priority go, and who can stay is let back in.

    First those whose leaving violates a budget, then the others, the most important ones first.
    """
    pool = [other for other in state.agents_on(node.name).values() if _may_go(state, other, agent)]
    if not pool or (resources.RULE in rules and not _has_room_without(state, agent, node, pool)):
        return None
    pool.sort(key=lambda other: (-other.spec.priority, _started(state, other), other.key))
    over = violating(state.snapshot, pool, spent)
    trial = _Trial(state, node, pool)
    try:
        if rejection(state, agent, node, rules) is not None:
            return None
        victims, violations = [], 0
        for wanted in (True, False):
            for other, violates in zip(pool, over, strict=True):
                if violates is wanted and not trial.lets_back(other, agent, rules):
                    victims.append(other)
                    violations += violates
        return Candidate(node, tuple(victims), violations)
    finally:
        trial.undo()


def _may_go(state: ClusterState, other: Agent, agent: Agent) -> bool:
    return other.spec.priority < agent.spec.priority and not unevictable_because(state.snapshot, other)


def _has_room_without(state: ClusterState, agent: Agent, node: Node, pool: Iterable[Agent]) -> bool:
    """Whether requests alone would fit: spares the trial on most nodes that are too small anyway."""
    used = Counter(state.index(UsageIndex).used(node.name))
    for other in pool:
        used.subtract(other.spec.requests)
        used[resources.PODS] -= 1
    return not shortages(state.snapshot, agent, node, used)


class _Trial:
    """Takes agents off a node, and in the end puts everything back as it was."""

    def __init__(self, state: ClusterState, node: Node, pool: Sequence[Agent]) -> None:
        self._state = state
        self._node = node
        self._new = dict(state.new)
        self._devices = {agent.key: state.devices.get(agent.key, ()) for agent in pool}
        self._away = list(pool)
        for agent in pool:
            state.remove(agent, node)

    def lets_back(self, other: Agent, agent: Agent, rules: Sequence[Rule]) -> bool:
        """Put `other` back if the node then still takes `agent`."""
        self._put_back(other)
        if rejection(self._state, agent, self._node, rules) is None:
            self._away.remove(other)
            return True
        self._state.remove(other, self._node)
        return False

    def undo(self) -> None:
        for agent in self._away:
            self._put_back(agent)
        # Putting back reorders what is new.
        self._state.new.clear()
        self._state.new.update(self._new)

    def _put_back(self, agent: Agent) -> None:
        if agent.key in self._new:
            self._state.place(agent, self._node, self._devices[agent.key])
        else:
            self._state.restore(agent)
