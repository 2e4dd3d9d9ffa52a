"""CP-SAT without what makes its proofs untrue, and past what makes it give up."""

from __future__ import annotations

import time

from ortools.sat.python import cp_model


class SoundSolver(cp_model.CpSolver):
    """Parts that are broken in OR-Tools 9.15 are switched off, or done without where they fail."""

    def __init__(self) -> None:
        super().__init__()
        # It looks for linear constraints that include each other, and with enforced ones among them optimal
        # answers were lost: a proof was not one any more.
        self.parameters.presolve_inclusion_work_limit = 0

    def solve(
        self, model: cp_model.CpModel, solution_callback: cp_model.CpSolverSolutionCallback | None = None
    ) -> cp_model.CpSolverStatus:
        """The status. Where the search for symmetries fails, which it does on some hints, it is left out."""
        began = time.monotonic()
        try:
            return super().solve(model, solution_callback)
        except IndexError:
            spent = time.monotonic() - began
            self.parameters.max_time_in_seconds = max(0.0, self.parameters.max_time_in_seconds - spent)
            self.parameters.symmetry_level = 0
            return super().solve(model, solution_callback)


def sound_solver() -> cp_model.CpSolver:
    """A solver to use instead of OR-Tools' own."""
    return SoundSolver()
