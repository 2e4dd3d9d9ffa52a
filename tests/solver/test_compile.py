"""A snapshot becomes integers, and nothing is lost on the way."""

from __future__ import annotations

import numpy as np

from placewright.models.profile import PLACED, Stage
from placewright.models.rules import RULES
from placewright.solver.compile import compile_problem
from placewright.tests.builders import MIB, agent, agents, node, snapshot, taint, toleration


def test_amounts_are_divided_by_what_all_requests_have_in_common() -> None:
    cluster = snapshot(
        [node("n1", cpu=4100, memory=1000)], [agent("a", cpu=1500, memory=500), agent("b", cpu=500)]
    )
    compilation, problem = compile_problem(cluster)
    cpu, memory = compilation.resources.index("cpu"), compilation.resources.index("memory")
    assert sorted(problem.request[:, cpu].tolist()) == [1, 3]
    assert problem.free[0, cpu] == 8
    assert sorted(problem.request[:, memory].tolist()) == [0, 1]
    assert problem.free[0, memory] == 2


def test_a_pair_holds_as_many_as_fit_and_never_more_than_there_are() -> None:
    cluster = snapshot([node("n1", cpu=2500), node("n2", cpu=64000)], agents("a", 3, cpu=1000))
    _, problem = compile_problem(cluster)
    assert problem.cap.tolist() == [[2, 3]]


def test_running_agents_take_room_and_pod_slots() -> None:
    running = agents("r", 2, cpu=1000, on="n1")
    cluster = snapshot([node("n1", cpu=4000, pods=5)], [*running, *agents("a", 9, cpu=500)])
    _, problem = compile_problem(cluster)
    assert problem.cap.tolist() == [[3]]


def test_an_overcommitted_node_still_takes_agents_that_ask_for_nothing() -> None:
    cluster = snapshot(
        [node("n1", cpu=1000)],
        [agent("r", cpu=3000, on="n1"), agent("free", priority=1), agent("paid", cpu=1)],
    )
    _, problem = compile_problem(cluster)
    assert problem.cap.tolist() == [[1], [0]]


def test_pairs_that_a_rule_never_admits_are_closed() -> None:
    nodes = [node("n1"), node("n2", taints=[taint("gpu")])]
    cluster = snapshot(nodes, [agent("a"), agent("b", tolerations=(toleration("gpu", operator="Exists"),))])
    compilation, problem = compile_problem(cluster, rules=RULES)
    open_nodes = {
        group.agent.name: np.flatnonzero(problem.cap[g]).tolist()
        for g, group in enumerate(compilation.groups)
    }
    assert open_nodes == {"a": [0], "b": [0, 1]}


def test_levels_are_one_for_each_priority_and_then_the_scores() -> None:
    cluster = snapshot([node("n1")], [agent("a", priority=3), agent("b"), agent("c", priority=-1)])
    _, problem = compile_problem(cluster)
    names = [level.name for level in problem.levels]
    assert names == ["placed/priority=3", "placed/priority=0", "placed/priority=-1", "scores"]


def test_stages_that_are_given_are_what_answers_are_judged_by() -> None:
    cluster = snapshot([node("n1")], [agent("a", priority=5), agent("b", priority=0)])
    _, unjudged = compile_problem(cluster, stages=())
    _, placing = compile_problem(cluster, stages=(Stage({PLACED: 1}),))
    assert unjudged.levels == ()
    assert [level.name for level in placing.levels] == ["placed/priority=5", "placed/priority=0"]


def test_fixing_agents_leaves_the_rest_to_decide() -> None:
    cluster = snapshot(
        [node("n1", cpu=2000), node("n2", cpu=2000)], agents("a", 4, cpu=1000, memory=MIB // MIB)
    )
    _, problem = compile_problem(cluster)
    left = problem.fixing(np.array([[1, 0]]), np.array([0]))
    assert left.size.tolist() == [3]
    assert left.cap.tolist() == [[1, 0]]
    assert left.levels[0].value(np.zeros_like(left.cap)) == 1
