"""What the scorers share: their signature, and kube-scheduler's ways of scaling and rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.state import ClusterState

MOST = 100
"""The best that a node can score in one respect."""

Scorer = Callable[[ClusterState, Agent, Sequence[Node], Profile], list[int] | None]
"""(state, agent on no node, nodes open to it, profile) -> 0..100 for each node in order.

None where the plugin skips the agent: it then adds nothing to any node.
"""


def normalized(raw: Sequence[int]) -> list[int]:
    """Scaled so that the largest is 100; all 0 stays all 0."""
    largest = max(raw, default=0)
    return [MOST * value // largest for value in raw] if largest else [0] * len(raw)


def reverse_normalized(raw: Sequence[int]) -> list[int]:
    """100 for what has none, 0 for what has most."""
    return [MOST - value for value in normalized(raw)]


def round_half_away(value: float) -> int:
    """A float that is not negative to the nearest integer, halves up: Go's `math.Round`."""
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)
