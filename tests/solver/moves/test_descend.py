"""Single moves: the level gets better by each, moves pay for themselves, and passes end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from placewright.models.agent import Agent
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.clock import Deadline
from placewright.solver.moves import descend as single
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Allowance, Guide, descend
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import board_of


def crowded(number: int = 6) -> list[Agent]:
    return [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(number)]


def on(board: Board) -> Sequence[int]:
    """How many agents are on each node."""
    return [int(column) for column in board.count.sum(axis=0)]


def test_agents_go_from_full_nodes_to_empty_ones_until_both_are_alike() -> None:
    board, guides = board_of(snapshot([node("a"), node("b")], crowded()))
    assert descend(board, guides, Allowance(), Deadline(10.0)) == 3
    assert on(board) == [3, 3]


def test_no_more_is_moved_than_is_allowed() -> None:
    cluster = snapshot([node("a"), node("b")], crowded())
    for allowance in (Allowance(moves=2), Allowance(cost=250)):
        board, guides = board_of(cluster)
        assert descend(board, guides, allowance, Deadline(10.0)) == 2
        assert on(board) == [4, 2]


def test_a_move_that_brings_less_than_it_costs_is_not_made() -> None:
    cluster = snapshot([node("a"), node("b")], crowded())
    board, guides = board_of(cluster, options=RebalanceOptions(pricing=Pricing.EVEN, min_gain=10**6))
    assert descend(board, guides, Allowance(), Deadline(10.0)) == 0


def test_without_time_nobody_moves() -> None:
    board, guides = board_of(snapshot([node("a"), node("b")], crowded()))
    assert descend(board, guides, Allowance(), Deadline(0.0)) == 0


def test_a_pass_over_many_agents_that_gains_next_to_nothing_is_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = iter([single._Pass(5000, 9, 1e6), single._Pass(5000, 9, 10.0), single._Pass(5000, 9, 1e6)])
    monkeypatch.setattr(single, "_pass", lambda *_: next(made))
    board, guides = board_of(snapshot([node("a"), node("b")], crowded()))
    assert descend(board, guides, Allowance(), Deadline(10.0)) == 18


def test_others_of_a_group_do_not_look_at_all_nodes_where_one_found_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Twelve alike on one node: once three have gone to each of the others nobody gains any more.
    looked: list[str] = []
    improve = single._improve

    def watched(board: Board, guides: Sequence[Guide], key: str, allowance: Allowance) -> tuple[float, float]:
        looked.append(key)
        return improve(board, guides, key, allowance)

    monkeypatch.setattr(single, "_improve", watched)
    agents = [runs(f"x{i}", "a", cpu=300) for i in range(12)]
    cluster = snapshot([node(name, cpu=8000) for name in "abcd"], agents)
    board, guides = board_of(cluster, options=RebalanceOptions(min_gain=0))
    descend(board, guides, Allowance(), Deadline(10.0))
    assert on(board) == [3, 3, 3, 3]
    assert len(looked) <= 11
