"""Solves tiny snapshots under a chosen few rules and encoders: the most agents that can be placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


def solve_tiny(
    snapshot: Snapshot, rules: Sequence[Rule], encoders: Sequence[type[Encoder]]
) -> dict[str, str]:
    """Agent key -> node name of a largest placement under `encoders`, pairs pruned by `rules`."""
    compilation, problem = compile_problem(snapshot, rules=rules, encoders=encoders)
    model = cp_model.CpModel()
    x = Variables(model, problem.cap, problem.size)
    for encoder in problem.encoders:
        encoder.encode(x)
    model.maximize(x.sum(range(len(compilation.groups))))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    waiting = [list(group.members) for group in compilation.groups]
    return {
        waiting[g].pop().key: compilation.nodes[n].name
        for (g, n), variable in x.items()
        for _ in range(solver.value(variable))
    }


def must_place(placed: Mapping[str, str], *keys: str) -> None:
    """Fails unless all of these agents are placed."""
    assert set(keys) <= set(placed), f"not placed: {sorted(set(keys) - set(placed))}"
