"""Preemption: only what may be evicted is, and only where somebody more important needs it gone (§10.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules import host_ports, inter_agent_affinity, volume_restrictions
from placewright.models.rules.base import Rule, Violation
from placewright.models.rules.resources import UsageIndex, checked_amounts, shortages
from placewright.models.rules.victims import evictable, may_preempt, preemptors, returns, unevictable_because
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

_KEEPING_OUT = (host_ports.RULE, inter_agent_affinity.RULE, volume_restrictions.RULE)


def kept_out(before: ClusterState, agent: Agent, node: Node) -> list[str]:
    """Why agents that run keep the agent off the node, other than by what they use; `before` has them all.

    Required affinity that is not met yet may still be met: only what evictions could cure counts.
    """
    reasons = (rule.rejects(before, agent, node) for rule in _KEEPING_OUT)
    return [reason.message for reason in reasons if reason is not None and reason.resolvable]


class PreemptionRule(Rule):
    name = "preemption"
    plugin = "DefaultPreemption"
    summary = "Agents are evicted only for agents of strictly higher priority that may preempt."

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        victims = state.evicted
        if not victims:
            return
        allowed = {agent.key for agent in evictable(state.snapshot)}
        newcomers = [agent for agent, _ in state.placed()]
        # One that outranks the victim is enough, so the highest of them is all there is to know.
        highest = max((agent.spec.priority for agent in preemptors(state.snapshot, newcomers)), default=None)
        for victim in victims:
            if victim.key in state.new and not returns(state.snapshot, victim):
                message = "is evicted and placed, but nothing makes it anew"
                yield Violation(self.name, message, victim.key, state.new[victim.key])
            message = unevictable_because(state.snapshot, victim)
            outranked = highest is not None and highest > victim.spec.priority
            if not message and not (outranked and victim.key in allowed):
                message = "is evicted, but nobody of higher priority that may preempt is placed"
            if message:
                yield Violation(self.name, message, victim.key, victim.node_name)
        yield from self._immodest(state)

    def _immodest(self, state: ClusterState) -> Iterator[Violation]:
        """Agents that may not preempt must go together with everybody who ran before."""
        before = ClusterState(state.snapshot)
        usage = before.index(UsageIndex)
        filled: dict[str, Counter[str]] = {}
        for agent, node in state.placed():
            if may_preempt(state.snapshot, agent) or agent.node_name:
                continue
            used = filled.setdefault(node.name, Counter(usage.used(node.name)))
            why = [*shortages(state.snapshot, agent, node, used), *kept_out(before, agent, node)]
            if why:
                message = f"may not preempt, and cannot be there without evictions: {', '.join(why)}"
                yield Violation(self.name, message, agent.key, node.name)
            used.update(checked_amounts(state.snapshot, agent))

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return False

    def holds(self, snapshot: Snapshot, agent: Agent) -> bool:
        """For everybody: that a profile's agents do not preempt (`may_preempt`) does not free its victims."""
        return True

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> None:
        return None


RULE = PreemptionRule()
