"""An accepted order is found where there is one."""

from __future__ import annotations

from random import Random

from placewright.solver.replay import find_order
from placewright.tests.builders import agent, agents, near, node, snapshot, spread

NODES = [node("n1", zone="a"), node("n2", zone="b")]


def test_spread_agents_go_to_the_domains_in_turn() -> None:
    members = agents("a", 6, labels={"app": "a"}, spread=(spread(app="a"),))
    cluster = snapshot(NODES, members)
    steps = [(m, NODES[i // 3]) for i, m in enumerate(members)]
    Random(3).shuffle(steps)
    replayed = find_order(cluster, steps, {})
    assert not replayed.stuck
    assert len(replayed.order) == 6


def test_an_agent_comes_after_the_one_it_leans_on() -> None:
    follower = agent("a-follower", labels={"app": "x"}, affinity=(near(app="lead"),), priority=10)
    leader = agent("leader", labels={"app": "lead"})
    cluster = snapshot(NODES, [follower, leader])
    replayed = find_order(cluster, [(follower, NODES[0]), (leader, NODES[0])], {})
    assert [a.name for a, _ in replayed.order] == ["leader", "a-follower"]


def test_steps_that_nothing_can_take_are_named() -> None:
    lonely = agent("lonely", affinity=(near(app="nobody"),))
    replayed = find_order(snapshot(NODES, [lonely]), [(lonely, NODES[0])], {})
    assert replayed.order == ()
    assert [a.name for a, _ in replayed.stuck] == ["lonely"]
