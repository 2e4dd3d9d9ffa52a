"""What one node can hold at most, when agents are worth something: patterns, and bounds on their worth.

For all kinds of nodes at once: `fill` finds good patterns, `at_most` bounds every pattern's worth by
Lagrangian relaxation of the resources, `best` is exact for one kind at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.capacity.bins import Bins
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.sound import sound_solver

BIG = 2**40
STEPS = 40
"""Subgradient steps for the weights of resources; they start from the last round's."""
CLOSE = 5e-5
"""How far an exact pattern may be from the best, relative: less than what ends column generation."""
SCALE = 2**24
"""The exact pattern's worth is computed in integers of this resolution, rounded up."""


def fill(bins: Bins, most: IntArray, score: FloatArray) -> IntArray:
    """int64 (K, G): agents put on a node of each kind, the highest score (K, G) first, while there is room.

    most (K, G): how many of each. Groups with a score of 0 or less are left out. Rules about agents on one
    node are kept.
    """
    kinds, groups = score.shape
    wanted = (score > 0) & (most > 0)
    score = np.where(wanted, _after_company(bins, score), -1.0)
    order = np.argsort(-score, axis=1, kind="stable")
    steps = int(wanted.sum(axis=1).max(initial=0))
    count = np.zeros((kinds, groups), dtype=np.int64)
    left = bins.free.copy()
    request = bins.request
    divisor = np.maximum(request, 1)
    clashing = bool(bins.clash.any())
    blocked = np.zeros((kinds, groups), dtype=np.bool_)
    rows = np.arange(kinds)
    for step in range(steps):
        g = order[:, step]
        asked = request[g]
        room = np.where(asked > 0, left // divisor[g], BIG).min(axis=1)
        number = np.where(wanted[rows, g], np.minimum(room, most[rows, g]), 0)
        if clashing:
            number[blocked[rows, g]] = 0
        if bins.leans:
            number = _with_company(bins, g, number, count)
        count[rows, g] = number
        left -= number[:, None] * asked
        if clashing:
            blocked |= bins.clash[g] & (number > 0)[:, None]
    return count


def _after_company(bins: Bins, score: FloatArray) -> FloatArray:
    """Who needs company on its node comes right after it."""
    if not bins.leans:
        return score
    score = score.copy()
    for g, company in bins.leans.items():
        best = score[:, list(company)].max(axis=1, initial=0.0) if company else np.zeros(len(score))
        score[:, g] = np.where(score[:, g] > 0, np.minimum(score[:, g], best * 0.999999), score[:, g])
    return score


def _with_company(bins: Bins, g: IntArray, number: IntArray, count: IntArray) -> IntArray:
    """Nobody where company is needed and not there. On nodes that are there already it may be: who knows."""
    for leaning in np.unique(g[bins.leaners[g]]).tolist():
        rows = np.flatnonzero((g == leaning) & bins.offered)
        there = count[rows][:, bins.leans[leaning]].any(axis=1)
        number[rows[~there]] = 0
    return number


class Weights:
    """Worth of resources on each kind of node, mu (K, R), kept from one round to the next."""

    def __init__(self, bins: Bins) -> None:
        self._bins = bins
        self.mu: FloatArray = np.zeros(bins.free.shape)

    def at_most(
        self, ks: IntArray, value: FloatArray, most: IntArray, reached: FloatArray, steps: int = STEPS
    ) -> FloatArray:
        """float (k,), for the kinds `ks`: no pattern is worth more where agents are worth value (k, G) each.

        most (k, G): how many of each group there can be; reached (k,): what some pattern is worth, at which
        the search aims. Subgradient steps of Polyak's length.
        """
        bins = self._bins
        request = bins.request.astype(np.float64)
        free = bins.free[ks].astype(np.float64)
        scale = np.where(request.max(axis=0, initial=0) > 0, np.maximum(free, 1.0), 1.0)
        gain = np.maximum(value, 0.0)
        best = np.full(len(ks), np.inf)
        kept = self.mu[ks]
        known = np.any(kept, axis=1, keepdims=True)
        mu = np.where(known, kept, _first_guess(request, gain, scale))
        step = np.ones(len(ks))
        for _ in range(steps):
            over = gain - mu @ request.T
            taken = np.where(over > 0, most, 0)
            bound = (mu * free).sum(axis=1) + (taken * over).sum(axis=1)
            better = bound < best
            kept = np.where(better[:, None], mu, kept)
            best = np.minimum(best, bound)
            step = np.where(better, step * 1.1, step * 0.7)
            slack = (free - taken @ request) / scale
            norm = np.maximum((slack**2).sum(axis=1), 1e-12)
            length = step * np.maximum(best - reached, 1e-9 * np.maximum(best, 1.0)) / norm
            mu = np.maximum(kept - (length[:, None] * slack) / scale, 0.0)
        self.mu[ks] = kept
        return best


def _first_guess(request: FloatArray, gain: FloatArray, scale: FloatArray) -> FloatArray:
    """Resources weighed by what a full node's worth of them brings, about."""
    used = np.max(request, axis=0, initial=0.0) > 0
    share = (request[None, :, :] / scale[:, None, :]).max(axis=2)
    rate = np.where(share > 0, gain / np.maximum(share, 1e-12), 0.0)
    best = np.sort(rate, axis=1)[:, -max(1, rate.shape[1] // 4) :].mean(axis=1)
    return np.asarray(best[:, None] / scale / max(1, int(used.sum())) * used[None, :])


@dataclass(frozen=True)
class Range:
    """least, most (G,): how many of each group a pattern that is worth more than a threshold can have."""

    least: IntArray
    most: IntArray


def narrowed(value: FloatArray, mu: FloatArray, request: IntArray, most: IntArray, spare: float) -> Range:
    """The counts that patterns can have which come within `spare` of the Lagrangian bound at weights mu (R,).

    An agent whose worth is not what its resources are brings a pattern below the bound by the difference.
    """
    over = value - request @ mu
    room = np.floor(np.maximum(spare, 0.0) / np.maximum(np.abs(over), 1e-12) + 1e-9)
    room = np.minimum(room, most).astype(np.int64)
    return Range(np.where(over > 0, most - room, 0), np.where(over < 0, np.minimum(room, most), most))


def best_pattern(
    bins: Bins, k: int, value: FloatArray, counts: Range, work: float, deadline: Deadline
) -> tuple[IntArray, float]:
    """The pattern (G,) of such counts worth most on a node of kind k, and what none is worth more than.

    value: (G,), each agent's worth. work: CP-SAT's deterministic seconds that it may take. No pattern, and
    minus infinity, where there is none of such counts.
    """
    model = cp_model.CpModel()
    groups = np.flatnonzero((counts.most > 0) & (value > 0)).tolist()
    unit = max((float(value[g]) * float(counts.most[g]) for g in groups), default=1.0) / SCALE
    x = {g: model.new_int_var(int(counts.least[g]), int(counts.most[g]), "") for g in groups}
    for r in range(bins.request.shape[1]):
        terms = [(g, int(bins.request[g, r])) for g in groups if bins.request[g, r]]
        if sum(int(counts.most[g]) * amount for g, amount in terms) > int(bins.free[k, r]):
            model.add(sum(amount * x[g] for g, amount in terms) <= int(bins.free[k, r]))
    present = {}
    for g in groups:
        if bins.clash[g].any():
            present[g] = model.new_bool_var("")
            model.add(x[g] <= int(counts.most[g]) * present[g])
    for (g, one), (h, other) in combinations(present.items(), 2):
        if bins.clash[g, h]:
            model.add_bool_or(~one, ~other)
    model.maximize(sum(-int(-float(value[g]) // unit) * x[g] for g in groups))
    solver = sound_solver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = work
    solver.parameters.relative_gap_limit = CLOSE
    solver.parameters.max_time_in_seconds = max(0.01, deadline.remaining())
    status = solver.solve(model)
    count = np.zeros(len(value), dtype=np.int64)
    if status == cp_model.INFEASIBLE:
        return count, float("-inf")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return count, float("inf")
    for g in groups:
        count[g] = solver.value(x[g])
    return count, solver.best_objective_bound * unit
