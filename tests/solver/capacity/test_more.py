"""Who is left out by a purchase: a place where there is one, else more nodes, within what can still be had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, HostPort
from placewright.models.node import Node
from placewright.models.policy import ResourceQuota
from placewright.solver.capacity.buy import Bought, buy
from placewright.solver.capacity.exact import within_budgets
from placewright.solver.capacity.more import buy_more
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase
from placewright.solver.clock import Deadline, Phases
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, agents, node
from placewright.tests.solver.capacity.questions import kind, question

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)
SETTINGS = Settings(time_limit=20.0, workers=1, deterministic=True)


def silent(said: str) -> None:
    """Nobody is told."""


def short(asked: Question, nodes: int, start: dict[str, str]) -> Bought:
    """What is bought for a question, of which only the first nodes came, and those of `start` are on nodes."""
    made = buy(asked, SETTINGS, Phases(), silent)
    kept = Purchase(made.purchase.nodes[:nodes], made.purchase.kinds[:nodes], start)
    return replace(made, purchase=kept)


def completed(asked: Question, bought: Bought, *, seconds: float = 60.0) -> Bought:
    made = buy_more(asked, bought, SETTINGS, Deadline(seconds), silent)
    on = {n.name for n in (*asked.snapshot.nodes, *made.purchase.nodes)}
    assert set(made.purchase.start.values()) <= on
    assert len(on) == len(asked.snapshot.nodes) + len(made.purchase.nodes)
    assert within_budgets(made.bins, made.purchase)
    return made


def test_who_has_room_beside_the_others_is_placed_without_buying() -> None:
    asked = question(agents("a", 4, cpu=1000), BIG)
    made = completed(asked, short(asked, 1, {"default/a-0": "big-0"}))
    assert made.complete
    assert made.purchase.cost == 10 * UNIT


def test_who_has_room_on_a_node_that_is_there_is_placed_there() -> None:
    asked = question(agents("a", 2, cpu=1000), SMALL, nodes=[node("there", cpu=1000)])
    made = completed(asked, short(asked, 1, {"default/a-0": "small-0"}))
    assert made.complete
    assert sorted(made.purchase.start.values()) == ["small-0", "there"]


def test_for_others_more_is_bought_beside_what_is_there() -> None:
    asked = question(agents("a", 4, cpu=1000), SMALL)
    made = completed(asked, short(asked, 1, {"default/a-0": "small-0"}))
    assert made.complete
    assert made.purchase.nodes[0].name == "small-0"
    assert made.purchase.cost == 12 * UNIT


def test_no_more_is_bought_than_can_be_had() -> None:
    """Two of four are on the only two nodes there can be: the limit counts what was bought before."""
    asked = question(agents("a", 4, cpu=1000), {**SMALL, "max": 2})
    first = short(asked, 1, {"default/a-0": "small-0"})
    made = completed(asked, replace(first, wanted=4))
    assert not made.complete
    assert len(made.purchase.nodes) == len(made.purchase.start) == 2


def test_nothing_is_done_for_a_whole_purchase_or_without_time() -> None:
    asked = question(agents("a", 2, cpu=1000), SMALL)
    whole = buy(asked, SETTINGS, Phases(), silent)
    assert buy_more(asked, whole, SETTINGS, Deadline(60.0), silent) is whole
    part = short(asked, 1, {"default/a-0": "small-0"})
    assert buy_more(asked, part, SETTINGS, Deadline(0.0), silent) is part


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        pytest.param({"cpu": 9000}, 3, id="what fits nowhere"),
        pytest.param({"cpu": 100, "node_selector": {"disk": "ssd"}}, 3, id="what asks for what nothing has"),
    ],
)
def test_for_whom_nothing_helps_nothing_is_bought(fields: dict[str, Any], cost: int) -> None:
    asked = question([agent("a", cpu=1000), agent("x", **fields)], SMALL)
    made = completed(asked, replace(short(asked, 1, {"default/a": "small-0"}), wanted=2))
    assert not made.complete
    assert made.purchase.cost == cost * UNIT


def test_whom_a_rule_keeps_off_that_the_program_does_not_know_is_bought_a_node_of_its_own() -> None:
    port = agents("p", 3, cpu=100, host_ports=(HostPort(80),))
    asked = question(port, SMALL)
    made = completed(asked, short(asked, 1, {"default/p-0": "small-0"}))
    assert made.complete
    assert made.purchase.cost == 9 * UNIT


def test_who_is_more_than_a_quota_lets_in_is_not_bought_for() -> None:
    quota = ResourceQuota("default", "q", {"requests.cpu": 2000}, used={})
    pending: list[Agent] = agents("a", 3, cpu=1000, admitted=False)
    base = question(pending, SMALL)
    asked = replace(base, snapshot=replace(base.snapshot, quotas=(quota,)))
    bought = short(asked, 1, {"default/a-0": "small-0"})
    assert bought.wanted == 2
    made = completed(asked, bought)
    assert made.complete
    assert made.purchase.cost == 6 * UNIT


def test_names_of_nodes_that_are_there_are_not_given_again() -> None:
    taken = Node("small-1", {"cpu": 0, "pods": 0})
    asked = question(agents("a", 3, cpu=1000), SMALL, nodes=[taken])
    made = completed(asked, short(asked, 1, {"default/a-0": "small-0"}))
    assert made.complete
    assert sorted(n.name for n in made.purchase.nodes) == ["small-0", "small-2", "small-3"]
