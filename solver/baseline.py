"""The sequential baseline as a first answer, so that no answer is worse than kube-scheduler's would be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.sequential import Sequential, schedule

SECONDS_PER_PAIR = 4e-5
"""What it takes to filter one agent on one node, generously."""
TIME_SHARE = 0.2
"""Of the time left: where the baseline would take more there is none."""


def baseline_counts(
    compilation: Compilation, deadline: Deadline, accepts: Callable[[IntArray], bool]
) -> IntArray | None:
    """Counts (G, N) of what the baseline does; None without time for it, or if the whole is not accepted."""
    pairs = len(compilation.snapshot.pending) * len(compilation.nodes)
    if pairs * SECONDS_PER_PAIR > deadline.remaining() * TIME_SHARE:
        return None
    preempt = bool(compilation.standing.any())
    count = _counts(compilation, schedule(compilation.snapshot, preempt=preempt, deadline=deadline))
    return count if count is not None and accepts(count) else None


def _counts(compilation: Compilation, found: Sequential) -> IntArray | None:
    """None where somebody is evicted who is not ours to evict."""
    group_of = {
        agent.key: g
        for g in (*compilation.pending, *np.flatnonzero(compilation.standing).tolist())
        for agent in compilation.groups[g].members
    }
    count = compilation.home.copy()
    for item in found.evicted:
        g = group_of.get(item.agent.key)
        if g is None:
            return None
        count[g, compilation.node_index[item.node.name]] -= 1
    for agent, node in found.steps:
        g = group_of[agent.key]
        count[compilation.running.returning.get(g, g), compilation.node_index[node.name]] += 1
    return count
