"""Targets together with the routes that lead to them, and the best of those that were tried.

Where no path leads to a target, or only a longer one, the target is cut off and the next best one is looked
for, while there is time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.audit import broken, placed
from placewright.models.movable import Discipline
from placewright.models.rebalance_levels import LevelMeaning
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline, Phases
from placewright.solver.moves.cluster import Move
from placewright.solver.moves.descend import Allowance
from placewright.solver.moves.target import Finder, Target
from placewright.solver.moves.task import Task
from placewright.solver.moves.waves import Route, Router

PATH_SHARE = 0.4
"""The part of the time limit that is kept for the path and for verifying it."""
VERIFY_SHARE = 0.05
"""The same where all move at once, so that no path is to be found."""
MOST_CUTS = 30
"""How many targets without a direct path are cut off before the best plan so far is taken."""


@dataclass(frozen=True)
class Reached:
    """A target with the route that leads to it, or as near to it as it gets.

    where: agent key -> node name at the end of the route, for everybody that may move.
    """

    target: Target
    route: Route
    where: Mapping[str, str]

    @property
    def direct(self) -> bool:
        """Whether everybody gets where they are meant to be, each in one move."""
        return not self.route.stuck and not self.route.changed and self.detours == 0

    @property
    def detours(self) -> int:
        moved = {move.key for wave in self.route.waves for move in wave}
        return self.route.moves - len(moved)


class Seeker:
    """Looks for targets and for the ways to them; the time limit holds for both together."""

    def __init__(self, task: Task, finder: Finder, deadline: Deadline) -> None:
        self._task = task
        self._finder = finder
        self._deadline = deadline
        self._elsewhere = _Elsewhere(task, finder)

    def best(self, phases: Phases) -> Reached:
        """The best target with a path to it: the first whose path is direct, else the best of those tried."""
        task = self._task
        at_once = task.options.policy.discipline is Discipline.AT_ONCE
        kept = task.settings.time_limit * (VERIFY_SHARE if at_once else PATH_SHARE)
        found: list[Reached] = []
        cuts: list[Mapping[tuple[int, int], int]] = []
        while True:
            share = self._deadline.minus(kept).remaining()
            with phases("solve"):
                target = self._finder.find(Deadline(share / (2 if found else 1)), cuts)
            if found and _rank(target) >= self._rank_of(found):
                break
            with phases("path"):
                found.append(self._routed(target))
            task.report(f"path: {found[-1].route.moves} moves in {len(found[-1].route.waves)} waves")
            again = target.searched and target.arrivals and len(cuts) < MOST_CUTS
            if found[-1].direct or not again or self._deadline.minus(kept).passed:
                break
            cuts.append(target.arrivals)
        return min(found, key=self._worth)

    def _rank_of(self, found: Sequence[Reached]) -> tuple[int, ...]:
        return min(self._worth(one)[: 1 + len(one.target.values)] for one in found)

    def _worth(self, found: Reached) -> tuple[int, ...]:
        """What a plan is worth, detours included, smaller is better: first of all who gets there."""
        target = found.target
        if found.route.stuck or found.route.changed:
            where = {**target.where, **found.where}
            values = self._values(placed(self._task.question.asked, where), where, target.names)
        else:
            values = [known.value for known in target.values]
        times = Counter(move.key for wave in found.route.waves for move in wave)
        values[-1] += sum(self._task.cost(key) * (number - 1) for key, number in times.items())
        return (len(target.broken), *values, found.route.moves, len(found.route.waves))

    def _values(self, state: ClusterState, where: Mapping[str, str], names: tuple[str, ...]) -> list[int]:
        task = self._task
        before = placed(task.question.asked, task.question.home)
        meaning = LevelMeaning(
            before, state, task.goals.drained, task.options.min_gain, task.costs.fare(where)
        )
        parts = (meaning.parts(name) for name in names)
        return [part[1] for part in parts if part is not None]

    def _routed(self, target: Target) -> Reached:
        task, home = self._task, self._task.question.home
        going = {key: name for key, name in target.where.items() if name != home[key]}
        if task.options.policy.discipline is Discipline.AT_ONCE:
            wave = [
                Move(key, home[key], name, Discipline.AT_ONCE, task.why(key)) for key, name in going.items()
            ]
            return Reached(target, Route([wave] if wave else []), dict(target.where))
        router = Router(
            task.question.snapshot,
            going,
            {key: task.why(key) for key in going},
            policy=task.options.policy,
            limits=task.options.limits,
            elsewhere=self._elsewhere,
            cost=task.cost,
            trip=task.trip,
            detours=self._detours(going),
            deadline=self._deadline.minus(task.settings.time_limit * PATH_SHARE / 2),
        )
        route = router.run()
        if route.stuck or route.changed:
            route = self._sound(route)
        return Reached(target, route, _after(home, route.waves))

    def _detours(self, going: Mapping[str, str]) -> Allowance:
        """What the limits leave beside the moves that a target takes."""
        options = self._task.options
        allowance = Allowance(options.max_moves, options.max_disruption)
        home = self._task.question.home
        allowance.take(len(going), sum(self._task.trip(key, home[key], name) for key, name in going.items()))
        return allowance

    def _sound(self, route: Route) -> Route:
        """The route as far as nobody breaks a rule who did not; some never got where they were meant to."""
        question, waves = self._task.question, list(route.waves)
        while waves and broken(question.asked, _after(question.home, waves)) - question.broken:
            waves.pop()
        return replace(route, waves=waves)


def _rank(target: Target) -> tuple[int, ...]:
    """What a plan for a target is worth at best, smaller is better."""
    return (len(target.broken), *(known.value for known in target.values))


def _after(home: Mapping[str, str], waves: Sequence[Sequence[Move]]) -> dict[str, str]:
    """Where everybody is after some waves."""
    where = dict(home)
    for wave in waves:
        where.update({move.key: move.target for move in wave})
    return where


class _Elsewhere:
    """Other nodes for an agent than its target, those with most room for what it asks for first."""

    def __init__(self, task: Task, finder: Finder) -> None:
        self._compilation = finder.compilation
        self._closed = task.question.closed
        self._group = {
            a.key: g for g in self._compilation.pending for a in self._compilation.groups[g].members
        }

    def __call__(self, key: str, target: str) -> list[str]:
        compilation, g = self._compilation, self._group[key]
        nodes = np.flatnonzero(compilation.cap[g])
        asked = np.flatnonzero(compilation.request[g])
        whole = np.maximum(compilation.amounts.whole[np.ix_(nodes, asked)], 1)
        room = (compilation.free[np.ix_(nodes, asked)] / whole).sum(axis=1)
        ordered = (compilation.nodes[n].name for n in nodes[np.argsort(-room, kind="stable")].tolist())
        return [name for name in ordered if name != target and name not in self._closed]
