"""Surcharges over counts are what they are by name, and the same in a model, fixed in part or relaxed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.move_cost import Surcharges
from placewright.solver.compilation import IntArray
from placewright.solver.moves.compiled import compiled_question
from placewright.solver.moves.counts import counts, names
from placewright.solver.moves.terms import MovesTerm
from placewright.solver.moves.ways import MostMovedTerm, WaysTerm, surcharge_terms
from placewright.solver.objectives.base import Term
from placewright.tests.builders import ZONE, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import BALANCE, EVEN, task_of
from placewright.tests.solver.moves.small_counts import NOTHING, SOME, assert_relaxes, assert_same_everywhere

CASES = settings(deadline=None, max_examples=40, derandomize=True)

WAYS = WaysTerm(np.array([[0, 3, 5], [2, 0, 0]], dtype=np.int64))
MOST_MOVED = MostMovedTerm(4, ({(0, 0): 2}, {(0, 1): 1, (1, 1): 2}))


@pytest.mark.parametrize("fixed", [NOTHING, SOME])
@pytest.mark.parametrize("term", [WAYS, MOST_MOVED, MostMovedTerm(4, ())])
def test_surcharges_are_the_same_in_a_model_as_of_counts(term: Term, fixed: IntArray) -> None:
    assert_same_everywhere(term, fixed)


@pytest.mark.parametrize("term", [WAYS, MOST_MOVED])
def test_relaxed_a_surcharge_is_never_more_than_of_any_counts(term: Term) -> None:
    assert_relaxes(term)


def test_only_the_workload_of_which_most_move_is_charged() -> None:
    home = np.array([[2, 1, 0], [0, 2, 0]], dtype=np.int64)
    assert MOST_MOVED.value(home) == 0
    one_of_each = np.array([[1, 1, 1], [0, 1, 0]], dtype=np.int64)
    assert MOST_MOVED.value(one_of_each) == 4
    two_of_the_second = np.array([[1, 1, 1], [1, 0, 0]], dtype=np.int64)
    assert MOST_MOVED.value(two_of_the_second) == 8


@CASES
@given(st.lists(st.integers(0, 2), min_size=5, max_size=5), st.integers(0, 3), st.integers(0, 3))
def test_a_target_costs_by_its_counts_what_it_costs_by_name(ends: list[int], way: int, most: int) -> None:
    nodes = [node("a", zone="one"), node("b", zone="one"), node("c", zone="two")]
    apps = ("web", "web", "web", "db", "db")
    cluster = snapshot(nodes, [runs(f"x{i}", "abacc"[i], app=app) for i, app in enumerate(apps)])
    options = replace(EVEN, surcharges=Surcharges({ZONE: way}, most))
    task = task_of(cluster, BALANCE, options)
    compilation = compiled_question(task.question, options).compilation
    where = {key: "abc"[to] for key, to in zip(sorted(task.question.home), ends, strict=True)}
    count = counts(compilation, where)
    home = counts(compilation, task.question.home)
    moves = MovesTerm({(g, n): (100,) * int(home[g, n]) for g, n in np.argwhere(home).tolist()})
    terms = [moves, *surcharge_terms(task.question, compilation, options.surcharges)]
    named = names(task.question, compilation, task.costs, count)
    assert sum(term.value(count) for term in terms) == task.costs.fare(named) <= task.costs.fare(where)
