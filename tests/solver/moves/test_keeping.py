"""Which nodes to keep: the cheapest that hold everybody, by amounts, by number, and domain by domain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placewright.models.goals import Goal, Goals
from placewright.models.movable import MovePolicy
from placewright.models.move_cost import MoveCosts
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Allowance
from placewright.solver.moves.keeping import Cover, Nodes
from placewright.solver.moves.question import ask
from placewright.tests.builders import HOSTNAME, node, node_affinity, requirement, snapshot, spread
from placewright.tests.moving import QUICK, runs


def priced(name: str, price: int, *, cpu: int = 4000, zone: str = "") -> Node:
    return replace(node(name, cpu=cpu, zone=zone) if zone else node(name, cpu=cpu), price=price)


def kept(
    cluster: Snapshot, *, spare: float = 0.0, allowance: Allowance | None = None, most: int | None = None
) -> set[str] | None:
    """The names of the nodes that are the cheapest to keep."""
    question = ask(cluster, Goals((Goal.CONSOLIDATE,)), MovePolicy())
    compilation, _ = compile_problem(question.asked)
    board = Board(question, compilation, MoveCosts(cluster, MovePolicy()))
    fare = np.zeros(len(cluster.nodes), dtype=np.int64)
    leaving = np.zeros(len(cluster.nodes), dtype=np.int64)
    for key, n in board.where.items():
        fare[n] += board.cost[key]
        leaving[n] += 1
    price = np.array([n.price for n in cluster.nodes], dtype=np.int64)
    nodes = Nodes(price, np.zeros(len(price), dtype=np.bool_), fare, leaving)
    stays = Cover(board, nodes, allowance or Allowance(), 1, most).cheapest(spare, QUICK, 2.0)
    return None if stays is None else {cluster.nodes[n].name for n in np.flatnonzero(stays)}


def test_the_cheapest_nodes_that_hold_everybody_are_kept() -> None:
    cluster = snapshot(
        [priced("dear", 900_000), priced("cheap", 300_000), priced("small", 100_000, cpu=1000)],
        [runs("x", "dear", cpu=2000), runs("y", "small", cpu=1000)],
    )
    assert kept(cluster) == {"cheap"}


def test_of_nodes_alike_those_are_kept_whose_agents_cost_most_to_move() -> None:
    cluster = snapshot(
        [priced("a", 300_000), priced("b", 300_000)],
        [runs("x", "a", cpu=500), runs("y", "b", cpu=500), runs("z", "b", cpu=500)],
    )
    assert kept(cluster) == {"b"}


def test_room_to_spare_takes_more_nodes_and_where_there_are_none_none_will_do() -> None:
    cluster = snapshot(
        [priced("a", 300_000), priced("b", 300_000)], [runs("x", "a", cpu=2000), runs("y", "b", cpu=2000)]
    )
    assert kept(cluster) in ({"a"}, {"b"})
    assert kept(cluster, spare=0.2) == {"a", "b"}
    assert kept(cluster, spare=1.2) is None


def test_there_are_nodes_enough_for_agents_of_which_each_node_holds_one() -> None:
    # By amounts alone 2 x 4000 would do for 3 x 2500.
    cluster = snapshot(
        [priced(name, 300_000) for name in "abc"], [runs(f"x{name}", name, cpu=2500) for name in "abc"]
    )
    assert kept(cluster) == {"a", "b", "c"}


def test_every_domain_of_spread_keeps_room_for_its_part() -> None:
    even = (spread(app="web"),)
    cluster = snapshot(
        [priced("a", 100_000, zone="a"), priced("b", 900_000, zone="b")],
        [runs(f"{zone}{i}", zone, cpu=500, spread=even) for zone in "ab" for i in range(2)],
    )
    assert kept(cluster) == {"a", "b"}


def test_a_group_that_may_use_one_node_only_keeps_that_node() -> None:
    only = node_affinity([requirement("disk", "In", "ssd")])
    cluster = snapshot(
        [replace(priced("a", 900_000), labels={HOSTNAME: "a", "disk": "ssd"}), priced("b", 100_000)],
        [runs("x", "a", cpu=500, node_affinity=only), runs("y", "b", cpu=500, app="db")],
    )
    assert kept(cluster) == {"a"}


def test_no_more_leave_than_may_move() -> None:
    cluster = snapshot(
        [priced("dear", 900_000), priced("cheap", 300_000)],
        [runs("x", "dear", cpu=500), runs("y", "dear", cpu=500)],
    )
    assert kept(cluster) == {"cheap"}
    assert kept(cluster, allowance=Allowance(moves=1)) == {"dear"}


def test_no_more_nodes_are_emptied_than_asked_for() -> None:
    cluster = snapshot(
        [priced(name, 300_000) for name in "abc"], [runs(f"x{name}", name, cpu=500) for name in "abc"]
    )
    assert len(kept(cluster) or ()) == 1
    assert len(kept(cluster, most=1) or ()) == 2


def test_a_node_that_costs_nothing_is_not_emptied() -> None:
    cluster = snapshot([priced("free", 0), priced("a", 300_000)], [runs("x", "free", cpu=500)])
    assert kept(cluster) == {"free"}
