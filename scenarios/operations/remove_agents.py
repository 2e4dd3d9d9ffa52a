"""Agents are taken out of the cluster for good."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.snapshot import Snapshot
from placewright.scenarios.left_behind import quotas_without
from placewright.scenarios.operations.base import AgentChoice, Operation
from placewright.scenarios.replicas import rescaled


class RemoveAgents(AgentChoice, Operation):
    """Take agents away, running and pending ones; their controllers do not make them anew.

    They want so many fewer, which disruption budgets go by.
    """

    def apply(self, snapshot: Snapshot) -> Snapshot:
        gone = self.agents(snapshot)
        keys = {agent.key for agent in gone}
        # For one that is being deleted its controller wants another already.
        fewer = [(agent, -1) for agent in gone if not agent.terminating]
        return replace(
            snapshot,
            agents=tuple(agent for agent in snapshot.agents if agent.key not in keys),
            quotas=quotas_without(snapshot, gone),
            scales=rescaled(snapshot.scales, fewer),
        )
