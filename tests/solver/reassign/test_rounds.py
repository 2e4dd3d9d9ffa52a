"""Rounds of walks: how each of them begins, which of them evict, and who goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from placewright.solver.compilation import IntArray
from placewright.solver.reassign import rounds
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.cool import Cooled, Heat
from placewright.solver.reassign.rounds import Walks
from placewright.solver.reassign.state import State
from placewright.tests.solver.reassign.small import holds, small


def neighbours(problem: Reassignment, where: IntArray) -> list[IntArray]:
    """What moving one agent makes of an assignment, the best ones first, and the assignment."""
    found = [where]
    for a in range(len(where)):
        for n in range(problem.capacity.shape[1]):
            after = where.copy()
            after[a] = n
            if n != where[a] and holds(problem, after):
                found.append(after)
    return sorted(found, key=problem.value)


def clock(number: float) -> Callable[[float], Callable[[], float]]:
    """A clock that says which round it is for, and never anything else."""
    return lambda _: lambda: number


Made = tuple[IntArray, Heat]
"""From where a walk began, and how hot."""


def first_rounds(
    monkeypatch: pytest.MonkeyPatch, late: Callable[[int], float] = float, mild_wins: bool = False
) -> tuple[list[list[Made]], list[IntArray], bool]:
    """The walks of the short round and of the first one with two cores, where one of them finds something;
    where those of the first one ended; and whether what was found was the answer.

    late: what a walk of the first round, by its number, costs towards its end.
    """
    problem, where = small(Random(5), agents=12, nodes=4)
    better, *others = neighbours(problem, where)
    assert problem.value(better) < problem.value(where)
    made: list[list[Made]] = [[], []]
    ends: list[IntArray] = []

    def walked(state: State, rng: object, elapsed: Callable[[], float], heat: Heat) -> Cooled:
        turn = int(elapsed())
        made[turn].append((state.where[:-1].copy(), heat))
        found = better if mild_wins == (turn == 0) else where
        if turn == 0:
            return Cooled(found, where, 0.0)
        ends.append(others[len(ends) % len(others)])
        return Cooled(found if len(ends) == 11 else where, ends[-1], late(len(ends) - 1))

    monkeypatch.setattr(rounds, "cool", walked)
    monkeypatch.setattr(rounds, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))
    found = Walks(problem, where, 1, 2).first(Board(problem, where), clock(0.0), clock(1.0))
    return made, ends, bool((found == better).all())


def test_walks_race_from_hot_to_cold_by_one_temperature_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (_, first), _, _ = first_rounds(monkeypatch)
    assert len(first) == rounds.RACERS * rounds.LEGS + 2
    heats = [heat for _, heat in first]
    for leg in range(rounds.LEGS):
        assert len(set(heats[leg * rounds.RACERS : (leg + 1) * rounds.RACERS])) == 1
    for before, after in zip(heats[:: rounds.RACERS], heats[rounds.RACERS :: rounds.RACERS], strict=False):
        assert before.cold == pytest.approx(after.hot)
    assert heats[-1].cold < heats[0].hot / rounds.RACED


def test_walks_of_a_short_round_begin_milder_and_where_the_race_does(monkeypatch: pytest.MonkeyPatch) -> None:
    (short, first), _, _ = first_rounds(monkeypatch)
    assert len(short) == 2
    assert max(heat.hot for _, heat in short) < first[0][1].hot
    assert all(where.tolist() == first[0][0].tolist() for where, _ in short)


@pytest.mark.parametrize("mild_wins", [True, False])
def test_what_a_short_round_or_any_leg_of_the_race_found_is_kept(
    monkeypatch: pytest.MonkeyPatch, mild_wins: bool
) -> None:
    assert first_rounds(monkeypatch, mild_wins=mild_wins)[2]


def test_all_that_race_send_several_away_for_one_and_every_other_walk_besides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (short, first), _, _ = first_rounds(monkeypatch)
    assert all(heat.evicting for _, heat in first[:-2])
    for walks in (short, first[-2:]):
        assert Counter(heat.evicting for _, heat in walks) == {False: 1, True: 1}


def test_a_race_goes_on_from_the_best_of_each_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walks that come last in each leg are made to be the best ones, the very last before all."""
    (_, first), ends, _ = first_rounds(monkeypatch, late=lambda number: -number)
    for leg in range(1, rounds.LEGS):
        begun = [where for where, _ in first[leg * rounds.RACERS : (leg + 1) * rounds.RACERS]]
        best = ends[: leg * rounds.RACERS][: -rounds.WINNERS - 1 : -1]
        for number, where in enumerate(begun):
            assert where.tolist() == best[number % rounds.WINNERS].tolist()
    last = ends[rounds.RACERS * rounds.LEGS - 1].tolist()
    assert [where.tolist() for where, _ in first[-2:]] == [last, last]


def test_a_walk_begins_where_the_round_before_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    began: list[IntArray] = []

    def walked(state: State, *rest: object) -> Cooled:
        began.append(state.where[:-1])
        return Cooled(began[-1], began[-1], 0.0)

    monkeypatch.setattr(rounds, "cool", walked)
    board = Board(problem, neighbours(problem, where)[0])
    Walks(problem, where, 1, 3).next(board, 1, clock(1.0))
    assert len(began) == 3
    assert all(np.array_equal(start, board.where) for start in began)


def test_a_round_begins_hotter_than_the_first_ended_however_little_there_is_left_to_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left to gain says how hot a round begins otherwise, and then it would never get warm again."""
    problem, where = small(Random(5), agents=12, nodes=4)
    heats: list[Heat] = []

    def walked(state: State, _: object, elapsed: object, heat: Heat) -> Cooled:
        heats.append(heat)
        return Cooled(state.where[:-1], state.where[:-1], 0.0)

    monkeypatch.setattr(rounds, "cool", walked)
    walks = Walks(problem, where, 1, 2)
    board = Board(problem, walks.first(Board(problem, where), clock(0.0), clock(1.0)))
    ended = heats[-1].cold
    monkeypatch.setattr(board, "hope", lambda: 1.0)
    walks.next(board, 1, clock(1.0))
    assert {heat.hot for heat in heats[-2:]} == {rounds.BACK * ended}
    walks.next(board, 2, clock(1.0))
    assert {heat.hot for heat in heats[-2:]} == {rounds.BACK * ended * rounds.FALL}
