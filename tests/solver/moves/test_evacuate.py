"""Who has to leave does, to the best open node, with room made where there is none; who cannot is told."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.goals import Goals, parse_goals
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Allowance, Guide
from placewright.solver.moves.evacuate import evacuate, go, leave, repair
from placewright.tests.builders import (
    HOSTNAME,
    near,
    node,
    node_affinity,
    requirement,
    snapshot,
    spread,
    taint,
)
from placewright.tests.moving import runs
from placewright.tests.running import tight_cluster
from placewright.tests.solver.moves.boards import board_of, there

NO_GOAL = Goals(())
LATE = 60.0


def leaving(
    cluster: Snapshot, drained: str, allowance: Allowance | None = None
) -> tuple[dict[str, str], list[str]]:
    """Where everybody is once a node has been drained without any goal, and who found no place."""
    board, _ = board_of(cluster, parse_goals((f"drain={drained}",)))
    going = board.on(board.compilation.node_index[drained])
    left = evacuate(board, going, [], allowance or Allowance(), Deadline(LATE))
    return there(board), [key.split("/")[1] for key in left]


def repaired(
    cluster: Snapshot, allowance: Allowance | None = None, seconds: float = LATE
) -> tuple[dict[str, str], set[str]]:
    """Where everybody is after a repair, and who still breaks a rule."""
    board, _ = board_of(cluster, NO_GOAL)
    wrong = repair(board, [], allowance or Allowance(), Deadline(seconds))
    return there(board), {key.split("/")[1] for key in wrong}


def only(disk: str, *more: str) -> dict[str, Any]:
    """The nodes with one of these disks are the only ones for an agent."""
    return {"node_affinity": node_affinity([requirement("disk", "In", disk, *more)])}


def test_without_a_goal_agents_go_where_there_is_most_room() -> None:
    nodes = [node("a"), node("b"), node("c", cpu=2000)]
    cluster = snapshot(nodes, [runs("x", "a", cpu=500), runs("y", "b", cpu=2000, app="db")])
    assert leaving(cluster, "a") == ({"x": "c", "y": "b"}, [])


def test_room_is_told_by_what_an_agent_asks_for() -> None:
    # That there are free devices on c makes it no roomier for those that use none.
    nodes = [node("a"), node("b"), node("c", extra={"example.com/gpu": 8})]
    uses = runs("uses", "c", cpu=1000, app="gpu", extra={"example.com/gpu": 1})
    cluster = snapshot(nodes, [runs("x", "a", cpu=500), uses])
    assert leaving(cluster, "a")[0]["x"] == "b"


def test_with_a_goal_they_go_where_it_costs_least() -> None:
    cluster = snapshot(
        [node("a"), node("b", cpu=9000), node("c", data=frozenset({"set"}))],
        [runs("x", "a", needs_data={"set": 8})],
    )
    board, guides = board_of(cluster, parse_goals(("drain=a", "locality")))
    assert evacuate(board, ["default/x"], guides, Allowance(), Deadline(LATE)) == []
    assert there(board) == {"x": "c"}


def test_the_most_important_are_placed_first_then_the_largest() -> None:
    def left(**urgent: Any) -> list[str]:
        cluster = snapshot(
            [node("a", cpu=9000), node("b", cpu=2000)],
            [runs("small", "a", cpu=1000, **urgent), runs("large", "a", cpu=1500, app="db")],
        )
        return leaving(cluster, "a")[1]

    assert left() == ["small"]
    assert left(priority=5) == ["large"]


def test_who_found_no_place_finds_one_once_others_have_gone() -> None:
    # The important one goes first, and finds its company gone ahead only in the second round.
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="b")],
        [
            runs("needy", "a", priority=5, affinity=(near(app="db"),)),
            runs("plain", "a", app="db", cpu=3000),
            runs("other", "b", app="job"),
        ],
    )
    # Nobody can leave the other behind: together they have to stay, and both are told.
    where, left = leaving(cluster, "a")
    assert where == {"needy": "a", "plain": "a", "other": "b"}
    assert left == ["needy", "plain"]
    beside = snapshot(
        [node("a", zone="a"), node("b", zone="b"), node("c", zone="a")],
        [runs("needy", "a", priority=5, affinity=(near(app="db"),)), runs("plain", "a", app="db", cpu=3000)],
    )
    assert leaving(beside, "a") == ({"needy": "c", "plain": "c"}, [])


def test_somebody_steps_aside_where_no_node_has_room() -> None:
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000, labels={"disk": "ssd"}), node("c", cpu=1000)],
        [runs("x", "a", cpu=2000, **only("ssd")), runs("y", "b", cpu=1000, app="db")],
    )
    assert leaving(cluster, "a") == ({"x": "b", "y": "c"}, [])


def test_nobody_steps_aside_for_one_who_cannot_come_all_the_same() -> None:
    apart = (near(HOSTNAME, app="keeps"),)
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000, labels={"disk": "ssd"}), node("c", cpu=1000)],
        [
            runs("x", "a", cpu=2000, anti_affinity=apart, **only("ssd")),
            runs("y", "b", cpu=1000, app="db"),
            runs("keeps", "b", cpu=0, app="keeps", **only("ssd")),
        ],
    )
    where, left = leaving(cluster, "a")
    assert (where["x"], where["y"], left) == ("a", "b", ["x"])


def test_no_more_is_moved_than_allowed() -> None:
    cluster = snapshot([node("a"), node("b")], [runs(f"x{i}", "a", cpu=500) for i in range(3)])
    assert len(leaving(cluster, "a", Allowance(moves=2))[1]) == 1
    assert len(leaving(cluster, "a", Allowance(cost=100))[1]) == 2
    assert leaving(cluster, "a", Allowance(moves=3, cost=300))[1] == []


def stepping_aside() -> Snapshot:
    return snapshot(
        [
            node("a", cpu=2000),
            node("b", cpu=2000, labels={"disk": "ssd"}),
            node("c", cpu=1000, labels={"disk": "hdd"}),
            node("d", cpu=1000),
        ],
        [runs("x", "a", cpu=2000, **only("ssd")), runs("y", "b", cpu=1000, app="db")],
    )


def test_who_steps_aside_takes_of_the_allowance_too() -> None:
    assert leaving(stepping_aside(), "a", Allowance(moves=1))[1] == ["x"]
    assert leaving(stepping_aside(), "a", Allowance(cost=199))[1] == ["x"]
    assert leaving(stepping_aside(), "a", Allowance(moves=2, cost=200))[1] == []


def test_a_move_home_gives_back_what_the_way_out_has_taken() -> None:
    board, _ = board_of(
        snapshot([node("a"), node("b"), node("c")], [runs("x", "a"), runs("y", "a", app="db")])
    )
    board.move("default/x", 1)
    board.closed[2] = True
    allowance = Allowance(moves=0, cost=0)
    # x is counted already; once it is home again somebody else may move for it.
    assert leave(board, "default/x", [], allowance, Deadline(LATE))
    assert (there(board)["x"], allowance) == ("a", Allowance(moves=1, cost=100))
    assert leave(board, "default/y", [], allowance, Deadline(LATE))
    assert allowance == Allowance(moves=0, cost=0)


def test_one_that_has_moved_already_steps_aside_for_nothing_more() -> None:
    cluster = stepping_aside()
    home = replace(cluster.agent_by_key["default/y"], node_name="d")
    board, _ = board_of(replace(cluster, agents=(cluster.agents[0], home)), parse_goals(("drain=a",)))
    board.move("default/y", 1)
    allowance = Allowance(moves=1)
    assert leave(board, "default/x", [], allowance, Deadline(LATE))
    assert (there(board), allowance) == ({"x": "b", "y": "c"}, Allowance(moves=0))


def test_nobody_leaves_once_time_is_up() -> None:
    board, _ = board_of(snapshot([node("a"), node("b")], [runs("x", "a")]))
    assert evacuate(board, ["default/x"], [], Allowance(), Deadline(0.0)) == ["default/x"]


def test_where_rules_close_what_looks_best_all_other_nodes_are_tried() -> None:
    # Fifteen nodes with most room are in the zone that spread has filled already.
    even = (spread(app="web"),)
    cluster = snapshot(
        [
            node("home", zone="a"),
            *(node(f"big{i}", cpu=8000, zone="b") for i in range(15)),
            node("small", cpu=1000, zone="a"),
        ],
        [runs("x", "home", cpu=500, spread=even), runs("y", "big0", cpu=500, spread=even)],
    )
    board, _ = board_of(cluster)
    assert go(board, "default/x", [], board.open(board.group_of["default/x"]))
    assert there(board)["x"] == "small"


def test_one_that_leaves_an_overfull_node_cures_all_the_others() -> None:
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000)],
        [runs("dear", "a", cpu=1200, move_weight=3), runs("cheap", "a", cpu=1200, app="db")],
    )
    board, _ = board_of(cluster, NO_GOAL)
    assert repaired(cluster) == ({"dear": "a", "cheap": "b"}, set())
    assert board.question.broken == {"default/dear", "default/cheap"}


def test_who_breaks_a_rule_for_good_is_told_and_keeps_its_place() -> None:
    tainted = node("a", taints=[taint("gone")])
    cluster = snapshot(
        [tainted, node("b", cpu=1000)], [runs("x", "a", cpu=800), runs("huge", "a", cpu=3000, app="db")]
    )
    assert repaired(cluster) == ({"x": "b", "huge": "a"}, {"huge"})


def test_where_nobody_breaks_a_rule_nobody_moves() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a")])
    assert repaired(cluster) == ({"x": "a"}, set())


def test_without_time_or_allowance_those_who_break_a_rule_still_do() -> None:
    cluster = snapshot([node("a", taints=[taint("gone")]), node("b")], [runs("x", "a")])
    assert repaired(cluster, seconds=0.0) == ({"x": "a"}, {"x"})
    assert repaired(cluster, Allowance(moves=0)) == ({"x": "a"}, {"x"})
    assert repaired(cluster) == ({"x": "b"}, set())


def counted(board: Board) -> tuple[int, int]:
    """How many agents are elsewhere than at first, and what that costs."""
    return len(board.moved), sum(board.cost[key] for key in board.moved)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_left_of_an_allowance_is_exact_and_no_rule_is_broken(seed: int) -> None:
    rng = Random(seed)
    cluster = tight_cluster(rng)
    drained = rng.choice(cluster.nodes).name
    board, _ = board_of(cluster, parse_goals((f"drain={drained}",)))
    guides: list[Guide] = []
    most = rng.randint(1, 5)
    allowance = Allowance(moves=most, cost=300)
    at_first = board.broken()
    n = board.compilation.node_index[drained]
    left = evacuate(board, board.on(n), guides, allowance, Deadline(LATE))
    assert sorted(board.on(n)) == sorted(left)
    assert board.broken() <= at_first
    moved, cost = counted(board)
    assert allowance == Allowance(moves=most - moved, cost=300 - cost)
    assert moved <= most
    assert cost <= 300
