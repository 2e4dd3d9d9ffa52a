"""What ways cost while agents move: as the plan's own reckoning has it, move by move."""

from __future__ import annotations

from random import Random

from placewright.models.audit import STAYING
from placewright.models.movable import MovePolicy
from placewright.models.move_cost import MoveCosts, Pricing, Surcharges
from placewright.solver.compile import compile_problem
from placewright.solver.moves.board import Board
from placewright.solver.moves.question import ask
from placewright.tests.builders import ZONE, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import BALANCE


def board_with(surcharges: Surcharges) -> tuple[Board, MoveCosts]:
    """Three controllers' agents on nodes of two zones and one without; half of them have moved."""
    nodes = [node("a", zone="x"), node("b", zone="x"), node("c", zone="y"), node("d")]
    agents = [
        runs(f"p{i}", "abcd"[i % 4], app="uvw"[i % 3], cpu=100, move_weight=1 + i % 2) for i in range(9)
    ]
    cluster = snapshot(nodes, agents)
    question = ask(cluster, BALANCE, MovePolicy())
    compilation, _ = compile_problem(question.asked, rules=STAYING)
    costs = MoveCosts(question.snapshot, MovePolicy(), Pricing.WEIGHTED, surcharges)
    return Board(question, compilation, costs), costs


def fare(board: Board, costs: MoveCosts) -> int:
    return costs.fare({key: board.compilation.nodes[n].name for key, n in board.where.items()})


def test_ways_cost_by_the_domains_that_are_left_and_nothing_at_home() -> None:
    board, _ = board_with(Surcharges({ZONE: 50}))
    assert board.cost["default/p0"] == 102
    assert board.fares.trips("default/p0").tolist() == [0, 102, 152, 152]
    assert board.fares.trips("default/p3").tolist() == [254, 254, 254, 0]
    board.move("default/p0", 2)
    assert (board.spent("default/p0"), board.trip("default/p0", 0)) == (152, 0)
    assert board.within("default/p0", 0).tolist() == [True, True, True, True]
    assert board.within("default/p1", 210).tolist() == [True, True, False, False]
    assert board.within("default/p1", None).all()


def test_every_change_is_what_the_whole_reckoning_says() -> None:
    rng = Random(5)
    for surcharges in (Surcharges(), Surcharges({ZONE: 30}), Surcharges({}, 40), Surcharges({ZONE: 30}, 40)):
        board, costs = board_with(surcharges)
        for _ in range(60):
            key, n = rng.choice(list(board.where)), rng.randrange(4)
            told = board.fares.fares(key, away=board.away(key))
            change = int(told[n] - told[board.where[key]])
            before = fare(board, costs)
            board.move(key, n)
            assert fare(board, costs) - before == change
            assert sum(map(board.spent, board.where)) + board.fares.charged == fare(board, costs)
