"""Parts that are solved to the end, against every assignment there is of their agents to their nodes."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.clock import Deadline
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.parts import Part, PartModel
from placewright.solver.reassign.polish import Effort, improve_part
from placewright.tests.solver.reassign.small import holds, small

CASES = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


@CASES
@given(rng=RANDOM)
def test_a_part_is_as_good_as_it_can_be_while_everybody_else_stays(rng: Random) -> None:
    problem, where = small(rng, agents=6, nodes=4)
    nodes = tuple(rng.sample(range(4), 3))
    agents = tuple(a for a in range(6) if where[a] in nodes)
    solved = PartModel(problem, where, Part(agents, nodes)).solve(10.0, 1)
    assert solved is not None
    assert solved.proven
    after = where.copy()
    for a, n in solved.where.items():
        after[a] = n
    assert holds(problem, after)
    best = problem.value(where)
    for places in product(nodes, repeat=len(agents)):
        other = where.copy()
        other[list(agents)] = places
        if holds(problem, other):
            best = min(best, problem.value(other))
    assert problem.value(after) == best


@CASES
@given(rng=RANDOM)
def test_part_after_part_nothing_gets_worse(rng: Random) -> None:
    problem, where = small(rng)
    board, effort = Board(problem, where), Effort(9.0)
    for _ in range(3):
        before = board.value
        improve_part(board, np.random.default_rng(1), effort, Deadline(60.0))
        assert holds(problem, board.where)
        assert board.value == problem.value(board.where) <= before
