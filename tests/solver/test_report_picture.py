"""The picture of a cluster in text."""

from __future__ import annotations

import pytest

from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.report_picture import node_lines
from placewright.tests.builders import agent, agents, node, snapshot


def drawn(cluster: Snapshot) -> list[str]:
    return list(node_lines(ClusterState(cluster)))


def test_each_node_has_its_bars_and_says_who_is_there() -> None:
    nodes = [node("n1", cpu=1000, memory=1000, zone="a"), node("node-2", cpu=1000, memory=1000)]
    there = [
        agent("lone", cpu=100, on="n1"),
        *agents("web", 2, cpu=350, memory=200, labels={"app": "web"}, on="n1"),
    ]
    assert drawn(snapshot(nodes, there)) == [
        "n1 a    cpu ████████░░  80 %  mem ████░░░░░░  40 %  2 web, 1 lone",
        "node-2  cpu ░░░░░░░░░░   0 %  mem ░░░░░░░░░░   0 %",
    ]


@pytest.mark.parametrize(
    ("cpu", "bar"),
    [
        pytest.param(0, "░░░░░░░░░░   0 %", id="empty"),
        pytest.param(49, "░░░░░░░░░░   4 %", id="less than half a block"),
        pytest.param(50, "█░░░░░░░░░   5 %", id="half a block"),
        pytest.param(999, "██████████  99 %", id="nearly full"),
        pytest.param(1000, "██████████ 100 %", id="full"),
        pytest.param(1500, "██████████ 150 %", id="overcommitted"),
    ],
)
def test_a_bar_is_as_long_as_the_node_is_full(cpu: int, bar: str) -> None:
    (line,) = drawn(snapshot([node("n", cpu=1000)], [agent("a", cpu=cpu, on="n")]))
    assert line.startswith(f"n  cpu {bar}  mem")


def test_a_resource_that_a_node_has_not_is_at_nothing() -> None:
    (line,) = drawn(snapshot([node("n", cpu=0)]))
    assert line == "n  cpu ░░░░░░░░░░   0 %  mem ░░░░░░░░░░   0 %"


def test_no_nodes_are_no_picture() -> None:
    assert drawn(snapshot([])) == []
