"""What would let an agent in that is left out: a rule that gives way, an eviction, or one more node.

Everybody else is where the plan has them. Each repair is tried, not guessed: a rule gives way only where it
is alone in the way, victims come from a verified plan, a node is bought only if it then takes the agent.
"""

from __future__ import annotations

from dataclasses import replace

from placewright.models.agent import Agent, AgentClass
from placewright.models.ingest.catalog import LoadedCatalog
from placewright.models.repair import Conflict, Repair, Victims
from placewright.models.rules.victims import NEVER
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.one_node import cheapest_node
from placewright.scenarios.relax import relaxations
from placewright.scenarios.settle import settled
from placewright.solver.conflict import Unknown, conflict
from placewright.solver.groups import group_pending
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan

MOST_KINDS = 40
"""Kinds of agents that a conflict is looked for among; of more, those that are placed stay where they are."""
HIGHEST = 2**31 - 1
"""A priority that evicts everybody who can be evicted."""


def repair(
    verified: VerifiedPlan, agent: Agent, settings: Settings, offers: LoadedCatalog | None = None
) -> Repair:
    """Why a plan leaves an agent out, and what would let it in. The time limit is for each search.

    offers: what can be bought; None: nodes like those of the cluster.
    """
    placed = {binding.key: binding.node for binding in verified.plan.bindings}
    there = placed.get(agent.key, agent.node_name)
    kind = verified.snapshot.classify(agent)
    if there or kind is not AgentClass.PENDING:
        waits = "" if there else f"it is not waiting for a node: {kind.value}"
        return Repair(agent=agent.key, placed_on=there, notes=(waits,) if waits else ())
    after = _alone(settled(verified), agent)
    found, notes = _conflict(verified, after, agent, settings)
    return Repair(
        agent=agent.key,
        conflict=found,
        relax=tuple(relaxations(ClusterState(after), agent)),
        evict=_evict(after, agent, settings),
        buy=cheapest_node(after, agent, offers),
        notes=tuple(notes),
    )


def _alone(snapshot: Snapshot, agent: Agent) -> Snapshot:
    """The snapshot with this agent the only one that is pending."""
    others = {other.key for other in snapshot.pending} - {agent.key}
    return replace(snapshot, agents=tuple(a for a in snapshot.agents if a.key not in others))


def _conflict(
    verified: VerifiedPlan, after: Snapshot, agent: Agent, settings: Settings
) -> tuple[Conflict | None, list[str]]:
    """The conflict where those that the plan has placed may be anywhere else, unless they are too many."""
    snapshot = verified.snapshot
    left = {f"{item.namespace}/{item.agent}" for item in verified.plan.unplaced} - {agent.key}
    asked = replace(snapshot, agents=tuple(a for a in snapshot.agents if a.key not in left))
    notes = []
    if verified.plan.evictions or len(group_pending(asked)) > MOST_KINDS:
        asked = after
        notes.append("the conflict is with all other agents where the plan has them")
    try:
        found = conflict(asked, settings, agent.key)
    except Unknown:
        return None, [*notes, "time ran out before the conflict was found"]
    if found is None:
        notes.append("no rule stands in the way of placing all of them together: more time may find how")
    return found, notes


def _evict(after: Snapshot, agent: Agent, settings: Settings) -> Victims | None:
    """Victims by preemption; where that does not do, whoever it takes."""
    found = _victims(after, agent, settings)
    if found is not None:
        return found
    spec = replace(agent.spec, priority=HIGHEST, preemption_policy="")
    above = replace(agent, spec=spec)
    agents = tuple(above if other.key == agent.key else other for other in after.agents)
    found = _victims(replace(after, agents=agents), above, settings)
    if found is None:
        return None
    less = all(after.agent_by_key[key].spec.priority < agent.spec.priority for key in found.agents)
    return found.model_copy(update={"by_priority": less and agent.spec.preemption_policy != NEVER})


def _victims(after: Snapshot, agent: Agent, settings: Settings) -> Victims | None:
    verdict = place(after, replace(settings, preempt=True, require_all=False))
    if isinstance(verdict, Refused):
        return None
    goes = {binding.key: binding.node for binding in verdict.plan.bindings}
    if agent.key not in goes or not verdict.plan.evictions:
        return None
    victims = tuple(eviction.key for eviction in verdict.plan.evictions)
    moved = tuple(key for key in victims if key in goes)
    return Victims(agents=victims, moved=moved, node=goes[agent.key], by_priority=True)
