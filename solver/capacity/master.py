"""The linear program over patterns: how much of which pattern, so that everybody has a place, at least cost.

Columns are added as they are found. Rules that it does not know make its optimum no less a bound: it only
leaves out constraints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.solver.capacity.bins import UNLIMITED, Bins
from placewright.solver.capacity.zones import ZoneRules
from placewright.solver.compilation import BoolArray, FloatArray, IntArray

DEAR = 1e3
"""What leaving an agent out costs, in units of the dearest kind: more than any way to place it."""


@dataclass(frozen=True)
class Prices:
    """cost: the program's optimum. value (K, G): what one more agent of a group in a kind's zone
    saves. charge (K,): what a node costs beyond its price, by what limits it. left_out (G,): who has no
    place."""

    cost: float
    value: FloatArray
    charge: FloatArray
    left_out: FloatArray


class Master:
    """Rows are demands by group, or by group and zone; prices are in the bins' unit."""

    def __init__(self, bins: Bins, rules: ZoneRules, demand: IntArray) -> None:
        self._bins = bins
        self._rules = rules
        self.lp = pywraplp.Solver.CreateSolver("GLOP")
        self._dear = DEAR * max(1.0, float(bins.price.max(initial=1)))
        self._seen: set[bytes] = set()
        self.columns: list[tuple[int, IntArray]] = []
        self._variables: list[pywraplp.Variable] = []
        self._demand = demand
        self._rows: dict[tuple[int, int], pywraplp.Constraint] = {}
        self._short: dict[int, pywraplp.Variable] = {}
        self._share: dict[tuple[int, int], pywraplp.Variable] = {}
        objective = self.lp.Objective()
        objective.SetMinimization()
        for g in np.flatnonzero(demand).tolist():
            self._add_demand(g)
        self._spread_rows()
        self._exchanges()
        self._limits = {
            k: self.lp.RowConstraint(-self.lp.infinity(), float(bins.limit[k]))
            for k in np.flatnonzero(bins.limit < UNLIMITED).tolist()
        }
        self._budgets = [self.lp.RowConstraint(-self.lp.infinity(), float(most)) for _, most in bins.budgets]

    def _add_demand(self, g: int) -> None:
        lp, amount = self.lp, float(self._demand[g])
        short = lp.NumVar(0.0, amount, "")
        lp.Objective().SetCoefficient(short, self._dear)
        self._short[g] = short
        row = lp.RowConstraint(amount, lp.infinity())
        row.SetCoefficient(short, 1.0)
        if not self._rules.zoned[g]:
            self._rows[g, -1] = row
            return
        for z in sorted(set(self._bins.zone.tolist())):
            most = 1.0 if z >= 0 and g in self._rules.alone else amount
            share = lp.NumVar(0.0, most, "")
            self._share[g, z] = share
            row.SetCoefficient(share, 1.0)
            own = lp.RowConstraint(0.0, lp.infinity())
            own.SetCoefficient(share, -1.0)
            self._rows[g, z] = own

    def _spread_rows(self) -> None:
        lp = self.lp
        for spread in self._rules.spreads:
            if not spread.closed:
                continue
            least = lp.NumVar(0.0, 0.0 if spread.floor_is_zero else lp.infinity(), "")
            for z in np.flatnonzero(spread.domains).tolist():
                base = float(spread.base[z])
                below = lp.RowConstraint(-lp.infinity(), base)
                below.SetCoefficient(least, 1.0)
                above = lp.RowConstraint(-lp.infinity(), max(float(spread.max_skew) - base, 0.0))
                above.SetCoefficient(least, -1.0)
                # In a zone in which nothing can be had there is no share.
                for share in (self._share[h, z] for h in spread.matching if (h, z) in self._share):
                    below.SetCoefficient(share, -1.0)
                    above.SetCoefficient(share, 1.0)

    def _exchanges(self) -> None:
        """A place for one agent is a place for one that asks for no more and may go wherever the other may.

        Every pattern that they lead to is one: the optimum stays. But the prices they rule out need no
        patterns to be ruled out, which saves most of the rounds.
        """
        zoned = self._rules.zoned
        for g, h in nearest(exchangeable(self._bins, self._demand)):
            if zoned[h] and not zoned[g]:
                continue
            for z in sorted({z for (row, z) in self._rows if row == g}):
                into = self._rows.get((h, z if zoned[h] else -1))
                if into is not None:
                    variable = self.lp.NumVar(0.0, self.lp.infinity(), "")
                    self._rows[g, z].SetCoefficient(variable, -1.0)
                    into.SetCoefficient(variable, 1.0)

    def add(self, k: int, pattern: IntArray) -> bool:
        """A column for a node of kind k that holds pattern (G,); False where it is there already."""
        key = k.to_bytes(4, "little") + pattern.tobytes()
        if key in self._seen or not pattern.any():
            return False
        self._seen.add(key)
        bins, z = self._bins, int(self._bins.zone[k])
        variable = self.lp.NumVar(0.0, self.lp.infinity(), "")
        self.lp.Objective().SetCoefficient(variable, float(bins.price[k]))
        for g in np.flatnonzero(pattern).tolist():
            row = self._rows.get((g, z if self._rules.zoned[g] else -1))
            if row is not None:
                row.SetCoefficient(variable, float(pattern[g]))
        if k in self._limits:
            self._limits[k].SetCoefficient(variable, 1.0)
        for row, (weights, _) in zip(self._budgets, bins.budgets, strict=True):
            if weights[k]:
                row.SetCoefficient(variable, float(weights[k]))
        self.columns.append((k, pattern))
        self._variables.append(variable)
        return True

    def solve(self) -> Prices | None:
        """The optimum over the columns so far; None where the solver gives up."""
        if self.lp.Solve() != pywraplp.Solver.OPTIMAL and not self._solved_anew():
            return None
        bins = self._bins
        value = np.zeros((len(bins.kinds), len(bins.size)))
        for (g, z), row in self._rows.items():
            worth = max(0.0, row.dual_value())
            if z < 0 and not self._rules.zoned[g]:
                value[:, g] = worth
            else:
                value[bins.zone == z, g] = worth
        charge = np.zeros(len(bins.kinds))
        for k, row in self._limits.items():
            charge[k] -= min(0.0, row.dual_value())
        for row, (weights, _) in zip(self._budgets, bins.budgets, strict=True):
            charge -= min(0.0, row.dual_value()) * weights
        left_out = np.zeros(len(bins.size))
        for g, short in self._short.items():
            left_out[g] = short.solution_value()
        return Prices(float(self.lp.Objective().Value()), value, charge, left_out)

    def _solved_anew(self) -> bool:
        """From nothing: after many columns the last basis can lead to where numbers no longer hold."""
        anew = pywraplp.MPSolverParameters()
        anew.SetIntegerParam(
            pywraplp.MPSolverParameters.INCREMENTALITY, pywraplp.MPSolverParameters.INCREMENTALITY_OFF
        )
        return bool(self.lp.Solve(anew) == pywraplp.Solver.OPTIMAL)

    def shares(self) -> FloatArray:
        """float (G, Z): how many of each zoned group the last solution has in each zone."""
        found = np.zeros((len(self._bins.size), len(self._bins.zones)))
        for (g, z), share in self._share.items():
            if z >= 0:
                found[g, z] = share.solution_value()
        return found

    def usage(self) -> list[tuple[int, IntArray, float]]:
        """Kind, pattern and how often, of the last solution's columns that are used."""
        found = []
        for (k, pattern), variable in zip(self.columns, self._variables, strict=True):
            often = variable.solution_value()
            if often > 1e-9:
                found.append((k, pattern, often))
        return found


def exchangeable(bins: Bins, demand: IntArray) -> BoolArray:
    """bool (G, G): h fits wherever an agent of g is, whoever else is there. Never both ways."""
    plain = (demand > 0) & ~bins.clash.any(axis=0) & ~bins.leaners
    request = bins.request
    fits: BoolArray = np.logical_and.reduce(request[:, None, :] >= request[None, :, :], axis=2)
    open_to = bins.open.astype(np.int64)
    fits &= (open_to.T @ (1 - open_to)) == 0
    fits &= (demand > 0)[:, None] & plain[None, :]
    order = np.arange(len(demand))
    # Of two that are alike the later one gives way, so that there is no circle.
    fits &= ~(fits.T & (order[:, None] > order[None, :]))
    np.fill_diagonal(fits, False)
    return fits


def nearest(fits: BoolArray) -> list[tuple[int, int]]:
    """The pairs that others do not lead to."""
    steps = fits.astype(np.int64)
    return [(int(g), int(h)) for g, h in np.argwhere(fits & ~((steps @ steps) > 0))]
