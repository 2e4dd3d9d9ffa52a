"""Again and again some nodes are given back, and who was on them is bought for anew."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from placewright.solver.capacity.dive import Pick, Stock, cost_of, finish
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray, IntArray

FEWEST, MOST = 2, 40
"""Nodes that are given back at a time."""
NOISE = 0.05
"""By how much prices are shaken, relative, so that the same nodes are not bought again."""
PATIENCE = 120
"""Attempts in a row that may bring nothing."""


def improve(
    stock: Stock, ks: IntArray, value: FloatArray, bound: int, deadline: Deadline, seed: int
) -> Stock:
    """The stock with cheaper picks, until they cost the bound, nothing is found for long, or time is up."""
    rng = Random(seed)  # noqa: S311 - nothing secret
    bins = stock.bins
    single = [Pick(pick.k, pick.count) for pick in stock.picks for _ in range(pick.times)]
    idle = np.array([_idle(stock, pick, value) for pick in single])
    futile = 0
    total = cost_of(bins, single)
    while total > bound and futile < PATIENCE and len(single) > 1 and not deadline.passed:
        chosen = _choose(rng, idle, min(len(single), rng.randint(FEWEST, MOST)))
        freed = [single[i] for i in chosen]
        trial = _given_back(stock, freed)
        shaken = value * np.array([1.0 + rng.uniform(-NOISE, NOISE) for _ in range(value.shape[1])])[None, :]
        finish(trial, ks, shaken, deadline)
        cost, before = cost_of(bins, trial.picks), cost_of(bins, freed)
        futile += 1
        if trial.left.any() or cost > before or (cost == before and rng.random() < 0.5):
            continue
        if cost < before:
            futile = 0
        total += cost - before
        new = [Pick(pick.k, pick.count) for pick in trial.picks for _ in range(pick.times)]
        gone = set(chosen)
        single = [pick for i, pick in enumerate(single) if i not in gone] + new
        idle = np.concatenate(
            [np.delete(idle, chosen), np.array([_idle(stock, pick, value) for pick in new]).reshape(-1)]
        )
        stock = replace(stock, room=trial.room, budgets=trial.budgets)
    return replace(stock, picks=single)


def _idle(stock: Stock, pick: Pick, value: FloatArray) -> float:
    """How much of a node's price its agents are not worth."""
    return max(0.0, float(stock.bins.price[pick.k]) - float(pick.count @ value[pick.k]))


def _choose(rng: Random, idle: FloatArray, number: int) -> list[int]:
    """Nodes to give back: half of them by how idle they are, the others at random."""
    order = sorted(range(len(idle)), key=lambda i: -float(idle[i]) * rng.random())
    some = order[: (number + 1) // 2]
    others = rng.sample(range(len(idle)), number)
    return list(dict.fromkeys([*some, *others]))[:number]


def _given_back(stock: Stock, freed: list[Pick]) -> Stock:
    """A stock in which those of the freed nodes alone are to be placed, beside what was kept."""
    trial = replace(
        stock,
        left=np.zeros_like(stock.left),
        in_zone=np.zeros_like(stock.in_zone),
        room=stock.room.copy(),
        budgets=list(stock.budgets),
        picks=[],
    )
    for pick in freed:
        trial.take(pick.k, pick.count, -pick.times)
    return trial
