"""Of equals, a large one gives way to several small ones, and to nobody else."""

from __future__ import annotations

from random import Random

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.giving_way import give_way
from placewright.tests.builders import agent, agents, node, snapshot


def numbers(nodes: list[Node], asking: list[Agent]) -> list[int]:
    """How many are placed: first, and each time that somebody has given way; all accepted by the rules."""
    compilation, problem = compile_problem(snapshot(nodes, asking), preempt=False)
    accepts = acceptor(compilation, problem)
    first = construct(compilation, problem, Deadline(60.0))
    found = give_way(
        compilation,
        problem,
        first,
        lambda target, number: construct(compilation, problem, Deadline(60.0), target=target, number=number),
        Deadline(60.0),
    )
    counts = [first, *found]
    assert all(accepts(count) for count in counts)
    return [int(count.sum()) for count in counts]


def test_one_that_takes_the_room_of_several_gives_way_to_them() -> None:
    small = agents("small", 5, cpu=1000)
    assert numbers([node("n", cpu=4000)], [agent("large", cpu=4000), *small]) == [1, 4]


def test_no_more_give_way_than_others_need_room() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(5)]
    large, small = agents("large", 5, cpu=4000), agents("small", 6, cpu=1000)
    assert numbers(nodes, [*large, *small]) == [5, 9]


def test_they_give_way_on_the_nodes_that_those_left_out_may_use() -> None:
    nodes = [node("a", cpu=4000, labels={"disk": "hdd"}), node("b", cpu=4000, labels={"disk": "ssd"})]
    small = agents("small", 4, cpu=1000, node_selector={"disk": "ssd"})
    assert numbers(nodes, [*agents("large", 2, cpu=4000), *small]) == [2, 5]


def test_nobody_gives_way_to_less_important_ones() -> None:
    small = agents("small", 4, cpu=1000, priority=1)
    assert numbers([node("n", cpu=4000)], [agent("large", cpu=4000, priority=2), *small]) == [1]


def test_nobody_gives_way_to_one_alone() -> None:
    assert numbers([node("n", cpu=4000)], [agent("large", cpu=4000), agent("small", cpu=1000)]) == [1]


def test_each_time_more_are_placed_and_the_rules_hold() -> None:
    more = 0
    for seed in range(30):
        rng = Random(seed)
        nodes = [node(f"n{i}", cpu=rng.choice((4000, 8000)), zone="ab"[i % 2]) for i in range(6)]
        asking = [
            made
            for name, cpu in (("a", 500), ("b", 1000), ("c", 4000), ("d", 8000))
            for made in agents(name, rng.randint(2, 14), cpu=cpu, priority=rng.choice((0, 0, 1)))
        ]
        placed = numbers(nodes, asking)
        assert placed == sorted(set(placed))
        more += placed[-1] - placed[0]
    assert more > 30
