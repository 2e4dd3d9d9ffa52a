"""Bounds with groups that are alike as one: beneath every placement, and as close as what they leave out."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, OwnerReference
from placewright.models.policy import ResourceQuota
from placewright.models.profile import Profile, ScoreName
from placewright.models.selector import AffinityTerm, NodeSelectorTerm, PreferredNodeTerm
from placewright.models.snapshot import Snapshot
from placewright.solver import node_classes
from placewright.solver.bound import Bounds, KnownBound, level_bound, relaxed
from placewright.solver.compile import compile_problem
from placewright.solver.merged_bound import Merged, first_alike
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, requirement, snapshot
from placewright.tests.solver.objectives.test_every_term import best_of_judged

CASES = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SSD = PreferredNodeTerm(1, NodeSelectorTerm(match_expressions=(requirement("disk", "In", "ssd"),)))
BALANCE = Profile(weights={ScoreName.LEAST_ALLOCATED: 1, ScoreName.BALANCED_ALLOCATION: 1})


def merged(cluster: Snapshot, above: list[int] | None = None, *, preempt: bool = False) -> Merged:
    """Of the last level's terms that tell, with everybody placed unless `above` says otherwise."""
    _, problem = compile_problem(cluster, preempt=preempt)
    placed = [int(problem.size.sum())] if above is None else above
    return Merged(problem, scores(problem).parts()[0], placed)


def scores(problem: Problem) -> WeightedObjective:
    level = problem.levels[-1]
    assert isinstance(level, WeightedObjective)
    return level


def standing_for(cluster: Snapshot) -> list[tuple[str, int]]:
    """The first agent of each group that stands for others, and how many it stands for."""
    compilation, _ = compile_problem(cluster)
    size = merged(cluster).size
    return [(compilation.groups[g].agent.name, int(size[g])) for g in np.flatnonzero(size)]


@pytest.mark.parametrize("preempt", [False, True], ids=["all stay", "some may leave"])
@settings(CASES, max_examples=30)
@given(rng=st.randoms(use_true_random=False))
def test_the_best_placement_is_never_below_the_bound(rng: Random, preempt: bool) -> None:
    name, problem, values = best_of_judged(rng, preempt=preempt)
    if not problem.cap.size:
        return
    found = Merged(problem, scores(problem).parts()[0], values[:-1]).bound(60.0)
    others = scores(problem).parts()[1].least()
    assert found is None or found + others <= values[-1], name
    with pytest.MonkeyPatch.context() as patch:
        # The rough relaxation is smaller than the whole one then, however small that is.
        patch.setattr("placewright.solver.bound.ROUGH", 0)
        bounds = Bounds(problem)
        assert bounds.level(len(values) - 1, values[:-1], 60.0, enough=lambda _: True) <= values[-1], name
        assert bounds.level(len(values) - 1, values[:-1], 60.0, enough=lambda _: False) <= values[-1], name


def twins(number: int) -> list[Agent]:
    """Agents of so many templates that differ in their names, and each keep apart from their own kind."""
    return [
        each
        for t in range(number)
        for each in agents(f"t{t}", 2, cpu=100, labels={"app": f"t{t}"}, anti_affinity=(alone(f"t{t}"),))
    ]


def alone(app: str) -> AffinityTerm:
    """Nobody of this app on the same node."""
    return near(HOSTNAME, app=app)


def test_templates_that_differ_in_name_and_company_are_one() -> None:
    nodes = [node(f"n{i}", cpu=1000) for i in range(4)]
    assert standing_for(snapshot(nodes, twins(5), profile=BALANCE)) == [("t0-0", 10)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"cpu": 200}, id="what they ask for"),
        pytest.param({"cpu": 100, "node_selector": {"disk": "ssd"}}, id="where they may go"),
        pytest.param({"cpu": 100, "priority": 7}, id="the level that counts them"),
        pytest.param({"cpu": 100, "preferred_nodes": (SSD,)}, id="what a score says of them"),
    ],
)
def test_templates_are_told_apart_by(other: dict[str, Any]) -> None:
    nodes = [node(f"n{i}", cpu=1000, labels={"disk": "ssd" if i else "hdd"}) for i in range(4)]
    weights = {**BALANCE.weights, ScoreName.NODE_AFFINITY: 1}
    waiting = [agent("a", cpu=100), agent("b", **other)]
    found = merged(snapshot(nodes, waiting, profile=replace(BALANCE, weights=weights)), [1, 1])
    assert sorted(found.size.tolist()) == [1, 1]


