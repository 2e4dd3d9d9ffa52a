"""What books say as agents come and go: what is free, who may come, how many at once, and who is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.solver.books import Books
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.base import Tally
from placewright.tests.builders import agent, agents, near, node, snapshot, spread

WEB = {"app": "web"}
ZONES = [node("n0", zone="a"), node("n1", zone="a"), node("n2", zone="b"), node("n3", zone="c")]


class Told(Tally):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, int]] = []

    def more(self, group: int) -> FloatArray:
        return np.zeros(4)

    def add(self, group: int, node: int, number: int) -> None:
        self.heard.append((group, node, number))


class Asked:
    """Takes the first nodes it may; keeps what it was offered."""

    def __init__(self) -> None:
        self.offers: list[tuple[list[int], int]] = []

    def __call__(self, group: int, room: IntArray, wanted: int) -> IntArray:
        self.offers.append((room.tolist(), wanted))
        row = np.zeros_like(room)
        for n in range(len(room)):
            row[n] = min(room[n], wanted - row.sum())
        return row


def books(nodes: list[Node], pending: list[Agent], *, tally: Told | None = None, **how: Any) -> Books:
    compilation, problem = compile_problem(snapshot(nodes, pending), **how)
    return Books(problem, compilation.amounts.whole, [] if tally is None else [tally])


def add(own: Books, g: int, *number: int) -> None:
    nodes = np.flatnonzero(number)
    own.add(g, nodes, np.array(number)[nodes])


def test_who_comes_and_goes_is_counted_and_takes_what_it_asks_for() -> None:
    own = books([node("n0", cpu=4000, pods=8), node("n1", cpu=2000, pods=8)], agents("a", 5, cpu=1000))
    before, left = own.free.copy(), own.left.copy()
    add(own, 0, 3, 1)
    assert own.count.tolist() == [[3, 1]]
    assert (own.total, own.changes) == (4, 1)
    assert own.left == pytest.approx(left - np.array([3, 1]) * own.step(0))
    # A quarter of the cpu and an eighth of the pod slots; half of the cpu of the other.
    assert own.step(0) == pytest.approx([0.375, 0.625])
    add(own, 0, -3, -1)
    assert (own.free == before).all()
    assert (own.total, own.changes) == (0, 2)


def test_an_overcommitted_node_has_nothing_left_rather_than_less() -> None:
    there = agent("r", on="n0", cpu=9000)
    own = books([node("n0", cpu=4000), node("n1", cpu=4000)], [there, *agents("a", 2, cpu=1000)])
    assert (own.free >= 0).all()
    assert own.room(0, 9).tolist() == [0, 2]


def test_those_who_run_and_may_leave_are_there_at_first_and_tallies_know_of_them() -> None:
    tally = Told()
    running = agents("r", 2, on="n1", cpu=1000)
    own = books(ZONES, [*running, agent("new", cpu=1000, priority=10)], tally=tally, preempt=True)
    assert own.total == 2
    standing = int(np.flatnonzero(own.count.any(axis=1))[0])
    assert own.count[standing].tolist() == [0, 2, 0, 0]
    assert tally.heard == [(standing, 1, 2)]


def test_tallies_are_told_of_everybody() -> None:
    tally = Told()
    own = books(ZONES, agents("a", 9, cpu=100), tally=tally)
    add(own, 0, 2, 0, 0, 1)
    assert tally.heard == [(0, 0, 2), (0, 3, 1)]


def test_no_more_come_than_are_wanted_than_a_node_takes_or_than_rules_let_in() -> None:
    wide = books(ZONES, agents("a", 9, cpu=1000))
    assert wide.room(0, 3).tolist() == [3, 3, 3, 3]
    assert wide.room(0, 9).tolist() == [4, 4, 4, 4]
    shy = agents("s", 3, cpu=1000, labels={"app": "shy"}, anti_affinity=(near(app="web"),))
    own = books(ZONES, [agent("w", cpu=1000, labels=WEB), *shy])
    web = int(own.room(0, 9).max() == 3)
    add(own, web, 0, 1, 0, 0)
    assert own.room(1 - web, 9).tolist() == [0, 0, 3, 3]


def test_several_at_once_are_offered_what_there_is_and_come_where_it_is_taken() -> None:
    own, asked = books(ZONES, agents("a", 9, cpu=2000)), Asked()
    assert own.fill(0, 5, asked, np.array([1, 9, 9, 9])) == 5
    assert asked.offers == [([1, 2, 2, 2], 5)]
    assert own.count.tolist() == [[1, 2, 2, 0]]


def test_nobody_is_asked_where_nothing_is_wanted_or_there_is_no_room() -> None:
    own, asked = books(ZONES, agents("a", 9, cpu=2000)), Asked()
    assert own.fill(0, 0, asked) == 0
    assert own.fill(0, 3, asked, np.zeros(4, dtype=np.int64)) == 0
    assert asked.offers == []


def test_one_wide_limit_is_asked_domain_by_domain() -> None:
    own, asked = books(ZONES, agents("w", 6, cpu=100, labels=WEB, spread=(spread(app="web"),))), Asked()
    assert own.fill(0, 3, asked) == 3
    offered = [(set(np.flatnonzero(room).tolist()), wanted) for room, wanted in asked.offers if any(room)]
    assert offered == [({0, 1}, 1), ({2}, 1), ({3}, 1)]
    assert own.count[0].tolist() == [1, 0, 1, 1]


def test_where_two_wide_limits_meet_one_comes_at_a_time() -> None:
    racks = [node(f"n{i}", zone="ab"[i % 2], labels={"rack": "xy"[i // 2]}) for i in range(4)]
    both = (spread(app="web"), spread("rack", app="web"))
    own, asked = books(racks, agents("w", 6, cpu=100, labels=WEB, spread=both)), Asked()
    assert own.fill(0, 4, asked) == 1
    assert [wanted for _, wanted in asked.offers] == [1]


def test_who_may_be_the_first_of_its_series_comes_alone() -> None:
    series = agents("w", 3, cpu=100, labels=WEB, affinity=(near(app="web"),))
    own, asked = books(ZONES, series), Asked()
    assert own.fill(0, 3, asked) == 1
    assert own.fill(0, 2, asked) == 2
    assert own.count[0].tolist() == [3, 0, 0, 0]


def test_a_rule_of_nodes_alone_bounds_each_of_them() -> None:
    apart = agents("w", 6, cpu=100, labels=WEB, anti_affinity=(near("kubernetes.io/hostname", app="web"),))
    own, asked = books(ZONES, apart), Asked()
    assert own.fill(0, 6, asked) == 4
    assert asked.offers == [([1, 1, 1, 1], 6)]
