"""The linear bound of scores that depend on agent and node alone."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import static
from placewright.tests.brute_force import best_values
from placewright.tests.builders import agents, node, snapshot
from placewright.tests.solver.objectives.test_every_term import judged_by

READERS = agents("a", 3, cpu=1000, needs_data={"weights": 100})
MIXED = agents("a", 3, cpu=1000, needs_data={"weights": 60, "tokens": 40})


def having(name: str, *data: str, cpu: int = 2000) -> Node:
    return node(name, cpu=cpu, data=frozenset(data))


@pytest.mark.parametrize(
    ("nodes", "new", "expected"),
    [
        pytest.param([having("n0", "weights"), having("n1")], READERS, 10000, id="what does not fit is dear"),
        pytest.param(
            [having("n0", "weights"), having("n1", "weights")], READERS, 0, id="alike and cheap costs nothing"
        ),
        pytest.param([having("n0"), having("n1")], READERS, 30000, id="alike and dear costs all"),
        pytest.param(
            [
                having(f"n{i}", *held, cpu=1000)
                for i, held in enumerate([(), ("weights",), ("weights", "tokens")])
            ],
            MIXED,
            0 + 4000 + 10000,
            id="each step has its own price",
        ),
    ],
)
def test_the_bound_is_the_best_where_nobody_else_competes(
    nodes: Sequence[Node], new: Sequence[Agent], expected: int
) -> None:
    cluster = snapshot(nodes, new, profile=Profile(weights={ScoreName.DATA_LOCALITY: 1}))
    _, problem = compile_problem(cluster)
    assert best_values(cluster)["scores"] == expected
    assert level_bound(problem, 1, [3]) == expected


@pytest.mark.parametrize(
    "name",
    [ScoreName.NODE_AFFINITY, ScoreName.TAINT_TOLERATION, ScoreName.IMAGE_LOCALITY, ScoreName.DATA_LOCALITY],
    ids=str,
)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_fewer_steps_only_weaken_the_bound(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    best = best_values(cluster)
    _, problem = compile_problem(cluster)
    values = [best[level.name] for level in problem.levels]
    bounds = []
    for steps in (1, 2, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(static, "STEPS", steps)
            bounds.append(level_bound(problem, len(values) - 1, values[:-1]))
    assert bounds[0] == min(bounds)
    assert max(bounds) <= values[-1]
