"""Terms and encoders over all counts of two groups on three nodes: in a model as of counts, fixed, relaxed."""

from __future__ import annotations

from itertools import product

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.base import Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables

GROUPS, NODES = 2, 3
MODELLED = 3
"""Of so many counts one is asked of a model, too."""
CAP: IntArray = np.array([[2, 2, 2], [1, 2, 0]], dtype=np.int64)
SIZE: IntArray = np.array([3, 2], dtype=np.int64)


def all_counts(cap: IntArray = CAP) -> list[IntArray]:
    """Every count (G, N) within `cap` and the groups' sizes."""
    every = (np.array(flat).reshape(cap.shape) for flat in product(*(range(c + 1) for c in cap.flat)))
    return [count for count in every if (count.sum(axis=1) <= SIZE).all()]


def variables(fixed: IntArray | None = None) -> Variables:
    return Variables(cp_model.CpModel(), CAP if fixed is None else CAP - fixed, SIZE)


def held(x: Variables, count: IntArray) -> None:
    """The model is about these counts alone."""
    for (g, n), variable in x.items():
        x.model.add(variable == int(count[g, n]))


def modelled(term: Term, count: IntArray, x: Variables) -> int:
    """The term's least value in a model for counts."""
    x.model.minimize(term.expression(x))
    held(x, count)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(x.model) == cp_model.OPTIMAL
    return int(solver.objective_value)


def allowed(encoder: Encoder, count: IntArray, x: Variables) -> bool:
    """Whether a model with an encoder's constraints accepts counts."""
    encoder.encode(x)
    held(x, count)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return bool(solver.solve(x.model) == cp_model.OPTIMAL)


def assert_same_everywhere(term: Term, fixed: IntArray) -> None:
    """In a model as of counts, with some of them fixed or not, for all counts that hold those."""
    rest = term.fixing(fixed)
    for index, count in enumerate(all_counts()):
        assert term.least() <= term.value(count) <= term.most(CAP)
        if not (count >= fixed).all():
            continue
        assert rest.value(count - fixed) == term.value(count)
        if index % MODELLED == 0:
            assert modelled(rest, count - fixed, variables(fixed)) == term.value(count)


def assert_encodes(encoder: Encoder, fixed: IntArray) -> int:
    """The model accepts what the ledger accepts, some counts fixed or not; how many counts that are."""
    rest, accepted = encoder.fixing(fixed), 0
    for index, count in enumerate(all_counts()):
        ledger = encoder.ledger(count)
        assert ledger is not None
        holds = ledger.holds()
        accepted += bool(holds)
        if (count >= fixed).all():
            after = rest.ledger(count - fixed)
            assert after is not None
            assert after.holds() is holds
            if index % MODELLED == 0:
                assert allowed(rest, count - fixed, variables(fixed)) is holds
    return accepted


NOTHING: IntArray = np.zeros_like(CAP)
SOME: IntArray = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.int64)


def relaxed(term: Term, count: IntArray) -> float:
    """The least that a term is in the relaxation over all counts with as many of each group as here."""
    relaxation = Relaxation(CAP, SIZE, np.ones((GROUPS, 1), dtype=np.int64), np.full((NODES, 1), 9))
    expression = term.relax(relaxation)
    assert expression is not None
    for g in range(GROUPS):
        number = float(count[g].sum())
        classes = [c for c in range(len(relaxation.members)) if g in relaxation.groups_of(c)]
        placed = relaxation.lp.Sum([relaxation.arrivals(c, [g]) for c in classes])
        relaxation.lp.Add(placed == number)
    relaxation.lp.Minimize(expression)
    relaxation.lp.Solve()
    return float(relaxation.lp.Objective().Value())


def assert_relaxes(term: Term) -> None:
    """Relaxed the term is never more than of any counts with as many of each group."""
    least: dict[tuple[int, ...], int] = {}
    for count in all_counts():
        placed = tuple(int(number) for number in count.sum(axis=1))
        least[placed] = min(least.get(placed, 10**6), term.value(count))
    for placed, value in least.items():
        assert relaxed(term, np.array([[number] for number in placed])) <= value + 1e-6
