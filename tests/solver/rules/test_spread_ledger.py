"""Spread as counts stand: who may come next, how many at once, and whether the whole holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, SpreadConstraint
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.solver.compile import compile_problem
from placewright.solver.rules.spread_ledger import SpreadLedger
from placewright.solver.rules.topology_spread import TopologySpreadEncoder
from placewright.tests.builders import agent, agents, node, snapshot, spread

WEB = {"app": "web"}
EVEN = spread(app="web")
NODES = [node("n1", zone="a"), node("n2", zone="b"), node("n3", zone="c"), node("n4")]


def ledger(
    *everyone: Agent, placed: tuple[int, ...] = (0, 0, 0, 0), nodes: list[Node] = NODES, **fields: Any
) -> SpreadLedger:
    """Of the first group with so many on each node, the others with nobody."""
    seen = snapshot(nodes, everyone, **fields)
    compilation, problem = compile_problem(seen, encoders=[TopologySpreadEncoder])
    [encoder] = problem.encoders
    assert isinstance(encoder, TopologySpreadEncoder)
    count = np.zeros((len(compilation.groups), 4), dtype=np.int64)
    count[0] = placed
    made = encoder.ledger(count)
    assert isinstance(made, SpreadLedger)
    return made


def web(count: int = 9, constraint: SpreadConstraint = EVEN) -> list[Agent]:
    return agents("w", count, labels=WEB, spread=(constraint,))


@pytest.mark.parametrize(
    ("placed", "constraint", "holds"),
    [
        pytest.param((1, 1, 1, 0), EVEN, True, id="even"),
        pytest.param((1, 1, 0, 0), EVEN, True, id="one ahead"),
        pytest.param((2, 1, 0, 0), EVEN, False, id="two ahead"),
        pytest.param((2, 1, 0, 0), replace(EVEN, max_skew=2), True, id="which may be"),
        pytest.param(
            (2, 2, 2, 0), replace(EVEN, min_domains=4), False, id="with too few domains the least is 0"
        ),
    ],
)
def test_whether_counts_hold(placed: tuple[int, ...], constraint: SpreadConstraint, holds: bool) -> None:
    assert ledger(*web(constraint=constraint), placed=placed).holds() is holds


def test_several_at_once_fill_the_emptiest_domains() -> None:
    [limit] = ledger(*web(), placed=(2, 1, 1, 0)).limits(0)
    room = np.array([9, 9, 9])
    assert limit.each(room).tolist() == [0, 1, 1]
    assert limit.allow(room, 2).tolist() == [0, 1, 1]
    assert limit.allow(room, 5).tolist() == [1, 2, 2]
    # A zone that is full holds the others back.
    assert limit.allow(np.array([9, 9, 0]), 5).tolist() == [0, 1, 0]


def test_who_does_not_count_itself_is_kept_out_of_domains_that_hold_too_many() -> None:
    other = agent("x", labels={"app": "x"}, spread=(EVEN,), priority=-1)
    running = agents("r", 2, labels=WEB, on="n1")
    seen = ledger(agent("w", labels=WEB), other, *running)
    closed = seen.closed(1)
    assert closed is not None
    assert closed.tolist() == [True, False, False, False]
    assert not seen.limits(1)
    assert seen.closed(0) is None


def test_counts_follow_those_who_come_and_go() -> None:
    seen = ledger(*web(), placed=(1, 1, 0, 0))
    seen.add(0, np.array([0]), np.array([1]))
    assert seen.holds() is False
    seen.add(0, np.array([2]), np.array([1]))
    assert seen.holds() is True
    seen.add(0, np.array([0, 1]), np.array([-2, -1]))
    assert seen.holds() is True


def test_a_domain_too_full_of_others_is_only_wrong_with_an_owner_in_it() -> None:
    plain = [agent(f"p{i}", labels=WEB, priority=5) for i in range(3)]
    seen = ledger(*plain, *web(1), placed=(3, 0, 0, 0))
    assert seen.holds() is True
    seen.add(1, np.array([0]), np.array([1]))
    assert seen.holds() is False


def aside_ledger(running: int, placed: tuple[int, ...]) -> SpreadLedger:
    """Where the profile does not ask for the selector that leaves n1 and n2 to count, of zones a and b."""
    nodes = [
        node("n1", zone="a", labels={"rack": "x"}),
        node("n2", zone="b", labels={"rack": "x"}),
        node("n3", zone="a"),
        node("n4"),
    ]
    wanted = agents("w", 4, labels=WEB, spread=(EVEN,), node_selector={"rack": "x"})
    blind = Profile(off=frozenset({"NodeAffinity"}))
    return ledger(
        *agents("r", running, labels=WEB, on="n1"), *wanted, placed=placed, nodes=nodes, profile=blind
    )


def test_on_a_node_that_policies_leave_out_one_is_let_in_while_it_would_not_be_too_many() -> None:
    closed = []
    for placed in ((0, 0, 0, 0), (1, 0, 0, 0), (1, 1, 0, 0)):
        shut = aside_ledger(0, placed).closed(0)
        assert shut is not None
        closed.append(shut.tolist())
    assert closed == [[False] * 4, [False, False, True, False], [False] * 4]


def test_those_on_nodes_that_policies_leave_out_are_no_part_of_the_skew() -> None:
    [limit] = aside_ledger(0, (0, 0, 3, 0)).limits(0)
    assert limit.domain.tolist() == [0, 1, -1, -1]
    assert limit.each(np.array([9, 9])).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("running", "placed", "holds"),
    [
        pytest.param(0, (1, 0, 2, 0), True, id="they came first"),
        pytest.param(1, (0, 1, 1, 0), True, id="they came last"),
        pytest.param(1, (0, 0, 1, 0), False, id="two beside none, whenever it came"),
        pytest.param(1, (1, 1, 1, 0), False, id="neither first nor last"),
    ],
)
def test_whether_counts_hold_with_some_on_a_node_that_policies_leave_out(
    running: int, placed: tuple[int, ...], holds: bool
) -> None:
    assert aside_ledger(running, placed).holds() is holds
