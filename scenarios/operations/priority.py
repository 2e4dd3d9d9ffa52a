"""Agents are more, or less, important than they were."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from placewright.models.agent import AgentSpec
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import Priority
from placewright.scenarios.operations.base import AgentChoice, Operation


class SetPriority(AgentChoice, Operation):
    """Give agents another priority, whatever their priority class says."""

    priority: Priority
    """The new one."""

    def apply(self, snapshot: Snapshot) -> Snapshot:
        chosen = {agent.key for agent in self.agents(snapshot)}
        specs: dict[Hashable, AgentSpec] = {}

        def given(spec: AgentSpec) -> AgentSpec:
            # Replicas keep sharing one spec.
            if id(spec) not in specs:
                specs[id(spec)] = replace(spec, priority=self.priority)
            return specs[id(spec)]

        agents = (replace(a, spec=given(a.spec)) if a.key in chosen else a for a in snapshot.agents)
        return replace(snapshot, agents=tuple(agents))
