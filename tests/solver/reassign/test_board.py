"""What a move or an exchange changes, told in advance for all at once, against making it and looking."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.reassign.anneal import anneal, step
from placewright.solver.reassign.board import Board
from placewright.tests.solver.reassign.small import holds, small

CASES = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


def wandering(rng: Random) -> Board:
    """A board after some moves, so that what it keeps up to date has been kept."""
    problem, where = small(rng)
    board = Board(problem, where)
    draw = np.random.default_rng(rng.randrange(2**32))
    for _ in range(rng.randint(0, 12)):
        step(board, rng.randrange(len(where)), np.arange(len(where)), 50.0, draw)
    return board


@CASES
@given(rng=RANDOM)
def test_moves_are_open_exactly_where_every_rule_holds_and_change_what_they_say(rng: Random) -> None:
    board = wandering(rng)
    problem, where = board.problem, board.where
    assert board.value == problem.value(where)
    for a in range(len(where)):
        for n, change in enumerate(board.shifts(a).tolist()):
            after = where.copy()
            after[a] = n
            assert np.isfinite(change) == holds(problem, after)
            if np.isfinite(change):
                assert change == problem.value(after) - problem.value(where)


@CASES
@given(rng=RANDOM)
def test_exchanges_that_are_open_keep_every_rule(rng: Random) -> None:
    board = wandering(rng)
    problem, where = board.problem, board.where
    for a in range(len(where)):
        for b, change in enumerate(board.swaps(a, np.arange(len(where))).tolist()):
            if not np.isfinite(change) or board.clashes(a, b):
                continue
            after = where.copy()
            after[[a, b]] = where[[b, a]]
            assert holds(problem, after)
            # Whether two together change the most moves of one kind is not asked.
            assert abs(change - (problem.value(after) - problem.value(where))) <= 2 * problem.most_weight


@CASES
@given(rng=RANDOM)
def test_what_is_kept_up_to_date_is_what_a_new_board_has(rng: Random) -> None:
    board = wandering(rng)
    new = Board(board.problem, board.where)
    for name in ("bent", "cost", "free", "count", "in_place", "in_near", "taken", "lonely", "tight", "tied"):
        assert np.array_equal(getattr(board, name), getattr(new, name)), name
    assert (board.value, board.top, board.tops) == (new.value, new.top, new.tops)


@CASES
@given(rng=RANDOM)
def test_annealing_ends_with_the_best_that_it_saw_and_keeps_every_rule(rng: Random) -> None:
    problem, where = small(rng)
    looked = iter(np.linspace(0, 1, 12).tolist())
    best = anneal(Board(problem, where), np.random.default_rng(1), lambda: next(looked), 20.0, 0.1)
    assert holds(problem, best)
    assert problem.value(best) <= problem.value(where)
