"""What rules allow as counts stand: an encoder's numbers read for many agents at a time.

An encoder says what every answer must keep. A ledger says of the counts there are who may come next, and
whether the whole holds. First answers and parts of large problems go by it; what is emitted is verified all
the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray


@dataclass(frozen=True)
class Limit(ABC):
    """How many agents of one group may come to each of D domains.

    domain (N,): -1 for a node without one, which is not bounded. by_node: no two nodes share a domain.
    """

    domain: IntArray
    domains: int
    by_node: bool

    @abstractmethod
    def allow(self, room: IntArray, wanted: int) -> IntArray:
        """int64 (D,): how many may come to each domain, together: `room` (D,) at most, `wanted` in all."""

    @abstractmethod
    def each(self, room: IntArray) -> IntArray:
        """int64 (D,): how many may come to each domain even if nobody comes to the others."""


class Ledger(ABC):
    """One rule's view of counts (G, N), kept up to date by `add`."""

    @abstractmethod
    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        """`number` agents of a group have come to `nodes`, no node twice; gone where negative."""

    @abstractmethod
    def holds(self) -> bool | None:
        """Whether the rule accepts the counts as a finished placement; None: counts alone do not tell."""

    def room(self, group: int) -> IntArray | None:
        """int64 (N,): how many agents of the group each node has room for; None: any number."""
        return None

    def closed(self, group: int) -> BoolArray | None:
        """bool (N,): nodes to which no agent of the group may go now; None: no node is."""
        return None

    def limits(self, group: int) -> Sequence[Limit]:
        """What bounds several agents of the group that come at once, where `closed` lets them."""
        return ()

    def alone(self, group: int) -> bool:
        """Whether the next agent of the group has to come alone: who may follow depends on where it goes."""
        return False

    def most(self, group: int) -> int | None:
        """How many agents of the group may come in all; None: any number."""
        return None


def by_domain(domain: IntArray, amount: IntArray, domains: int) -> IntArray:
    """int64 (D,): amounts per node (N,) summed by domain; nodes without one (-1) count nowhere."""
    summed: IntArray = np.bincount(domain + 1, weights=amount, minlength=domains + 1)[1:].astype(np.int64)
    return summed


def is_by_node(domain: IntArray) -> bool:
    """Whether no two nodes share a domain."""
    inside = domain[domain >= 0]
    return len(np.unique(inside)) == len(inside)
