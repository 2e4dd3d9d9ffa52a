"""Where everybody is to be: repaired, drained, then as good as the goals ask for the moves they are worth.

Single moves find an answer at any size. Where a model can hold the question CP-SAT goes on from there: to the
optimum and its proof where the model is exact, part by part where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import STAYING, broken, to_be_placed
from placewright.models.goals import Goal, Goals
from placewright.models.move_cost import MoveCosts
from placewright.models.rebalance_levels import DRAIN
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rules.topology_spread import hard_constraints
from placewright.solver.accept import acceptor
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Allowance, Guide, descend
from placewright.solver.moves.emptying import empty_nodes
from placewright.solver.moves.evacuate import evacuate, repair
from placewright.solver.moves.levels import Levels, bounded, build
from placewright.solver.moves.orders import has_orders, standing_orders_hold
from placewright.solver.moves.question import Question
from placewright.solver.moves.room import make_room
from placewright.solver.moves.separable_bound import separable_bound
from placewright.solver.moves.terms import Place
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.reassign.improve import improve
from placewright.solver.search import LevelValue, Search
from placewright.solver.settings import Settings

MOST_PAIRS = 150_000
"""Above this many (group, node) pairs CP-SAT is left out: a part would take too long to cut out."""
PRICES_SHARE = 0.04
"""The part of the time limit that bounds without a relaxation may take in any case."""
HEURISTIC_SHARE, BOUND_SHARE = 0.5, 0.95
"""The part of the time that single moves may take where CP-SAT goes on after them, and where it does not."""


@dataclass(frozen=True)
class Target:
    """where: agent key -> node name for everybody that may move. broken: those that still break a rule.

    names, before, values: the levels after those of placed agents, with their values at home and here.
    arrivals: what a cut needs to rule this very answer out. searched: CP-SAT had a say, so that a cut makes a
    difference.
    """

    where: Mapping[str, str]
    broken: frozenset[str]
    names: tuple[str, ...]
    before: tuple[int, ...]
    values: tuple[LevelValue, ...]
    arrivals: Mapping[Place, int]
    searched: bool
    warnings: tuple[str, ...] = ()


class Finder:
    """One question, asked as often as cuts make it another one."""

    def __init__(
        self,
        question: Question,
        goals: Goals,
        options: RebalanceOptions,
        settings: Settings,
        progress: Callable[[str], None],
    ) -> None:
        self._question = question
        self._goals = goals
        self._options = options
        self._settings = settings
        self._progress = progress
        self.costs = MoveCosts(question.snapshot, options.policy, options.pricing, options.surcharges)
        self.compilation, self._problem = compile_problem(question.asked, rules=STAYING)
        self._found: tuple[Board, frozenset[str]] | None = None

    def limited(self, options: RebalanceOptions) -> Finder:
        """The same question under other limits; what is compiled is shared."""
        other = copy(self)
        other._options, other._found = options, None
        return other

    def cost(self, key: str) -> int:
        """What moving an agent costs."""
        return self.costs.of(self._question.snapshot.agent_by_key[key])

    def fare(self, where: Mapping[str, str]) -> int:
        """What it costs to move everybody who is not at home in `where` (agent key -> node name)."""
        return self.costs.fare({key: where[key] for key in self._question.home if key in where})

    def find(self, deadline: Deadline, cuts: Sequence[Mapping[Place, int]] = ()) -> Target:
        """The best target that is found in the time, none of those that are cut off."""
        if self._found is None:
            self._found = self._by_moves(self._moving_deadline(deadline))
        board, wrong = self._found
        where = {key: self.compilation.nodes[n].name for key, n in board.where.items()}
        return self._searched(where, wrong, deadline, cuts)

    def _moving_deadline(self, deadline: Deadline) -> Deadline:
        small = int(np.count_nonzero(self._problem.cap)) <= MOST_PAIRS
        followed = small and not has_orders(self._question, self._options)
        return Deadline(deadline.remaining() * (HEURISTIC_SHARE if followed else BOUND_SHARE))

    def _by_moves(self, deadline: Deadline) -> tuple[Board, frozenset[str]]:
        question, options = self._question, self._options
        levels = self._levels(question, self.compilation, self._problem)
        guides = levels.guides()
        board = Board(question, self.compilation, self.costs, [guide.tally for guide in guides])
        allowance = Allowance(options.max_moves, options.max_disruption)
        wrong = question.broken
        if options.repair and wrong:
            wrong = repair(board, guides, allowance, deadline)
            self._progress(f"rules: {len(question.broken)} agents broke one, {len(wrong)} still do")
        if self._goals.drained:
            nodes = [self.compilation.node_index[name] for name in self._goals.drained]
            going = [key for n in nodes for key in board.on(n)]
            left = evacuate(board, going, guides, allowance, deadline)
            self._progress(f"drain: {len(going) - len(left)} of {len(going)} agents leave")
        self._improve(board, levels, guides, allowance, deadline)
        if not board.moved:
            return board, question.broken
        now = board.broken()
        if now <= question.broken and standing_orders_hold(question, options, self.costs, board):
            # Who had to leave for another reason may have found a place that is as it should be.
            return board, now
        # Moves that were right one by one are not right together: better none of them.
        for key in board.moved:
            board.move(key, board.home[key])
        return board, question.broken

    def _improve(
        self,
        board: Board,
        levels: Levels,
        guides: Sequence[Guide],
        allowance: Allowance,
        deadline: Deadline,
    ) -> None:
        """Goal by goal; none is made worse by those that come after it."""
        settled: list[Guide] = []
        waiting = list(guides)
        for goal, level in levels.goals:
            if goal is Goal.CONSOLIDATE:
                most, gain = self._options.max_emptied, self._options.min_gain
                empty_nodes(board, settled, allowance, deadline, gain, self._settings, most)
            elif goal is Goal.DEFRAGMENT:
                make_room(board, settled, allowance, deadline, self._options.min_gain)
            elif not settled and self._by_arrays(board, level, deadline):
                settled.append(waiting.pop(0))
            elif waiting and level.tally() is not None:
                settled.append(waiting.pop(0))
                descend(board, settled, allowance, deadline, above=len(settled) - 1)
            self._progress(f"goal {goal}: {level.value(board.count)} after {len(board.moved)} moves")

    def _by_arrays(self, board: Board, level: WeightedObjective, deadline: Deadline) -> bool:
        """Improve a goal by many moves and exchanges at once; False where it cannot be asked like that."""
        limited = self._options.max_moves is not None or self._options.max_disruption is not None
        if limited:
            return False
        gain = self._options.min_gain
        return improve(board, level.terms, self.costs, gain, self._settings, deadline, self._progress)

    def _levels(self, question: Question, compilation: Compilation, problem: Problem) -> Levels:
        return build(question, compilation, problem.levels, self._goals, self.costs, self._options)

    def _searched(
        self,
        where: Mapping[str, str],
        wrong: frozenset[str],
        deadline: Deadline,
        cuts: Sequence[Mapping[Place, int]],
    ) -> Target:
        """Go on with CP-SAT from an answer by single moves. Those that still break a rule stay there."""
        question, fixed = _without(self._question, where, wrong)
        if question is self._question:
            compilation, problem = self.compilation, self._problem
        else:
            compilation, problem = compile_problem(question.asked, rules=STAYING)
        levels = self._levels(question, compilation, problem)
        asked = bounded(problem, levels, question, compilation, self._options, cuts)
        start, before = _counts(compilation, where), _counts(compilation, question.home)
        if _violates(start, cuts):
            start = before
        small = 0 < int(np.count_nonzero(problem.cap)) <= MOST_PAIRS and not deadline.passed
        # Counts do not tell how far who goes, nor what workloads ask of where all their agents are.
        searched = small and not has_orders(question, self._options)
        if searched:
            search = Search(
                asked, start, acceptor(compilation, asked), self._settings, deadline, self._progress
            )
            answer = search.run()
            count, values, warnings = answer.count, answer.levels, answer.warnings
        else:
            count, warnings = start, ()
            values = tuple(_bounds(asked, count, deadline))
        least = Deadline(max(deadline.remaining(), PRICES_SHARE * self._settings.time_limit))
        values = tuple(_tightened(asked, values, count, before, question, least))
        skip = len(levels.placed)
        return Target(
            where={**fixed, **_names(question, compilation, self.costs, count)},
            broken=wrong,
            names=tuple(level.name for level in asked.levels[skip:]),
            before=tuple(level.value(before) for level in asked.levels[skip:]),
            values=tuple(values[skip:]),
            arrivals=_arrivals(count, before),
            searched=searched,
            warnings=tuple(warnings),
        )


def _without(
    question: Question, where: Mapping[str, str], wrong: frozenset[str]
) -> tuple[Question, Mapping[str, str]]:
    """The question without those that break a rule for good, who stay; and where they are."""
    if not wrong:
        return question, {}
    stay = set(wrong)
    while True:
        # They are there all the same: for the others' rules they count where they are.
        home = {key: name for key, name in question.home.items() if key not in stay}
        asked = to_be_placed(question.snapshot, home.keys())
        more = broken(asked, {key: where[key] for key in home})
        if not more:
            break
        stay |= more
    fixed = {key: question.home[key] for key in stay}
    return replace(question, asked=asked, home=home), fixed


def _counts(compilation: Compilation, where: Mapping[str, str]) -> IntArray:
    count = np.zeros_like(compilation.cap)
    for g in compilation.pending:
        for agent in compilation.groups[g].members:
            count[g, compilation.node_index[where[agent.key]]] += 1
    return count


def _names(
    question: Question, compilation: Compilation, costs: MoveCosts, count: IntArray
) -> Mapping[str, str]:
    """Agents to counts: as many as can stay do, and of those on a node the cheapest to move leave."""
    found: dict[str, str] = {}
    for g in compilation.pending:
        room = {compilation.nodes[n].name: int(count[g, n]) for n in np.flatnonzero(count[g]).tolist()}
        leaving = []
        members = compilation.groups[g].members
        for agent in sorted(members, key=lambda agent: (-costs.of(agent), agent.key)):
            home = question.home[agent.key]
            if room.get(home, 0) > 0:
                room[home] -= 1
                found[agent.key] = home
            else:
                leaving.append(agent)
        places = [name for name, number in room.items() for _ in range(number)]
        found.update(_matched(question, leaving, places))
        for agent in leaving:
            found.setdefault(agent.key, question.home[agent.key])
    return found


def _matched(question: Question, leaving: Sequence[Agent], places: Sequence[str]) -> Mapping[str, str]:
    """Leaving agents of one group to places: within their domains of spread first.

    Two that change domains crosswise would each be refused by spread while the other is not there.
    """
    if not leaving:
        return {}
    keys = [c.topology_key for c in hard_constraints(question.asked, leaving[0])]
    nodes = question.asked.node_by_name

    def domains(name: str) -> tuple[str | None, ...]:
        return tuple(nodes[name].labels.get(key) for key in keys)

    found: dict[str, str] = {}
    free: dict[tuple[str | None, ...], list[str]] = {}
    for name in places:
        free.setdefault(domains(name), []).append(name)
    for agent in leaving:
        if near := free.get(domains(question.home[agent.key])):
            found[agent.key] = near.pop(0)
    rest = [name for names in free.values() for name in names]
    others = (agent for agent in leaving if agent.key not in found)
    return {**found, **{agent.key: name for agent, name in zip(others, rest, strict=False)}}


def _arrivals(count: IntArray, before: IntArray) -> Mapping[Place, int]:
    return {(g, n): int(count[g, n]) for g, n in np.argwhere(count > before).tolist()}


def _violates(count: IntArray, cuts: Sequence[Mapping[Place, int]]) -> bool:
    """Whether an answer is one of those that were cut off: then there is no other one."""
    return any(all(count[place] >= number for place, number in cut.items()) for cut in cuts)


def _tightened(
    problem: Problem,
    values: Sequence[LevelValue],
    count: IntArray,
    before: IntArray,
    question: Question,
    deadline: Deadline,
) -> Iterator[LevelValue]:
    """The same values with bounds that need no relaxation, where those are better and everybody is placed."""
    everybody = bool((count.sum(axis=1) >= before.sum(axis=1)).all())
    emptied = np.zeros(count.shape[1], dtype=np.bool_)
    for level, known in zip(problem.levels, values, strict=True):
        if level.name == DRAIN and known.value == 0:
            drained = set(question.drained)
            emptied = np.array([node.name in drained for node in question.asked.nodes], dtype=np.bool_)
        bound = None
        if everybody and isinstance(level, WeightedObjective) and known.value > known.bound:
            bound = separable_bound(level, before, emptied, deadline)
        yield known if bound is None or bound <= known.bound else LevelValue(known.value, bound)


def _bounds(problem: Problem, count: IntArray, deadline: Deadline) -> list[LevelValue]:
    """The values of an answer that nothing has been proven about, with what bounds there is time for."""
    bounds = Bounds(problem)
    found: list[LevelValue] = []
    for index, level in enumerate(problem.levels):
        bound = bounds.level(index, [known.value for known in found], deadline.remaining())
        found.append(LevelValue(level.value(count), bound))
    return found
