"""By how much a rule would have to give way for one agent, where it is the only rule that objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.quantity import format_amount
from placewright.models.repair import Relaxation
from placewright.models.rules import cordon, taints
from placewright.models.rules.base import Reason
from placewright.models.rules.quota import ChargeIndex, charging_quotas, unspecified_keys
from placewright.models.rules.resources import UsageIndex, checked_amounts
from placewright.models.rules.topology_spread import spread_domains
from placewright.models.selector import Taint
from placewright.models.state import ClusterState
from placewright.solver.explain import node_reasons


@dataclass(frozen=True, order=True)
class _Change:
    """How much of a change it is, in the rule's own measure, and what it is."""

    size: Fraction
    said: str


_Measure: TypeAlias = Callable[[ClusterState, Agent, Node], _Change]


def relaxations(state: ClusterState, agent: Agent) -> Iterator[Relaxation]:
    """For each rule that alone keeps the agent off some node the least change, and the nodes it opens."""
    found: dict[str, dict[_Change, list[str]]] = {}
    for node, reasons in node_reasons(state, agent):
        objections = _without_cordon_taint(state, agent, node, reasons)
        if len(objections) == 1:
            change = _change(state, agent, node, objections[0])
            found.setdefault(objections[0].rule, {}).setdefault(change, []).append(node.name)
    for rule, changes in found.items():
        least = min(changes)
        yield Relaxation(rule=rule, change=least.said, nodes=tuple(changes[least]))


def _without_cordon_taint(
    state: ClusterState, agent: Agent, node: Node, reasons: Sequence[Reason]
) -> Sequence[Reason]:
    """A cordon comes with a taint: where that is the only one in the way it goes with the cordon."""
    if cordon.RULE.name not in {reason.rule for reason in reasons}:
        return reasons
    if any(taint.key != cordon.UNSCHEDULABLE.key for taint in _untolerated(state, agent, node)):
        return reasons
    return [reason for reason in reasons if reason.rule != taints.RULE.name]


def _change(state: ClusterState, agent: Agent, node: Node, reason: Reason) -> _Change:
    measure = _MEASURES.get(reason.rule)
    if measure is not None:
        return measure(state, agent, node)
    return _Change(Fraction(1), _SAID.get(reason.rule, reason.message))


def _resources(state: ClusterState, agent: Agent, node: Node) -> _Change:
    """What the node lacks; as a measure the largest part of a request that has no room."""
    used = state.index(UsageIndex).used(node.name)
    lacks = {}
    for name, amount in checked_amounts(state.snapshot, agent).items():
        short = amount - (node.allocatable.get(name, 0) - used.get(name, 0))
        if amount and short > 0:
            lacks[name] = (short, Fraction(short, amount))
    amounts = ", ".join(f"{format_amount(name, short)} {name}" for name, (short, _) in lacks.items())
    size = max((part for _, part in lacks.values()), default=Fraction(0))
    return _Change(size, f"{amounts} more, or so much less asked for")


def _taints(state: ClusterState, agent: Agent, node: Node) -> _Change:
    left = _untolerated(state, agent, node)
    names = ", ".join(
        f"{taint.key}{f'={taint.value}' if taint.value else ''}:{taint.effect.value}" for taint in left
    )
    return _Change(Fraction(len(left)), f"tolerate {names}")


def _untolerated(state: ClusterState, agent: Agent, node: Node) -> list[Taint]:
    comparing = state.snapshot.options.taint_comparison_operators
    return [
        taint
        for taint in node.taints
        if taints.untolerated([taint], agent.spec.tolerations, comparison_operators=comparing) is not None
    ]


def _spread(state: ClusterState, agent: Agent, node: Node) -> _Change:
    """The maxSkew that would do, constraint by constraint."""
    said, size = [], 0
    for domains in spread_domains(state, agent):
        constraint = domains.constraint
        key = constraint.topology_key
        if key not in node.labels:
            said.append(f"a label {key} on the node")
            size += 1
            continue
        skew = domains.count(node.labels[key]) + domains.itself - domains.least
        if skew > constraint.max_skew:
            said.append(f"maxSkew {skew} instead of {constraint.max_skew} over {key}")
            size += skew - constraint.max_skew
    return _Change(Fraction(size), ", ".join(said))


def _quota(state: ClusterState, agent: Agent, node: Node) -> _Change:
    """What the quotas would have to allow, or the agent to say. The node plays no part."""
    index = state.index(ChargeIndex)
    said, size = [], Fraction(0)
    for quota in charging_quotas(state.snapshot, agent):
        missing = unspecified_keys(quota, agent)
        if missing:
            said.append(f"an agent that states {', '.join(missing)}, for quota {quota.name}")
            size += len(missing)
        charged, added = index.charged(quota), index.added(quota, agent)
        for key, hard in sorted(quota.hard.items()):
            wanted = charged[key] + added[key]
            if added[key] > 0 and wanted > hard:
                amounts = f"{format_amount(key, wanted)} instead of {format_amount(key, hard)}"
                said.append(f"quota {quota.name}: {key} {amounts}")
                size += Fraction(wanted - hard, added[key])
    return _Change(size, ", ".join(said))


_MEASURES: dict[str, _Measure] = {
    "resources": _resources,
    "taints": _taints,
    "topology_spread": _spread,
    "quota": _quota,
}
_SAID = {
    "cordon": "uncordon",
    "node_affinity": "a node selector or affinity that allows it",
    "host_ports": "another host port",
}
