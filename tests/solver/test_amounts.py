"""Amounts that no cluster has: nothing overflows, and the answer verifies."""

from __future__ import annotations

import pytest

from placewright.models.quantity import MOST_ON_A_NODE
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.objects import Object, build, container, node, obj, pod

ENDLESS = "9223372036854775807"
GPU = "example.com/gpu"


def placed(*objects: Object) -> dict[str, str]:
    verdict = place(build(*objects), Settings(time_limit=5.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    return {binding.agent: binding.node for binding in verdict.plan.bindings}


@pytest.mark.parametrize("memory", ["64Ti", "1Pi", "3Ei", "7Ei", ENDLESS])
def test_a_node_with_endless_memory_holds_what_ends_and_nothing_else(memory: str) -> None:
    small = [pod(f"small{i}", container(memory="1Ti")) for i in range(3)]
    large = [pod(f"large{i}", container(memory="1Ei")) for i in range(30)]
    assert set(placed(node("n1", memory=memory), *small, *large)) == {"small0", "small1", "small2"}


def test_agents_that_run_and_ask_for_endless_amounts_fill_their_node() -> None:
    running = [pod(f"run{i}", container(memory="7Ei"), nodeName="n1") for i in range(100)]
    nodes = [node("n1", memory="3Ei"), node("n2", memory="8Gi")]
    assert placed(*nodes, *running, pod("new", container(memory="1Gi"))) == {"new": "n2"}


def test_an_endless_limit_is_beyond_every_quota() -> None:
    quota = obj("ResourceQuota", "q", spec={"hard": {"limits.memory": "6Ei"}})
    ends = pod("ends", container(memory="1Gi", limits={"memory": "2Gi"}))
    endless = pod("endless", container(memory="1Gi", limits={"memory": "5Ei"}))
    assert set(placed(node(), quota, ends, endless)) == {"ends"}


def test_endless_devices_are_as_many_as_anybody_asks_for() -> None:
    many = node()
    many["status"]["allocatable"][GPU] = ENDLESS
    wanting = [pod(f"p{i}", container(limits={GPU: "1000"})) for i in range(3)]
    assert len(placed(many, *wanting)) == 3


def test_amounts_within_bounds_are_exact() -> None:
    (one,) = build(node(memory=str(MOST_ON_A_NODE - 1))).nodes
    assert one.allocatable["memory"] == MOST_ON_A_NODE - 1
