"""CP-SAT without what makes its proofs untrue."""

from __future__ import annotations

from ortools.sat.python import cp_model


def sound_solver() -> cp_model.CpSolver:
    """A solver without the part of presolve that, in OR-Tools 9.15, can lose optimal answers.

    It looks for linear constraints that include each other, and with enforced ones among them a proof was not
    one any more.
    """
    solver = cp_model.CpSolver()
    solver.parameters.presolve_inclusion_work_limit = 0
    return solver
