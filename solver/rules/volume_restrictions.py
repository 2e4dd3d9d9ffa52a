"""Volume restrictions: exclusive disks on a node, single users of a claim, claims kept on one node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from placewright.models.agent import Agent
from placewright.models.rules.claims import ClaimKey
from placewright.models.rules.volume_restrictions import (
    RULE,
    agents_conflict,
    one_node_claims,
    one_pod_claims,
)
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.exclusion import (
    Rivals,
    close,
    compile_exclusions,
    exclude_pairs,
    fix_exclusions,
    tightened,
)
from placewright.solver.variables import Variables

Shared = tuple[tuple[int, ...], IntArray]
"""Groups that use a claim, and int64 (N,): how many agents on each node use it already."""


@dataclass(frozen=True)
class VolumeRestrictionsEncoder(Encoder):
    """closed and rivals as in `exclusion`, for disks; one_pod and one_node: claims of either kind."""

    rule: ClassVar[str] = "volume_restrictions"
    closed: BoolArray
    rivals: Rivals
    one_pod: tuple[Shared, ...]
    one_node: tuple[Shared, ...]
    standing: BoolArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        mounting = [g for g, group in enumerate(compilation.groups) if group.agent.spec.disks]
        closed, rivals = compile_exclusions(compilation, mounting, agents_conflict, RULE.plugin)
        one_pod = _shared(compilation, one_pod_claims)
        one_node = _shared(compilation, one_node_claims)
        if not (mounting or one_pod or one_node):
            return None
        return cls(closed, rivals, one_pod, one_node, compilation.standing)

    def tighten(self, cap: IntArray) -> IntArray:
        return tightened(cap, self.closed, [g for g, h in self.rivals if g == h])

    def encode(self, x: Variables) -> None:
        close(x, self.closed)
        exclude_pairs(x, self.rivals)
        for groups, there in self.one_pod:
            newcomers = [g for g in groups if not self.standing[g]]
            if x.most(newcomers):
                only = x.model.add(x.sum(groups) <= max(0, 1 - int(there.sum())))
                only.only_enforce_if(x.present(newcomers))
        for groups, there in self.one_node:
            _keep_on_one_node(x, groups, there, [g for g in groups if not self.standing[g]])

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(
            fix_exclusions(self.closed, self.rivals, fixed),
            self.rivals,
            tuple((groups, there + fixed[list(groups)].sum(axis=0)) for groups, there in self.one_pod),
            tuple((groups, there + fixed[list(groups)].sum(axis=0)) for groups, there in self.one_node),
            self.standing,
        )


def _shared(
    compilation: Compilation, claims_of: Callable[[Snapshot, Agent], list[ClaimKey]]
) -> tuple[Shared, ...]:
    users: dict[ClaimKey, list[int]] = {}
    for g, group in enumerate(compilation.groups):
        for claim in claims_of(compilation.snapshot, group.agent):
            users.setdefault(claim, []).append(g)
    return tuple((tuple(groups), _running(compilation, claim)) for claim, groups in users.items())


def _running(compilation: Compilation, claim: ClaimKey) -> IntArray:
    """int64 (N,): running agents that use the claim."""
    running: IntArray = np.zeros(len(compilation.nodes), dtype=np.int64)
    for those in compilation.settled:
        agent = those.sample
        if agent.namespace == claim[0] and any(use.name == claim[1] for use in agent.spec.claims):
            running[those.nodes] += those.number
    return running


def _keep_on_one_node(
    x: Variables, groups: tuple[int, ...], there: IntArray, newcomers: Sequence[int]
) -> None:
    """Whoever comes: all users on one node. Those who run apart already may go on."""
    if not x.most(newcomers):
        return
    come = x.present(newcomers)
    nodes = sorted({n for g in groups for n in x.nodes_of(g)})
    literals = [x.present(groups, [n]) for n in nodes]
    if there.any():
        for n in nodes:
            if int(there.sum()) > int(there[n]):
                x.model.add_bool_or([~x.present(newcomers, [n])])
        if len(literals) > 1:
            x.model.add(sum(literals) <= 1).only_enforce_if(come)
    elif len(literals) > 1:
        x.model.add(sum(literals) <= 1).only_enforce_if(come)
