"""The linear bound of utilisation scores: valid for every mix of nodes, and tight where it can be."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import FitArgs, Profile, ScoreName
from placewright.models.scores.utilisation import LEAST, MOST, Shape, potential
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import class_shares
from placewright.solver.objectives.utilisation_bound import envelope
from placewright.tests.brute_force import best_values
from placewright.tests.builders import MIB, agent, agents, node, snapshot
from placewright.tests.solver.objectives.test_every_term import judged_by

SHAPES = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 10)), min_size=1, unique_by=lambda p: p[0]
).map(lambda points: tuple(sorted((10 * x, 10 * y) for x, y in points)))


@given(SHAPES, st.integers(0, 1200), st.integers(1, 900))
def test_the_envelope_is_convex_and_never_above_the_cost(shape: Shape, least: int, more: int) -> None:
    edges = envelope(potential(shape), least, least + more)
    assert [edge.slope for edge in edges] == sorted(edge.slope for edge in edges)
    assert edges[-1].end == least + more
    for u in {least, least + more, *range(least, least + more, 37)}:
        assert max(edge.slope * u + edge.offset for edge in edges) <= potential(shape).cost(u)


@pytest.mark.parametrize(
    ("shape", "edges"),
    [
        pytest.param(LEAST, 10, id="a convex cost is its own envelope"),
        pytest.param(MOST, 1, id="below a concave cost there is one straight line"),
    ],
)
def test_the_envelope_is_the_closest(shape: Shape, edges: int) -> None:
    found = envelope(potential(shape), 0, 1000)
    assert len(found) == edges
    assert found[0].offset == potential(shape).cost(0)
    assert found[-1].slope * 1000 + found[-1].offset == potential(shape).cost(1000)


def bound(
    name: ScoreName, nodes: Sequence[Node], everyone: Sequence[Agent], *resources: str
) -> tuple[int, int]:
    """The linear bound, and the best there is."""
    fit = FitArgs(resources=dict.fromkeys(resources or ("cpu", "memory"), 1))
    cluster = snapshot(nodes, everyone, profile=Profile(weights={name: 1}, fit=fit))
    best = best_values(cluster)
    _, problem = compile_problem(cluster)
    values = [best[level.name] for level in problem.levels]
    return level_bound(problem, len(values) - 1, values[:-1]), values[-1]


def test_an_uneven_start_counts_node_by_node() -> None:
    running = [agent("r", cpu=4000, memory=8192, on="n0"), agent("s", cpu=2000, memory=4096, on="n1")]
    nodes = [node(f"n{i}") for i in range(4)]
    new = agents("a", 4, cpu=1000, memory=2048)
    assert bound(ScoreName.LEAST_ALLOCATED, nodes, [*running, *new]) == (2 * 17500, 2 * 17500)
    assert bound(ScoreName.BALANCED_ALLOCATION, nodes, [*running, *new]) == (0, 0)


def test_sizes_mixed_in_one_class_are_told_apart() -> None:
    nodes = [node("n0", cpu=2000), node("n1", cpu=4000)]
    new = agents("a", 5, cpu=1000)
    low, best = bound(ScoreName.LEAST_ALLOCATED, nodes, new, "cpu")
    assert low == best == 2500 + 10000


def test_nodes_without_the_resource_take_what_they_like() -> None:
    # Who counts for 200 MiB by default may go to a node that has no memory to speak of.
    new = agents("a", 2, cpu=100, scoring_requests={"cpu": 100, "memory": 200 * MIB})
    nodes = [node("n0", memory=0), node("n1")]
    low, best = bound(ScoreName.LEAST_ALLOCATED, nodes, new, "memory")
    assert low <= best == 0


NAMES = (
    ScoreName.LEAST_ALLOCATED,
    ScoreName.MOST_ALLOCATED,
    ScoreName.REQUESTED_TO_CAPACITY_RATIO,
    ScoreName.BALANCED_ALLOCATION,
)


@pytest.mark.parametrize("name", NAMES, ids=str)
@pytest.mark.parametrize("most", [1, 2])
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_kinds_taken_together_only_weaken_the_bound(name: ScoreName, most: int, rng: Random) -> None:
    cluster = judged_by(rng, name)
    best = best_values(cluster)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_shares, "MOST_KINDS", most)
        _, problem = compile_problem(cluster)
        values = [best[level.name] for level in problem.levels]
        assert level_bound(problem, len(values) - 1, values[:-1]) <= values[-1]
