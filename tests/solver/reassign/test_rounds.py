"""Rounds of walks: how each of them begins, and which of them evict."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from placewright.solver.compilation import IntArray
from placewright.solver.reassign import cool
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.cool import Heat, Walks
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


def heats(monkeypatch: pytest.MonkeyPatch, *, hot_wins: bool) -> tuple[list[list[Heat]], bool]:
    """The heats of the short round and the first one, in which walks find something where the hot or the
    mild ones are to; and whether that was the answer.
    """
    problem, where = small(Random(5), agents=12, nodes=4)
    better = best_of_some(problem, where)
    assert problem.value(better) < problem.value(where)
    rounds: list[list[Heat]] = [[], []]

    def walked(
        problem: Reassignment, where: IntArray, rng: object, elapsed: Callable[[], float], heat: Heat
    ) -> IntArray:
        turn = int(elapsed())
        rounds[turn].append(heat)
        hot = heat.cold < heat.hot / cool.SPAN * 0.99
        return better if turn == 0 and hot == hot_wins else where

    monkeypatch.setattr(cool, "cool", walked)
    board = Board(problem, where)
    found = Walks(problem, 1, 2).first(board, lambda: lambda: 0.0, lambda: lambda: 1.0)
    return rounds, bool((found == better).all())


def test_all_walks_begin_hot_where_a_short_round_ends_lower_so(monkeypatch: pytest.MonkeyPatch) -> None:
    (short, first), kept = heats(monkeypatch, hot_wins=True)
    assert len({heat.hot / heat.cold for heat in short}) == 2
    assert {heat[:2] for heat in first} == {max(heat[:2] for heat in short)}
    assert kept


def test_every_other_walk_begins_hot_where_that_ends_no_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    (short, first), kept = heats(monkeypatch, hot_wins=False)
    assert sorted(first) == sorted(short)
    assert kept


def test_every_other_walk_sends_several_away_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (short, first), _ = heats(monkeypatch, hot_wins=True)
    assert sorted(heat.evicting for heat in short) == sorted(heat.evicting for heat in first) == [False, True]


def test_a_walk_begins_where_the_round_before_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    began: list[IntArray] = []

    def walked(_: Reassignment, where: IntArray, *rest: object) -> IntArray:
        began.append(where)
        return where

    monkeypatch.setattr(cool, "cool", walked)
    board = Board(problem, best_of_some(problem, where))
    Walks(problem, 1, 3).next(board, 1, lambda: lambda: 1.0)
    assert len(began) == 3
    assert all(np.array_equal(start, board.where) for start in began)


def walked_in_place(monkeypatch: pytest.MonkeyPatch) -> list[Heat]:
    """The heats of walks that go nowhere, as they come."""
    heats: list[Heat] = []

    def walked(_: Reassignment, where: IntArray, rng: object, elapsed: object, heat: Heat) -> IntArray:
        heats.append(heat)
        return where

    monkeypatch.setattr(cool, "cool", walked)
    return heats


def test_a_round_begins_hotter_than_the_first_ended_however_little_there_is_left_to_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left to gain said how hot a round begins, and where that was next to nothing, none got warm again."""
    problem, where = small(Random(5), agents=12, nodes=4)
    heats = walked_in_place(monkeypatch)
    walks = Walks(problem, 1, 2)
    board = Board(problem, walks.first(Board(problem, where), lambda: lambda: 0.0, lambda: lambda: 1.0))
    ended = min(heat.cold for heat in heats)
    monkeypatch.setattr(board, "hope", lambda: 1.0)
    for turn in (1, 2):
        walks.next(board, turn, lambda: lambda: 1.0)
        assert {heat.hot for heat in heats[-2:]} == {cool.BACK * ended * cool.FALL ** (turn - 1)}


def test_a_round_begins_as_hot_as_what_is_left_to_gain_where_that_is_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    heats = walked_in_place(monkeypatch)
    board = Board(problem, where)
    walks = Walks(problem, 1, 2)
    walks.first(board, lambda: lambda: 0.0, lambda: lambda: 1.0)
    walks.next(board, 1, lambda: lambda: 1.0)
    assert [heat.hot for heat in heats[-2:]] == [board.hope() / len(where) * cool.FALL] * 2
