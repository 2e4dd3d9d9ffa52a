"""Single moves on a board: what goes with them is kept up to date, and no rule that held is broken by one."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.models.agent import HostPort
from placewright.models.audit import STAYING
from placewright.models.filters import rejection
from placewright.models.rules.topology_spread import counts_itself
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.board import TRIES, Board, ranked
from placewright.tests.builders import HOSTNAME, near, node, snapshot, spread, taint
from placewright.tests.moving import runs
from placewright.tests.running import running_cluster
from placewright.tests.solver.moves.boards import board_of, there


def start(cluster: Snapshot) -> Board:
    return board_of(cluster)[0]


def used_cpu(board: Board) -> list[int]:
    """The milli-cores that movable agents take on each node of 4000."""
    cpu = board.compilation.resources.index("cpu")
    whole = board.compilation.amounts.whole[:, cpu]
    return [int(used) for used in 4000 * (whole - board.free[:, cpu]) // whole]


def tries(board: Board, name: str, to: str) -> bool:
    """Whether an agent of the default namespace is let move to a node."""
    return board.try_move(f"default/{name}", board.compilation.node_index[to])


def test_everybody_starts_where_they_run() -> None:
    board = start(snapshot([node("a"), node("b")], [runs("x", "a", cpu=2000), runs("y", "b", app="db")]))
    assert there(board) == {"x": "a", "y": "b"}
    assert board.moved == []
    assert board.on(0) == ["default/x"]
    assert used_cpu(board) == [2000, 0]


def test_a_move_takes_counts_and_free_amounts_along() -> None:
    board = start(snapshot([node("a"), node("b")], [runs("x", "a", cpu=2000)]))
    board.move("default/x", 1)
    assert (there(board), board.moved) == ({"x": "b"}, ["default/x"])
    assert (board.on(0), board.on(1)) == ([], ["default/x"])
    assert board.count.tolist() == [[0, 1]]
    assert used_cpu(board) == [0, 2000]


def test_nodes_are_open_where_there_is_room_and_nobody_is_kept_from_coming() -> None:
    cluster = snapshot(
        [
            node("home"),
            node("full", cpu=1000),
            node("cordoned", unschedulable=True),
            node("tainted", taints=[taint("gpu")]),
            node("open", cpu=1500),
        ],
        [runs("x", "home", cpu=1500)],
    )
    board = start(cluster)
    assert [cluster.nodes[n].name for n in np.flatnonzero(board.open(0))] == ["home", "open"]
    taken = [name for name in ("full", "cordoned", "tainted", "home", "open") if tries(board, "x", name)]
    assert taken == ["open"]


def test_who_is_on_a_cordoned_node_may_leave_it_and_not_come_back() -> None:
    board = start(snapshot([node("a", unschedulable=True), node("b")], [runs("x", "a")]))
    assert tries(board, "x", "b")
    assert not tries(board, "x", "a")


def test_what_counts_do_not_tell_is_asked_of_the_rules() -> None:
    port = (HostPort(80),)
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("x", "a", host_ports=port), runs("y", "b", app="db", host_ports=port)],
    )
    board = start(cluster)
    assert not tries(board, "x", "b")
    assert tries(board, "x", "c")


def test_who_keeps_others_away_keeps_them_away_wherever_it_has_moved() -> None:
    apart = (near(HOSTNAME, app="db"),)
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("guard", "a", anti_affinity=apart), runs("x", "b", app="db")],
    )
    board = start(cluster)
    assert not tries(board, "x", "a")
    assert not tries(board, "guard", "b")
    assert tries(board, "guard", "c")
    assert not tries(board, "x", "c")
    assert tries(board, "x", "a")


def test_nobody_is_left_in_a_domain_that_is_too_far_ahead() -> None:
    # Where zone b is left zone a is two ahead of it.
    even = (spread(app="web"),)
    cluster = snapshot(
        [node(name, zone=name[0]) for name in ("a0", "a1", "b0", "b1")],
        [*(runs(f"x{i}", f"a{i}", spread=even) for i in range(2)), runs("y", "b0", spread=even)],
    )
    board = start(cluster)
    assert not tries(board, "y", "a0")
    assert tries(board, "y", "b1")
    assert tries(board, "x0", "b0")
    assert not tries(board, "x1", "b0")
    assert tries(board, "y", "a0")


def test_one_that_others_are_spread_by_is_missed_where_it_leaves() -> None:
    # Only `even` asks for it, of agents that ask for nothing themselves.
    cluster = snapshot(
        [node(name, zone=name[0]) for name in ("a0", "b0", "b1")],
        [
            *(runs(f"even{i}", "a0", spread=(spread(app="web"),)) for i in range(2)),
            runs("plain", "b0", cpu=100),
        ],
    )
    board = start(cluster)
    assert not tries(board, "plain", "a0")
    assert tries(board, "plain", "b1")


def test_company_that_somebody_requires_stays_with_them() -> None:
    cluster = snapshot(
        [node("a0", zone="a"), node("a1", zone="a"), node("b0", zone="b")],
        [runs("needy", "a0", affinity=(near(app="db"),)), runs("x", "a1", app="db")],
    )
    board = start(cluster)
    assert not tries(board, "x", "b0")
    assert there(board) == {"needy": "a0", "x": "a1"}
    assert tries(board, "x", "a0")


def test_company_of_another_namespace_counts_where_a_term_means_it() -> None:
    cluster = snapshot(
        [node("a0", zone="a"), node("b0", zone="b")],
        [
            runs("needy", "a0", affinity=(near(namespace="team", app="db"),)),
            runs("x", "a0", app="db", namespace="team"),
            runs("y", "a0", app="db"),
        ],
    )
    board = start(cluster)
    assert not board.try_move("team/x", 1)
    assert tries(board, "y", "b0")


def series(*on: str) -> Snapshot:
    """Agents that want each other's company in their zone, and one beside them in zone a that has it."""
    own = (near(app="web"),)
    return snapshot(
        [node("a0", zone="a"), node("b0", zone="b"), node("outside")],
        [*(runs(f"own{i}", name, affinity=own) for i, name in enumerate(on)), runs("helper", "a0", cpu=100)],
    )


