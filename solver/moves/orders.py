"""What is asked of a target as a whole, beyond rules: demands of workloads, double use, what ways cost."""

from __future__ import annotations

from collections.abc import Mapping

from placewright.models.audit import placed
from placewright.models.demands import Demands, has_demands
from placewright.models.movable import Discipline
from placewright.models.move_cost import MoveCosts
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.compilation import IntArray
from placewright.solver.moves.board import Board
from placewright.solver.moves.question import Question


def has_orders(question: Question, options: RebalanceOptions) -> bool:
    """Whether there is anything of that kind."""
    at_once = options.policy.discipline is Discipline.AT_ONCE and options.policy.double
    return bool(at_once) or bool(options.surcharges) or has_demands(question.asked)


def standing_orders_hold(
    question: Question, options: RebalanceOptions, costs: MoveCosts, board: Board
) -> bool:
    """Whether nobody gets less of what workloads ask for, and nothing in use twice is more than there is."""
    if not has_orders(question, options):
        return True
    nodes = board.compilation.nodes
    where = {key: nodes[n].name for key, n in board.where.items()}
    if options.policy.discipline is Discipline.AT_ONCE and not _double_fits(board, options):
        return False
    before = Demands.of(placed(question.asked, question.home))
    return not any(Demands.of(placed(question.asked, where)).beyond(before))


def better_named(
    question: Question, costs: MoveCosts, where: Mapping[str, str], named: Mapping[str, str]
) -> Mapping[str, str]:
    """Of two ways to name the same counts (agent key -> node name) the second, unless it asks for more.

    To the rules agents of one group are alike; their controllers and where they come from need not be.
    """
    if costs.fare(named) > costs.fare(where):
        return where
    before = Demands.of(placed(question.asked, question.home))
    return where if any(Demands.of(placed(question.asked, named)).beyond(before)) else named


def _double_fits(board: Board, options: RebalanceOptions) -> bool:
    compilation = board.compilation
    left: IntArray = board.free.copy()
    came = set()
    for key in board.moved:
        left[board.home[key]] -= compilation.request[board.group_of[key]]
        came.add(board.where[key])
    columns = [r for r, name in enumerate(compilation.resources) if name in options.policy.double]
    return bool((left[sorted(came)][:, columns] >= 0).all())
