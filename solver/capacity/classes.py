"""Whole nodes by kind, with everything on one kind summed up: a bound that knows that nodes come whole.

The linear program over patterns knows how agents share a node, but may buy a tenth of one. Here nodes are
whole, rules about zones are exact, and agents only have to fit into all nodes of a kind together. Neither is
better everywhere.
"""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.demand import Demand
from placewright.solver.capacity.zones import ZoneRules, add_zone_rules
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray
from placewright.solver.sound import sound_solver

MOST_VARIABLES = 8_000
"""Kinds times groups; beyond that it takes too long."""


class Classes:
    """x[k] nodes of each kind, y[k, g] agents of each group on them."""

    def __init__(self, bins: Bins, rules: ZoneRules, wanted: Demand, most_cost: int) -> None:
        self._bins = bins
        model = cp_model.CpModel()
        self.model = model
        agents = int(wanted.wanted.sum())
        limit = np.minimum(bins.limit, max(1, agents))
        limit = np.where(bins.price > 0, np.minimum(limit, most_cost // np.maximum(bins.price, 1)), limit)
        self.x = [model.new_int_var(0, int(n), "") for n in limit]
        self.cost = sum(int(price) * x for price, x in zip(bins.price, self.x, strict=True))
        self._y: dict[tuple[int, int], cp_model.IntVar] = {}
        for k, g in np.argwhere((bins.cap > 0) & (wanted.wanted > 0)[None, :]).tolist():
            most = int(wanted.wanted[g])
            self._y[k, g] = model.new_int_var(0, most, "")
            model.add(self._y[k, g] <= int(bins.cap[k, g]) * self.x[k])
        for k in range(len(self.x)):
            self._add_room(k)
        for g in np.flatnonzero(wanted.wanted).tolist():
            own = [self._y[k, g] for k in range(len(self.x)) if (k, g) in self._y]
            model.add(sum(own) <= int(wanted.wanted[g]))
            model.add(sum(own) >= int(wanted.certain[g]))
        for weights, most in bins.budgets:
            model.add(sum(int(w) * x for w, x in zip(weights, self.x, strict=True) if w) <= most)
        model.add(self.cost <= most_cost)
        self._add_zones(rules, wanted)

    def _add_room(self, k: int) -> None:
        bins = self._bins
        own = [(g, self._y[k, g]) for g in range(len(bins.size)) if (k, g) in self._y]
        for r in range(bins.request.shape[1]):
            terms = [int(bins.request[g, r]) * y for g, y in own if bins.request[g, r]]
            if terms:
                self.model.add(sum(terms) <= int(bins.free[k, r]) * self.x[k])
        alone = [(g, y) for g, y in own if bins.clash[g].any()]
        for i, (g, y) in enumerate(alone):
            for h, other in alone[i + 1 :]:
                if bins.clash[g, h] and bins.clash[g, g] and bins.clash[h, h]:
                    self.model.add(y + other <= self.x[k])

    def _add_zones(self, rules: ZoneRules, wanted: Demand) -> None:
        """What zones say of groups whose number is certain; a group that rules may split stays out of it."""
        bins = self._bins
        if (bins.zone < 0).any() or (wanted.certain != wanted.wanted)[rules.zoned].any():
            return
        n: dict[tuple[int, int], cp_model.IntVar] = {}
        present: dict[tuple[int, int], cp_model.IntVar] = {}
        for g in np.flatnonzero(rules.zoned & (wanted.wanted > 0)).tolist():
            for z in range(len(bins.zones)):
                n[g, z] = self.model.new_int_var(0, int(wanted.wanted[g]), "")
                own = [self._y[k, g] for k in np.flatnonzero(bins.zone == z).tolist() if (k, g) in self._y]
                self.model.add(n[g, z] == sum(own))
                present[g, z] = self.model.new_bool_var("")
                self.model.add(n[g, z] >= 1).only_enforce_if(present[g, z])
                self.model.add(n[g, z] == 0).only_enforce_if(~present[g, z])
        add_zone_rules(self.model, rules, n, present)

    def least(self, deadline: Deadline, workers: int) -> int | None:
        """No way to place everybody costs less, up to the cost given; None where nothing is known."""
        self.model.minimize(self.cost)
        solver = _solver(deadline, workers)
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN):
            return None
        bound = solver.best_objective_bound
        step = int(np.gcd.reduce(self._bins.price)) or 1
        return max(0, -int(-(bound - 1e-6) // step) * step)

    def numbers(self, deadline: Deadline, workers: int) -> FloatArray:
        """float (K,): the most nodes of each kind in anything that costs no more than the cost given."""
        found = np.full(len(self.x), np.inf)
        for k, x in enumerate(self.x):
            if deadline.passed:
                break
            self.model.maximize(x)
            solver = _solver(deadline, workers)
            if solver.solve(self.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                found[k] = np.floor(solver.best_objective_bound + 1e-6)
        return found


def affordable(bins: Bins) -> bool:
    """Whether the model is small enough to be of use."""
    return int(np.count_nonzero(bins.cap)) <= MOST_VARIABLES


def _solver(deadline: Deadline, workers: int) -> cp_model.CpSolver:
    solver = sound_solver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.05, min(5.0, deadline.remaining()))
    return solver
