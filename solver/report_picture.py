"""A picture of a cluster in text: each node's bars, and what runs there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from placewright.models.node import Node
from placewright.models.rules.resources import UsageIndex
from placewright.models.state import ClusterState

ZONE = "topology.kubernetes.io/zone"
BAR = 10
"""Blocks in a full bar."""
_SHORT = {"cpu": "cpu", "memory": "mem"}


def node_lines(state: ClusterState) -> Iterator[str]:
    """`worker-0  cpu ████████░░  80 %  mem ████░░░░░░  40 %  3 web, 1 db` for each node, in their order."""
    titles = {node.name: _title(node) for node in state.snapshot.nodes}
    width = max(map(len, titles.values()), default=0)
    for node in state.snapshot.nodes:
        bars = (f"{short} {_bar(_percent(state, node, name))}" for name, short in _SHORT.items())
        yield "  ".join((f"{titles[node.name]:<{width}}", *bars, _crowd(state, node))).rstrip()


def _title(node: Node) -> str:
    return " ".join(part for part in (node.name, node.labels.get(ZONE, "")) if part)


def _percent(state: ClusterState, node: Node, resource: str) -> int:
    """Requested of what is allocatable; rounded down, so that only a full node is full."""
    have = node.allocatable.get(resource, 0)
    return 100 * state.index(UsageIndex).used(node.name).get(resource, 0) // have if have else 0


def _bar(percent: int) -> str:
    blocks = min(BAR, (percent * BAR + 50) // 100)
    return f"{'█' * blocks}{'░' * (BAR - blocks)} {percent:>3} %"


def _crowd(state: ClusterState, node: Node) -> str:
    """What runs there by its label `app`, or by name where it has none, the most first."""
    names = Counter(agent.labels.get("app", agent.name) for agent in state.agents_on(node.name).values())
    ranked = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ranked)
