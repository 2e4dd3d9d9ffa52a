"""DaemonSets as a snapshot shows them: by the agents that they have made."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import Agent
from placewright.models.snapshot import Snapshot

DAEMON_SET = "DaemonSet"


def daemon_samples(snapshot: Snapshot) -> Iterator[Agent]:
    """One agent of each DaemonSet, the first that has not ended and is not being deleted."""
    seen: set[tuple[str, str]] = set()
    for agent in snapshot.agents:
        if agent.owner is None or agent.owner.kind != DAEMON_SET or agent.terminal or agent.terminating:
            continue
        key = (agent.namespace, agent.owner.name)
        if key not in seen:
            seen.add(key)
            yield agent
