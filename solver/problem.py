"""The problem as numbers: no names, no strings, no pydantic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray, Running, fitting, loads
from placewright.solver.node_classes import NodeClasses, node_classes
from placewright.solver.objectives.base import Objective
from placewright.solver.rules.base import Encoder


@dataclass(frozen=True)
class Problem:
    """G groups, N nodes, R resources; `cap` (G, N) bounds each count, 0 where a pair is ruled out.

    size (G,), request (G, R), free (N, R) as in `Compilation`. `levels` are optimised in order. `running`:
    which groups are those of running agents that may leave.
    """

    size: IntArray
    cap: IntArray
    request: IntArray
    free: IntArray
    encoders: tuple[Encoder, ...]
    levels: tuple[Objective, ...]
    running: Running

    @property
    def standing(self) -> BoolArray:
        """bool (G,): groups of running agents that may leave where they are."""
        return self.running.standing

    @cached_property
    def room(self) -> IntArray:
        """int64 (N, R): what all groups together can have on a node.

        Mostly `free`; more where the node is overcommitted and those who run there simply stay.
        """
        room: IntArray = np.maximum(
            self.free, loads(np.where(self.standing[:, None], self.cap, 0), self.request)
        )
        return room

    def alike(self, nodes: IntArray) -> bool:
        """Whether some nodes, at least one, have the same room."""
        return bool((self.room[nodes] == self.room[nodes[0]]).all())

    @cached_property
    def topologies(self) -> list[IntArray]:
        """The topology keys that rules and levels speak of, each once: domains (N,), -1 for none."""
        parts: list[Encoder | Objective] = [*self.encoders, *self.levels]
        keys = (key for part in parts for key in part.topologies())
        return list({key.tobytes(): key for key in keys}.values())

    @cached_property
    def classes(self) -> NodeClasses:
        """What the relaxation takes together."""
        return node_classes(self.cap, self.room, self.topologies)

    @cached_property
    def rough_classes(self) -> NodeClasses:
        """What a rough relaxation takes together."""
        return node_classes(self.cap, self.room, self.topologies, rough=True)

    def fixing(self, fixed: IntArray, nodes: IntArray, groups: IntArray | None = None) -> Problem:
        """What is left to decide on `nodes` when `fixed[g, n]` agents are already there and stay.

        Pairs outside `nodes` are closed, and with `groups` those of all others; indices stay the same. Who
        stands on `nodes` is never fixed there.
        """
        free = self.free - loads(fixed, self.request)
        size = self.size - fixed.sum(axis=1)
        there = self.cap[:, nodes]
        if groups is not None:
            freed = self.standing.copy()
            freed[groups] = True
            there = np.where(freed[:, None], there, 0)
        fit = fitting(self.request, free[nodes], size, there > 0)
        left = np.minimum(fit, np.maximum(there - fixed[:, nodes], 0))
        cap = np.zeros_like(self.cap)
        cap[:, nodes] = np.where(self.standing[:, None], there, left)
        return replace(
            self,
            size=size,
            cap=cap,
            free=free,
            encoders=tuple(encoder.fixing(fixed) for encoder in self.encoders),
            levels=tuple(level.fixing(fixed) for level in self.levels),
        )
