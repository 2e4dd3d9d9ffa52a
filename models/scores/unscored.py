"""Preferences that a snapshot states and no score weighs: named, so that nobody believes they were."""

from __future__ import annotations

from collections.abc import Callable

from placewright.models.agent import Agent
from placewright.models.selector import Effect
from placewright.models.snapshot import Snapshot

_PREFERENCES: tuple[tuple[str, Callable[[Agent], bool]], ...] = (
    ("preferred node affinity", lambda agent: bool(agent.spec.preferred_nodes)),
)


def unscored(snapshot: Snapshot) -> tuple[str, ...]:
    """One warning for each kind of preference that pending agents or nodes state and no score reads."""
    warnings = []
    for what, states in _PREFERENCES:
        stating = [agent for agent in snapshot.pending if states(agent)]
        if stating:
            warnings.append(f"{what} is not scored ({len(stating)} agents, first {stating[0].key})")
    tainted = [
        node.name
        for node in snapshot.nodes
        if any(taint.effect is Effect.PREFER_NO_SCHEDULE for taint in node.taints)
    ]
    if tainted and snapshot.pending:
        warnings.append(f"PreferNoSchedule taints are not scored ({len(tainted)} nodes, first {tainted[0]})")
    return tuple(warnings)
