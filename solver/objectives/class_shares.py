"""Utilisations in the linear relaxation: summed over nodes of a class that are alike, or nearly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.models.scores.utilisation import FULL
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.shares import Shares
from placewright.solver.relaxation import Relaxation

MOST_KINDS = 32
"""Nodes of one class are told apart by what they have and what is used of it up to this many kinds."""


def kinds(shares: Shares, nodes: IntArray, resources: Sequence[int]) -> list[IntArray]:
    """`nodes` by size and use of these resources; where there are too many kinds, neighbours together."""
    table = np.concatenate(
        [shares.allocatable[nodes][:, resources], shares.used[nodes][:, resources]], axis=1
    )
    _, kind = np.unique(table, axis=0, return_inverse=True)
    number = int(kind.max(initial=-1)) + 1
    if number > MOST_KINDS:
        kind = kind * MOST_KINDS // number
    return [nodes[kind.reshape(-1) == i] for i in range(min(number, MOST_KINDS))]


def totals(
    shares: Shares, relaxation: Relaxation, c: int, k: int, split: Sequence[IntArray]
) -> list[pywraplp.Variable]:
    """Sums of the utilisations, in permille, of each kind of class `c`; `split`: kinds with some resource k.

    What the class receives is shared out among the kinds as suits the objective best. Where a kind mixes
    sizes it counts at least as if all were the largest and at most as if all were the smallest, with what
    rounding up can add everywhere.
    """
    lp, free = relaxation.lp, relaxation.lp.infinity()
    largest = max(int(shares.allocatable[kind, k].max()) for kind in split)
    load = relaxation.load(c, (FULL * shares.ask[:, k] / largest).tolist())
    parts = [lp.NumVar(0.0, free, "") for _ in split]
    # Nodes of the class that have nothing of the resource take any load and show none.
    elsewhere = sum(map(len, split)) < len(relaxation.members[c])
    relaxation.row([*((p, 1.0) for p in parts), (load, -1.0)], least=-free if elsewhere else 0.0, most=0.0)
    asks = FULL * shares.ask[relaxation.groups_of(c), k]
    found = []
    for kind, part in zip(split, parts, strict=True):
        sizes, used = shares.allocatable[kind, k], FULL * shares.used[kind, k]
        there = float((used / sizes).sum())
        total = lp.NumVar(0.0, free, "")
        relaxation.row([(total, 1.0), (part, -largest / float(sizes.max()))], least=there, most=free)
        # Loads are multiples of `unit` thousandths: rounding up adds less than a whole one.
        unit = int(np.gcd.reduce([*sizes, *used, *asks]))
        most = there + len(kind) * (1.0 - unit / float(sizes.max()))
        relaxation.row([(total, 1.0), (part, -largest / float(sizes.min()))], least=-free, most=most)
        found.append(total)
    return found
