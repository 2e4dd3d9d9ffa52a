"""Pairs of groups that may not share a node: what host ports and exclusive disks have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement

import numpy as np

from placewright.models.agent import Agent
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.variables import Variables

Rivals = tuple[tuple[int, int], ...]
"""Pairs (g, h), g <= h; (g, g) where two agents of one group do not share a node."""


def compile_exclusions(
    compilation: Compilation, groups: Sequence[int], excludes: Callable[[Agent, Agent], bool], plugin: str
) -> tuple[BoolArray, Rivals]:
    """closed (G, N) by running agents, and the rivals among `groups`.

    Two groups that the plugin's filter leaves alone are no rivals: so are running agents, which are together
    already.
    """
    closed = np.zeros_like(compilation.eligible)
    unchecked = compilation.unchecked(plugin)
    for g in groups:
        if unchecked[g]:
            continue
        agent = compilation.groups[g].agent
        for those in compilation.settled:
            if excludes(agent, those.sample):
                closed[g, those.nodes] = True
    rivals = tuple(
        (g, h)
        for g, h in combinations_with_replacement(groups, 2)
        if not (unchecked[g] and unchecked[h])
        and excludes(compilation.groups[g].agent, compilation.groups[h].agent)
    )
    return closed, rivals


def tightened(cap: IntArray, closed: BoolArray, alone: Sequence[int]) -> IntArray:
    """`cap` without closed pairs, and at most one on a node for the groups that are `alone` there."""
    cap = np.where(closed, 0, cap)
    cap[list(alone)] = np.minimum(cap[list(alone)], 1)
    return cap


def fix_exclusions(closed: BoolArray, rivals: Rivals, fixed: IntArray) -> BoolArray:
    """`closed` with the nodes added on which a rival is fixed."""
    closed = closed.copy()
    for g, h in rivals:
        closed[g] |= fixed[h] > 0
        closed[h] |= fixed[g] > 0
    return closed


def close(x: Variables, closed: BoolArray) -> None:
    """No agent goes where its pair is closed."""
    for (g, n), variable in x.items():
        if closed[g, n]:
            x.model.add(variable == 0)


def exclude_pairs(x: Variables, rivals: Rivals) -> None:
    """At most one group of each rival pair on a node, and at most one agent of a group that is its own."""
    for g, h in rivals:
        for n in x.nodes_of(g):
            if g == h:
                x.model.add(x.x(g, n) <= 1)
            elif x.most([h], [n]):
                x.model.add_bool_or(~x.present([g], [n]), ~x.present([h], [n]))
