"""ImageLocality: how much of the agent's images a node has already, by size (§8.6).

An image counts with its size times the share of nodes that have it, so that one node with a rare image does
not attract everybody. Names are compared as they are written; only a missing tag is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import MOST
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

MIB = 1024 * 1024
LEAST_SIZE = 23 * MIB
"""Images that add up to less do not matter."""
MOST_SIZE = 1000 * MIB
"""Per container; more does not matter either."""


@dataclass
class _Image:
    """`size` as the first node in the snapshot's order has it: kube-scheduler keeps one for the cluster."""

    size: int
    nodes: int = 0


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """100 for 1000 MiB per container, 0 up to 23 MiB in all; never skipped."""
    sizes = {image: size for image, size in _scaled(state.snapshot, agent).items() if size}
    if not sizes:
        return [0] * len(nodes)
    wanted = [tagged(image) for image in agent.spec.images]
    most = MOST_SIZE * agent.spec.container_count
    return [
        _points(sum(sizes[image] for image in wanted if image in sizes and image in node.images), most)
        for node in nodes
    ]


def tagged(image: str) -> str:
    """The name with `:latest` where it has neither tag nor digest."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


def any_present(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether any of the agent's images is on any node."""
    return any(tagged(image) in _images(snapshot) for image in agent.spec.images)


def _points(size: int, most: int) -> int:
    return MOST * (min(max(size, LEAST_SIZE), most) - LEAST_SIZE) // (most - LEAST_SIZE)


def _scaled(snapshot: Snapshot, agent: Agent) -> dict[str, int]:
    """What each of the agent's images counts for where it is present."""
    known = _images(snapshot)
    found = {name: known[name] for name in map(tagged, agent.spec.images) if name in known}
    # The share first: kube-scheduler multiplies in that order, in float64.
    return {name: int(float(i.size) * (i.nodes / len(snapshot.nodes))) for name, i in found.items()}


def _images(snapshot: Snapshot) -> Mapping[str, _Image]:
    """Every image on some node, by each of its names. Derived once per snapshot."""
    known = snapshot.memo.get(__name__)
    if known is None:
        images: dict[str, _Image] = {}
        for node in snapshot.nodes:
            for name, size in node.images.items():
                images.setdefault(name, _Image(size)).nodes += 1
        known = snapshot.memo[__name__] = images
    return cast(Mapping[str, _Image], known)
