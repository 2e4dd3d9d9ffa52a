"""CP-SAT on one problem: a model built once, levels optimised on it one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings
from placewright.solver.sound import sound_solver
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class LevelAnswer:
    """What one solve of one level found. `count` is None where it found nothing better than was known.

    `bound` holds for the problem that was solved, given the levels above. `work`: what it took, in CP-SAT's
    deterministic time. `finished`: nothing better can be found.
    """

    count: IntArray | None
    bound: int | None
    work: float = 0.0
    finished: bool = False


class ModelMismatchError(RuntimeError):
    """The model has no answer although one is known.

    For a whole problem an encoder is stricter than its rule, which is a bug. For a part it can be that
    what is fixed leaned on what was freed.
    """


class Engine:
    """One problem as a CP-SAT model. `keep` fixes how good a level stays while others are optimised."""

    def __init__(self, problem: Problem, settings: Settings) -> None:
        self._problem = problem
        self._settings = settings
        self._model = cp_model.CpModel()
        self._x = Variables(self._model, problem.cap, problem.size)
        for encoder in problem.encoders:
            encoder.encode(self._x)
        self._expressions: dict[int, Linear] = {}

    def keep(self, level: int, value: int) -> None:
        """From now on no answer is worse than `value` on this level."""
        expression = self._expression(level)
        if self._problem.levels[level].sense == "maximize":
            self._model.add(expression >= value)
        else:
            self._model.add(expression <= value)

    def forbid(self, groups: Iterable[int], count: IntArray) -> bool:
        """From now on these groups are not all placed as in `count` (G, N); False if they cannot differ."""
        wanted, differs = set(groups), []
        for (g, n), variable in self._x.items():
            if g in wanted:
                for here in (variable <= int(count[g, n]) - 1, variable >= int(count[g, n]) + 1):
                    literal = self._model.new_bool_var("")
                    self._model.add(here).only_enforce_if(literal)
                    differs.append(literal)
        self._model.add_bool_or(differs)
        return bool(differs)

    def optimise(
        self, level: int, hint: IntArray, seconds: float, *, work: float | None = None
    ) -> LevelAnswer:
        """Push one level as far as it goes within `seconds`, starting from `hint` (G, N).

        `work` limits CP-SAT's deterministic time, too, which does not depend on who else is busy.
        """
        objective = self._problem.levels[level]
        expression = self._expression(level)
        if objective.sense == "maximize":
            self._model.maximize(expression)
        else:
            self._model.minimize(expression)
        self._hint(hint)
        solver = sound_solver()
        self._configure(solver, seconds, work)
        status = solver.solve(self._model)
        if status == cp_model.INFEASIBLE:
            raise ModelMismatchError(objective.name)
        spent = solver.deterministic_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return LevelAnswer(None, None, spent)
        bound = _integer_bound(solver.best_objective_bound, objective.sense)
        return LevelAnswer(self._count(solver), bound, spent, status == cp_model.OPTIMAL)

    def _expression(self, level: int) -> Linear:
        if level not in self._expressions:
            self._expressions[level] = self._problem.levels[level].expression(self._x)
        return self._expressions[level]

    def _hint(self, count: IntArray) -> None:
        self._model.clear_hints()
        for variable, value in self._x.hints(count):
            self._model.add_hint(variable, value)

    def _configure(self, solver: cp_model.CpSolver, seconds: float, work: float | None) -> None:
        parameters = solver.parameters
        parameters.max_time_in_seconds = seconds
        parameters.random_seed = self._settings.seed % (2**31)
        parameters.num_workers = self._settings.worker_count
        parameters.relative_gap_limit = self._settings.gap
        # Ctrl-C ends the whole run, not this one solve of many.
        parameters.catch_sigint_signal = False
        if self._settings.deterministic:
            # One worker and a limit in deterministic time: the same work on every run.
            parameters.num_workers = 1
            work = seconds / 2 if work is None else min(work, seconds / 2)
        if work is not None:
            parameters.max_deterministic_time = work

    def _count(self, solver: cp_model.CpSolver) -> IntArray:
        count = np.zeros_like(self._problem.cap)
        for (g, n), variable in self._x.items():
            count[g, n] = solver.value(variable)
        return count


def _integer_bound(bound: float, sense: str) -> int:
    """CP-SAT's bound as an integer, rounded so that it stays a bound.

    To the solver it is an integer; it comes as a double, which is exact up to 2**53.
    """
    slack = max(1e-6, 2.0**-50 * abs(bound))
    return int(np.floor(bound + slack)) if sense == "maximize" else int(np.ceil(bound - slack))
