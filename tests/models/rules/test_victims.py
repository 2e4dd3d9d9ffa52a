"""Who may be evicted, for whom, and who was evicted for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent, DeviceRequest
from placewright.models.rules import RULES
from placewright.models.rules.victims import (
    evictable,
    highest_preemptor,
    may_preempt,
    needless,
    preemptors,
    returns,
    unevictable_because,
)
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, near, node, snapshot, spread

HIGH = agent("high", cpu=4000, priority=10)


def cluster(*others: Agent) -> Snapshot:
    return snapshot([node("n", cpu=4000)], others)


def runs(name: str = "low", **fields: Any) -> Agent:
    return agent(name, on="n", **{"cpu": 1000, **fields})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({}, "", id="anybody else may be evicted"),
        pytest.param({"terminating": True}, "is being deleted already", id="who is on its way out"),
        pytest.param({"static": True}, "belongs to its node", id="a static one"),
        pytest.param({"preemptable": False}, "is not preemptable", id="who says so"),
        pytest.param(
            {"devices": (DeviceRequest("nvidia.com/gpu", 1, 1000),)}, "holds devices", id="who has devices"
        ),
    ],
)
def test_who_may_never_be_evicted(fields: dict[str, Any], why: str) -> None:
    one = runs(**fields)
    made = cluster(HIGH, one)
    assert unevictable_because(made, one) == why
    assert evictable(made) == ((one,) if not why else ())


def test_only_those_below_the_highest_that_may_preempt_are_evictable() -> None:
    below, equal = runs("below", priority=9), runs("equal", priority=10)
    meek = agent("meek", priority=99, preemption_policy="Never")
    assert [one.name for one in evictable(cluster(HIGH, meek, below, equal))] == ["below"]
    assert highest_preemptor(cluster(HIGH, meek)) == 10


def test_where_nobody_who_waits_may_preempt_nobody_is_evictable() -> None:
    meek = agent("meek", priority=99, preemption_policy="Never")
    made = cluster(meek, runs())
    assert not may_preempt(made, meek)
    assert (highest_preemptor(made), evictable(made)) == (None, ())


def test_those_who_run_preempt_nobody() -> None:
    made = cluster(HIGH, runs("strong", priority=99))
    assert [one.name for one in preemptors(made, made.agents)] == ["high"]


def test_only_who_is_made_anew_for_a_scheduler_of_ours_comes_back() -> None:
    everybody = runs("made"), runs("bare", recreated=False), runs("foreign", scheduler_name="other")
    assert [one.name for one in everybody if returns(cluster(*everybody), one)] == ["made"]


def evicted_for(newcomer: Agent, *victims: Agent, others: tuple[Agent, ...] = ()) -> list[str]:
    """Whom of the victims the newcomer did not need gone."""
    made = snapshot([node("n", cpu=4000, zone="z")], [newcomer, *victims, *others])
    state = ClusterState(made)
    for victim in victims:
        state.remove(victim, made.nodes[0])
    state.place(newcomer, made.nodes[0])
    return [one.name for one in needless(state, RULES)]


def test_who_has_to_go_for_its_room_is_not_evicted_for_nothing() -> None:
    assert evicted_for(HIGH, runs("one"), runs("two")) == []


def test_who_could_have_stayed_beside_the_newcomer_is() -> None:
    small = agent("high", cpu=3500, priority=10)
    assert evicted_for(small, runs("one"), runs("two")) == []
    assert sorted(evicted_for(agent("high", cpu=500, priority=10), runs("one"), runs("two"))) == [
        "one",
        "two",
    ]


def test_of_two_of_which_one_could_stay_each_is_told() -> None:
    """Either could have: which one is not for this to say."""
    half = agent("high", cpu=3000, priority=10)
    assert sorted(evicted_for(half, runs("one"), runs("two"))) == ["one", "two"]


def test_who_is_not_more_important_is_no_reason_to_go() -> None:
    """Somebody more important came as well, but to another node."""
    equal, victim = agent("equal", cpu=4000), runs("one")
    made = snapshot([node("n", cpu=4000), node("m", cpu=4000)], [HIGH, equal, victim])
    state = ClusterState(made)
    state.remove(victim, made.nodes[0])
    state.place(equal, made.nodes[0])
    state.place(HIGH, made.nodes[1])
    assert list(needless(state, RULES)) == [victim]


def test_whom_the_newcomer_keeps_apart_from_had_to_go() -> None:
    apart = agent("high", priority=10, anti_affinity=(near(app="low"),))
    assert evicted_for(apart, runs("one", labels={"app": "low"})) == []


def test_who_would_have_made_the_newcomers_spread_too_wide_had_to_go() -> None:
    """With the victim its zone would hold two, and the other zone none."""
    even = agent("high", priority=10, labels={"app": "x"}, spread=(spread(app="x"),))
    victim = runs("low", labels={"app": "x"})
    made = snapshot([node("n", zone="z"), node("m", zone="y")], [even, victim])
    state = ClusterState(made)
    state.remove(victim, made.nodes[0])
    state.place(even, made.nodes[0])
    assert list(needless(state, RULES)) == []
    assert list(needless(_beside(made, victim, even), RULES)) == []


def _beside(made: Snapshot, victim: Agent, newcomer: Agent) -> ClusterState:
    """Nobody evicted."""
    state = ClusterState(made)
    assert state.has(victim)
    state.place(newcomer, made.nodes[1])
    return state


def test_asking_leaves_the_state_as_it_was() -> None:
    apart = agent("high", priority=10, affinity=(near(app="low"),), labels={"app": "low"})
    victim = runs("one", labels={"app": "low"})
    made = snapshot([node("n", cpu=4000, zone="z")], [apart, victim])
    state = ClusterState(made)
    state.remove(victim, made.nodes[0])
    state.place(apart, made.nodes[0])
    before = [(one.key, on.name) for one, on in state.assignments()]
    assert [one.name for one in needless(state, RULES)] == ["one"]
    assert [(one.key, on.name) for one, on in state.assignments()] == before
    assert state.evicted == (victim,)
