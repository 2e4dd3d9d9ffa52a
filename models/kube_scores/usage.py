"""Requested and allocatable amounts as the two resource scores see them (§8.1)."""

from __future__ import annotations

from collections import Counter
from typing import Self

from placewright.models.agent import Agent
from placewright.models.node import Node, Resources
from placewright.models.scores.utilisation import scored_request
from placewright.models.state import ClusterState, StateIndex

COMPUTE = ("cpu", "memory")
ALWAYS = frozenset({*COMPUTE, "ephemeral-storage"})
"""Resources that count for every agent; any other only for one that requests it."""

Amounts = tuple[int, int]
"""(requested, allocatable) of one resource on one node."""


class ScoredUsage(StateIndex):
    """What the agents on each node count for in NodeResourcesFit: non-zero cpu and memory requests (§1.4)."""

    def __init__(self) -> None:
        self._used: dict[str, Counter[str]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls()

    def add(self, agent: Agent, node: Node) -> None:
        used = self._used.setdefault(node.name, Counter())
        for name in COMPUTE:
            used[name] += scored_request(agent.spec, name)

    def remove(self, agent: Agent, node: Node) -> None:
        used = self._used[node.name]
        for name in COMPUTE:
            used[name] -= scored_request(agent.spec, name)

    def used(self, node_name: str) -> Resources:
        """Amounts by resource name; empty for a node that never held anybody."""
        return self._used.get(node_name, {})


def counts(resource: str, request: int) -> bool:
    """Whether a resource counts for an agent that requests this much of it."""
    return request > 0 or resource in ALWAYS
