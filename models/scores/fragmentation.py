"""Fragmentation: room is kept for the shapes of agents that are expected.

    fits(n, s) = min over the resources r that s requests, pod slots included, of
                 floor((allocatable(n, r) - requested(n, r)) / request(s, r)), at least 0
    cost       = sum over the profile's shapes s of weight(s) * 10,000 * max(0, count(s) - sum of fits(n, s))

with what is requested as the placement leaves it. Each shape is judged alone: room for one may be room for
another as well. Nodes that are cordoned or have a NoSchedule or NoExecute taint keep no room: a shape
tolerates nothing, and asks for no particular label. Shared devices (`devices`) are not looked at, only
requests are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from placewright.models.agent import AgentSpec
from placewright.models.crowds import amounts
from placewright.models.node import Node, Resources
from placewright.models.profile import Profile, ScoreName, Shape
from placewright.models.rules.resources import PODS
from placewright.models.scores.base import WORST, Score
from placewright.models.selector import Effect
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def keeps_room(node: Node) -> bool:
    """Whether what is free on this node is room for anybody."""
    closing = (Effect.NO_SCHEDULE, Effect.NO_EXECUTE)
    return not node.unschedulable and not any(taint.effect in closing for taint in node.taints)


def asked(shape: Shape) -> Resources:
    """What one copy of a shape takes: its positive requests, and a pod slot."""
    return {PODS: 1, **{name: amount for name, amount in shape.requests.items() if amount > 0}}


Takes = Sequence[tuple[int, int]]
"""What one copy of a shape takes: positions among the resources that shapes ask for, with amounts."""


@dataclass(frozen=True)
class _Rooms:
    """Copies that find room, shape by shape: on each node that keeps room, and in all."""

    on: Mapping[str, Sequence[int]]
    total: Sequence[int]


class _Shapes:
    """The shapes of a profile, as numbers."""

    def __init__(self, profile: Profile) -> None:
        takes = [asked(shape) for shape in profile.shapes]
        self.names = tuple(dict.fromkeys(name for amounts in takes for name in amounts))
        position = {name: i for i, name in enumerate(self.names)}
        self._takes: list[Takes] = [[(position[r], many) for r, many in own.items()] for own in takes]

    def fits(self, free: Sequence[int]) -> list[int]:
        """How many copies of each shape find room in what is free of each of `names`."""
        return [max(0, min([free[i] // amount for i, amount in takes])) for takes in self._takes]

    def before(self, snapshot: Snapshot) -> _Rooms:
        """The room beside those who run."""
        used = [amounts(snapshot.resident_crowds, partial(_request, name=name)) for name in self.names]
        known: dict[tuple[int, ...], list[int]] = {}
        on: dict[str, Sequence[int]] = {}
        for node in snapshot.nodes:
            if keeps_room(node):
                whole = node.allocatable
                pairs = zip(self.names, used, strict=True)
                free = tuple([whole.get(r, 0) - taken.get(node.name, 0) for r, taken in pairs])
                if free not in known:
                    known[free] = self.fits(free)
                on[node.name] = known[free]
        total = [sum(column) for column in zip(*on.values(), strict=True)] or [0] * len(self._takes)
        return _Rooms(on, total)

    def now(self, state: ClusterState, node: Node) -> list[int]:
        """The room on a node as things stand."""
        free = {r: node.allocatable.get(r, 0) for r in self.names}
        for agent in state.agents_on(node.name).values():
            for r in self.names:
                free[r] -= _request(agent.spec, r)
        return self.fits(list(free.values()))


def _request(spec: AgentSpec, name: str) -> int:
    return 1 if name == PODS else spec.requests.get(name, 0)


def _before(snapshot: Snapshot, profile: Profile, shapes: _Shapes) -> _Rooms:
    """The room before anything is placed: the same for every placement, and worked out once."""
    known = snapshot.memo.get(__name__)
    if known is None or cast(tuple[Profile, _Rooms], known)[0] is not profile:
        known = snapshot.memo[__name__] = (profile, shapes.before(snapshot))
    return cast(tuple[Profile, _Rooms], known)[1]


class FragmentationScore(Score):
    name = ScoreName.FRAGMENTATION
    plugin = ""
    summary = "Room is kept for the shapes that the profile expects."

    def value(self, state: ClusterState, profile: Profile) -> int:
        shapes = _Shapes(profile)
        before = _before(state.snapshot, profile, shapes)
        room = list(before.total)
        changed = dict.fromkeys((*state.new.values(), *(agent.node_name for agent in state.evicted)))
        for name in changed:
            if name in before.on:
                now = shapes.now(state, state.snapshot.node_by_name[name])
                room = [total - old + new for total, old, new in zip(room, before.on[name], now, strict=True)]
        return sum(
            shape.weight * WORST * max(0, shape.count - copies)
            for shape, copies in zip(profile.shapes, room, strict=True)
        )


SCORE = FragmentationScore()
