"""Agents are taken out of the cluster for good."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.snapshot import Snapshot
from placewright.scenarios.left_behind import quotas_without
from placewright.scenarios.operations.base import AgentChoice, Operation


class RemoveAgents(AgentChoice, Operation):
    """Take agents away, running and pending ones; their controllers do not make them anew."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        gone = {agent.key for agent in self.agents(snapshot)}
        return replace(
            snapshot,
            agents=tuple(agent for agent in snapshot.agents if agent.key not in gone),
            quotas=quotas_without(snapshot, (agent for agent in snapshot.agents if agent.key in gone)),
        )
