"""Classes of nodes: what the linear relaxation takes together, to stay small however many nodes there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import IntArray, alike_columns

MOST_COLUMNS = 40_000
"""Classes are told apart by domain and by free capacity as long as there are no more variables than this."""
MOST_ROUGH_COLUMNS = 10_000
"""The same for a rough bound."""
MOST_DOMAINS = 64
"""Of topology keys with more domains than this the relaxation knows nothing."""


@dataclass(frozen=True)
class NodeClasses:
    """of_node (N,): the class of each node. apart: the topology keys (N,) that tell classes apart, the
    coarsest first. alike: whether all nodes of a class have the same free; where telling them apart would be
    too much they have not. columns: how many variables the relaxation has, at most.
    """

    of_node: IntArray
    apart: tuple[IntArray, ...]
    alike: bool
    columns: int

    @property
    def number(self) -> int:
        """How many classes there are."""
        return int(self.of_node.max(initial=-1)) + 1


def node_classes(
    cap: IntArray, free: IntArray, keys: Sequence[IntArray] = (), *, rough: bool = False
) -> NodeClasses:
    """Nodes open to the same groups (`cap` (G, N)), told apart by domains and by what is `free` (N, R).

    The keys of few domains first; what would make too many classes is left out.
    rough: with fewer classes; nodes open to different groups, too, are told apart only where that leaves few.
    """
    by_groups = alike_columns(cap > 0)
    few = [key for key in keys if 1 < int(key.max(initial=-1)) + 1 <= MOST_DOMAINS]
    few.sort(key=lambda key: int(key.max()))
    classes: IntArray = np.zeros_like(by_groups) if rough else by_groups
    most = MOST_ROUGH_COLUMNS if rough else MOST_COLUMNS
    groups = int(cap.any(axis=1).sum())
    apart: list[IntArray] = []
    alike = False
    for more in (*few, by_groups, free) if rough else (*few, free):
        _, finer = np.unique(np.column_stack([classes, more]), axis=0, return_inverse=True)
        finer = finer.reshape(-1).astype(np.int64)
        if (int(finer.max(initial=0)) + 1) * groups <= most:
            classes = finer
            if more is free:
                alike = True
            elif more is not by_groups:
                apart.append(more)
    return NodeClasses(classes, tuple(apart), alike, (int(classes.max(initial=-1)) + 1) * groups)
