"""Arrays over groups and nodes."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.compilation import alike_columns
from placewright.solver.compile import compile_groups
from placewright.tests.builders import agent, node, snapshot


@pytest.mark.parametrize("groups", [1, 7, 8, 9, 30])
def test_nodes_that_are_open_to_the_same_groups_are_numbered_alike(groups: int) -> None:
    rng = np.random.default_rng(groups)
    open_to = rng.random((groups, 6))[:, rng.integers(0, 6, 40)] < 0.5
    _, number = np.unique(open_to, axis=1, return_inverse=True)
    assert alike_columns(open_to).tolist() == number.reshape(-1).tolist()


def test_running_agents_are_a_group_that_stands_and_where_they_return_another() -> None:
    """What is made anew and what is not are both theirs; who waits is in neither."""
    everyone = [
        agent("back", on="n1", cpu=100),
        agent("gone", on="n1", cpu=200, recreated=False),
        agent("new", cpu=300, priority=5),
    ]
    compilation = compile_groups(snapshot([node("n1")], everyone), preempt=True)
    running = compilation.running
    told = [
        (group.agent.name, bool(running.standing[g]), bool(running.theirs[g]))
        for g, group in enumerate(compilation.groups)
    ]
    assert sorted(told) == [
        ("back", False, True),
        ("back", True, True),
        ("gone", True, True),
        ("new", False, False),
    ]
    assert [compilation.groups[g].agent.name for g in compilation.pending] == ["new"]


def test_where_nobody_may_leave_all_groups_wait() -> None:
    compilation = compile_groups(snapshot([node("n1")], [agent("r", on="n1"), agent("p")]))
    assert not compilation.running.theirs.any()
    assert compilation.pending == (0,)
