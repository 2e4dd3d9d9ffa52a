"""Evictions as constraints: who leaves may come back elsewhere, once, and only for somebody who may preempt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model

from placewright.models.agent import HostPort
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import Compilation
from placewright.solver.compile import compile_problem
from placewright.solver.problem import Problem
from placewright.solver.rules.eviction import EvictionEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.variables import Variables
from placewright.tests.builders import agent, agents, node, snapshot

ENCODERS = (EvictionEncoder, ResourcesEncoder)
Held = tuple[str, str, int]
"""(whom, where, how many): `stays:r` those of r's group that stay, `comes:r` those that come."""
NODES = [node("n1", cpu=1000), node("n2", cpu=1000)]
LOW = agent("r", on="n1", cpu=600)
HIGH = agent("p", cpu=600, priority=5)


def compiled(cluster: Snapshot) -> tuple[Compilation, Problem]:
    return compile_problem(cluster, encoders=ENCODERS, preempt=True)


def group(compilation: Compilation, who: str) -> int:
    how, name = who.split(":")
    return next(
        g
        for g, found in enumerate(compilation.groups)
        if bool(compilation.standing[g]) is (how == "stays") and name in {a.name for a in found.members}
    )


def possible(cluster: Snapshot, *held: Held, fixed: tuple[Held, ...] = ()) -> bool:
    """Whether there is an answer with these numbers, beside those that are fixed."""
    compilation, problem = compiled(cluster)
    if fixed:
        count = np.zeros_like(problem.cap)
        for who, where, number in fixed:
            count[group(compilation, who), compilation.node_index[where]] = number
        freed = [n for n, here in enumerate(compilation.nodes) if here.name not in {w for _, w, _ in fixed}]
        problem = problem.fixing(count, np.array(freed))
    x = Variables(cp_model.CpModel(), problem.cap, problem.size)
    for encoder in problem.encoders:
        encoder.encode(x)
    for who, where, number in held:
        x.model.add(x.x(group(compilation, who), compilation.node_index[where]) == number)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver.solve(x.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


@pytest.mark.parametrize(
    ("held", "fine"),
    [
        pytest.param([("stays:r", "n1", 0), ("comes:p", "n1", 1), ("comes:r", "n2", 1)], True, id="it moves"),
        pytest.param([("stays:r", "n1", 0), ("comes:p", "n1", 1)], True, id="it goes"),
        pytest.param([("stays:r", "n1", 1), ("comes:p", "n2", 1)], True, id="it stays"),
        pytest.param([("stays:r", "n1", 1), ("comes:r", "n2", 1)], False, id="it cannot do both"),
        pytest.param([("stays:r", "n1", 1), ("comes:p", "n1", 1)], False, id="there is no room for both"),
        pytest.param(
            [("stays:r", "n1", 0), ("comes:p", "n1", 0), ("comes:p", "n2", 0)],
            False,
            id="for nobody nobody goes",
        ),
        pytest.param([("comes:r", "n1", 1)], False, id="nobody comes back to the node it has left"),
    ],
)
def test_one_runs_and_one_that_is_more_important_comes(held: list[Held], fine: bool) -> None:
    assert possible(snapshot(NODES, [LOW, HIGH]), *held) is fine


def test_nobody_leaves_a_node_that_others_of_its_kind_come_to() -> None:
    cluster = snapshot(NODES, [agent("a", on="n1", cpu=300), agent("b", on="n2", cpu=300), HIGH])
    swap = [("stays:a", "n1", 0), ("stays:a", "n2", 0), ("comes:a", "n1", 1), ("comes:p", "n2", 1)]
    assert not possible(cluster, *swap)
    assert possible(
        cluster, ("stays:a", "n1", 1), ("stays:a", "n2", 0), ("comes:a", "n1", 1), ("comes:p", "n2", 1)
    )


@pytest.mark.parametrize(
    ("fields", "comes"),
    [
        pytest.param({"recreated": False}, False, id="nothing makes it anew"),
        pytest.param({"scheduler_name": "other"}, False, id="another scheduler places it"),
        pytest.param({}, True, id="its controller does, and it is ours"),
    ],
)
def test_who_comes_back(fields: dict[str, Any], comes: bool) -> None:
    cluster = snapshot(NODES, [agent("r", on="n1", cpu=600, **fields), HIGH])
    compilation, _ = compiled(cluster)
    assert bool(compilation.running.returning) is comes


def test_who_may_not_preempt_finds_room_beside_all_who_run() -> None:
    modest = agent("m", cpu=400, priority=5, preemption_policy="Never")
    cluster = snapshot(NODES, [LOW, HIGH, modest])
    assert possible(cluster, ("comes:m", "n1", 1))
    assert possible(cluster, ("comes:m", "n2", 1), ("comes:p", "n1", 1))
    large = agent("m", cpu=500, priority=5, preemption_policy="Never")
    assert not possible(snapshot(NODES, [LOW, HIGH, large]), ("comes:m", "n1", 1))


def test_who_may_not_preempt_is_kept_out_by_a_port_that_is_held() -> None:
    holds = agent("r", on="n1", cpu=600, host_ports=(HostPort(80),))
    modest = agent("m", priority=5, preemption_policy="Never", host_ports=(HostPort(80),))
    cluster = snapshot(NODES, [holds, HIGH, modest])
    assert not possible(cluster, ("comes:m", "n1", 1))
    assert possible(cluster, ("comes:m", "n2", 1))


def test_an_equal_is_no_reason_to_leave() -> None:
    equal = agent("q", cpu=600, priority=0)
    cluster = snapshot(NODES, [LOW, HIGH, equal])
    alone = [("comes:p", "n1", 0), ("comes:p", "n2", 0)]
    assert not possible(cluster, *alone, ("stays:r", "n1", 0), ("comes:q", "n1", 1))
    assert possible(cluster, *alone, ("stays:r", "n1", 1), ("comes:q", "n2", 1))


def test_where_nobody_may_be_evicted_there_is_nothing_to_encode() -> None:
    _, problem = compiled(snapshot(NODES, [agent("r", on="n1", priority=9), HIGH]))
    assert [type(encoder) for encoder in problem.encoders] == [ResourcesEncoder]


def test_who_is_fixed_elsewhere_cannot_come_back_once_more_and_gives_others_leave_to_go() -> None:
    cluster = snapshot(NODES, [LOW, *agents("p", 2, cpu=600, priority=5)])
    there = (("comes:r", "n2", 1),)
    assert possible(cluster, ("comes:p-0", "n1", 1), ("stays:r", "n1", 0), fixed=there)
    assert not possible(cluster, ("stays:r", "n1", 1), fixed=there)
    # One that outranks it is placed for sure: whether others are is no matter.
    assert possible(cluster, ("stays:r", "n1", 0), ("comes:p-0", "n1", 0), fixed=(("comes:p-0", "n2", 1),))
