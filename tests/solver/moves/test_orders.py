"""What is asked of a target as a whole: demands of workloads, and what is in use twice while all move at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Surcharges
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.orders import has_orders, standing_orders_hold
from placewright.tests.builders import HOSTNAME, ZONE, near, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import BALANCE, board_of, task_of

AT_ONCE = RebalanceOptions(MovePolicy(discipline=Discipline.AT_ONCE))
DOUBLE = RebalanceOptions(MovePolicy(discipline=Discipline.AT_ONCE, double=("cpu",)))
IN_WAVES = RebalanceOptions()


def two(**fields: Any) -> Snapshot:
    """x in zone a, y in zone b, both of one workload; c is in zone b, too."""
    nodes = [node("a", zone="a", cpu=2000), node("b", zone="b", cpu=2000), node("c", zone="b", cpu=1000)]
    return snapshot(nodes, [runs("x", "a", cpu=1000, **fields), runs("y", "b", cpu=1500, **fields)])


def holds(cluster: Snapshot, options: RebalanceOptions, **ends: str) -> bool:
    """Whether nothing that is asked for is missing once agents (by name) are on these nodes."""
    board, _ = board_of(cluster, options=options)
    for name, to in ends.items():
        board.move(f"default/{name}", board.compilation.node_index[to])
    task = task_of(cluster, BALANCE, options)
    return standing_orders_hold(task.question, options, task.costs, board)


def asks(cluster: Snapshot, options: RebalanceOptions) -> bool:
    return has_orders(task_of(cluster, BALANCE, options).question, options)


def test_orders_are_demands_surcharges_and_double_use() -> None:
    assert not asks(two(), IN_WAVES)
    assert not asks(two(), AT_ONCE)
    assert asks(two(), DOUBLE)
    assert asks(two(), replace(IN_WAVES, surcharges=Surcharges(most_moved=1)))
    assert asks(two(min_domains=((ZONE, 2),)), IN_WAVES)
    assert asks(two(near=(near(app="cache"),)), IN_WAVES)


def test_double_use_is_asked_only_where_all_move_at_once() -> None:
    in_waves = RebalanceOptions(MovePolicy(double=("cpu",)))
    assert not asks(two(), in_waves)
    assert holds(two(), in_waves, x="b", y="a")


def test_what_moves_is_in_use_on_both_nodes() -> None:
    # Each fits where the other one was, and both nodes are overfull while both are there.
    assert holds(two(), AT_ONCE, x="b", y="a")
    assert not holds(two(), DOUBLE, x="b", y="a")
    assert holds(two(), DOUBLE, x="c")


def test_nodes_that_nobody_comes_to_may_hold_more_than_they_have() -> None:
    full = snapshot([node("a", cpu=1000), node("b")], [runs(f"x{i}", "a", cpu=800) for i in range(2)])
    assert holds(full, DOUBLE, x0="b")
    # And one that stays is no reason, as long as nobody comes.
    assert holds(full, DOUBLE, x0="b", x1="b")


def test_only_what_is_copied_counts_twice() -> None:
    memory = RebalanceOptions(MovePolicy(discipline=Discipline.AT_ONCE, double=("memory",)))
    assert holds(two(memory=1024), memory, x="b", y="a")
    assert not holds(two(memory=6000), memory, x="b", y="a")


def test_a_workload_is_not_left_in_fewer_domains_than_it_asks_for() -> None:
    cluster = two(min_domains=((ZONE, 2),))
    assert holds(cluster, IN_WAVES, y="c")
    assert not holds(cluster, IN_WAVES, x="c")


def test_who_lacks_something_from_the_start_may_go_on_lacking_it() -> None:
    assert holds(two(min_domains=((ZONE, 3),)), IN_WAVES, y="c")
    assert not holds(two(min_domains=((ZONE, 3),)), IN_WAVES, x="c")
    assert holds(two(near=(near(HOSTNAME, app="nobody"),)), IN_WAVES, x="b")
