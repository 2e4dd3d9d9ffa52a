"""How many agents of some groups come to each topology domain, in the linear relaxation.

A class of nodes that lies in several domains gives each of them a part of what it receives, no more than
the caps of its nodes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.node_classes import MOST_DOMAINS
from placewright.solver.relaxation import Relaxation

ELSEWHERE = -1
"""The bucket of nodes that do not count."""


def arriving(
    relaxation: Relaxation,
    groups: IntArray,
    bucket: IntArray,
    buckets: int,
    classes: Sequence[IntArray] | None = None,
) -> list[pywraplp.Variable]:
    """What may come of `groups` to each of `buckets` sets of nodes; `bucket` (N,) says which a node is in.

    classes: those of the relaxation, or one of all nodes: weaker, but with few parts. The same variables
    whenever the same is asked.
    """
    by = relaxation.members if classes is None else classes
    return relaxation.shared(
        ("arriving", groups.tobytes(), bucket.tobytes(), buckets, len(by)),
        lambda: _made(relaxation, groups, bucket, buckets, by),
    )


def _made(
    relaxation: Relaxation, groups: IntArray, bucket: IntArray, buckets: int, classes: Sequence[IntArray]
) -> list[pywraplp.Variable]:
    lp = relaxation.lp
    parts: list[list[pywraplp.Variable]] = [[] for _ in range(buckets)]
    room: IntArray | None = None
    for nodes, load in _loads(relaxation, groups, classes):
        here = bucket[nodes]
        if (here == here[0]).all():
            if here[0] != ELSEWHERE:
                parts[int(here[0])].append(load)
            continue
        room = relaxation.cap[groups].sum(axis=0) if room is None else room
        found, of = np.unique(here, return_inverse=True)
        most = np.bincount(of.reshape(-1), weights=room[nodes])
        shares = [lp.NumVar(0.0, float(m), "") for m in most]
        relaxation.row([*((share, 1.0) for share in shares), (load, -1.0)], least=0.0, most=0.0)
        for b, share in zip(found.tolist(), shares, strict=True):
            if b != ELSEWHERE:
                parts[b].append(share)
    return [relaxation.total(part) for part in parts]


def cover(relaxation: Relaxation, groups: Sequence[int], domain: IntArray, most: IntArray) -> None:
    """Demand that no domain d gets more than `most[d]` agents (D,) of any one of `groups`."""
    for g in groups:
        relaxation.cover(g, domain, most)
        within = np.bincount(domain[domain >= 0], relaxation.cap[g, domain >= 0], minlength=len(most))
        binding = most < np.minimum(within, relaxation.size[g])
        if binding.any() and len(most) <= MOST_DOMAINS:
            arrivals = arriving(relaxation, np.array([g]), domain, len(most))
            for d in np.flatnonzero(binding).tolist():
                relaxation.row([(arrivals[d], 1.0)], most=float(most[d]))


def counted(bucket: IntArray, where: BoolArray) -> IntArray:
    """`bucket` (N,) for agents that only count where `where` (N,) is true."""
    found: IntArray = np.where(where, bucket, ELSEWHERE)
    return found


def _loads(
    relaxation: Relaxation, groups: IntArray, classes: Sequence[IntArray]
) -> Iterator[tuple[IntArray, pywraplp.Variable]]:
    """What the chosen groups send to the nodes of each class."""
    if len(classes) != len(relaxation.members):
        yield classes[0], relaxation.sum(groups.tolist())
        return
    wanted = groups.tolist()
    for c, nodes in enumerate(classes):
        if relaxation.is_open(c, wanted):
            yield nodes, relaxation.arrivals(c, wanted)
