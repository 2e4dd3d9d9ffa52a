"""First answers: what is placed ahead of its turn, so that those who are more important find company."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot


@pytest.mark.parametrize("packed", [False, True])
def test_a_leader_that_is_less_important_comes_first_where_more_important_ones_lean_on_it(
    packed: bool,
) -> None:
    # Placed at its turn the leader would come when the others have taken all the room.
    nodes = [node(f"n{i}", cpu=4000, zone="ab"[i % 2]) for i in range(4)]
    leader = agent("leader", cpu=100, labels={"app": "lead"})
    followers = agents("follower", 6, cpu=1000, priority=100, affinity=(near(app="lead"),))
    others = agents("other", 16, cpu=1000, priority=50)
    compilation, problem = compile_problem(snapshot(nodes, [leader, *followers, *others]))
    count = construct(compilation, problem, Deadline(10), packed=packed)
    placed = {group.agent.name: int(count[g].sum()) for g, group in enumerate(compilation.groups)}
    assert placed["follower-0"] == 6
    assert placed["leader"] == 1


def test_who_leans_on_nobody_that_can_come_lets_nobody_in() -> None:
    lonely = agent("lonely", priority=5, affinity=(near(app="nobody"),))
    compilation, problem = compile_problem(snapshot([node("n1", zone="a")], [lonely, agent("other")]))
    count = construct(compilation, problem, Deadline(10))
    assert [int(row.sum()) for row in count] == [0, 1]


def test_whom_no_rule_lets_in_where_the_target_wants_it_comes_before_anybody_less_important() -> None:
    # Both important ones are wanted on n1, which keeps them apart; the other's target fills n2.
    apart = agents(
        "important", 2, cpu=500, priority=100, labels={"app": "a"}, anti_affinity=(near(HOSTNAME, app="a"),)
    )
    nodes = [node(name, cpu=1000) for name in ("n1", "n2")]
    compilation, problem = compile_problem(snapshot(nodes, [*apart, agent("other", cpu=1000)]))
    important, other = (
        {g.agent.name: i for i, g in enumerate(compilation.groups)}[n] for n in ("important-0", "other")
    )
    target = np.zeros_like(problem.cap)
    target[important, 0] = 2
    target[other, 1] = 1
    count = construct(compilation, problem, Deadline(10), target=target)
    assert count[important].tolist() == [1, 1]
    assert count[other].tolist() == [0, 0]
