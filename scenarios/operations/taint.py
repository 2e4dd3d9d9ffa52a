"""Nodes get a taint; NoExecute also sends away who does not tolerate it for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.selector import Effect, Taint, Toleration
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_terms import AnyTaint
from placewright.scenarios.displace import displaced
from placewright.scenarios.operations.base import NodeChoice, Operation
from placewright.scenarios.operations.cordon import changed


class TaintNodes(NodeChoice, Operation):
    """Taint nodes. One with the same key and effect is replaced, as `kubectl taint --overwrite` does.

    With NoExecute who runs there and does not tolerate it leaves; so does, in the end, who tolerates it with
    tolerationSeconds only. kube-scheduler does not look at those: such agents may be placed there again.
    """

    taint: AnyTaint
    """As a mapping, or the way kubectl writes it: `key=value:Effect`."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        nodes = self.nodes(snapshot)
        taint = Taint(self.taint.key, Effect(self.taint.effect), self.taint.value)
        tainted = changed(snapshot, nodes, lambda node: _with(node, taint))
        if taint.effect is not Effect.NO_EXECUTE:
            return tainted
        names = {node.name for node in nodes}
        there = [a for a in snapshot.agents if a.node_name in names and not a.terminal and not a.static]
        leaving: dict[str, bool] = {}
        for agent in there:
            toleration = _toleration(snapshot, agent, taint)
            if toleration is None or toleration.for_a_time:
                leaving[agent.key] = toleration is not None
        left = displaced(tainted, lambda agent: agent.key in leaving)
        return replace(left, notes=(*left.notes, *_about(taint, sum(leaving.values()))))


def _with(node: Node, taint: Taint) -> Node:
    others = (t for t in node.taints if (t.key, t.effect) != (taint.key, taint.effect))
    return replace(node, taints=(*others, taint))


def _toleration(snapshot: Snapshot, agent: Agent, taint: Taint) -> Toleration | None:
    """The toleration that says how long the agent stays: the first that matches, as in Kubernetes."""
    comparing = snapshot.options.taint_comparison_operators
    return next(
        (t for t in agent.spec.tolerations if t.tolerates(taint, comparison_operators=comparing)), None
    )


def _about(taint: Taint, for_a_time: int) -> Iterator[str]:
    if for_a_time:
        those = "1 agent tolerates" if for_a_time == 1 else f"{for_a_time} agents tolerate"
        leave = "leaves" if for_a_time == 1 else "leave"
        yield f"{those} {{{taint}}} for a time only (tolerationSeconds), and {leave} as well"
