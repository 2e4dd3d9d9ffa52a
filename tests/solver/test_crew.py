"""Parts that other processes solve: the same as here, and nobody depends on any of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import time
from random import Random

import numpy as np
import pytest

from placewright.models.child import Child, Fork, can_fork
from placewright.models.snapshot import Snapshot
from placewright.solver import crew, place
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.crew import Alone, Processes, crew_for
from placewright.solver.neighbourhoods import Neighbourhoods, Part
from placewright.solver.parts import Task, put
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.tiny import tiny_cluster

SETTINGS = Settings(workers=2)


@pytest.fixture(params=[True, False], ids=["forked", "started"])
def kinds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of either kind, whatever this one is."""
    monkeypatch.setattr(crew, "can_fork", lambda: request.param)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "can_fork", lambda: True)


def motley(nodes: int = 6) -> Snapshot:
    """Nodes for agents of three sizes, four for each node."""
    made = [node(f"n{i}", cpu=8000, memory=8192) for i in range(nodes)]
    return snapshot(made, [agent(f"a{i}", cpu=500 * (1 + i % 3), memory=512) for i in range(4 * nodes)])


def heaped(problem: Problem) -> IntArray:
    """Everybody on as few nodes as hold them, which the scores like least."""
    count = np.zeros(problem.cap.shape, dtype=np.int64)
    free = problem.free.copy()
    for g in range(len(problem.size)):
        for _ in range(problem.size[g]):
            n = int(np.argmax((free >= problem.request[g]).all(axis=1)))
            count[g, n] += 1
            free[n] -= problem.request[g]
    return count


def task(problem: Problem, count: IntArray, *nodes: int) -> Task:
    level = len(problem.levels) - 1
    above = tuple(known.value(count) for known in problem.levels[:level])
    return Task(Part("random", np.array(nodes)), level, above, 300.0)


def score(problem: Problem, count: IntArray) -> int:
    return problem.levels[-1].value(count)


@pytest.mark.usefixtures("kinds")
def test_processes_solve_parts_as_this_one_does_one_answer_after_the_other() -> None:
    _, problem = compile_problem(motley())
    alone, count = Alone(problem, SETTINGS), heaped(problem)
    with Processes(problem, SETTINGS, 2) as several:
        for nodes in ((0, 4), (1, 5), (2, 4), (0, 3)):
            asked = task(problem, count, *nodes)
            for who in (alone, several):
                who.begin(count, asked)
            ((_, here),), ((same, there),) = alone.done(300.0), several.done(300.0)
            assert same is asked
            assert here.there is not None
            assert there.there is not None
            better = put(problem, count, asked.part, there.there)
            assert score(problem, better) == score(problem, put(problem, count, asked.part, here.there))
            assert score(problem, better) <= score(problem, count)
            count = better
        assert several.lost == 0


@pytest.mark.usefixtures("forked")
def test_parts_of_different_nodes_are_solved_at_the_same_time_and_go_together() -> None:
    compilation, problem = compile_problem(motley())
    count = heaped(problem)
    with Processes(problem, SETTINGS, 2) as several:
        asked = [task(problem, count, 0, 4), task(problem, count, 1, 5)]
        for one in asked:
            several.begin(count, one)
        assert several.idle == 0
        assert list(several.busy) == asked
        merged, gained = count, 0
        while several.busy:
            for one, tried in several.done(300.0):
                assert tried.there is not None
                gained += score(problem, count) - score(problem, put(problem, count, one.part, tried.there))
                merged = put(problem, merged, one.part, tried.there)
        assert several.idle == 2
    assert merged.sum() == sum(group.size for group in compilation.groups)
    assert score(problem, count) - score(problem, merged) == gained > 0


@pytest.mark.usefixtures("forked")
def test_where_processes_die_the_others_go_on_and_after_the_last_this_one() -> None:
    _, problem = compile_problem(motley())
    count = heaped(problem)
    with Processes(problem, SETTINGS, 2) as several:
        for left in (1, 0):
            several._idle[-1].child.end()
            several.begin(count, task(problem, count, 0, 4))
            assert list(several.done(0.5)) == []
            assert several.lost == 2 - left
            assert several.idle == 1
        several.begin(count, task(problem, count, 0, 4))
        ((_, tried),) = several.done(300.0)
        assert tried.there is not None


