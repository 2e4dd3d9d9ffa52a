"""What evictions cost: by priority, by budgets, by the promise that agents have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model

from placewright.models.agent import Agent, QosClass
from placewright.models.policy import PodDisruptionBudget
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.disruption import EvictedTerm, gentlest, settled
from placewright.solver.variables import Variables
from placewright.tests.builders import agent, node, selector, snapshot

NODES = [node("n1", cpu=1000), node("n2", cpu=1000)]
WEB = {"app": "web"}


def running(name: str, priority: int = 0, **fields: Any) -> Agent:
    return agent(name, on="n1", labels=WEB, priority=priority, recreated=False, **fields)


def compiled(*everyone: Agent, budgets: tuple[PodDisruptionBudget, ...] = ()) -> Compilation:
    """With somebody who outranks them all."""
    cluster = snapshot(NODES, [*everyone, agent("p", priority=99)], budgets=budgets)
    return compile_problem(cluster, preempt=True)[0]


def budget(name: str = "web", **fields: Any) -> PodDisruptionBudget:
    return PodDisruptionBudget("default", name, selector(app="web"), **fields)


def without(compilation: Compilation, *gone: str) -> IntArray:
    """The counts once these agents have left and nobody has come."""
    count = compilation.home.copy()
    for g in np.flatnonzero(compilation.standing):
        for one in compilation.groups[g].members:
            count[g, compilation.node_index[one.node_name]] -= one.name in gone
    return count


def modelled(compilation: Compilation, level: Objective, count: IntArray) -> int:
    """The least that a level can be in the model with these counts."""
    x = Variables(cp_model.CpModel(), np.maximum(compilation.cap, compilation.home), compilation.size)
    expression = level.expression(x)
    for (g, n), variable in x.items():
        x.model.add(variable == int(count[g, n]))
    x.model.minimize(expression)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(x.model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def values(compilation: Compilation, priorities: list[int], *gone: str) -> dict[str, int]:
    """Each level's value, which must be the model's and that of a part with all of it fixed."""
    count, found = without(compilation, *gone), {}
    for level in settled(compilation, priorities):
        found[level.name] = level.value(count)
        assert modelled(compilation, level, count) == found[level.name]
        assert level.fixing(count).value(0 * count) == found[level.name]
        assert level.limit(compilation.cap) == 0
    return found


def test_evictions_are_counted_priority_by_priority() -> None:
    seen = compiled(running("a", 5), running("b", 5, cpu=1), running("c", 2))
    assert values(seen, [5, 2], "a", "c") == {"evicted/priority=5": 1, "evicted/priority=2": 1}
    assert values(seen, [5, 2]) == {"evicted/priority=5": 0, "evicted/priority=2": 0}
    assert values(seen, [5]) == {"evicted/priority=5": 0}
    assert values(seen, [3]) == {}


@pytest.mark.parametrize(
    ("budgets", "gone", "over"),
    [
        pytest.param((budget(disruptions_allowed=1),), "a", 0, id="as many as are allowed"),
        pytest.param((budget(disruptions_allowed=1),), "ab", 1, id="one more"),
        pytest.param((budget(min_available=3),), "ab", 2, id="none is allowed"),
        pytest.param(
            (budget(disruptions_allowed=0), budget("again", disruptions_allowed=1)), "ab", 3, id="two budgets"
        ),
    ],
)
def test_budgets_that_are_exceeded_are_added_up(
    budgets: tuple[PodDisruptionBudget, ...], gone: str, over: int
) -> None:
    seen = compiled(running("a"), running("b"), running("c", 2), budgets=budgets)
    assert values(seen, [0], *gone)["over-budget/priority>=0"] == over


def test_a_budget_that_nobody_can_exceed_has_no_level() -> None:
    seen = compiled(running("a"), budgets=(budget(disruptions_allowed=1),))
    assert list(values(seen, [0])) == ["evicted/priority=0"]


def test_a_budget_counts_those_of_higher_priority_that_are_settled_with_it() -> None:
    seen = compiled(running("a"), running("c", 2), budgets=(budget(disruptions_allowed=0),))
    assert values(seen, [2], "a") == {"over-budget/priority>=2": 0, "evicted/priority=2": 0}
    assert values(seen, [2, 0], "a", "c")["over-budget/priority>=0"] == 2


def test_among_equals_the_weaker_promise_goes_first() -> None:
    seen = compiled(running("best", qos=QosClass.BEST_EFFORT), running("sure", qos=QosClass.GUARANTEED))
    [level] = gentlest(seen)
    assert [level.value(without(seen, name)) for name in ("best", "sure")] == [0, 2]
    alike = compiled(running("a", qos=QosClass.BURSTABLE), running("b", cpu=1, qos=QosClass.BURSTABLE))
    assert not list(gentlest(alike))


def test_a_blend_counts_all_evictions_alike() -> None:
    seen = compiled(running("a", 5), running("b", 2))
    term = EvictedTerm.compile(seen)
    assert (term.value(without(seen)), term.value(without(seen, "a", "b")), term.most(seen.cap)) == (0, 2, 2)
