"""Where everybody is to be: repaired, drained, then as good as the goals ask for the moves they are worth.

Single moves find an answer at any size. Where a model can hold the question CP-SAT goes on from there: to the
optimum and its proof where the model is exact, part by part where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from placewright.models.demands import has_demands
from placewright.models.goals import Goal
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.moves.board import Board
from placewright.solver.moves.bounding import hopeless, loose, over_all, tightened, unproven, without
from placewright.solver.moves.compiled import MOST_PAIRS, Compiled, compiled_question, pairs_of
from placewright.solver.moves.counts import arrivals, counts, names, violates
from placewright.solver.moves.descend import Allowance, Guide, MovesAlone, descend
from placewright.solver.moves.emptying import empty_nodes
from placewright.solver.moves.evacuate import evacuate, repair
from placewright.solver.moves.helping import helped
from placewright.solver.moves.levels import Levels, bounded, build
from placewright.solver.moves.orders import better_named, has_orders, standing_orders_hold
from placewright.solver.moves.question import Question
from placewright.solver.moves.room import make_room
from placewright.solver.moves.task import Task
from placewright.solver.moves.terms import Place
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.reassign.improve import improve
from placewright.solver.search import LevelValue, Search

PRICES_SHARE = 0.04
"""The part of the time limit that bounds without a relaxation may take in any case."""
HEURISTIC_SHARE, BOUND_SHARE = 0.5, 0.95
"""The part of the time that single moves may take where CP-SAT goes on after them, and where it does not."""


@dataclass(frozen=True)
class Target:
    """where: agent key -> node name for everybody that may move. broken: those that still break a rule.

    names, values: the levels after those of placed agents, with their values and bounds. arrivals: what a cut
    needs to rule this very answer out. searched: CP-SAT had a say, so that a cut makes a difference.
    """

    where: Mapping[str, str]
    broken: frozenset[str]
    names: tuple[str, ...]
    values: tuple[LevelValue, ...]
    arrivals: Mapping[Place, int]
    searched: bool
    warnings: tuple[str, ...] = ()


class Finder:
    """One task, asked as often as cuts make it another one.

    Without repair those that break a rule stay where they are, unless that is to be drained.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        question = task.question
        left = frozenset[str]() if task.options.repair else question.broken
        leaving = frozenset(key for key in left if question.home[key] in question.drained)
        self._question, self._spared = without(question, question.home, left - leaving, leaving)
        self._compiled = compiled_question(self._question, task.options)
        self.compilation = self._compiled.compilation
        self._levels = self._build(self._compiled)
        self._found: tuple[Mapping[str, str], frozenset[str]] | None = None
        self._loose: Mapping[str, int] | None = None

    def limited(self, options: RebalanceOptions) -> Finder:
        """The same question under other limits; what is compiled is shared."""
        other = copy(self)
        other.task, other._found, other._loose = self.task.limited(options), None, None
        other._levels = other._build(self._compiled)
        return other

    def find(self, deadline: Deadline, cuts: Sequence[Mapping[Place, int]] = ()) -> Target:
        """The best target that is found in the time, none of those that are cut off."""
        if self._found is None:
            board, wrong = self._by_moves(self._moving_deadline(deadline))
            where: Mapping[str, str] = {key: self.compilation.nodes[n].name for key, n in board.where.items()}
            if self.task.options.repair and wrong:
                where, wrong = helped(
                    self.task, self._question, self._compiled, self._build, where, wrong, deadline
                )
                self.task.report(f"rules: {len(wrong)} agents still break one")
            self._found = where, wrong
        return self._searched(*self._found, deadline, cuts)

    def _build(self, compiled: Compiled) -> Levels:
        task, placed = self.task, compiled.problem.levels
        return build(
            task.question,
            compiled.compilation,
            placed,
            task.goals,
            task.costs,
            task.options,
            told_apart=compiled.told_apart,
        )

    def _is_modelled(self, compiled: Compiled, question: Question) -> bool:
        """Whether counts say all that is asked of a target."""
        return compiled.told_apart or not has_orders(question, self.task.options)

    def _moving_deadline(self, deadline: Deadline) -> Deadline:
        small = pairs_of(self._compiled.problem) <= MOST_PAIRS
        followed = small and self._is_modelled(self._compiled, self._question)
        return Deadline(deadline.remaining() * (HEURISTIC_SHARE if followed else BOUND_SHARE))

    def _by_moves(self, deadline: Deadline) -> tuple[Board, frozenset[str]]:
        """The board after single moves, and who still breaks a rule.

        At first what workloads ask for is looked at once everybody has moved: two that want each other near
        can only move one after the other.
        """
        board, wrong, holds = self._walked(deadline)
        if not holds and has_demands(self._question.asked) and not deadline.passed:
            board, wrong, _ = self._walked(deadline, careful=True)
        return board, wrong

    def _walked(self, deadline: Deadline, *, careful: bool = False) -> tuple[Board, frozenset[str], bool]:
        """The same, and whether what was found is right as a whole. careful: no move leaves any workload with
        less of what it asks for.
        """
        question, task, options = self._question, self.task, self.task.options
        guides = self._levels.guides()
        board = Board(question, self.compilation, task.costs, [guide.tally for guide in guides])
        board.careful = careful
        allowance = Allowance(options.max_moves, options.max_disruption)
        wrong = question.broken
        if options.repair and wrong:
            wrong = repair(board, guides, allowance, deadline)
            task.report(f"rules: {len(question.broken)} agents broke one, {len(wrong)} still do")
        if question.drained:
            nodes = [self.compilation.node_index[name] for name in question.drained]
            going = [key for n in nodes for key in board.on(n)]
            left = evacuate(board, going, guides, allowance, deadline)
            task.report(f"drain: {len(going) - len(left)} of {len(going)} agents leave")
        self._improve(board, guides, allowance, deadline)
        at_first = question.broken & board.home.keys()
        if not board.moved:
            return board, at_first, True
        now = board.broken()
        if now <= at_first and standing_orders_hold(question, options, task.costs, board):
            # Who had to leave for another reason may have found a place that is as it should be.
            return board, now, True
        # Moves that were right one by one are not right together: better none of them.
        for key in board.moved:
            board.move(key, board.home[key])
        return board, at_first, False

    def _improve(
        self, board: Board, guides: Sequence[Guide], allowance: Allowance, deadline: Deadline
    ) -> None:
        """Goal by goal; none is made worse by those that come after it."""
        options, settings = self.task.options, self.task.settings
        settled: list[Guide] = []
        waiting = list(guides)
        for goal, level in self._levels.goals:
            guide = waiting.pop(0) if level.tally() is not None else None
            if goal is Goal.CONSOLIDATE:
                most, gain = options.max_emptied, options.min_gain
                empty_nodes(board, settled, allowance, deadline, gain, settings, most)
                # Nodes that are empty are closed: what could still make the level worse is what moves cost.
                guide = Guide(MovesAlone(len(board.closed)), gain)
            elif goal is Goal.DEFRAGMENT:
                make_room(board, settled, allowance, deadline, options.min_gain)
            elif guide is not None and (settled or not self._by_arrays(board, level, deadline)):
                descend(board, [*settled, guide], allowance, deadline, above=len(settled))
            if guide is not None:
                settled.append(guide)
            self.task.report(f"goal {goal}: {level.value(board.count)} after {len(board.moved)} moves")

    def _by_arrays(self, board: Board, level: WeightedObjective, deadline: Deadline) -> bool:
        """Improve a goal by many moves and exchanges at once; False where it cannot be asked like that."""
        options, task = self.task.options, self.task
        if options.max_moves is not None or options.max_disruption is not None:
            return False
        gain = options.min_gain
        return improve(board, level.terms, task.costs, gain, task.settings, deadline, task.report)

    def _searched(
        self,
        where: Mapping[str, str],
        wrong: frozenset[str],
        deadline: Deadline,
        cuts: Sequence[Mapping[Place, int]],
    ) -> Target:
        """Go on with CP-SAT from an answer by single moves. Those that still break a rule stay there."""
        question, fixed = without(self._question, where, wrong)
        task, settings = self.task, self.task.settings
        compiled = compiled_question(question, task.options) if fixed else self._compiled
        levels = self._build(compiled) if fixed else self._levels
        compilation, told_apart = compiled.compilation, compiled.told_apart
        asked = bounded(
            compiled.problem, levels, question, compilation, task.options, cuts, told_apart=told_apart
        )
        start, before = counts(compilation, where), counts(compilation, question.home)
        if violates(start, cuts):
            start = before
        pairs, modelled = pairs_of(asked), self._is_modelled(compiled, question)
        searched = 0 < pairs <= MOST_PAIRS and not deadline.passed and modelled
        values: Sequence[LevelValue]
        warnings: Sequence[str] = ()
        if searched:
            accepts = acceptor(compilation, asked)
            answer = Search(asked, start, accepts, settings, deadline, task.report).run()
            count, values, warnings = answer.count, answer.levels, answer.warnings
        elif not pairs:
            count, values = start, [LevelValue(v, v) for v in (lv.value(start) for lv in asked.levels)]
        else:
            count, values = start, unproven(asked, start, deadline)
        least = Deadline(max(deadline.remaining(), PRICES_SHARE * settings.time_limit))
        values = list(tightened(asked, values, count, before, question, least))[len(levels.placed) :]
        kinds = tuple(level.name for level in asked.levels[len(levels.placed) :])
        named = names(question, compilation, task.costs, count)
        if not searched and has_orders(question, task.options):
            named = better_named(question, task.costs, {key: where[key] for key in question.home}, named)
        ends = {**self._spared, **fixed, **named}
        if self._spared or fixed:
            values = list(self._over_all(ends, kinds, values, fixed, least))
        # Who leans on somebody that stays may have to stay, too.
        left = wrong | (self.task.question.broken & fixed.keys())
        return Target(ends, left, kinds, tuple(values), arrivals(count, before), searched, tuple(warnings))

    def whoever_is_helped(self, deadline: Deadline) -> Callable[[str], int]:
        """Bounds on levels by name, whoever is helped of those that break a rule, or is not."""
        if self._loose is None:
            before = counts(self.compilation, self._question.home)
            goals = self._levels.all[len(self._levels.placed) :]
            bounds = loose(goals, before, self.task, deadline)
            self._loose = dict(zip((level.name for level in goals), bounds, strict=True))
        known = self._loose
        # A goal that nobody here can change may depend on who is left out; no cost is negative.
        return lambda name: known.get(name, 0)

    def _over_all(
        self,
        where: Mapping[str, str],
        kinds: Sequence[str],
        values: Sequence[LevelValue],
        fixed: Mapping[str, str],
        deadline: Deadline,
    ) -> Iterator[LevelValue]:
        """The levels with everybody counted, where some were left out of the search."""
        question, on_drained = self._question, 0
        closed = np.array([node.name in question.closed for node in self.compilation.nodes], dtype=np.bool_)
        bounds = [level.bound for level in values]
        if hopeless(self.compilation, closed, fixed):
            on_drained = sum(name in question.drained for name in fixed.values())
        else:
            bounds = [*map(self.whoever_is_helped(deadline), kinds)]
        return over_all(self.task, where, kinds, bounds, on_drained)