@pytest.mark.usefixtures("forked")
def test_a_process_that_is_late_is_ended_and_nobody_waits_longer_than_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "solver", lambda problem, settings: lambda asked: time.sleep(600))
    monkeypatch.setattr(crew, "LATE", -299.0)
    _, problem = compile_problem(motley())
    count = heaped(problem)
    began = time.monotonic()
    with Processes(problem, SETTINGS, 1) as several:
        several.begin(count, task(problem, count, 0, 4))
        assert list(several.done(0.1)) == []
        assert several.lost == 0
        assert list(several.done(300.0)) == []
        assert several.lost == 1
    assert time.monotonic() - began < 300.0


@pytest.mark.usefixtures("forked")
def test_processes_end_in_the_middle_of_their_work_when_an_error_ends_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "solver", lambda problem, settings: lambda asked: time.sleep(600))
    _, problem = compile_problem(motley())
    count = heaped(problem)
    children: list[Child | Fork] = []

    def interrupted() -> None:
        with Processes(problem, SETTINGS, 2) as several:
            children.extend(worker.child for worker in several._idle)
            several.begin(count, task(problem, count, 0, 4))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(children) == 2
    assert all(child.ended for child in children)


def test_nobody_is_asked_for_help_where_it_is_not_wanted_or_not_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, problem = compile_problem(motley())
    with contextlib.ExitStack() as stack:
        assert isinstance(crew_for(problem, SETTINGS, 60.0, stack), Alone), "small"
        monkeypatch.setattr(crew, "LARGE", 1)
        assert isinstance(crew_for(problem, SETTINGS, 1.0, stack), Alone), "soon over"
        assert isinstance(crew_for(problem, Settings(workers=1), 60.0, stack), Alone), "one worker"
        alone = Settings(workers=2, deterministic=True)
        assert isinstance(crew_for(problem, alone, 60.0, stack), Alone), "deterministic"
        monkeypatch.setattr(crew, "can_fork", lambda: True)
        assert isinstance(crew_for(problem, SETTINGS, 60.0, stack), Processes)


def test_where_no_process_can_be_started_this_one_solves(monkeypatch: pytest.MonkeyPatch) -> None:
    _, problem = compile_problem(motley())
    monkeypatch.setattr(crew, "LARGE", 1)
    monkeypatch.setattr(crew, "can_fork", lambda: False)
    monkeypatch.setattr("sys.executable", os.devnull + "/nothing")
    with contextlib.ExitStack() as stack:
        assert isinstance(crew_for(problem, SETTINGS, 60.0, stack), Alone)


def test_a_daemonic_process_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing.current_process(), "_config", {"daemon": True})
    assert not can_fork()


@pytest.mark.parametrize("seed", range(20))
def test_any_problem_can_be_sent_to_another_process(seed: int) -> None:
    _, problem = compile_problem(tiny_cluster(Random(seed)), preempt=seed % 2 == 0)
    sent = pickle.loads(pickle.dumps(problem))  # noqa: S301
    nobody = np.zeros(problem.cap.shape, dtype=np.int64)
    assert [level.value(nobody) for level in sent.levels] == [lv.value(nobody) for lv in problem.levels]


def test_no_node_of_a_part_that_is_being_solved_is_freed_again() -> None:
    _, problem = compile_problem(motley())
    count = heaped(problem)
    neighbourhoods = Neighbourhoods(problem, seed=1)
    busy = [Part("random", np.array([0, 3])), Part("random", np.array([4]))]
    for _ in range(50):
        part = neighbourhoods.choose(count, busy)
        assert part is not None
        assert not set(part.nodes.tolist()) & {0, 3, 4}
    assert neighbourhoods.choose(count, [Part("random", np.arange(6))]) is None


@pytest.mark.usefixtures("forked")
def test_a_placement_that_several_processes_make_better_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "LARGE", 1)
    monkeypatch.setattr(crew, "LEAST_SECONDS", 0.0)
    rng = Random(5)
    nodes = [node(f"n{i}", cpu=rng.randrange(4000, 9000), memory=8192) for i in range(20)]
    agents = [
        agent(f"a{i}", cpu=rng.randrange(200, 1600), memory=rng.randrange(100, 1500)) for i in range(100)
    ]
    told: list[str] = []
    settings = Settings(time_limit=4.0, workers=2, strategy=Strategy.NEIGHBOURHOOD)
    verdict = place.place(snapshot(nodes, agents), settings, progress=told.append)
    assert isinstance(verdict, VerifiedPlan), verdict
    assert not verdict.plan.warnings
    assert any(line.startswith("parts that made scores better") for line in told)
