"""How many of each group, in whole numbers, where rules limit what all of them together may come to.

What a quota leaves is spent on groups wherever their agents go. In the linear relaxation the last agent of
each quota is a fraction, and at size a few fractions are the whole gap. So sums alone are a small integer
model:

    n[g] whole, 0 <= n[g] <= most[g],   sum of amounts[g] * n[g] <= left,   levels above as they are,
    nobody who must have company without any of it

What it says is at most is a bound on every placement, whatever the nodes are like. And the relaxation's
amounts are rounded by it, so that what is aimed at can be had.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.sound import sound_solver

WORK = 1.0
"""The solver's own time that one question may take."""
PARTS = 100
"""What differs from the relaxation's amounts is counted in such parts of an agent."""
LARGEST = 2**60
"""A sum that could come to more is left out: the model adds in 64 bits."""


@dataclass(frozen=True)
class Demand:
    """At least `value` agents of `groups` are placed."""

    groups: tuple[int, ...]
    value: int


@dataclass(frozen=True)
class Limit:
    """All placed agents together, at `amounts[g]` an agent, come to at most `left`."""

    amounts: Mapping[int, int]
    left: int

    def binds(self, most: IntArray) -> bool:
        """Whether it could be exceeded, and what it adds up fits the model."""
        return self.left < sum(amount * int(most[g]) for g, amount in self.amounts.items()) < LARGEST


class Apportionment:
    """Whole numbers for the groups that limits speak of. most (G,): of each group there are no more."""

    def __init__(
        self,
        most: IntArray,
        limits: Iterable[Limit],
        together: Mapping[int, int],
        company: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """`together`: of a group and this other one there are no more together than of the first.

        `company`: nobody of a group is placed unless somebody of these groups is.
        """
        self._limits = [limit for limit in limits if limit.binds(most)]
        self._most = most
        self._together = together
        self._company = company or {}
        self.groups = frozenset(g for limit in self._limits for g in limit.amounts)
        """Those whose numbers are limited; all others may come as they are."""

    def bound(self, groups: Sequence[int], demands: Sequence[Demand], seconds: float) -> int:
        """No placement that meets `demands` has more agents of `groups` than this."""
        limited, everybody = self._split(groups, {})
        if not limited:
            return everybody
        model, number = self._model(demands, {})
        model.maximize(cp_model.LinearExpr.sum([number[g] for g in limited]))
        solver = _solver(seconds)
        # What a solver that came to no answer calls its bound need not be one: 0 if it had no time at all.
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return int(self._most[list(groups)].sum())
        most = math.floor(solver.best_objective_bound + 1e-6)
        return everybody + min(int(self._most[limited].sum()), most)

    def nearest(
        self, amounts: Mapping[int, float], demands: Sequence[Demand], seconds: float
    ) -> dict[int, int]:
        """group -> number: as close to `amounts` as `demands` allow; empty where no answer came.

        Of those without limits there are as many as in `amounts`, or else as many as can be.
        """
        for others in (amounts, {}) if self.groups else ():
            model, number = self._model(demands, others)
            off = []
            for g, variable in number.items():
                off.append(model.new_int_var(0, PARTS * int(self._most[g]), ""))
                wanted = round(PARTS * min(amounts.get(g, 0.0), float(self._most[g])))
                model.add_abs_equality(off[-1], PARTS * variable - wanted)
            model.minimize(cp_model.LinearExpr.sum(off))
            solver = _solver(seconds)
            if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                return {g: solver.value(variable) for g, variable in number.items()}
        return {}

    def _split(self, groups: Sequence[int], amounts: Mapping[int, float]) -> tuple[list[int], int]:
        """Those of `groups` that are limited, and how many agents there are of the others."""
        limited = [g for g in groups if g in self.groups]
        others = (g for g in groups if g not in self.groups)
        return limited, sum(min(int(self._most[g]), round(amounts.get(g, self._most[g]))) for g in others)

    def _model(
        self, demands: Sequence[Demand], amounts: Mapping[int, float]
    ) -> tuple[cp_model.CpModel, dict[int, cp_model.IntVar]]:
        model = cp_model.CpModel()
        number = {g: model.new_int_var(0, int(self._most[g]), "") for g in sorted(self.groups)}
        for limit in self._limits:
            unit = math.gcd(*limit.amounts.values()) or 1
            terms = [(number[g], amount // unit) for g, amount in limit.amounts.items()]
            spent = cp_model.LinearExpr.weighted_sum([n for n, _ in terms], [a for _, a in terms])
            model.add(spent <= limit.left // unit)
        for g, other in self._together.items():
            if g in number and other in number:
                model.add(number[g] + number[other] <= int(self._most[g]))
        for g, company in self._company.items():
            # Whoever has no limit may always come.
            if g in number and all(q in number for q in company):
                together = cp_model.LinearExpr.sum([number[q] for q in company])
                model.add(number[g] <= int(self._most[g]) * together)
        for demand in demands:
            limited, there = self._split(demand.groups, amounts)
            if limited:
                model.add(cp_model.LinearExpr.sum([number[g] for g in limited]) >= demand.value - there)
        return model, number


def _solver(seconds: float) -> cp_model.CpSolver:
    solver = sound_solver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = WORK
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = max(0.0, seconds)
    solver.parameters.catch_sigint_signal = False
    return solver
