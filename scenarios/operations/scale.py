"""Workloads grow or shrink: more agents like those that are there, or fewer of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from placewright.models.agent import Agent
from placewright.models.errors import InputError
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import unfit
from placewright.scenarios.copies import Copies, base_name, number_of
from placewright.scenarios.left_behind import quotas_without
from placewright.scenarios.operations.base import AgentChoice, Factor, Operation, scaled
from placewright.scenarios.replicas import rescaled

MOST_REPLICAS = 1_000_000


class Scale(AgentChoice, Operation):
    """Change how many agents each chosen workload has; DaemonSets and static agents are as many as nodes are.

    A workload is what one controller owns; without a controller, agents that are alike in all but their
    names, and without labels whose names differ in a number only.
    New agents are copies that wait for a node; those that go are pending ones first, then the youngest; of a
    StatefulSet those with the highest numbers.
    """

    factor: Factor | None = None
    """Times as many, rounded up."""
    add: Annotated[int, Field(ge=-MOST_REPLICAS, le=MOST_REPLICAS)] | None = None
    """So many more, or fewer where it is negative."""
    to: Annotated[int, Field(ge=0, le=MOST_REPLICAS)] | None = None
    """So many."""

    @model_validator(mode="after")
    def _changes(self) -> Scale:
        if sum(value is not None for value in (self.factor, self.add, self.to)) != 1:
            raise unfit("give factor, add or to, one of them")
        return self

    def apply(self, snapshot: Snapshot) -> Snapshot:
        workloads: dict[Hashable, list[Agent]] = {}
        for agent in self.agents(snapshot):
            if keeps_in_use(agent) and not agent.terminating:
                workloads.setdefault(_workload(agent), []).append(agent)
        if not workloads:
            raise InputError("chooses no agent that is scaled: DaemonSets and static agents are not")
        result = _Scaled(snapshot)
        for members in workloads.values():
            result.to(members, self._wanted(len(members)))
        return result.snapshot()

    def _wanted(self, now: int) -> int:
        if self.factor is not None:
            return scaled(now, self.factor)
        return self.to if self.to is not None else max(0, now + (self.add or 0))


def _workload(agent: Agent) -> Hashable:
    if agent.owner is not None:
        return (agent.namespace, agent.owner.kind, agent.owner.name)
    name = "" if agent.labels else base_name(agent)
    return (agent.namespace, name, agent.label_set, agent.spec.signature)


class _Scaled:
    """Collects what workloads gain and lose, and makes the snapshot of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._old = snapshot
        self._gone: set[str] = set()
        self._new: list[Agent] = []
        self._copies = Copies(snapshot)
        self._changes: list[tuple[Agent, int]] = []

    def to(self, members: Sequence[Agent], wanted: int) -> None:
        """Make a workload's `members` as many as `wanted`."""
        more = wanted - len(members)
        if more < 0:
            self._gone.update(agent.key for agent in _first_to_go(members)[:-more])
        elif more > 0:
            self._new.extend(self._copies.of(members[0], more, first=len(members)))
        self._changes.append((members[0], more))

    def snapshot(self) -> Snapshot:
        kept = (agent for agent in self._old.agents if agent.key not in self._gone)
        return replace(
            self._old,
            agents=(*kept, *self._new),
            quotas=quotas_without(self._old, (a for a in self._old.agents if a.key in self._gone)),
            storage=self._copies.storage,
            scales=rescaled(self._old.scales, self._changes),
        )


def _first_to_go(members: Sequence[Agent]) -> list[Agent]:
    """As a ReplicaSet chooses: who waits before who runs, who is not ready, then the youngest.

    A StatefulSet gives up the last of its numbers, whoever that is.
    """
    if members[0].owner is not None and members[0].owner.kind == "StatefulSet":
        return sorted(members, key=lambda agent: (number_of(agent), agent.name), reverse=True)
    youngest = sorted(members, key=lambda agent: (agent.created, agent.name), reverse=True)
    return sorted(youngest, key=lambda agent: (bool(agent.node_name), agent.ready))
