"""A limit that leaves no time to compile: everybody is accounted for, and nothing is said that is not known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from placewright.models.plan import Plan, Status
from placewright.models.profile import PLACED, SCORES, Profile, Stage
from placewright.models.snapshot import Snapshot
from placewright.models.unplaced import LeftOut
from placewright.solver import budget
from placewright.solver.explain import NO_TIME
from placewright.solver.nobody import nobody_placed
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify
from placewright.tests.builders import agent, agents, node, snapshot

NODES = [node(f"n{i}", cpu=10_000) for i in range(3)]
CROWD = [
    *agents("low", 3, cpu=100, priority=1),
    *agents("high", 2, cpu=100, priority=9),
    agent("other", cpu=100, priority=1, namespace="team"),
    agent("runs", cpu=100, on="n0"),
]


@pytest.fixture
def crawling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that takes a second to put an agent on its node."""
    monkeypatch.setattr(budget, "_pace", lambda _: 1.0)


def placed(cluster: Snapshot, **knobs: object) -> Plan:
    verdict = place(cluster, Settings(**{"time_limit": 1.0, "workers": 1, **knobs}))  # type: ignore[arg-type]
    assert isinstance(verdict, VerifiedPlan)
    return verdict.plan


@pytest.mark.usefixtures("crawling")
def test_without_time_to_compile_everybody_is_listed_the_most_important_first() -> None:
    plan = placed(snapshot(NODES, CROWD, warnings=("read",), notes=("noted",)))
    assert (plan.status, plan.bindings, plan.evictions) == (Status.TIMEOUT, (), ())
    assert [item.key for item in plan.unplaced] == [
        *("default/high-0", "default/high-1", "default/low-0", "default/low-1", "default/low-2"),
        "team/other",
    ]
    assert Counter(item.priority for item in plan.unplaced) == {9: 2, 1: 4}
    assert {item.message for item in plan.unplaced} == {NO_TIME}
    assert plan.warnings[0] == "read"
    assert "too short for 6 agents: compiling them takes longer" in plan.warnings[-1]
    assert plan.notes == ("noted",)


@pytest.mark.usefixtures("crawling")
def test_nothing_is_said_of_levels_but_who_could_be_placed_at_most() -> None:
    plan = placed(snapshot(NODES, CROWD))
    assert [(level.name, level.value, level.bound) for level in plan.levels] == [
        ("placed/priority=9", 0, 2),
        ("placed/priority=1", 0, 4),
    ]
    assert plan.gap == 1.0


def test_such_a_plan_is_verified_from_its_file_and_nobody_may_be_missing() -> None:
    cluster = snapshot(NODES, CROWD)
    text = nobody_placed(cluster, Settings(time_limit=1.0)).model_dump_json(by_alias=True)
    plan = Plan.model_validate_json(text)
    assert isinstance(verify(cluster, plan), VerifiedPlan)
    short = plan.model_copy(update={"unplaced": LeftOut.of(plan.unplaced[1:])})
    verdict = verify(cluster, short)
    assert isinstance(verdict, Refused)
    assert [(v.agent, v.message) for v in verdict.violations] == [
        ("default/high-0", "neither bound nor unplaced")
    ]


@pytest.mark.usefixtures("crawling")
def test_with_evictions_allowed_the_bound_knows_who_could_be_placed_anew() -> None:
    running = agents("victim", 2, cpu=100, on="n1", priority=1)
    plan = placed(snapshot(NODES, [*CROWD, *running]), preempt=True)
    assert plan.status is Status.TIMEOUT
    assert {level.name: level.bound for level in plan.levels}["placed/priority=1"] >= 4 + 2


@pytest.mark.usefixtures("crawling")
def test_whoever_wants_equal_bytes_waits_for_them() -> None:
    assert len(placed(snapshot(NODES, CROWD), deterministic=True).levels) == 3


@pytest.mark.usefixtures("crawling")
def test_where_placed_agents_are_only_a_part_of_a_level_there_is_no_such_plan() -> None:
    blend = Profile(stages=(Stage({PLACED: 1_000, SCORES: 1}),))
    cluster = snapshot(NODES, CROWD)
    blended = replace(cluster, options=replace(cluster.options, profile=blend))
    assert [level.name for level in placed(blended).levels] == ["blend(1000*placed+scores)"]


def test_a_machine_that_is_quick_enough_compiles() -> None:
    assert len(placed(snapshot(NODES, CROWD), time_limit=5.0).bindings) == 6
