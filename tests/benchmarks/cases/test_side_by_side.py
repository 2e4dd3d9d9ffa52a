from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from placewright.benchmarks.cases.side_by_side import CASES, Result, cluster, judged
from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.plan import Binding, Plan, Status
from placewright.models.snapshot import Snapshot


def snapshot() -> Snapshot:
    nodes = tuple(Node(f"n{i}", {"cpu": 2_000, "memory": 8, "pods": 10}) for i in range(2))
    spec = AgentSpec({"cpu": 1_000})
    return Snapshot(nodes=nodes, agents=tuple(Agent("default", f"a{i}", spec) for i in range(3)))


def result(*nodes: str) -> Result:
    bindings = tuple(
        Binding(namespace="default", agent=f"a{i}", node=node) for i, node in enumerate(nodes) if node
    )
    plan = Plan(status=Status.FEASIBLE, bindings=bindings, sequential=False)
    return Result("", 0.0, Counter(), 0, 0, plan)


def test_the_level_that_decides_is_named_for_the_better_one() -> None:
    assert judged(snapshot(), [result("n0"), result("n0", "n1")], preempt=False) == [
        "",
        "better by placed/priority=0",
    ]
    assert judged(snapshot(), [result("n0", "n1"), result("n0", "n0")], preempt=False) == [
        "better by scores",
        "",
    ]


def test_equals_are_not_told_apart() -> None:
    assert judged(snapshot(), [result("n0", "n1"), result("n1", "n0")], preempt=False) == ["", ""]


def test_levels_are_compared_where_an_end_state_breaks_a_rule_and_that_is_said() -> None:
    crowded = result("n0", "n0", "n0")
    assert judged(snapshot(), [crowded, result("n0", "n1")], preempt=False) == [
        "better by placed/priority=0; leaves broken: resources 3",
        "",
    ]


def test_who_was_not_done_is_said() -> None:
    begun = replace(result("n0"), unfinished=True)
    assert judged(snapshot(), [begun, result("n0")], preempt=False) == ["not finished", ""]


@pytest.mark.parametrize("case", CASES)
def test_the_same_arguments_give_the_same_cluster(case: str) -> None:
    assert cluster(case, 10) == cluster(case, 10)
