"""The exhaustive searches that others are judged by: that they leave nothing out."""

from __future__ import annotations

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.tests.brute_force_moves import fewest_moves, first_refusal, orders
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import move, runs


@pytest.mark.parametrize(("moves", "number"), [(0, 1), (1, 1), (2, 6), (3, 90), (4, 2520)])
def test_every_order_of_the_steps_is_tried_once(moves: int, number: int) -> None:
    cluster = snapshot([node("a"), node("b")], [runs(f"x{i}", "a") for i in range(moves)])
    wave = [move(cluster, f"x{i}", "b") for i in range(moves)]
    tried = [tuple((one.agent, comes) for one, comes in order) for order in orders(wave)]
    assert len(tried) == len(set(tried)) == number
    for order in tried:
        assert all(order.index((f"x{i}", False)) < order.index((f"x{i}", True)) for i in range(moves))


def test_with_surge_the_replacement_comes_first_in_every_order() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), runs("y", "a")])
    wave = [move(cluster, "x", "b", Discipline.SURGE), move(cluster, "y", "b")]
    tried = [[(one.agent, comes) for one, comes in order] for order in orders(wave)]
    assert len(tried) == 6
    assert all(order.index(("x", True)) < order.index(("x", False)) for order in tried)
    assert all(order.index(("y", False)) < order.index(("y", True)) for order in tried)


def test_an_order_that_is_refused_is_found_where_most_are_not() -> None:
    # y has room only where x has left before; then and only then is it let in.
    cluster = snapshot(
        [node("a", cpu=1000), node("b", cpu=1000), node("c", cpu=1000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")],
    )
    goals = Goals((Goal.BALANCE,))
    wave = [move(cluster, "x", "c"), move(cluster, "y", "a")]
    assert first_refusal(cluster, [wave], goals) == "wave 1: default/y: Insufficient cpu"
    assert first_refusal(cluster, [[one] for one in wave], goals) == ""


def test_the_fewest_moves_count_who_has_to_step_aside() -> None:
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000), node("c", cpu=1000)],
        [runs("x", "a", cpu=2000), runs("y", "b", cpu=1000, app="db")],
    )
    assert fewest_moves(cluster, Goals((Goal.DRAIN,), ("a",)), MovePolicy()) == (0, 2)
