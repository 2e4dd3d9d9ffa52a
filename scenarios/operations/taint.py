"""Nodes get a taint; NoExecute also sends away who does not tolerate it."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.selector import Effect, Taint
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_terms import AnyTaint
from placewright.scenarios.displace import displaced
from placewright.scenarios.operations.base import NodeChoice, Operation
from placewright.scenarios.operations.cordon import changed


class TaintNodes(NodeChoice, Operation):
    """Taint nodes. One with the same key and effect is replaced, as `kubectl taint --overwrite` does."""

    taint: AnyTaint
    """As a mapping, or the way kubectl writes it: `key=value:Effect`."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        nodes = self.nodes(snapshot)
        taint = Taint(self.taint.key, Effect(self.taint.effect), self.taint.value)
        tainted = changed(snapshot, nodes, lambda node: _with(node, taint))
        if taint.effect is not Effect.NO_EXECUTE:
            return tainted
        names = {node.name for node in nodes}
        return displaced(
            tainted, lambda agent: agent.node_name in names and not _tolerates(snapshot, agent, taint)
        )


def _with(node: Node, taint: Taint) -> Node:
    others = (t for t in node.taints if (t.key, t.effect) != (taint.key, taint.effect))
    return replace(node, taints=(*others, taint))


def _tolerates(snapshot: Snapshot, agent: Agent, taint: Taint) -> bool:
    """Static agents are the node's own: nobody evicts them."""
    comparing = snapshot.options.taint_comparison_operators
    return agent.static or any(
        t.tolerates(taint, comparison_operators=comparing) for t in agent.spec.tolerations
    )
