"""Preemption: which running agents may be evicted, for whom, and when an eviction was needed (§10.2).

kube-scheduler looks for victims node by node. Here all evictions of a round are chosen together; what makes
one legal is the same: the victim has a strictly lower priority than an agent that could not be placed with
it in the way, and that agent may preempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from placewright.models.agent import Agent, AgentClass, QosClass
from placewright.models.rules.base import Rule
from placewright.models.rules.claims import delayed_claims
from placewright.models.rules.own_terms import own_matcher
from placewright.models.rules.topology import Matcher, matches
from placewright.models.rules.topology_spread import counted_agents, hard_constraints
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

NEVER = "Never"
PLUGIN = "DefaultPreemption"
QOS_COST = {QosClass.BEST_EFFORT: 0, QosClass.BURSTABLE: 1, QosClass.GUARANTEED: 2}
"""Among victims of equal priority the ones with the weaker promise go first."""


def may_preempt(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether others may be evicted for this agent: not if it says so, or its profile does not preempt."""
    return agent.spec.preemption_policy != NEVER and snapshot.filters(PLUGIN, agent)


def highest_preemptor(snapshot: Snapshot) -> int | None:
    """The highest priority among the pending agents that may preempt; None where there is none."""
    samples = (agents[0] for agents in snapshot.pending_alike)
    return max((agent.spec.priority for agent in samples if may_preempt(snapshot, agent)), default=None)


def evictable(snapshot: Snapshot) -> tuple[Agent, ...]:
    """The running agents that may be evicted in this round, in the snapshot's order.

    Not those that are on their way out already, that say so themselves, that hold single devices or a claim
    that still waits for its volume: what they free is not modelled.
    """
    known = snapshot.memo.get(__name__)
    if known is None:
        highest = highest_preemptor(snapshot)
        known = tuple(
            agent
            for agent in (snapshot.residents if highest is not None else ())
            if agent.spec.priority < cast(int, highest) and unevictable_because(snapshot, agent) == ""
        )
        snapshot.memo[__name__] = known
    return cast(tuple[Agent, ...], known)


def unevictable_because(snapshot: Snapshot, agent: Agent) -> str:
    """Why a running agent may never be preempted, whatever its priority; "" where it may be."""
    if agent.terminating:
        return "is being deleted already"
    if agent.static:
        return "belongs to its node"
    if not agent.preemptable:
        return "is not preemptable"
    if agent.spec.devices:
        return "holds devices"
    if delayed_claims(snapshot, agent):
        return "has a claim that waits for its volume"
    return ""


def returns(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether an evicted agent is made anew and is then ours to place."""
    return agent.recreated and agent.spec.scheduler_name in snapshot.options.scheduler_names


def preemptors(snapshot: Snapshot, placed: Iterable[Agent]) -> list[Agent]:
    """Those of the placed agents that others of strictly lower priority may be evicted for."""
    return [
        agent
        for agent in placed
        if may_preempt(snapshot, agent) and snapshot.classify(agent) is AgentClass.PENDING
    ]


def needless(state: ClusterState, rules: Sequence[Rule]) -> Iterator[Agent]:
    """Evicted agents that could have stayed beside all newcomers of strictly higher priority.

    The reason of an eviction is then at most an agent that is not more important. `rules` are all rules.
    """
    victims = state.evicted
    for priority in sorted({victim.spec.priority for victim in victims}, reverse=True):
        without = _beside_higher(state, priority)
        open_to = [v for v in victims if v.spec.priority == priority and _is_let_in(without, v, rules)]
        # Where those above do not hold together without the others nothing can be said.
        if open_to and not _is_broken(without, rules):
            watching = _watching(without)
            yield from (v for v in open_to if _goes_back(without, v, rules, watching))


def _beside_higher(state: ClusterState, priority: int) -> ClusterState:
    """The final state without the newcomers of this priority and below."""
    without = ClusterState(state.snapshot)
    for agent in state.evicted:
        without.remove(agent, state.snapshot.node_by_name[agent.node_name])
    for agent, node in state.placed():
        if agent.spec.priority > priority:
            without.place(agent, node, state.devices.get(agent.key, ()))
    return without


def _is_let_in(state: ClusterState, victim: Agent, rules: Sequence[Rule]) -> bool:
    """Whether every filter would take the victim back on its node."""
    home = state.snapshot.node_by_name[victim.node_name]
    return all(rule.rejects(state, victim, home) is None for rule in rules)


def _is_broken(state: ClusterState, rules: Sequence[Rule]) -> bool:
    return any(True for rule in rules for _ in rule.violations(state))


def _watching(state: ClusterState) -> tuple[Matcher, ...]:
    """Whom newcomers count for their spread, or look for as company: nobody else's coming can hurt them."""
    found: dict[Matcher, None] = {}
    seen: set[int] = set()
    for agent, _ in state.placed():
        if id(agent.spec) in seen:
            continue
        seen.add(id(agent.spec))
        if agent.spec.affinity:
            found[own_matcher(state.snapshot, agent)] = None
        for constraint in hard_constraints(state.snapshot, agent):
            counted = counted_agents(agent, constraint)
            if counted is not None:
                found[counted] = None
    return tuple(found)


def _goes_back(
    state: ClusterState, victim: Agent, rules: Sequence[Rule], watching: Sequence[Matcher]
) -> bool:
    """Whether the victim could be back on its node with nobody the worse for it. Leaves `state` as it was."""
    snapshot = state.snapshot
    # Whom a filter spares it lets in beside others who find no room themselves beside it.
    spared = snapshot.any_off and not all(rule.holds(snapshot, victim) for rule in rules)
    watched = victim.spec.pod_group or any(matches(snapshot, matcher, victim) for matcher in watching)
    if not spared and not watched:
        return True
    state.restore(victim)
    harmless = not _is_broken(state, rules)
    state.remove(victim, state.snapshot.node_by_name[victim.node_name])
    return harmless
