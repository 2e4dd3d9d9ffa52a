"""One agent in detail: what it asks for, where it is, and what each rule says of each node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from placewright.models.agent import Agent
from placewright.models.node import Node, Resources
from placewright.models.plan import Plan
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason
from placewright.models.rules.resources import PODS, UsageIndex
from placewright.models.state import ClusterState
from placewright.solver.explain_joint import listed
from placewright.solver.report_tables import MOST_NODES, show, table

NodeReasons = Sequence[tuple[Node, Sequence[Reason]]]


def print_explanation(
    console: Console, state: ClusterState, agent: Agent, reasons: NodeReasons, plan: Plan | None
) -> None:
    """The agent, what `plan` does with it if there is one, and its verdicts node by node, rule by rule."""
    console.print(Text(agent.key, style="bold"), soft_wrap=True)
    for line in (*_facts(state, agent), *_planned(agent, plan)):
        console.print(Text(f"  {line}"), soft_wrap=True)
    rows = table("node", "verdict")
    rows.columns[1].justify = "left"
    for names, said in _verdicts(state, agent, reasons):
        for i, line in enumerate(said or ["fits"]):
            rows.add_row(names if i == 0 else "", Text(line, style="" if said else "green"))
    if reasons:
        show(console, "Node by node, rule by rule", rows)
    fits = sum(not found for _, found in reasons)
    console.print()
    console.print(f"fits on {fits} of {len(reasons)} nodes as things stand", soft_wrap=True)


def _facts(state: ClusterState, agent: Agent) -> Iterator[str]:
    spec = agent.spec
    named = f" ({spec.priority_class_name})" if spec.priority_class_name else ""
    yield f"{state.snapshot.classify(agent).value}, priority {spec.priority}{named}, {spec.qos.value}"
    yield f"requests: {_amounts(spec.requests)}"
    if spec.limits:
        yield f"limits: {_amounts(spec.limits)}"
    for request in spec.devices:
        share = f"{request.milli} milli of one" if request.milli < 1000 else f"{request.count} whole"
        models = f" of {' or '.join(request.models)}" if request.models else ""
        yield f"devices: {share} {request.resource}{models}"
    if agent.owner is not None:
        yield f"controlled by {agent.owner.kind} {agent.owner.name}"
    if spec.pod_group:
        yield f"in gang {spec.pod_group}"
    if agent.node_name:
        yield f"runs on {agent.node_name}; the verdicts are for the cluster without it"


def _amounts(resources: Resources) -> str:
    return ", ".join(f"{name} {format_amount(name, n)}" for name, n in resources.items()) or "nothing"


def _planned(agent: Agent, plan: Plan | None) -> Iterator[str]:
    for binding in plan.bindings if plan else ():
        if binding.key == agent.key:
            yield f"the plan binds it to {binding.node}; the verdicts are for the plan without it"
    for left in plan.unplaced if plan else ():
        if f"{left.namespace}/{left.agent}" == agent.key:
            yield f"the plan leaves it out: {left.message}"
            for reason in left.reasons:
                if reason.message not in left.message:
                    yield f"  {reason.rule}: {reason.message}"


def _verdicts(state: ClusterState, agent: Agent, reasons: NodeReasons) -> Iterator[tuple[str, list[str]]]:
    """Names of nodes and what is said of them; among many nodes, those that say the same are one entry."""
    if len(reasons) <= MOST_NODES:
        for node, found in reasons:
            yield node.name, [_said(state, agent, node, reason) for reason in found]
        return
    alike: dict[tuple[str, ...], list[str]] = {}
    for node, found in reasons:
        alike.setdefault(tuple(f"{r.rule}: {r.message}" for r in found), []).append(node.name)
    for said, names in sorted(alike.items(), key=lambda entry: (len(entry[0]) > 0, -len(entry[1]))):
        yield listed(names), list(said)


def _said(state: ClusterState, agent: Agent, node: Node, reason: Reason) -> str:
    """The rule's words; for resources with the numbers behind them."""
    said = f"{reason.rule}: {reason.message}"
    if reason.rule != "resources":
        return said
    used = state.index(UsageIndex).used(node.name)
    numbers = []
    for name, amount in {PODS: 1, **agent.spec.requests}.items():
        have = node.allocatable.get(name, 0)
        free = have - used.get(name, 0)
        if amount > free:
            shown = (format_amount(name, n) for n in (amount, free, have))
            numbers.append("{}: asks {}, {} free of {}".format(name, *shown))
    return f"{said} ({'; '.join(numbers)})"
