"""A cluster as a search by single moves sees it: tasks, and boards with their guides."""

from __future__ import annotations

from placewright.models.audit import STAYING
from placewright.models.goals import Goals, parse_goals
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Guide
from placewright.solver.moves.levels import build
from placewright.solver.moves.question import ask
from placewright.solver.moves.task import Task
from placewright.tests.moving import QUICK

BALANCE = parse_goals(("balance",))
EVEN = RebalanceOptions(pricing=Pricing.EVEN)


def task_of(cluster: Snapshot, goals: Goals = BALANCE, options: RebalanceOptions = EVEN) -> Task:
    """A task of which nobody is told."""
    return Task(ask(cluster, goals, options.policy), goals, options, QUICK, lambda _: None)


def board_of(
    cluster: Snapshot, goals: Goals = BALANCE, options: RebalanceOptions = EVEN
) -> tuple[Board, list[Guide]]:
    """Everybody at home, and the goals as single moves see them."""
    task = task_of(cluster, goals, options)
    compilation, problem = compile_problem(task.question.asked, rules=STAYING)
    guides = build(task.question, compilation, problem.levels, goals, task.costs, options).guides()
    return Board(task.question, compilation, task.costs, [guide.tally for guide in guides]), guides


def there(board: Board) -> dict[str, str]:
    """The name of each movable agent -> that of the node where it is."""
    return {key.split("/")[1]: board.compilation.nodes[n].name for key, n in board.where.items()}
