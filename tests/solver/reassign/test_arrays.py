"""What arrays say of a problem by themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.tests.solver.reassign.small import holds, small

CASES = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


@CASES
@given(rng=RANDOM)
def test_wherever_an_agent_is_while_every_rule_holds_is_within_its_reach(rng: Random) -> None:
    problem, _ = small(rng, agents=4, nodes=3)
    reach = problem.reach()
    for nodes in product(range(3), repeat=4):
        if holds(problem, np.array(nodes)):
            assert reach[np.arange(4), nodes].all()


def test_room_that_stays_in_use_at_home_is_out_of_reach_for_others_wherever_its_owner_is() -> None:
    problem, _ = small(Random(1), agents=2, nodes=2)
    two = replace(
        problem,
        request=np.array([[3.0, 2.0]]),
        capacity=np.array([[5.0, 4.0]]),
        home=np.array([0, 1]),
        double=np.array([True]),
        eligible=np.ones((2, 2), dtype=np.bool_),
    )
    assert two.reach().tolist() == [[True, False], [True, True]]
    assert replace(two, double=np.array([False])).reach().all()
