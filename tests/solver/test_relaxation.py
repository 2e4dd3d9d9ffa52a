"""The linear bound is a bound: never on the wrong side of what is possible."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import WeightedAffinityTerm
from placewright.models.profile import Profile, ScoreName
from placewright.solver.blueprint import blueprint
from placewright.solver.bound import Bounds, KnownBound, level_bound, relaxed
from placewright.solver.compile import compile_problem
from placewright.solver.problem import Problem
from placewright.tests.brute_force import best_values
from placewright.tests.builders import agent, agents, near, node, snapshot
from placewright.tests.tiny import tiny_cluster

EVEN = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})


def test_capacity_summed_over_alike_nodes_bounds_what_is_placed() -> None:
    cluster = snapshot([node(f"n{i}", cpu=1000) for i in range(3)], agents("a", 9, cpu=400))
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 0, []) == 6


def test_the_scores_bound_is_reached_by_an_even_spread() -> None:
    cluster = snapshot([node(f"n{i}", cpu=1000) for i in range(4)], agents("a", 4, cpu=500), profile=EVEN)
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 1, [4]) == 4 * 2500


def test_mixed_sizes_in_one_class_only_weaken_the_bound() -> None:
    mixed = [node("n1", cpu=1000), node("n2", cpu=3000)]
    cluster = snapshot(mixed, agents("a", 4, cpu=1000), profile=EVEN)
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 0, []) == 4
    assert 0 < level_bound(problem, 1, [4]) <= 20_000


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_no_level_beats_its_bound_on_random_clusters(rng: Random) -> None:
    cluster = tiny_cluster(rng)
    _, problem = compile_problem(cluster)
    best = best_values(cluster)
    values = [best[level.name] for level in problem.levels]
    for index, level in enumerate(problem.levels):
        for bound in (
            level_bound(problem, index, values[:index]),
            Bounds(problem).level(index, values[:index], 30.0),
            Bounds(problem).level(index, values[:index], 0.0, np.zeros_like(problem.cap)),
        ):
            assert values[index] <= bound if level.sense == "maximize" else values[index] >= bound


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_what_slopes_say_of_less_above_is_never_more_than_the_relaxation_says(rng: Random) -> None:
    cluster = tiny_cluster(rng)
    _, problem = compile_problem(cluster)
    best = best_values(cluster)
    known = blueprint(problem).bounds
    last = len(problem.levels) - 1
    if len(known) <= last or problem.levels[last].sense == "maximize":
        return
    # What a worse answer may have; the real best, too, where it is short of its bound.
    best_above = [best[level.name] for level in problem.levels[:last]]
    worse = [
        max(0, v - rng.randint(0, 2)) if level.sense == "maximize" else v + rng.randint(0, 2)
        for v, level in zip(best_above, problem.levels, strict=False)
    ]
    for above in (best_above, worse):
        told = Bounds(problem, known).level(last, above, 30.0)
        slack = 1 + abs(told) * 1e-5
        assert told <= level_bound(problem, last, above) + slack
    assert Bounds(problem, known).level(last, best_above, 30.0) <= best[problem.levels[last].name]


def test_without_time_for_a_solve_there_is_only_the_cheap_limit() -> None:
    cluster = snapshot([node(f"n{i}", cpu=1000) for i in range(3)], agents("a", 9, cpu=600))
    _, problem = compile_problem(cluster)
    assert Bounds(problem).level(0, [], 0.0) == problem.levels[0].limit(problem.cap) == 3
    assert Bounds(problem, [KnownBound(2)]).level(0, [], 0.0) == 2  # what is known already takes no time


def all_different() -> Problem:
    """40 nodes and 400 agents, no two of which are alike."""
    rng = Random(3)
    nodes = [node(f"n{i}", cpu=rng.randint(2000, 4000)) for i in range(40)]
    cluster = snapshot(nodes, [agent(f"a{i}", cpu=rng.randint(200, 900)) for i in range(400)], profile=EVEN)
    return compile_problem(cluster)[1]


def test_a_solve_that_is_cut_off_has_no_answer() -> None:
    problem = all_different()
    relaxation = relaxed(problem)
    relaxation.hurry(1e-9)
    assert problem.levels[-1].relax(relaxation) is None
    assert relaxation.solution() == {}


def test_what_it_takes_to_set_up_a_level_is_part_of_its_time() -> None:
    problem = all_different()
    relaxation = relaxed(problem)
    relaxation.hurry(0.05)
    time.sleep(0.05)
    assert problem.levels[-1].relax(relaxation) is None


def test_nothing_is_printed_where_there_is_nothing_to_relax(capfd: pytest.CaptureFixture[str]) -> None:
    # A level without any open pair is not solved, and asking for its solution made the solver complain.
    cluster = snapshot([node("n1", cpu=1000)], [agent("a", cpu=9000), agent("b", cpu=800, priority=-1)])
    _, problem = compile_problem(cluster)
    assert blueprint(problem).target.sum() == 1
    assert blueprint(replace(problem, levels=problem.levels[:1])).target.sum() == 0
    assert capfd.readouterr().err == ""


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_no_level_beats_a_rough_bound_however_few_classes_it_has(rng: Random, most: int) -> None:
    cluster = tiny_cluster(rng)
    _, problem = compile_problem(cluster)
    best = best_values(cluster)
    if not problem.cap.any():
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("placewright.solver.node_classes.MOST_ROUGH_COLUMNS", most)
        rough = relaxed(problem, rough=True)
        assert len(rough.members) <= max(1, most // max(1, int(problem.cap.any(axis=1).sum())))
    for level in problem.levels:
        value, bound = best[level.name], level.relax(rough)
        assert bound is not None
        assert value <= bound if level.sense == "maximize" else value >= bound
        level.demand(rough, value)


def test_a_bound_by_parts_is_enough_for_who_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Company pulls to one zone, load to all of them: each by itself costs less than both together."""
    monkeypatch.setattr("placewright.solver.node_classes.MOST_ROUGH_COLUMNS", 1)
    wish = (WeightedAffinityTerm(100, near(app="x")),)
    waiting = [a for i in range(4) for a in agents(f"a{i}", 2, cpu=400 + i, preferred_affinity=wish)]
    nodes = [node(f"n{i}", cpu=4000, zone=f"z{i}") for i in range(4)]
    there = agent("x", cpu=10, labels={"app": "x"}, on="n0")
    weights = {ScoreName.LEAST_ALLOCATED: 1, ScoreName.INTER_POD_AFFINITY: 1}
    _, problem = compile_problem(snapshot(nodes, [there, *waiting], profile=Profile(weights=weights)))
    monkeypatch.setattr("placewright.solver.bound.has_time", lambda *_: False)

    def told(least: int) -> int:
        return Bounds(problem).level(1, [8], 30.0, None, lambda bound: bound >= least)

    fine = level_bound(problem, 1, [8])
    assert 0 < told(1) < fine
    assert told(fine) == fine


def test_a_rough_bound_of_who_is_placed_is_enough_for_who_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nodes with room for one of two each: as one class they have room for three."""
    monkeypatch.setattr("placewright.solver.node_classes.MOST_ROUGH_COLUMNS", 2)
    waiting = [agent(f"a{i}", cpu=600 + i, node_selector={"for": "1"}) for i in range(3)]
    nodes = [node(f"n{i}", cpu=1000, labels={"for": str(i)}) for i in range(4)]
    _, problem = compile_problem(snapshot(nodes, [*waiting, agent("b", cpu=500)], profile=EVEN))

    def told(most: int) -> int:
        return Bounds(problem).level(0, [], 30.0, None, lambda bound: bound <= most)

    assert level_bound(problem, 0, []) == 2
    assert told(4) > 2
    assert told(2) == 2
