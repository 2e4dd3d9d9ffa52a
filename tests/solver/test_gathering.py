"""Groups that prefer each other gather in one zone, as far as there is room and rules let them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, WeightedAffinityTerm
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver.blueprint import blueprint
from placewright.solver.bound import KnownBound, bound_of, relaxed
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.gathering import gathered
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.relaxation import Relaxation
from placewright.tests.builders import ZONE, agent, agents, near, node, snapshot, spread

NODES = [node(f"n{i}", cpu=4000, zone="abc"[i % 3]) for i in range(6)]
PROFILE = Profile(weights={ScoreName.INTER_POD_AFFINITY: 1, ScoreName.LEAST_ALLOCATED: 1})


def wants(app: str) -> dict[str, Any]:
    return {"preferred_affinity": (WeightedAffinityTerm(100, near(ZONE, app=app)),)}


def cluster(*everyone: list[Agent]) -> Snapshot:
    return snapshot(NODES, [member for members in everyone for member in members], profile=PROFILE)


def replicas(app: str, count: int, cpu: int = 500, **fields: Any) -> list[Agent]:
    return agents(app, count, labels={"app": app}, cpu=cpu, **fields)


def by_zone(count: IntArray, g: int) -> list[int]:
    return [int(count[g, np.arange(6) % 3 == zone].sum()) for zone in range(3)]


def gathers(everyone: Snapshot) -> dict[str, set[int]]:
    """App -> zones."""
    compilation, problem = compile_problem(everyone)
    found = gathered(problem, relaxed(problem), 10.0)
    app = [group.agent.labels["app"] for group in compilation.groups]
    return {app[g]: set((np.flatnonzero(nodes) % 3).tolist()) for g, nodes in found.items()}


def test_an_owner_and_its_company_come_to_one_zone() -> None:
    found = gathers(cluster(replicas("x", 4, **wants("y")), replicas("y", 5)))
    assert len(found["x"]) == 1
    assert found["x"] == found["y"]


def test_the_blueprint_brings_them_there_whole() -> None:
    _, problem = compile_problem(cluster(replicas("x", 4, **wants("y")), replicas("y", 5), replicas("z", 20)))
    target = blueprint(problem).target
    assert target.sum() == 29
    assert sorted(by_zone(target, 0)) == [0, 0, 4]
    assert np.argmax(by_zone(target, 0)) == np.argmax(by_zone(target, 1))
    assert sorted(by_zone(target, 1)) == [0, 0, 5]


def test_the_blueprint_brings_them_there_without_time_for_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def placed_alone(level: Objective, relaxation: Relaxation) -> KnownBound | None:
        return None if isinstance(level, WeightedObjective) else bound_of(level, relaxation)

    _, problem = compile_problem(cluster(replicas("x", 4, **wants("y")), replicas("y", 5), replicas("z", 20)))
    monkeypatch.setattr("placewright.solver.blueprint.bound_of", placed_alone)
    plan = blueprint(problem)
    assert len(plan.bounds) == 1
    assert plan.target.sum() == 29
    assert sorted(by_zone(plan.target, 0)) == [0, 0, 4]


def test_whom_a_gap_will_do_for_the_plan_is_not_kept_waiting_by_the_bound() -> None:
    _, problem = compile_problem(cluster(replicas("x", 4, **wants("y")), replicas("y", 5), replicas("z", 20)))
    whole, plan = blueprint(problem), blueprint(problem, bounded=False)
    assert (len(whole.bounds), len(plan.bounds)) == (2, 1)
    assert (plan.target == whole.target).all()


def test_pairs_go_to_different_zones_where_one_has_no_room_for_all() -> None:
    pairs = [
        replicas(f"{name}{i}", 4, cpu=900, **(wants(f"y{i}") if name == "x" else {}))
        for i in range(3)
        for name in "xy"
    ]
    found = gathers(cluster(*pairs))
    assert sorted(min(found[f"x{i}"]) for i in range(3)) == [0, 1, 2]
    assert all(found[f"x{i}"] == found[f"y{i}"] for i in range(3))


def test_company_that_runs_draws_the_others() -> None:
    there = [agent(f"r{i}", labels={"app": "y"}, on="n1") for i in range(3)]
    assert gathers(cluster(there, replicas("x", 4, **wants("y")))) == {"x": {1}}


def test_who_must_have_company_comes_along() -> None:
    leaning = replicas("h", 2, affinity=(near(ZONE, app="y"),))
    found = gathers(cluster(replicas("x", 4, **wants("y")), replicas("y", 5), leaning))
    assert found["x"] == found["y"] == found["h"]


def test_who_must_have_company_and_had_rather_be_spread_lets_one_of_it_come_along() -> None:
    soft = replace(spread(app="h"), hard=False)
    leaning = replicas("h", 6, cpu=100, affinity=(near(ZONE, app="y"),), spread=(soft,))
    both = Profile(weights={ScoreName.INTER_POD_AFFINITY: 1, ScoreName.POD_TOPOLOGY_SPREAD: 1})
    everyone = [*replicas("x", 4, **wants("y")), *replicas("y", 9, cpu=100), *leaning]
    compilation, problem = compile_problem(snapshot(NODES, everyone, profile=both))
    groups = {group.agent.labels["app"]: g for g, group in enumerate(compilation.groups)}
    assert set(gathered(problem, relaxed(problem), 10.0)) == {groups["x"], groups["y"]}
    target = blueprint(problem).target
    assert by_zone(target, groups["h"]) == [2, 2, 2]
    assert sorted(by_zone(target, groups["y"])) == [1, 1, 7]


@pytest.mark.parametrize(
    "everyone",
    [
        pytest.param(
            [replicas("x", 4, **wants("y")), replicas("y", 6, spread=(spread(app="y"),))],
            id="company that is spread out",
        ),
        pytest.param([replicas("x", 4, **wants("x"))], id="a group that is its own company needs no model"),
        pytest.param(
            [replicas("x", 4, **wants("y")), replicas("y", 9, cpu=1000)], id="more than a zone holds"
        ),
        pytest.param([replicas("x", 4)], id="nobody has a wish"),
    ],
)
def test_nobody_gathers(everyone: list[list[Agent]]) -> None:
    assert gathers(cluster(*everyone)) == {}


def test_who_had_rather_be_spread_does_not_gather_for_a_small_wish() -> None:
    # x wishes to be near y a little, and both would rather be over all zones, one as much as the other.
    soft = replace(spread(app="y"), hard=False)
    little: dict[str, Any] = {"preferred_affinity": (WeightedAffinityTerm(1, near(ZONE, app="y")),)}
    both = Profile(weights={ScoreName.INTER_POD_AFFINITY: 1, ScoreName.POD_TOPOLOGY_SPREAD: 1})
    everyone = [*replicas("x", 4, **little), *replicas("y", 6, spread=(soft,))]
    assert "y" not in gathers(snapshot(NODES, everyone, profile=both))
    assert "y" in gathers(snapshot(NODES, [*replicas("x", 4, **wants("y")), *replicas("y", 6)], profile=both))


def test_who_wins_the_most_in_part_is_not_gathered_and_what_it_leans_towards_is() -> None:
    # Twelve of y wish to be over all zones. Those of x are too few to bring all of y to their zone, and the
    # rest of what draws x to one zone is z.
    soft = replace(spread(app="y"), hard=False)
    both = Profile(weights={ScoreName.INTER_POD_AFFINITY: 1, ScoreName.POD_TOPOLOGY_SPREAD: 1})
    terms = tuple(WeightedAffinityTerm(100, near(ZONE, app=app)) for app in "yz")
    x = replicas("x", 4, cpu=100, preferred_affinity=terms)
    everyone = [*x, *replicas("y", 12, cpu=100, spread=(soft,)), *replicas("z", 4, cpu=100)]
    _, problem = compile_problem(snapshot(NODES, everyone, profile=both))
    found = gathered(problem, relaxed(problem), 10.0)
    assert set(found) == {0, 2}
    target = blueprint(problem).target
    zones = [by_zone(target, g) for g in range(3)]
    there = int(np.argmax(zones[0]))
    assert zones[2][there] == 4
    # More than a third, and not all.
    assert 4 < zones[1][there] < 12
    level, even, whole = problem.levels[-1], target.copy(), target.copy()
    nodes = [np.flatnonzero(np.arange(6) % 3 == zone) for zone in range(3)]
    even[1] = 2
    whole[1] = 0
    whole[1, nodes[there]] = 6
    assert level.value(target) < min(level.value(even), level.value(whole))
