"""Volume binding: each delayed claim gets one volume, or one is made; each volume serves one claim."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from placewright.models.rules.claims import (
    ClaimKey,
    can_provision,
    delayed_claims,
    reaches,
    segment,
    static_volumes,
)
from placewright.models.storage import PersistentVolumeClaim
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Literal, Variables


@dataclass(frozen=True)
class _Claim:
    """groups: who uses it. volumes: (volume, reach (N,)). made (N,): where it can be provisioned.

    segment (N,): nodes with equal numbers can share a provisioned volume. users (N,): who is there already.
    must: it is used for sure, by agents that are fixed.
    """

    groups: tuple[int, ...]
    volumes: tuple[tuple[int, BoolArray], ...]
    made: BoolArray
    segment: IntArray
    users: BoolArray
    must: bool = False

    @property
    def open_volumes(self) -> tuple[tuple[int, BoolArray], ...]:
        """Volumes that reach everybody who is there already."""
        return tuple((v, reach) for v, reach in self.volumes if reach[self.users].all())

    @property
    def open_segments(self) -> list[int]:
        """Segments in which a volume can be made for everybody who is there already."""
        there = np.unique(self.segment[self.users])
        if len(there) > 1 or not self.made[self.users].all():
            return []
        found = there if len(there) else np.unique(self.segment[self.made])
        return [int(s) for s in found]


@dataclass(frozen=True)
class VolumeBindingEncoder(Encoder):
    rule: ClassVar[str] = "volume_binding"
    claims: tuple[_Claim, ...]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        users: dict[ClaimKey, list[int]] = {}
        claims: dict[ClaimKey, PersistentVolumeClaim] = {}
        for g, group in enumerate(compilation.groups):
            for claim in delayed_claims(compilation.snapshot, group.agent):
                users.setdefault(claim.key, []).append(g)
                claims[claim.key] = claim
        volume_index = {name: v for v, name in enumerate(sorted(compilation.snapshot.storage.volumes))}
        compiled = tuple(
            _compile(compilation, claims[key], groups, volume_index) for key, groups in users.items()
        )
        return cls(compiled) if compiled else None

    def encode(self, x: Variables) -> None:
        takers: dict[int, list[Literal]] = {}
        for claim in self.claims:
            if claim.must or x.most(claim.groups):
                _encode(x, claim, takers)
        for literals in takers.values():
            if len(literals) > 1:
                x.model.add_at_most_one(literals)

    def fixing(self, fixed: IntArray) -> Self:
        claims = []
        for claim in self.claims:
            there = fixed[list(claim.groups)].any(axis=0)
            claims.append(replace(claim, users=claim.users | there, must=claim.must or bool(there.any())))
        return type(self)(tuple(claims))


def _compile(
    compilation: Compilation,
    claim: PersistentVolumeClaim,
    groups: list[int],
    volume_index: dict[str, int],
) -> _Claim:
    snapshot, nodes = compilation.snapshot, compilation.nodes
    if claim.selected_node:
        # Already decided: it is made for that node and no other.
        there = np.array([node.name == claim.selected_node for node in nodes], dtype=np.bool_)
        return _Claim(tuple(groups), (), there, np.arange(len(nodes)), _users(compilation, claim))
    volumes = tuple(
        (volume_index[v.name], np.array([reaches(v, node) for node in nodes], dtype=np.bool_))
        for v in static_volumes(snapshot, claim)
    )
    made = np.array([can_provision(snapshot, claim, node) for node in nodes], dtype=np.bool_)
    numbers: dict[Hashable, int] = {}
    segments = [numbers.setdefault(segment(snapshot, claim, node), len(numbers)) for node in nodes]
    segment_of: IntArray = np.array(segments, dtype=np.int64)
    return _Claim(tuple(groups), volumes, made, segment_of, _users(compilation, claim))


def _users(compilation: Compilation, claim: PersistentVolumeClaim) -> BoolArray:
    """bool (N,): nodes on which a running agent uses the claim."""
    used: BoolArray = np.zeros(len(compilation.nodes), dtype=np.bool_)
    for those in compilation.settled:
        agent = those.sample
        if agent.namespace == claim.namespace and any(use.name == claim.name for use in agent.spec.claims):
            used[those.nodes] = True
    return used


def _encode(x: Variables, claim: _Claim, takers: dict[int, list[Literal]]) -> None:
    """One choice at most: a volume, or a segment to make one in; agents only where the choice reaches."""
    choices: list[tuple[Literal, BoolArray]] = []
    for v, reach in claim.open_volumes:
        literal = x.model.new_bool_var(f"volume[{v}]")
        takers.setdefault(v, []).append(literal)
        choices.append((literal, reach))
    for s in claim.open_segments:
        literal = x.model.new_bool_var("")
        choices.append((literal, (claim.segment == s) & claim.made))
    literals = [literal for literal, _ in choices]
    if claim.must:
        x.model.add_exactly_one(literals)
    else:
        x.model.add_at_most_one(literals)
    for g in claim.groups:
        for n in x.nodes_of(g):
            serving = [literal for literal, reach in choices if reach[n]]
            x.model.add(x.x(g, n) <= x.most([g], [n]) * sum(serving))
