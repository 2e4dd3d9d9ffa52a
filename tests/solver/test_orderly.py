"""Every plan that is emitted has an order; and among those that have one it is the best."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.filters import rejection
from placewright.models.plan import Plan, Status
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver import orderly
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.orderly import order_of
from placewright.solver.place import place
from placewright.solver.replay import Replayed
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import HOSTNAME, agents, node, snapshot, spread
from placewright.tests.solver.test_replay import random_steps
from placewright.tests.tiny import tiny_cluster


def planned(cluster: Snapshot, **settings: object) -> Plan:
    verdict = place(cluster, Settings(**{"time_limit": 20, "workers": 1, **settings}))  # type: ignore[arg-type]
    assert isinstance(verdict, VerifiedPlan), verdict
    return verdict.plan


def uneven() -> Snapshot:
    """Room for 2 + 2 agents in one zone and 3 in the other, which no order reaches: 5 is the most."""
    nodes = [
        node(name, cpu=cpu, zone=zone) for name, cpu, zone in (("a1", 2, "a"), ("a2", 2, "a"), ("b1", 3, "b"))
    ]
    both = (spread(app="x"), spread(HOSTNAME, app="x"))
    return snapshot(nodes, agents("x", 7, cpu=1, memory=1, labels={"app": "x"}, spread=both))


def test_what_no_order_reaches_is_cut_off_and_the_rest_is_proven() -> None:
    plan = planned(uneven())
    assert len(plan.bindings) == 5
    assert plan.status is Status.OPTIMAL


def test_part_by_part_the_answer_is_mended_and_the_bound_stays() -> None:
    plan = planned(uneven(), strategy=Strategy.NEIGHBOURHOOD, time_limit=0.5)
    assert len(plan.bindings) == 5
    assert plan.levels[0].bound >= 5
    assert len(plan.unplaced) == 2


def most_in_order(cluster: Snapshot) -> int:
    """The most agents that some order places so that the rules hold in the end: every order is tried."""
    state, seen, best = ClusterState(cluster), set[frozenset[tuple[str, str]]](), 0

    def go_on() -> None:
        nonlocal best
        placement = frozenset(state.new.items())
        if placement in seen:
            return
        seen.add(placement)
        if len(placement) > best and not any(True for rule in RULES for _ in rule.violations(state)):
            best = len(placement)
        for one in cluster.pending:
            for on in cluster.nodes:
                if one.key not in state.new and rejection(state, one, on) is None:
                    state.place(one, on)
                    go_on()
                    state.remove(one, on)

    go_on()
    return best


@pytest.mark.parametrize("count", [25, pytest.param(400, marks=pytest.mark.slow)], ids=["few", "many"])
def test_as_many_are_placed_as_any_order_can(count: int) -> None:
    for seed in range(count):
        cluster, _ = random_steps(Random(f"most-{seed}"), 4)
        plan = planned(cluster)
        assert plan.sequential, seed
        assert plan.status is Status.OPTIMAL, seed
        assert len(plan.bindings) == most_in_order(cluster), seed


@pytest.mark.parametrize("count", [10, pytest.param(300, marks=pytest.mark.slow)], ids=["few", "many"])
def test_plans_with_evictions_have_an_order(count: int) -> None:
    for seed in range(count):
        plan = planned(tiny_cluster(Random(f"evicting-{seed}")), preempt=True)
        assert plan.sequential, seed


def test_the_order_of_an_answer_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(compilation: Compilation, count: IntArray) -> Replayed:
        asked.append(count)
        return order_of(compilation, count)

    monkeypatch.setattr(orderly, "order_of", counted)
    cluster = snapshot(
        [node("n", cpu=4)], agents("x", 2, cpu=1, labels={"app": "x"}, spread=(spread(app="x"),))
    )
    planned(cluster, strategy=Strategy.EXACT)
    assert len(asked) == 1
