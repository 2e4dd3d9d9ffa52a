"""Scheduler name: agents of a scheduler that is not ours are left to it."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot


class SchedulerNameRule(Rule):
    name = "scheduler_name"
    plugin = ""
    reads_nodes = False
    reads_templates = True
    summary = "Only agents whose schedulerName is one of ours are placed."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return spec.scheduler_name not in snapshot.options.scheduler_names

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if agent.spec.scheduler_name in snapshot.options.scheduler_names:
            return None
        return Reason(self.name, f"belongs to scheduler {agent.spec.scheduler_name}", resolvable=False)


RULE = SchedulerNameRule()
