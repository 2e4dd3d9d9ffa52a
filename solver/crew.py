"""Who solves the parts of a problem: this process, or several others that solve different parts at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np

from placewright.models.child import Child, Fork, can_fork
from placewright.solver.compilation import IntArray
from placewright.solver.part_worker import Asked, changes, solver
from placewright.solver.parts import Task, Tried, solve_part
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings

MOST_PROCESSES = 8
"""One process takes what they find; more of them would wait for it."""
LATE = 10.0
"""Seconds that a part may take longer than it was given, starting and building its model included.

Then its process is broken off. The search does not wait so long: once its time is up it ends all of them.
"""
LEAST_SECONDS = 4.0
"""Processes that solve for less than that are not worth starting: where they cannot be forked, that takes one
to three seconds of processor time for each."""
LARGE = 3_000
"""(group, node) variables of a problem whose parts are enough for several processes."""
_PROGRAM = "from placewright.solver.part_worker import main; main()"


class Crew(Protocol):
    """Solves parts. What is begun is done sooner or later, unless it is given up."""

    @property
    def idle(self) -> int:
        """How many more parts can be begun."""
        ...

    @property
    def busy(self) -> Sequence[Task]:
        """The parts that are begun and not done."""
        ...

    def begin(self, count: IntArray, task: Task) -> None:
        """Let somebody who is idle solve a part of the answer `count` (G, N), which nobody changes later."""
        ...

    def done(self, seconds: float) -> Sequence[tuple[Task, Tried]]:
        """The parts that were solved, at least one unless `seconds` pass before that or nobody is left."""
        ...


class Alone:
    """This process solves one part after the other."""

    def __init__(self, problem: Problem, settings: Settings) -> None:
        self._problem = problem
        self._settings = settings
        self._begun: tuple[IntArray, Task] | None = None

    @property
    def idle(self) -> int:
        return int(self._begun is None)

    @property
    def busy(self) -> Sequence[Task]:
        return () if self._begun is None else (self._begun[1],)

    def begin(self, count: IntArray, task: Task) -> None:
        self._begun = (count, task)

    def done(self, seconds: float) -> Sequence[tuple[Task, Tried]]:
        if self._begun is None:
            return ()
        (count, task), self._begun = self._begun, None
        return ((task, solve_part(self._problem, self._settings, count, task)),)


@dataclass
class _Worker:
    """One process, and the answer that it knows."""

    child: Child | Fork
    known: IntArray | None = None


@dataclass
class _Begun:
    worker: _Worker
    task: Task
    until: float


class Processes:
    """Other processes solve, each a part of its own; who dies or is late is not asked again.

    Where none is left, this process does it. Starts as many as `number` with the `with` block, in which
    OSError is raised where that cannot be done, and ends them with it.
    """

    def __init__(self, problem: Problem, settings: Settings, number: int) -> None:
        self._problem = problem
        self._settings = settings
        self._number = number
        self._here = Alone(problem, settings)
        self._idle: list[_Worker] = []
        self._begun: dict[Future[Tried | None], _Begun] = {}
        self.lost = 0
        """How many processes are no more."""

    def __enter__(self) -> Processes:
        with contextlib.ExitStack() as undo:
            children = []
            # Forks come before threads, and threads end once nobody is there who could answer them.
            for _ in range(self._number):
                children.append(_started(self._problem, self._settings))
                undo.callback(children[-1].close)
            self._threads = ThreadPoolExecutor(self._number)
            undo.callback(self._threads.shutdown, cancel_futures=True)
            for child in children:
                undo.callback(child.end)
            self._closing = undo.pop_all()
        self._idle = [_Worker(child) for child in children]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def idle(self) -> int:
        return self._here.idle if self.lost == self._number else len(self._idle)

    @property
    def busy(self) -> Sequence[Task]:
        return (*self._here.busy, *(begun.task for begun in self._begun.values()))

    def begin(self, count: IntArray, task: Task) -> None:
        if self.lost == self._number:
            self._here.begin(count, task)
            return
        worker = self._idle.pop()
        asked = Asked(*changes(worker.known, count), task)
        worker.known = count
        future: Future[Tried | None] = self._threads.submit(worker.child.ask, asked)
        self._begun[future] = _Begun(worker, task, time.monotonic() + task.seconds + LATE)

    def done(self, seconds: float) -> Sequence[tuple[Task, Tried]]:
        end = time.monotonic() + seconds
        while self._begun:
            until = min(end, *(begun.until for begun in self._begun.values()))
            found, _ = wait(self._begun, max(0.0, until - time.monotonic()), FIRST_COMPLETED)
            if solved := self._taken(found):
                return solved
            now = time.monotonic()
            for begun in self._begun.values():
                if now >= begun.until:
                    begun.worker.child.end()
            if now >= end:
                return ()
        return self._here.done(seconds)

    def _taken(self, found: Iterable[Future[Tried | None]]) -> list[tuple[Task, Tried]]:
        """The results of processes, which are idle again unless they have died."""
        solved = []
        for future in found:
            begun, tried = self._begun.pop(future), future.result()
            if tried is None:
                self.lost += 1
            else:
                self._idle.append(begun.worker)
                solved.append((begun.task, tried))
        return solved


def _started(problem: Problem, settings: Settings) -> Child | Fork:
    if can_fork():
        return Fork(solver(problem, settings))
    child = Child(_PROGRAM)
    child.say((problem, settings))
    return child


def crew_for(problem: Problem, settings: Settings, seconds: float, open_until: contextlib.ExitStack) -> Crew:
    """Who solves parts for so many seconds; processes end when `open_until` is closed.

    With `deterministic` it is always this one: what several find depends on who is first. So it is where
    processes cannot be started.
    """
    number = min(settings.worker_count, MOST_PROCESSES)
    large = int(np.count_nonzero(problem.cap)) >= LARGE
    if number > 1 and large and seconds >= LEAST_SECONDS and not settings.deterministic:
        with contextlib.suppress(OSError):
            return open_until.enter_context(Processes(problem, settings, number))
    return Alone(problem, settings)
