"""Counts become names and back: who goes where, who leaves, who keeps its seat, who is left out."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.compilation import Compilation
from placewright.solver.compile import compile_problem
from placewright.solver.outcome import Outcome, counts_of, outcome, settled_counts, unplaced
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.tiny import tiny_cluster

NODES = [node(f"n{i}") for i in range(3)]


def compiled(*everyone: Agent, preempt: bool = False) -> Compilation:
    compilation, _ = compile_problem(snapshot(NODES, everyone), preempt=preempt)
    return compilation


def where(made: Outcome) -> dict[str, str]:
    return {a.name: n.name for a, n in made.steps}


def test_members_go_in_their_order_to_the_nodes_in_theirs() -> None:
    own = compiled(*agents("a", 4))
    assert where(outcome(own, np.array([[1, 0, 2]]))) == {"a-0": "n0", "a-1": "n2", "a-2": "n2"}


def test_who_had_a_seat_keeps_it_as_long_as_somebody_goes_there() -> None:
    own = compiled(*agents("a", 4))
    own.seats = {"default/a-0": "n2", "default/a-1": "n2", "default/a-2": "n1", "default/a-3": "gone"}
    assert where(outcome(own, np.array([[2, 0, 1]]))) == {"a-0": "n2", "a-1": "n0", "a-2": "n0"}
    assert where(outcome(own, np.array([[0, 1, 2]]))) == {"a-0": "n2", "a-1": "n2", "a-2": "n1"}


def test_counts_and_names_say_the_same() -> None:
    rng = Random(2)
    for _ in range(30):
        cluster = tiny_cluster(rng)
        own, problem = compile_problem(cluster)
        count = np.zeros_like(problem.cap)
        for g, size in enumerate(problem.size.tolist()):
            for n in rng.sample(range(len(cluster.nodes)), rng.randint(0, min(size, len(cluster.nodes)))):
                count[g, n] += 1
        made = outcome(own, count)
        assert (counts_of(own, {a.key: n.name for a, n in made.steps}) == count).all()
        left = unplaced(own, count, made)
        assert {a.key for a in left} == {a.key for a in cluster.pending} - {a.key for a, _ in made.steps}
        assert made.placed == len(made.steps) == len(cluster.pending) - len(left)


def running() -> tuple[Compilation, int, int]:
    """Three that run and may leave, one for whom they would; the group that stays and the one that returns."""
    there = [
        agent(f"r-{i}", on=on, cpu=100, started=f"2026-01-0{i + 1}")
        for i, on in enumerate(("n0", "n0", "n1"))
    ]
    own = compiled(*Random(1).sample(there, 3), agent("new", cpu=100, priority=10), preempt=True)
    standing = int(np.flatnonzero(own.standing)[0])
    return own, standing, own.running.returning[standing]


def test_the_youngest_on_a_node_leaves_it() -> None:
    own, standing, _ = running()
    count = own.home.copy()
    count[standing] = [1, 1, 0]
    made = outcome(own, count)
    assert [a.name for a in made.evicted] == ["r-1"]
    assert (made.steps, made.placed) == ((), 0)


def test_who_is_evicted_may_be_made_anew_and_counts_for_nobody_that_is_placed() -> None:
    own, standing, back = running()
    count = own.home.copy()
    count[standing] = [1, 1, 0]
    count[back] = [0, 0, 1]
    count[own.pending[0]] = [1, 0, 0]
    made = outcome(own, count)
    assert [a.name for a in made.evicted] == ["r-1"]
    assert where(made) == {"new": "n0", "r-1": "n2"}
    assert made.placed == 1
    state = made.state(own.snapshot, {})
    assert {name: sorted(a.name for a in state.agents_on(name).values()) for name in ("n0", "n1", "n2")} == {
        "n0": ["new", "r-0"],
        "n1": ["r-2"],
        "n2": ["r-1"],
    }


@pytest.mark.parametrize(
    ("stays", "comes", "settled"),
    [
        pytest.param([1, 1, 0], [1, 0, 0], ([2, 1, 0], [0, 0, 0]), id="back to where it was: it never left"),
        pytest.param([0, 1, 0], [1, 0, 1], ([1, 1, 0], [0, 0, 1]), id="one of two does"),
        pytest.param([0, 1, 0], [0, 1, 1], ([0, 1, 0], [0, 1, 1]), id="elsewhere is elsewhere"),
    ],
)
def test_nobody_leaves_to_come_back_to_the_same_node(
    stays: list[int], comes: list[int], settled: tuple[list[int], list[int]]
) -> None:
    own, standing, back = running()
    count = own.home.copy()
    count[standing], count[back] = stays, comes
    found = settled_counts(own, count)
    assert (found[standing].tolist(), found[back].tolist()) == settled
    assert count[standing].tolist() == stays


def test_of_a_group_in_part_those_are_left_out_that_did_not_go() -> None:
    own = compiled(*agents("a", 3), agent("b", cpu=100))
    own.seats = {"default/a-2": "n1"}
    count = np.zeros_like(own.home)
    group = {g.agent.name: i for i, g in enumerate(own.groups)}
    count[group["a-0"]] = [0, 1, 0]
    made = outcome(own, count)
    assert where(made) == {"a-2": "n1"}
    assert sorted(a.name for a in unplaced(own, count, made)) == ["a-0", "a-1", "b"]
