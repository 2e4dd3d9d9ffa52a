"""Taints: every NoSchedule and NoExecute taint of the node must be tolerated (§3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.selector import REPELLING, Taint, Toleration
from placewright.models.snapshot import Snapshot


def untolerated(
    taints: Iterable[Taint], tolerations: Iterable[Toleration], *, comparison_operators: bool = False
) -> Taint | None:
    """The first repelling taint that nothing tolerates, or None."""
    for taint in taints:
        if taint.effect in REPELLING and not any(
            t.tolerates(taint, comparison_operators=comparison_operators) for t in tolerations
        ):
            return taint
    return None


class TaintsRule(Rule):
    name = "taints"
    plugin = "TaintToleration"
    reads_templates = True
    summary = "Every NoSchedule and NoExecute taint of a node must be tolerated; PreferNoSchedule never bars."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        comparing = snapshot.options.taint_comparison_operators
        return untolerated(snapshot.taints, spec.tolerations, comparison_operators=comparing) is not None

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        taint = untolerated(
            node.taints,
            agent.spec.tolerations,
            comparison_operators=snapshot.options.taint_comparison_operators,
        )
        if taint is None:
            return None
        return Reason(self.name, f"node(s) had untolerated taint {{{taint}}}", resolvable=False)


RULE = TaintsRule()
