"""Solves tiny snapshots under a chosen few rules and encoders: the most agents that can be placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.outcome import counts_of
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


def solve_tiny(
    snapshot: Snapshot,
    rules: Sequence[Rule],
    encoders: Sequence[type[Encoder]],
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Agent key -> node name of a largest placement under `encoders`, pairs pruned by `rules`.

    `kept`: pending agents that are fixed where they are; the others are placed around them.
    """
    kept = kept or {}
    compilation, problem = compile_problem(snapshot, rules=rules, encoders=encoders)
    if kept:
        problem = problem.fixing(counts_of(compilation, kept), np.arange(len(compilation.nodes)))
    model = cp_model.CpModel()
    x = Variables(model, problem.cap, problem.size)
    for encoder in problem.encoders:
        encoder.encode(x)
    model.maximize(x.sum(range(len(compilation.groups))))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    waiting = [[agent for agent in group.members if agent.key not in kept] for group in compilation.groups]
    placed = {
        waiting[g].pop().key: compilation.nodes[n].name
        for (g, n), variable in x.items()
        for _ in range(solver.value(variable))
    }
    return {**kept, **placed}
