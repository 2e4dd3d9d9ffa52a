"""The first answer with evictions: node by node, as kube-scheduler would, and in no more than linear time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.models.policy import PodDisruptionBudget
from placewright.models.snapshot import Snapshot
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.preempt import make_room
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, node, selector, snapshot


def running(name: str, on: str, **fields: Any) -> Agent:
    return agent(name, on=on, cpu=2000, **{"recreated": False, **fields})


def evicted(cluster: Snapshot) -> list[str]:
    """Who leaves in the first answer with evictions."""
    compilation, _ = compile_problem(cluster, preempt=True)
    before = compilation.home.copy()
    after = make_room(compilation, before, Deadline(60.0))
    left = (before - after).clip(min=0)
    return sorted(
        member.name
        for g in np.flatnonzero(compilation.standing).tolist()
        for member in compilation.groups[g].members
        if left[g, compilation.node_index[member.node_name]]
    )


def test_what_a_budget_has_let_go_counts_for_the_next_agent() -> None:
    nodes = [node(f"n{i}", cpu=2000) for i in range(3)]
    covered = [running(f"covered-{i}", f"n{i}", labels={"app": "a"}) for i in range(2)]
    budget = PodDisruptionBudget("default", "budget", selector(app="a"), disruptions_allowed=1)
    newcomers = [agent(f"new-{i}", cpu=2000, priority=10) for i in range(2)]
    others = [running("free", "n2", priority=1)]
    gone = evicted(snapshot(nodes, [*covered, *others, *newcomers], budgets=[budget]))
    assert gone == ["covered-0", "free"]


def test_a_node_that_looks_like_one_where_nothing_helps_is_tried_all_the_same() -> None:
    nodes = [node("n0", cpu=2000, labels={"disk": "hdd"}), node("n1", cpu=2000, labels={"disk": "ssd"})]
    low = [running(f"low-{i}", f"n{i}") for i in range(2)]
    picky = agent("new", cpu=2000, priority=10, node_selector={"disk": "ssd"})
    assert evicted(snapshot(nodes, [*low, picky])) == ["low-1"]


def test_one_victim_a_newcomer_on_many_nodes_that_look_alike() -> None:
    nodes = [node(f"n{i}", cpu=2000) for i in range(40)]
    low = [running(f"low-{i}", f"n{i}") for i in range(40)]
    newcomers = [agent(f"new-{i}", cpu=2000, priority=10) for i in range(30)]
    assert len(evicted(snapshot(nodes, [*low, *newcomers]))) == 30


def test_no_more_room_is_made_than_for_as_many_agents_as_asked_for() -> None:
    nodes = [node(f"n{i}", cpu=2000) for i in range(4)]
    low = [running(f"low-{i}", f"n{i}") for i in range(4)]
    newcomers = [agent(f"new-{i}", cpu=2000, priority=10 + i) for i in range(4)]
    compilation, _ = compile_problem(snapshot(nodes, [*low, *newcomers]), preempt=True)
    count = make_room(compilation, compilation.home.copy(), Deadline(60.0), most=2)
    placed = {compilation.groups[g].agent.name for g in compilation.pending if count[g].any()}
    assert placed == {"new-2", "new-3"}


def test_a_limit_too_short_for_all_evicts_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "most", lambda _, **__: 2)
    nodes = [node(f"n{i}", cpu=2000) for i in range(4)]
    low = [running(f"low-{i}", f"n{i}") for i in range(4)]
    newcomers = [agent(f"new-{i}", cpu=2000, priority=10 + i) for i in range(4)]
    verdict = place(snapshot(nodes, [*low, *newcomers]), Settings(preempt=True, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert {binding.agent for binding in verdict.plan.bindings} == {"new-2", "new-3"}
    assert len(verdict.plan.evictions) == 2
