"""A cluster as it stands: who may move, how far it is from the best, and what is proven about that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.agent import Agent, DeviceRequest, OwnerReference
from placewright.models.comparison import ComparedLevel, ComparedPlan
from placewright.models.levels import importance, level_values
from placewright.models.plan import Binding, Plan, Status
from placewright.models.policy import PodGroup
from placewright.models.profile import PLACED, Profile, ScoreName, Stage
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.standing import Move, Standing
from placewright.models.state import ClusterState
from placewright.solver.rearrangement import TOLERATED, rearrangement
from placewright.solver.settings import Settings
from placewright.solver.standing import standing, verdict
from placewright.solver.verify import VerifiedPlan, verify
from placewright.tests.builders import agent, agents, near, node, snapshot, spread, taint
from placewright.tests.crowded import crowded

QUICK = Settings(workers=1, deterministic=True)
SQUARES = Profile(name="squares", weights={ScoreName.LEAST_ALLOCATED: 1})
CHEAP = Profile(name="cheap", weights={}, stages=(Stage({PLACED: 1}), Stage({"Cost": 1})))


def judged(cluster: Snapshot, settings: Settings = QUICK) -> Standing:
    found = standing(cluster, settings)
    assert isinstance(found, Standing)
    return found


def level(name: str, value: int, bound: int) -> ComparedLevel:
    """A level of which less is better."""
    return ComparedLevel(
        name=name, sense="minimize", value=value, bound=bound, gap=(value - bound) / max(1, value)
    )


def running(nodes: int, where: Iterable[Agent], profile: Profile = SQUARES) -> Snapshot:
    return snapshot([node(f"n{i}", cpu=2000, price=1000) for i in range(nodes)], where, profile=profile)


def test_a_crowded_node_beside_an_empty_one_is_as_far_as_the_best_is_better() -> None:
    found = judged(running(2, agents("a", 2, cpu=1000, on="n0")))
    assert found.verdict == (
        "the cluster is within 50 % of the best possible (scores), proven; the best takes 1 move"
    )
    assert (found.gap, found.proven, found.movable, len(found.moves)) == (0.5, True, 2, 1)
    assert [(level.value, level.bound, level.gap) for level in found.now.levels] == [
        (2, 2, 0.0),
        (10_000, 5_000, 0.5),
    ]
    assert [(level.value, level.bound) for level in found.best.levels] == [(2, 2), (5_000, 5_000)]
    assert [term.value for term in found.now.levels[1].terms] == [10_000]


def test_the_best_possible_is_said_to_be_that_and_nobody_moves() -> None:
    found = judged(running(2, [agent("a", cpu=1000, on="n0"), agent("b", cpu=1000, on="n1")]))
    assert found.verdict == (
        "the cluster is as good as can be: no rearrangement of 2 agents is better, proven"
    )
    assert (found.gap, found.proven, found.moves) == (0.0, True, ())
    assert found.best.levels == found.now.levels


def test_the_profile_says_what_is_better() -> None:
    spread_out = [agent("a", cpu=1000, on="n0"), agent("b", cpu=1000, on="n1")]
    found = judged(running(2, spread_out, CHEAP))
    assert found.verdict == (
        "the cluster is within 50 % of the best possible (Cost), proven; the best takes 1 move"
    )
    assert (found.now.price, found.best.price) == (2000, 1000)


@pytest.mark.parametrize(
    "stages",
    [
        pytest.param(({"Cost": 1}, {PLACED: 1}), id="money comes before placing"),
        pytest.param(({PLACED: 1, "Cost": 9},), id="placing and money are blended"),
    ],
)
def test_nobody_that_runs_is_left_out_to_save_money(stages: tuple[dict[str, int], ...]) -> None:
    thrifty = replace(CHEAP, stages=tuple(map(Stage, stages)))
    found = judged(running(2, [agent("a", cpu=1000, on="n0"), agent("b", cpu=1000, on="n1")], thrifty))
    assert [level.name for level in found.best.levels] == ["placed/priority=0", Stage(stages[0]).name]
    assert (found.best.agents[0].placed, found.best.price, len(found.moves)) == (2, 1000, 1)


def test_a_best_that_is_open_only_further_down_is_not_said_to_be_short_of_it() -> None:
    open_below = level("scores", 9, 8)
    now = ComparedPlan(name="now", valid=True, levels=(level("Cost", 6, 3), open_below))
    best = ComparedPlan(name="best", valid=True, levels=(level("Cost", 3, 3), open_below))
    assert verdict(2, now, best, moves=2) == (
        "the cluster is within 50 % of the best possible (Cost), proven; "
        "the best found is as good as that and takes 2 moves"
    )


def test_without_time_there_is_the_present_answer() -> None:
    found = judged(running(2, agents("a", 2, cpu=1000, on="n0")), Settings(time_limit=0.0, workers=1))
    assert [level.value for level in found.now.levels] >= [level.value for level in found.best.levels]
    assert found.best.agents[0].placed == 2


def test_pending_agents_are_left_out_of_the_question() -> None:
    cluster = running(2, [*agents("a", 2, cpu=1000, on="n0"), *agents("w", 3, cpu=1000, priority=9)])
    found = judged(cluster)
    assert (found.ignored, found.movable) == (3, 2)
    assert [level.name for level in found.now.levels] == ["placed/priority=0", "scores"]


DAEMON = OwnerReference("DaemonSet", "d")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"static": True}, "belongs to its node", id="a static agent"),
        pytest.param({"owner": DAEMON}, "belongs to its node", id="one of a DaemonSet"),
        pytest.param({"terminating": True}, "is being deleted already", id="one that is being deleted"),
        pytest.param({"preemptable": False}, "is not preemptable", id="one that is never evicted"),
        pytest.param({"devices": (DeviceRequest("gpu", 1),)}, "holds devices", id="one with devices"),
        pytest.param(
            {"recreated": False}, "nothing would make it anew elsewhere", id="one without controller"
        ),
        pytest.param({"scheduler_name": "other"}, "is of another scheduler", id="another scheduler's"),
        pytest.param({"node_selector": {"disk": "ssd"}}, TOLERATED, id="one whose node lost a label"),
        pytest.param({"cpu": 9000}, TOLERATED, id="one that is larger than its node"),
        pytest.param({"pod_group": "gang"}, TOLERATED, id="one of a gang that is not complete"),
        pytest.param(
            {"spread": (spread("kubernetes.io/hostname", app="x"),)}, TOLERATED, id="skewed too far"
        ),
        pytest.param({}, None, id="all others may move"),
    ],
)
def test_who_may_move_and_who_stays(fields: dict[str, Any], reason: str | None) -> None:
    own = [agent("a", labels={"app": "x"}, on="n0", **fields), agent("b", labels={"app": "x"}, on="n0")]
    gang = PodGroup(namespace="default", name="gang", min_member=5)
    cluster = replace(running(2, own), pod_groups=(gang,))
    asked = rearrangement(cluster)
    assert ("default/a" in asked.home) == (reason is None)
    assert asked.pinned == ({reason: 1} if reason else {})
    assert asked.tolerated == (reason == TOLERATED)
    assert "default/b" in asked.home


def test_rules_that_are_broken_where_agents_run_are_no_obstacle() -> None:
    cordoned = node("n0", cpu=2000, unschedulable=True)
    dirty = node("n1", cpu=2000, taints=[taint("dirty")])
    apart = near("kubernetes.io/hostname", app="x")
    cluster = snapshot(
        [cordoned, dirty, node("n2", cpu=2000), node("n3", cpu=1000)],
        [
            agent("on-cordoned", cpu=1000, on="n0"),
            agent("on-tainted", cpu=1000, on="n1"),
            agent("too-near-a", cpu=500, on="n2", labels={"app": "x"}, anti_affinity=(apart,)),
            agent("too-near-b", cpu=500, on="n2", labels={"app": "x"}, anti_affinity=(apart,)),
            *agents("crowd", 2, cpu=500, on="n2"),
        ],
        profile=SQUARES,
    )
    found = judged(cluster)
    assert (found.tolerated, found.movable) == (4, 2)
    assert [(move.agent, move.to_node) for move in found.moves] == [("crowd-1", "n3")]
    assert found.best.agents[0].placed == 2


def test_replicas_that_trade_places_have_not_moved() -> None:
    cluster = running(
        2, [agent("a-0", cpu=500, on="n0"), agent("a-1", cpu=500, on="n1"), agent("b", on="n1")]
    )
    asked = rearrangement(cluster)
    swapped = {"a-0": "n1", "a-1": "n0", "b": "n0"}
    plan = Plan(
        status=Status.FEASIBLE,
        bindings=tuple(Binding(namespace="default", agent=name, node=n) for name, n in swapped.items()),
    )
    assert list(asked.moves(plan)) == [Move(namespace="default", agent="b", from_node="n1", to_node="n0")]


@given(rng=st.randoms(use_true_random=False))
def test_whatever_runs_the_present_placement_is_a_valid_answer(rng: Random) -> None:
    asked = rearrangement(crowded(rng))
    assert isinstance(verify(asked.snapshot, asked.as_it_stands()), VerifiedPlan)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_is_what_exhaustive_search_finds(seed: int) -> None:
    asked = rearrangement(crowded(Random(seed)))
    found = judged(crowded(Random(seed)))
    assert found.proven
    values = tuple(level.value for level in found.best.levels)
    assert values == exhaustive(asked.snapshot)


def exhaustive(question: Snapshot) -> tuple[int, ...]:
    """The levels of the best arrangement of all that is pending, by trying all."""
    order = importance(question, preempt=False)
    best: tuple[int, ...] | None = None
    for where in product(question.nodes, repeat=len(question.pending)):
        state = ClusterState(question)
        for one, on in zip(question.pending, where, strict=True):
            state.place(one, on)
        if any(True for rule in RULES for _ in rule.violations(state)):
            continue
        values = level_values(state)
        # All are placed in each of them, so the other levels are minimised.
        found = tuple(values[name] for name in order)
        best = found if best is None else min(best, found)
    assert best is not None
    return best


def test_nothing_that_runs_is_no_question_at_all() -> None:
    found = judged(running(1, agents("w", 2, cpu=100)))
    assert (found.verdict, found.gap, found.proven) == ("no running agent could be anywhere else", 0.0, True)