def test_one_of_a_series_that_is_company_for_itself_alone_is_lonely() -> None:
    # One in each zone: only one of them can be the first of the series, the other one needs the helper.
    board = start(series("a0", "b0"))
    assert not tries(board, "helper", "outside")
    assert tries(board, "helper", "b0")
    assert not board.broken()


def test_the_first_of_a_series_needs_nobody() -> None:
    board = start(series("a0", "a0"))
    assert tries(board, "helper", "b0")
    assert not board.broken()


def test_company_may_go_where_there_is_more_of_it() -> None:
    cluster = snapshot(
        [node("a0", zone="a"), node("b0", zone="b")],
        [runs("needy", "a0", affinity=(near(app="db"),)), *(runs(f"x{i}", "a0", app="db") for i in range(2))],
    )
    board = start(cluster)
    assert tries(board, "x0", "b0")
    assert not tries(board, "x1", "b0")


def test_a_node_that_is_overfull_already_is_left_and_not_entered() -> None:
    board = start(snapshot([node("a", cpu=1000), node("b")], [runs(f"x{i}", "a", cpu=600) for i in range(2)]))
    assert board.free.min() < 0
    assert not board.let_in("default/x0")
    assert tries(board, "x0", "b")
    assert board.let_in("default/x0")
    assert not tries(board, "x0", "a")


def test_only_those_that_somebody_minds_are_watched() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="a")],
        [
            runs("needy", "a", affinity=(near(app="db"),), app="own"),
            runs("even", "a", spread=(spread(app="web"),)),
            runs("x", "b", app="db"),
            runs("free", "b", app="other"),
        ],
    )
    board = start(cluster)
    minded = {
        name for name in ("needy", "even", "x", "free") if board.watched(board.group_of[f"default/{name}"])
    }
    assert minded == {"even", "x"}


def test_the_best_few_nodes_come_first_by_costs_in_their_order_of_importance() -> None:
    first, second = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 2.0, 1.0, 1.0])
    assert ranked([first, second], np.arange(4)) == [3, 1, 0, 2]
    assert ranked([first], np.array([2, 3])) == [3, 2]
    many = np.array([float((37 * n) % 101) for n in range(101)])
    best = sorted(range(101), key=lambda n: many[n])[:TRIES]
    assert ranked([many], np.arange(101)) == best
    assert ranked([many, np.zeros(101)], np.arange(101)) == best


def check_moves(seed: int) -> int:
    """Random moves in a lawful cluster: nobody breaks a rule after any; a refusal is one of a rule's.

    Those who are spread by agents of another kind may also go first, which a board knows nothing of.
    """
    rng = Random(seed)
    cluster = running_cluster(rng, lawful=True)
    board, guides = board_of(cluster)
    if not board.where or board.broken():
        return 0
    made, exact = 0, all(counts_itself(a, c) for a in cluster.agents for c in a.spec.spread if c.hard)
    for _ in range(12):
        key, n = rng.choice(sorted(board.where)), rng.randrange(len(cluster.nodes))
        before = board.where[key]
        if board.try_move(key, n):
            made += 1
            assert board.where[key] == n
            assert not board.broken(), (seed, key, n)
        else:
            assert board.where[key] == before
            refused = n == before or board.closed[n] or is_refused(board, key, n)
            assert refused or not exact, (seed, key, n)
    fresh, others = board_of(cluster)
    for key, n in board.where.items():
        fresh.move(key, n)
    assert (fresh.count == board.count).all()
    assert (fresh.free == board.free).all()
    for guide, other in zip(guides, others, strict=True):
        for g in range(len(board.count)):
            np.testing.assert_allclose(guide.tally.more(g), other.tally.more(g), atol=1e-6)
    return made


def is_refused(board: Board, key: str, n: int) -> bool:
    """Whether a rule turns an agent away from a node, or somebody breaks one once it is there."""
    agent, home, node = board.agents[key], board.where[key], board.compilation.nodes[n]
    board.state.remove(agent, board.compilation.nodes[home])
    refused = rejection(board.state, agent, node, STAYING) is not None
    board.state.place(agent, board.compilation.nodes[home])
    board.move(key, n)
    wrong = bool(board.broken())
    board.move(key, home)
    return refused or wrong


def test_moves_that_are_let_break_no_rule_and_those_that_are_not_would() -> None:
    assert sum(check_moves(seed) for seed in range(80)) > 80


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 3000, 500))
def test_moves_that_are_let_break_no_rule_at_length(first: int) -> None:
    for seed in range(first, first + 500):
        check_moves(seed)