def test_a_quota_that_leaves_out_the_small_ones_is_paid_for() -> None:
    """Templates alike but for the namespace: where one may have no more, others that ask for more come."""
    small = [a for t in range(3) for a in agents(f"s{t}", 2, cpu=100, namespace="held", admitted=False)]
    quota = ResourceQuota(namespace="held", name="q", hard={"requests.cpu": 100}, used={})
    waiting = [*small, *agents("b", 4, cpu=900)]
    nodes = [node(f"n{i}", cpu=4000) for i in range(2)]
    free = snapshot(nodes, waiting, profile=BALANCE)
    held = snapshot(nodes, waiting, profile=BALANCE, quotas=(quota,))
    bounds = [merged(cluster, [5]).bound(60.0) for cluster in (free, held)]
    assert bounds[0] is not None
    assert bounds[1] is not None
    assert bounds[0] < bounds[1] == level_bound(compile_problem(held)[1], 1, [5])


def test_a_quota_that_nobody_is_charged_to_changes_nothing() -> None:
    quota = ResourceQuota(namespace="empty", name="q", hard={"requests.cpu": 100}, used={})
    cluster = snapshot([node("n0", cpu=4000)], agents("a", 2, cpu=100), profile=BALANCE, quotas=(quota,))
    without = snapshot([node("n0", cpu=4000)], agents("a", 2, cpu=100), profile=BALANCE)
    assert merged(cluster).bound(60.0) == merged(without).bound(60.0)


def test_where_nobody_waits_nothing_is_merged() -> None:
    found = merged(snapshot([node("n0", cpu=4000)], [agent("r", cpu=100, on="n0")], profile=BALANCE), [0])
    assert found.size.tolist() == []
    assert first_alike([np.zeros((0, 3), dtype=np.int64)]).dtype == np.int64


def test_agents_that_run_stand_for_themselves() -> None:
    # Evicted ones come back as agents that ask for the same as those who wait, and still are others.
    there = agents("r", 2, cpu=900, on="n0", owner=OwnerReference("ReplicaSet", "r"))
    cluster = snapshot([node("n0", cpu=2000)], [*there, agent("a", cpu=900, priority=9)], profile=BALANCE)
    _, problem = compile_problem(cluster, preempt=True)
    assert problem.standing.any()
    assert merged(cluster, [], preempt=True).size.tolist() == problem.size.tolist()


def unlike_nodes(rng: Random) -> Snapshot:
    """Two sizes of nodes, and forty templates that ask for much or little of either resource."""
    nodes = [node(f"n{i}", cpu=(4000, 16000)[i % 2], memory=(16000, 8000)[i % 2]) for i in range(20)]
    waiting = [
        each
        for t in range(40)
        for each in agents(
            f"t{t}",
            2,
            cpu=rng.choice((100, 900)),
            memory=rng.choice((100, 900)),
            labels={"app": f"t{t}"},
            anti_affinity=(alone(f"t{t}"),),
        )
    ]
    return snapshot(nodes, waiting, profile=BALANCE)


def test_where_the_relaxation_mixes_unlike_nodes_it_says_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = unlike_nodes(Random(3))
    _, problem = compile_problem(cluster)
    everybody = [int(problem.size.sum())]
    exact = level_bound(problem, 1, everybody)
    monkeypatch.setattr(node_classes, "MOST_COLUMNS", 60)
    _, problem = compile_problem(cluster)
    mixed = relaxed(problem)
    problem.levels[0].demand(mixed, everybody[0])
    weak = problem.levels[1].relax(mixed)
    assert weak is not None
    assert weak < 0.9 * exact
    # Bounds take the better of both, whether the weak one is known already or not.
    for known in ((), (KnownBound(everybody[0]), KnownBound(weak))):
        assert Bounds(problem, known).level(1, everybody, 60.0) > 0.999 * exact


def test_without_time_there_is_no_more_than_the_cheap_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_classes, "MOST_COLUMNS", 60)
    monkeypatch.setattr("placewright.solver.bound.Merged", None)
    _, problem = compile_problem(unlike_nodes(Random(3)))
    assert Bounds(problem).level(1, [80], 0.0) == problem.levels[1].limit(problem.cap)


def test_rows_are_alike_only_if_they_are_in_every_table() -> None:
    one, other = np.array([[1, 2], [1, 2], [1, 2], [3, 4]]), np.array([True, False, True, True])
    assert first_alike([one]).tolist() == [0, 0, 0, 3]
    assert first_alike([one, other]).tolist() == [0, 1, 0, 3]
