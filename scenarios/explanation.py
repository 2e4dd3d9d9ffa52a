"""An agent explained, as a document."""

from __future__ import annotations

from placewright.models.agent import Agent
from placewright.models.explanation import Explanation, NodesVerdict, Objection
from placewright.models.plan import Plan
from placewright.models.repair import Repair
from placewright.models.state import ClusterState
from placewright.solver.report_agent import NodeReasons


def explanation(
    state: ClusterState, agent: Agent, reasons: NodeReasons, plan: Plan | None, repair: Repair | None
) -> Explanation:
    """Every rule's objection on every node, those together of which the same is said, and what else is known.

    state: the cluster without the agent, which the `reasons` are about. plan: what is in place there.
    """
    verdicts: dict[tuple[Objection, ...], list[str]] = {}
    for node, found in reasons:
        said = tuple(Objection(rule=reason.rule, message=reason.message) for reason in found)
        verdicts.setdefault(said, []).append(node.name)
    bound = {binding.key: binding.node for binding in plan.bindings} if plan else {}
    left = {f"{item.namespace}/{item.agent}": item for item in plan.unplaced} if plan else {}
    unplaced = left.get(agent.key)
    return Explanation(
        agent=agent.key,
        state=state.snapshot.classify(agent).value,
        priority=agent.spec.priority,
        requests=dict(agent.spec.requests),
        placed_on=bound.get(agent.key, agent.node_name),
        fits=len(verdicts.get((), ())),
        verdicts=tuple(NodesVerdict(nodes=tuple(nodes), objections=said) for said, nodes in verdicts.items()),
        message=unplaced.message if unplaced else "",
        reasons=unplaced.reasons if unplaced else (),
        repair=repair,
    )
