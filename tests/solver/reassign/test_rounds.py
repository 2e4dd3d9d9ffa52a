"""Rounds of walks: how each of them begins, and which of them evict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest

from placewright.solver.compilation import IntArray
from placewright.solver.reassign import rounds
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.cool import Heat, Walker
from placewright.solver.reassign.halve import STRETCHES, Clock
from placewright.solver.reassign.rounds import Walks
from placewright.tests.solver.reassign.small import holds, small


def best_of_some(problem: Reassignment, where: IntArray) -> IntArray:
    """The best of what moving one agent makes of an assignment."""
    found = [where]
    for a in range(len(where)):
        for n in range(problem.capacity.shape[1]):
            after = where.copy()
            after[a] = n
            if holds(problem, after):
                found.append(after)
    return min(found, key=problem.value)


@dataclass(frozen=True)
class First:
    """What the first round of two workers was halved from."""

    walkers: Sequence[Walker]
    late: Sequence[Walker]
    heat: Heat
    joining: float


def stopped(at: float) -> Clock:
    """A clock that always says the same."""
    return lambda _: lambda: at


def first(monkeypatch: pytest.MonkeyPatch, board: Board) -> First:
    seen: list[First] = []

    def halved(
        walkers: Sequence[Walker],
        late: Sequence[Walker],
        workers: int,
        heat: Heat,
        joining: float,
        clock: Clock,
    ) -> IntArray:
        assert (workers, clock(1.0)()) == (2, 1.0)
        seen.append(First(walkers, late, heat, joining))
        return walkers[0].best

    monkeypatch.setattr(rounds, "halve", halved)
    Walks(board.problem, 1, 2).first(board, stopped(1.0))
    return seen[0]


@pytest.fixture
def board() -> Board:
    return Board(*small(Random(5), agents=12, nodes=4))


def test_some_walks_join_when_it_is_as_hot_as_what_each_could_gain(
    monkeypatch: pytest.MonkeyPatch, board: Board
) -> None:
    seen = first(monkeypatch, board)
    gain = board.hope() / len(board.where)
    assert seen.joining == gain
    assert seen.heat.hot >= gain > seen.heat.cold
    assert (len(seen.walkers), len(seen.late)) == (2 * STRETCHES[0][0], 2 * rounds.LATE)


def test_all_walks_begin_at_the_board_and_send_several_away_for_one(
    monkeypatch: pytest.MonkeyPatch, board: Board
) -> None:
    seen = first(monkeypatch, board)
    for walker in (*seen.walkers, *seen.late):
        assert walker.evicting
        assert np.array_equal(walker.best, board.where)


def test_no_more_walks_begin_than_there_is_memory_for_and_one_for_each_worker_at_least(
    monkeypatch: pytest.MonkeyPatch, board: Board
) -> None:
    cells = 4 * (board.problem.kinds + 1)
    for most, number in ((9 * cells, 5), (0, 2)):
        monkeypatch.setattr(rounds, "MOST_CELLS", most)
        assert len(first(monkeypatch, board).walkers) == number


def test_every_other_walk_of_a_later_round_sends_several_away_for_one(
    monkeypatch: pytest.MonkeyPatch, board: Board
) -> None:
    heats = walked_in_place(monkeypatch)
    Walks(board.problem, 1, 4).next(board, 1, stopped(1.0))
    assert sorted(heat.evicting for heat in heats) == [False, False, True, True]


def test_a_walk_begins_where_the_round_before_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    began: list[IntArray] = []

    def walked(_: Reassignment, where: IntArray, *rest: object) -> IntArray:
        began.append(where)
        return where

    monkeypatch.setattr(rounds, "cool", walked)
    board = Board(problem, best_of_some(problem, where))
    Walks(problem, 1, 3).next(board, 1, stopped(1.0))
    assert len(began) == 3
    assert all(np.array_equal(start, board.where) for start in began)


def walked_in_place(monkeypatch: pytest.MonkeyPatch) -> list[Heat]:
    """The heats of walks that go nowhere, as they come."""
    heats: list[Heat] = []

    def walked(_: Reassignment, where: IntArray, rng: object, elapsed: object, heat: Heat) -> IntArray:
        heats.append(heat)
        return where

    def halved(walkers: Sequence[Walker], late: object, workers: int, heat: Heat, *rest: object) -> IntArray:
        heats.append(heat)
        return walkers[0].best

    monkeypatch.setattr(rounds, "cool", walked)
    monkeypatch.setattr(rounds, "halve", halved)
    return heats


def test_a_round_begins_hotter_than_the_first_ended_however_little_there_is_left_to_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left to gain said how hot a round begins, and where that was next to nothing, none got warm again."""
    problem, where = small(Random(5), agents=12, nodes=4)
    heats = walked_in_place(monkeypatch)
    walks = Walks(problem, 1, 2)
    board = Board(problem, walks.first(Board(problem, where), stopped(1.0)))
    ended = min(heat.cold for heat in heats)
    monkeypatch.setattr(board, "hope", lambda: 1.0)
    for turn in (1, 2):
        walks.next(board, turn, stopped(1.0))
        assert {heat.hot for heat in heats[-2:]} == {rounds.BACK * ended * rounds.FALL ** (turn - 1)}


def test_a_round_begins_as_hot_as_what_is_left_to_gain_where_that_is_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    heats = walked_in_place(monkeypatch)
    board = Board(problem, where)
    walks = Walks(problem, 1, 2)
    walks.first(board, stopped(1.0))
    walks.next(board, 1, stopped(1.0))
    assert [heat.hot for heat in heats[-2:]] == [board.hope() / len(where) * rounds.FALL] * 2
