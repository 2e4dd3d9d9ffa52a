"""How many of each group are to be placed: all that anything could place, whatever is bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.zones import ZoneRules
from placewright.solver.compilation import IntArray
from placewright.solver.rules.gang import GangEncoder
from placewright.solver.rules.quota import QuotaEncoder
from placewright.solver.sound import sound_solver
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class Demand:
    """wanted (G,): as many as quotas, gangs and zones let in at most, important ones first.

    certain (G,): as many of each group are in every placement that places as many as that; bounds rest upon
    them.
    """

    wanted: IntArray
    certain: IntArray


def demand(bins: Bins, rules: ZoneRules) -> Demand:
    """The demand of a question's groups. Groups that no kind of node admits have none."""
    homes = bins.cap.max(axis=0, initial=0) > 0
    most = np.where(homes, bins.size, 0)
    for g in rules.alone:
        zones = {int(z) for z in bins.zone[bins.cap[:, g] > 0]}
        if -1 not in zones:
            most[g] = min(int(most[g]), len(zones))
    encoders = [
        encoder
        for encoder in (QuotaEncoder.compile(bins.compilation), GangEncoder.compile(bins.compilation))
        if encoder is not None
    ]
    return _let_in(bins, most, encoders) if encoders and most.any() else Demand(most, most)


def _touched(bins: Bins) -> list[int]:
    """Groups of which quotas or gangs may let in some and keep out others."""
    snapshot = bins.compilation.snapshot
    charged = {quota.namespace for quota in snapshot.quotas}
    return [
        g
        for g, group in enumerate(bins.compilation.groups)
        if group.agent.spec.pod_group or (not group.agent.admitted and group.agent.namespace in charged)
    ]


def _let_in(bins: Bins, most: IntArray, encoders: list[QuotaEncoder | GangEncoder]) -> Demand:
    """The most agents of each priority, the highest first, by rules that do not look at nodes."""
    model = cp_model.CpModel()
    cap = np.zeros((len(most), len(bins.compilation.nodes)), dtype=np.int64)
    cap[:, 0] = most
    x = Variables(model, cap, most)
    for encoder in encoders:
        encoder.encode(x)
    priorities = [group.agent.spec.priority for group in bins.compilation.groups]
    solver = sound_solver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 5.0
    wanted = np.zeros_like(most)
    for priority in sorted(set(priorities), reverse=True):
        own = [g for g, p in enumerate(priorities) if p == priority and most[g]]
        if not own:
            continue
        model.maximize(x.sum(own))
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Demand(wanted, np.zeros_like(most))
        for (g, _), variable in x.items():
            wanted[g] = solver.value(variable)
        model.add(x.sum(own) >= int(wanted[own].sum()))
    return Demand(wanted, _certain(bins, model, solver, x, most))


def _certain(
    bins: Bins, model: cp_model.CpModel, solver: cp_model.CpSolver, x: Variables, most: IntArray
) -> IntArray:
    """The least of each group in any choice that lets in as many: another choice may be cheaper."""
    certain = most.copy()
    for g in _touched(bins):
        if most[g]:
            model.minimize(x.sum([g]))
            known = solver.solve(model) == cp_model.OPTIMAL
            certain[g] = round(solver.best_objective_bound) if known else 0
    return certain
