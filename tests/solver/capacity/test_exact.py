"""Small questions to the end: everything that could be bought is put up, and the ordinary solve chooses."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, OwnerReference
from placewright.models.node import Node
from placewright.solver.capacity.bins import Bins, make_bins
from placewright.solver.capacity.exact import MOST_PAIRS, Exact, solve_exactly, within_budgets
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase
from placewright.solver.settings import Settings
from placewright.tests.builders import HOSTNAME, agent, agents, node, spread
from placewright.tests.solver.capacity.questions import kind, question
from placewright.tests.solver.capacity.tiny_catalogs import best_purchase, tiny_question

UNIT = 1_000_000
SETTINGS = Settings(time_limit=20.0, workers=1)
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def silent(said: str) -> None:
    """Nobody is told."""


def solved(
    asked: Question, incumbent: Purchase | None = None, spare: dict[str, int] | None = None
) -> tuple[Bins, Exact | None]:
    """With at most so many nodes of each kind named, else as many as may be."""
    bins = make_bins(asked)
    most = np.array([(spare or {}).get(kind.name, np.inf) for kind in bins.kinds])
    return bins, solve_exactly(asked, bins, incumbent, most, SETTINGS, silent)


def bought(asked: Question, **how: Any) -> tuple[int, int | None, dict[str, str]]:
    """(cost in units, bound, who is where)."""
    _, exact = solved(asked, **how)
    assert exact is not None
    assert exact.purchase is not None
    assert all(
        name in {n.name for n in (*asked.snapshot.nodes, *exact.purchase.nodes)}
        for name in exact.purchase.start.values()
    )
    return exact.purchase.cost // UNIT, exact.bound, exact.purchase.start


@pytest.mark.parametrize(
    ("pending", "nodes", "cost"),
    [
        pytest.param(agents("a", 3, cpu=1000), [], 9, id="three small ones"),
        pytest.param(agents("a", 4, cpu=1000), [], 10, id="a big one"),
        pytest.param(agents("a", 6, cpu=1000), [], 16, id="a big one and two small ones"),
        pytest.param(agents("a", 3, cpu=1000), [node("there", cpu=2000)], 3, id="what is there is paid for"),
        pytest.param(agents("a", 2, cpu=1000), [node("there", cpu=2000, price=99)], 0, id="whatever it cost"),
    ],
)
def test_the_cheapest_is_bought_and_proven(pending: list[Agent], nodes: list[Node], cost: int) -> None:
    spent, bound, start = bought(question(pending, SMALL, BIG, nodes=nodes))
    assert (spent, bound) == (cost, cost * UNIT)
    assert len(start) == len(pending)


def test_who_fits_nothing_is_left_out_and_the_others_are_bought_for() -> None:
    spent, bound, start = bought(question([agent("huge", cpu=9000), agent("a", cpu=1000)], SMALL, BIG))
    assert (spent, bound) == (3, 3 * UNIT)
    assert list(start) == ["default/a"]


def test_no_more_of_a_kind_is_put_up_than_bounds_leave() -> None:
    spent, _, start = bought(question(agents("a", 4, cpu=1000), SMALL, BIG), spare={"big": 0})
    assert (spent, len(start)) == (12, 4)


def test_what_is_bought_already_is_put_up_whatever_bounds_say() -> None:
    asked = question(agents("a", 4, cpu=1000), SMALL, BIG)
    big = Node("big-0", {"cpu": 4000}, price=10 * UNIT)
    [k] = [i for i, one in enumerate(make_bins(asked).kinds) if one.name == "big"]
    incumbent = Purchase((big,), (k,), {f"default/a-{i}": "big-0" for i in range(4)})
    spent, _, start = bought(asked, incumbent=incumbent, spare={"big": 0})
    assert (spent, len(start)) == (10, 4)


def test_spread_over_single_nodes_is_solved_without_a_bound() -> None:
    """Nodes that are put up and not bought are domains, too: what is proven there says nothing."""
    even = spread(HOSTNAME, app="w")
    asked = question(agents("w", 2, cpu=1000, labels={"app": "w"}, spread=(even,)), SMALL)
    spent, bound, start = bought(asked)
    assert (spent, bound, len(start)) == (6, None, 2)


def test_too_many_pairs_are_left_to_others() -> None:
    many = [agent(f"a{i}", cpu=1000 + i) for i in range(90)]
    assert MOST_PAIRS < 90 * 90
    assert solved(question(many, BIG))[1] is None


def test_kinds_that_share_a_limit_are_bought_within_it() -> None:
    shared = {**SMALL, "zones": ["a", "b"], "max": 2}
    asked = question(agents("a", 3, cpu=1000), shared)
    bins, exact = solved(asked)
    assert exact is not None
    assert exact.purchase is None or within_budgets(bins, exact.purchase)


def test_an_agent_of_a_daemonset_that_waits_needs_a_node_that_is_bought() -> None:
    """It was put on one that nobody paid for, as it keeps none in use: the purchase then was too small."""
    log = agent("log", cpu=100, owner=OwnerReference("DaemonSet", "log"))
    spent, bound, start = bought(question([agent("a", cpu=1000), log], SMALL))
    assert (spent, bound) == (6, 6 * UNIT)
    assert sorted(start) == ["default/a", "default/log"]


def test_a_few_are_the_cheapest_by_exhaustive_search() -> None:
    proven = 0
    for seed in range(25):
        asked = tiny_question(Random(seed), from_scratch=seed % 2 == 0)
        if not asked.snapshot.pending:
            continue
        bins, exact = solved(asked)
        assert exact is not None, seed
        best = best_purchase(asked)
        if exact.purchase is not None:
            assert within_budgets(bins, exact.purchase)
            assert exact.purchase.cost >= best.cost or len(exact.purchase.start) < sum(best.placed), seed
        if exact.bound is not None:
            assert exact.bound <= best.cost, seed
            proven += exact.purchase is not None and exact.purchase.cost == exact.bound == best.cost
    assert proven > 10
