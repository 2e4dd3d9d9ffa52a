"""Workloads grow or shrink: more agents like those that are there, or fewer of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from placewright.models.agent import Agent, ClaimUse, Phase
from placewright.models.errors import InputError
from placewright.models.policy import Scale as ControllerScale
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim
from placewright.models.wire.concise_base import unfit
from placewright.scenarios.operations.base import AgentChoice, Factor, Operation, scaled

MOST_REPLICAS = 1_000_000
_ORDINAL = re.compile(r"-[0-9]+$")
ClaimKey = tuple[str, str]


class Scale(AgentChoice, Operation):
    """Change how many agents each chosen workload has; DaemonSets and static agents are as many as nodes are.

    A workload is what one controller owns; without a controller, agents alike whose names differ in a number.
    New agents are copies that wait for a node; those that go are pending ones first, then the youngest.
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
    return (agent.namespace, _base(agent), agent.label_set, agent.spec.signature)


def _base(agent: Agent) -> str:
    return agent.owner.name if agent.owner is not None else _ORDINAL.sub("", agent.name)


class _Scaled:
    """Collects what workloads gain and lose, and makes the snapshot of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._old = snapshot
        self._gone: set[str] = set()
        self._new: list[Agent] = []
        self._claims: dict[ClaimKey, PersistentVolumeClaim] = {}
        self._taken = set(snapshot.agent_by_key)
        self._scales = dict(snapshot.scales)
        self._users: dict[ClaimKey, int] = {}
        for agent in snapshot.agents:
            for use in agent.spec.claims:
                key = (agent.namespace, use.name)
                self._users[key] = self._users.get(key, 0) + 1

    def to(self, members: Sequence[Agent], wanted: int) -> None:
        """Make a workload's `members` as many as `wanted`."""
        more = wanted - len(members)
        if more == 0:
            return
        if more < 0:
            self._gone.update(agent.key for agent in _first_to_go(members)[:-more])
        else:
            for name in self._names(members, more):
                self._new.append(self._copy(members[0], name))
        self._rescale(members[0], more)

    def snapshot(self) -> Snapshot:
        kept = (agent for agent in self._old.agents if agent.key not in self._gone)
        storage = self._old.storage
        if self._claims:
            storage = replace(storage, claims={**storage.claims, **self._claims})
        return replace(self._old, agents=(*kept, *self._new), storage=storage, scales=self._scales)

    def _names(self, members: Sequence[Agent], count: int) -> Iterator[str]:
        """New names, numbered on from where the workload's own end."""
        namespace, base, number = members[0].namespace, _base(members[0]), len(members)
        while count:
            name = f"{base}-{number}"
            number += 1
            if f"{namespace}/{name}" not in self._taken:
                self._taken.add(f"{namespace}/{name}")
                count -= 1
                yield name

    def _copy(self, sample: Agent, name: str) -> Agent:
        claims = tuple(self._claim(sample, use, name) for use in sample.spec.claims)
        spec = sample.spec if claims == sample.spec.claims else replace(sample.spec, claims=claims)
        return replace(
            sample,
            name=name,
            spec=spec,
            uid="",
            phase=Phase.PENDING,
            node_name="",
            nominated_node="",
            scheduling_gates=(),
            admitted=False,
            device_ids=(),
            created="",
            started="",
            ready=True,
        )

    def _claim(self, sample: Agent, use: ClaimUse, name: str) -> ClaimUse:
        """A claim that only the sample mounts is its own: a copy gets one of its own, still to be bound."""
        key = (sample.namespace, use.name)
        claim = self._old.storage.claims.get(key)
        if claim is None or self._users.get(key, 0) > 1:
            return use
        own = f"{use.name}-{name}"
        owner = replace(claim.owner, name=name, uid="") if use.ephemeral and claim.owner else claim.owner
        self._claims[sample.namespace, own] = replace(
            claim,
            name=own,
            volume_name="",
            bound=False,
            phase="Pending",
            selected_node="",
            owner=owner,
            uid="",
            admitted=False,
            allocated=0,
        )
        return replace(use, name=own)

    def _rescale(self, sample: Agent, more: int) -> None:
        """What disruption budgets take for the number that the controller wants."""
        if sample.owner is None:
            return
        scale = self._scales.get((sample.namespace, sample.owner.kind, sample.owner.name))
        if scale is None:
            return
        replicas = max(0, scale.replicas + more)
        for key, other in self._scales.items():
            if key[0] == sample.namespace and other.controller == scale.controller:
                self._scales[key] = ControllerScale(scale.controller, replicas)


def _first_to_go(members: Sequence[Agent]) -> list[Agent]:
    """As a ReplicaSet chooses: who waits before who runs, who is not ready, then the youngest."""
    youngest = sorted(members, key=lambda agent: (agent.created, agent.name), reverse=True)
    return sorted(youngest, key=lambda agent: (bool(agent.node_name), agent.ready))
