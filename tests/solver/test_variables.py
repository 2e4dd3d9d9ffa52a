"""Counts as variables: only where a pair is open, with literals for presence that are made once."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from ortools.sat.python import cp_model

from placewright.solver.variables import Variables


def variables(*rows: list[int], size: tuple[int, ...] = (9, 9)) -> Variables:
    return Variables(cp_model.CpModel(), np.array(rows), np.array(size))


def most(x: Variables, expression: cp_model.LinearExprT) -> int:
    x.model.maximize(expression)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(x.model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def test_a_pair_that_is_closed_is_no_variable() -> None:
    x = variables([2, 0, 1], [0, 0, 3])
    assert [pair for pair, _ in x.items()] == [(0, 0), (0, 2), (1, 2)]
    assert (x.x(0, 1), x.upper(0, 1), x.upper(0, 0)) == (0, 0, 2)
    assert (x.nodes_of(0), x.groups_on(2), x.groups_on(1), x.occupied()) == ([0, 2], [0, 1], [], [0, 2])
    assert x.occupied_by(np.array([5, 5, -1])) == {5: [0], -1: [2]}


def test_no_more_are_placed_than_there_are() -> None:
    x = variables([5, 5, 5], [1, 0, 0], size=(7, 3))
    assert x.upper(0, 0) == 5
    assert (x.most([0]), x.most([0], [0]), x.most([0, 1]), x.most([1], [2])) == (7, 5, 8, 0)
    assert most(x, x.sum([0, 1])) == 8


@pytest.mark.parametrize("placed", [0, 1, 3])
def test_a_literal_is_true_exactly_where_somebody_is(placed: int) -> None:
    x = variables([2, 2], [1, 1])
    there = x.present([0, 1], [0])
    assert x.present([1, 0], [0, 0]) is there
    x.model.add(x.sum([0, 1], [0]) == placed)
    solver = cp_model.CpSolver()
    assert solver.solve(x.model) == cp_model.OPTIMAL
    assert bool(solver.value(there)) is (placed > 0)


def test_of_whom_nobody_can_come_nobody_is_there() -> None:
    x = variables([2, 0], [1, 1])
    assert most(x, x.present([0], [1])) == 0


def test_nodes_that_nothing_may_go_to_make_no_second_literal() -> None:
    x = variables([2, 0], [1, 0])
    assert x.present([0], [0]) is x.present([0], [0, 1])


def test_hints_cover_presence_and_what_encoders_add() -> None:
    x = variables([2, 2], [1, 1])
    there = x.present([0], [1])
    extra = x.model.new_int_var(0, 9, "")
    x.complete_hints(lambda placed: [(extra, int(placed.sum()))])
    hints = {variable.index: value for variable, value in x.hints(np.array([[0, 2], [1, 0]]))}
    assert hints[there.index] == 1
    assert hints[extra.index] == 3
    assert len(hints) == len(x.model.proto.variables)


def test_what_is_needed_twice_is_made_once_and_anew_for_what_may_not_hold() -> None:
    x = variables([2, 2], [1, 1])
    numbers = count(1)
    assert x.once("key", lambda: next(numbers)) == 1
    assert x.once("key", lambda: next(numbers)) == 1
    view = x.anew()
    assert view.once("key", lambda: next(numbers)) == 2
    assert view.x(0, 0) is x.x(0, 0)
    assert view.present([0], [0]) is not x.present([0], [0])
