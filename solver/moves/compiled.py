"""A question compiled, with its groups told apart where demands or surcharges ask for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.models.audit import STAYING
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.compilation import Compilation
from placewright.solver.compile import compile_problem
from placewright.solver.moves.question import Question
from placewright.solver.moves.told_apart import telling_apart
from placewright.solver.problem import Problem
from placewright.solver.search import EXACT_PAIRS

MOST_PAIRS = 150_000
"""Above this many (group, node) pairs CP-SAT is left out: a part would take too long to cut out."""
MOST_TOLD_APART = EXACT_PAIRS
"""Above this many groups are not told apart: what the model would find part by part, moves find sooner."""


@dataclass(frozen=True)
class Compiled:
    """told_apart: groups are as `telling_apart` has them: counts then say all that is asked."""

    compilation: Compilation
    problem: Problem
    told_apart: bool


def compiled_question(question: Question, options: RebalanceOptions) -> Compiled:
    """A question, its groups told apart if there is something to tell and a model can hold them."""
    compilation, problem = compile_problem(question.asked, rules=STAYING)
    apart = telling_apart(question, options) if pairs_of(problem) <= MOST_TOLD_APART else None
    if apart is not None:
        more, finer = compile_problem(question.asked, rules=STAYING, apart=apart)
        if pairs_of(finer) <= MOST_TOLD_APART:
            return Compiled(more, finer, True)
    return Compiled(compilation, problem, False)


def pairs_of(problem: Problem) -> int:
    """How many variables a model of it has: groups, and the nodes that they may go to."""
    return int(np.count_nonzero(problem.cap))
