"""Gangs, case by case (§13)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.policy import PodGroup
from placewright.models.rules.gang import RULE
from placewright.models.snapshot import Snapshot
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.rule_checks import blamed, messages


def gang(minimum: int, running: int, pending: int, *others: Any, **fields: Any) -> Snapshot:
    members = [*agents("r", running, pod_group="g", on="n1"), *agents("p", pending, pod_group="g")]
    group = PodGroup("default", "g", minimum, fields.pop("min_resources", {}))
    return snapshot([node("n1", cpu=1000)], [*members, *others], pod_groups=(group,), **fields)


@pytest.mark.parametrize(
    ("minimum", "running", "pending", "placed", "fine"),
    [
        pytest.param(3, 2, 1, 1, True, id="two run and one comes"),
        pytest.param(3, 0, 3, 2, False, id="two of three are too few"),
        pytest.param(3, 0, 3, 3, True, id="all three are enough"),
        pytest.param(2, 0, 3, 2, True, id="who is beyond the minimum may wait"),
        pytest.param(2, 2, 2, 1, True, id="a gang that stands takes one at a time"),
        pytest.param(3, 0, 3, 0, True, id="none at all is fine"),
        pytest.param(0, 0, 2, 1, True, id="a minimum of zero asks for nothing"),
        pytest.param(3, 1, 2, 1, False, id="one runs, one comes, one is missing"),
    ],
)
def test_a_gang_is_complete_or_absent(
    minimum: int, running: int, pending: int, placed: int, fine: bool
) -> None:
    seen = gang(minimum, running, pending)
    found = blamed(RULE, seen, {f"p-{i}": "n1" for i in range(placed)})
    assert found == (set() if fine else {f"p-{i}" for i in range(placed)})


def test_an_agent_of_a_gang_that_does_not_exist_is_never_placed() -> None:
    seen = snapshot([node("n1")], [agent("a", pod_group="ghost")])
    assert messages(RULE, seen, "a") == {"PodGroup default/ghost not found"}
    assert blamed(RULE, seen, {"a": "n1"}) == {"a"}


def test_fewer_members_than_the_minimum_can_never_start() -> None:
    assert messages(RULE, gang(3, 0, 2), "p-0") == {"gang g has 2 members that can start, minMember is 3"}


def test_gated_members_cannot_start() -> None:
    waiting = agent("gated", pod_group="g", scheduling_gates=("x",))
    assert messages(RULE, gang(3, 0, 2, waiting), "p-0") != set()


def test_members_that_have_ended_do_not_count() -> None:
    ended = agent("done", pod_group="g", phase="Succeeded", on="n1")
    assert messages(RULE, gang(3, 0, 2, ended), "p-0") != set()


def test_a_gang_of_the_same_name_elsewhere_is_another() -> None:
    elsewhere = agent("x", namespace="team", pod_group="g", on="n1")
    assert messages(RULE, gang(3, 0, 2, elsewhere), "p-0") != set()


def test_minimum_resources_must_be_free_in_the_cluster() -> None:
    short = gang(2, 0, 2, min_resources={"cpu": 2000})
    assert messages(RULE, short, "p-0") == {"gang g wants cpu 2 in all, 1 is free"}
    assert messages(RULE, gang(2, 0, 2, min_resources={"cpu": 1000}), "p-0") == set()


def test_what_running_members_have_is_of_the_minimum_resources() -> None:
    group = PodGroup("default", "g", 3, {"cpu": 1500, "memory": 9 * 1024**3})
    members = [agent("r", pod_group="g", cpu=500, on="n1"), *agents("p", 2, pod_group="g", cpu=500)]
    roomy = [node("n1", cpu=1500), node("n2", cpu=0)]
    assert messages(RULE, snapshot(roomy, members, pod_groups=(group,)), "p-0") == set()
    # Somebody else's share is not; nor is that of a gang of the same name elsewhere.
    others = [agent("x", cpu=1, on="n1"), agent("y", namespace="team", pod_group="g", cpu=1, on="n1")]
    for other in others:
        crowded = snapshot(roomy, [*members, other], pod_groups=(group,))
        assert messages(RULE, crowded, "p-0") == {"gang g wants cpu 1500m in all, 1499m is free"}


@pytest.mark.parametrize("named", ["ghost", "g"])
def test_a_running_agent_whose_gang_could_not_start_goes_nowhere_else(named: str) -> None:
    """Evicted, it is made anew, and held back like any other member: that there is no gang, or too few."""
    group = PodGroup("default", "g", 3)
    running = [agent("r", pod_group=named, on="n1"), agent("s", pod_group="g", on="n1")]
    seen = snapshot([node("n1"), node("n2")], running, pod_groups=(group,))
    assert len(messages(RULE, seen, "r")) == 1
    assert blamed(RULE, seen, {"r": "n2"}) == {"r"}


def test_agents_without_a_gang_are_free() -> None:
    seen = gang(3, 0, 3, agent("single"))
    assert messages(RULE, seen, "single") == set()
    assert blamed(RULE, seen, {"single": "n1"}) == set()
