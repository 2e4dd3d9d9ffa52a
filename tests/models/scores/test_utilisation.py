"""Potentials of utilisation: the formula in the docstring, for any shape."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.profile import FitArgs, Profile
from placewright.models.scores import least_allocated, most_allocated, requested_to_capacity_ratio
from placewright.models.scores.utilisation import MOST, Shape, factors, potential
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, node, snapshot

FILL_TO_HALF: Shape = ((0, 0), (500, 100), (1000, 0))


@pytest.mark.parametrize(
    ("shape", "utilisation", "expected"),
    [
        pytest.param(MOST, 0, 10000, id="MostAllocated: an empty node costs most"),
        pytest.param(MOST, 500, 7500, id="MostAllocated: half full is a quarter better"),
        pytest.param(MOST, 1000, 0, id="MostAllocated: a full node costs nothing"),
        pytest.param(MOST, 1500, 0, id="MostAllocated: beyond full nothing changes"),
        pytest.param(FILL_TO_HALF, 0, 10000, id="a shape that wants half full: empty costs most"),
        pytest.param(
            FILL_TO_HALF, 500, 5000, id="a shape that wants half full: half way there at the middle"
        ),
        pytest.param(FILL_TO_HALF, 1000, 0, id="a shape that wants half full: what is on it was worth it"),
        pytest.param(
            ((0, 100), (700, 50), (1000, 0)), 700, 3500, id="a bend of the shape is a bend of the potential"
        ),
    ],
)
def test_what_a_utilisation_costs(shape: Shape, utilisation: int, expected: int) -> None:
    assert potential(shape).cost(utilisation) == expected


POINTS = st.dictionaries(st.integers(0, 100), st.integers(0, 10), min_size=1, max_size=5)


@given(POINTS)
def test_no_potential_is_ever_negative_and_one_is_nothing(points: dict[int, int]) -> None:
    cost = potential(tuple((10 * x, 10 * y) for x, y in sorted(points.items())))
    values = [cost.cost(u) for u in range(0, 1301, 10)]
    assert min(values) >= 0
    assert 0 in values[:101]
    assert cost.highest(200, 900) == max(cost.cost(u) for u in range(200, 901))
    if cost.convex:
        assert all(cost.cost(u) == max(line.at(u) for line in cost.lines) for u in range(0, 1301, 7))
    if cost.rising:
        assert values == sorted(values)


@pytest.mark.parametrize(
    ("resources", "times", "divisor"),
    [
        pytest.param({"cpu": 1, "memory": 1}, (1, 1), 1, id="equal weights change nothing"),
        pytest.param({"cpu": 7, "memory": 7}, (1, 1), 1, id="whatever they are"),
        pytest.param({"cpu": 3, "memory": 1}, (3, 1), 2, id="three to one"),
        pytest.param({"cpu": 5}, (1,), 1, id="one resource alone"),
        pytest.param({"cpu": 0, "memory": 1}, (1, 1), 1, id="a weight of 0 is 1, as kube-scheduler has it"),
    ],
)
def test_weights_of_resources_keep_their_sum(
    resources: dict[str, int], times: tuple[int, ...], divisor: int
) -> None:
    assert factors(resources) == (times, divisor)


def test_each_strategy_has_its_own_view_of_the_same_cluster() -> None:
    state = ClusterState(snapshot([node("n1"), node("n2")], [agent("a", cpu=4000, memory=8192, on="n1")]))
    shaped = replace(Profile(), fit=FitArgs(shape=((0, 0), (100, 10))))
    assert least_allocated.SCORE.value(state, Profile()) == 20000
    assert most_allocated.SCORE.value(state, Profile()) == 20000
    assert requested_to_capacity_ratio.SCORE.value(state, shaped) == 20000
    assert requested_to_capacity_ratio.SCORE.value(state, Profile()) == 20000


def test_extended_resources_count_as_they_are_requested() -> None:
    gpus = [node("n1", extra={"example.com/gpu": 4}), node("n2")]
    profile = Profile(fit=FitArgs(resources={"example.com/gpu": 1}))
    user = agent("a", extra={"example.com/gpu": 2}, scoring_requests={"cpu": 100}, on="n1")
    assert least_allocated.SCORE.value(ClusterState(snapshot(gpus, [user])), profile) == 2500
