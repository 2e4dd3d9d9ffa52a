"""More agents like one that is there: names, claims, and what else a controller would make anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from placewright.models.agent import Agent, ClaimUse, Phase
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage

_ORDINAL = re.compile(r"-[0-9]+$")


def base_name(agent: Agent) -> str:
    """What the names of an agent's replicas begin with: its controller's, or its own without the number."""
    return agent.owner.name if agent.owner is not None else _ORDINAL.sub("", agent.name)


def number_of(agent: Agent) -> int:
    """The number at the end of an agent's name; -1 where there is none."""
    found = _ORDINAL.search(agent.name)
    return int(found[0][1:]) if found else -1


class Copies:
    """Makes copies of agents of one snapshot, each under a name that is free."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._old = snapshot
        self._taken = set(snapshot.agent_by_key)
        self._claims: dict[tuple[str, str], PersistentVolumeClaim] = {}
        self._users = Counter((a.namespace, use.name) for a in snapshot.agents for use in a.spec.claims)

    def of(self, sample: Agent, count: int, *, first: int = 0) -> Iterator[Agent]:
        """`count` pending agents like `sample` that are new to the cluster, numbered from `first` on."""
        number = first
        while count:
            name = f"{base_name(sample)}-{number}"
            number += 1
            if f"{sample.namespace}/{name}" not in self._taken:
                self._taken.add(f"{sample.namespace}/{name}")
                count -= 1
                yield self._copy(sample, name)

    @property
    def storage(self) -> Storage:
        """The snapshot's, with the claims that copies have of their own."""
        storage = self._old.storage
        return replace(storage, claims={**storage.claims, **self._claims}) if self._claims else storage

    def _copy(self, sample: Agent, name: str) -> Agent:
        claims = tuple(self._claim(sample, use, name) for use in sample.spec.claims)
        return replace(
            sample,
            name=name,
            spec=sample.spec if claims == sample.spec.claims else replace(sample.spec, claims=claims),
            uid="",
            phase=Phase.PENDING,
            node_name="",
            nominated_node="",
            terminating=False,
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
        if claim is None or self._users[key] > 1:
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
