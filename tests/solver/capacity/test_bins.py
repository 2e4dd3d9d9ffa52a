"""Kinds of nodes: what each has, takes and costs, what they share, and which none would miss."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import HostPort
from placewright.solver.capacity.bins import UNLIMITED, undominated
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, spread
from placewright.tests.solver.capacity.questions import bins, kind, names


def test_nodes_that_are_there_come_first_those_alike_together_and_cost_nothing() -> None:
    there = [node("n1", cpu=1000), node("n2", cpu=1000), node("n3", cpu=500), node("full", cpu=0)]
    made = bins(agents("a", 9, cpu=500), kind("small", 2, 5), nodes=there)
    assert names(made) == ["n1", "n3", "small"]
    assert made.price.tolist() == [0, 0, 5_000_000]
    assert made.limit.tolist() == [2, 1, UNLIMITED]
    assert made.cap.tolist() == [[2], [1], [4]]
    assert made.offered.tolist() == [False, False, True]


def test_daemons_are_on_every_node_bought_already() -> None:
    log = [{"name": "log", "requests": {"cpu": "500m"}}]
    assert bins(agents("a", 9, cpu=500), kind("small", 2, 5), daemons=log).cap.tolist() == [[3]]


def test_what_there_is_only_so_much_of_is_a_limit_or_shared() -> None:
    zoned = {"zones": ["a", "b"]}
    spot = {"price": 1, "interruptionRisk": "0.25"}
    made = bins(
        agents("a", 1),
        kind("few", 1, 3, max=4, **zoned),
        kind("odd", 1, 3, spot=spot),
        mostInterruptions="1",
    )
    assert names(made) == ["few-a", "few-b", "odd", "odd-spot"]
    assert made.limit.tolist() == [4, 4, UNLIMITED, UNLIMITED]
    assert [(weights.tolist(), most) for weights, most in made.budgets] == [
        ([1, 1, 0, 0], 4),
        ([0, 0, 0, 250_000], 1_000_000),
    ]
    assert [made.alike[k] for k in range(4)] == [(0, 1), (0, 1), (2,), (3,)]


def test_rivals_for_a_node_clash_and_the_rivals_of_their_own_kind_are_alone() -> None:
    ports = {"host_ports": (HostPort(80),)}
    made = bins(
        [*agents("a", 3, cpu=100, **ports), agent("b", cpu=200, **ports), agent("c", cpu=300)],  # type: ignore[arg-type]
        kind("small", 2, 5),
    )
    assert made.clash.tolist() == [[True, True, False], [True, True, False], [False, False, False]]
    assert made.cap.tolist() == [[1, 1, 1]]


def test_who_needs_others_on_its_node_leans_on_them() -> None:
    leads = agent("lead", labels={"app": "db"})
    follows = agent("follow", affinity=(near(HOSTNAME, app="db"),))
    made = bins([follows, leads], kind("small", 1, 1), kind("big", 2, 2))
    assert made.leans == {0: (1,)}
    assert made.leaners.tolist() == [True, False]


def test_spread_over_nodes_bounds_what_a_node_takes() -> None:
    even = agents("a", 9, labels={"app": "x"}, spread=(spread(HOSTNAME, skew=2, app="x"),))
    assert bins(even, kind("small", 1, 1), kind("big", 2, 2)).per_node.tolist() == [2]


BASE = kind("base", 2, 5)


@pytest.mark.parametrize(
    ("other", "fields", "kept"),
    [
        pytest.param(kind("dear", 2, 6), {}, ["base"], id="as large and dearer"),
        pytest.param(kind("small", 1, 5), {}, ["base"], id="smaller and as dear"),
        pytest.param(kind("same", 2, 5), {}, ["base"], id="of equals the first"),
        pytest.param(kind("small", 1, 4), {}, ["base", "small"], id="smaller and cheaper"),
        pytest.param(
            kind("dear", 2, 6, labels={"disk": "ssd"}), {}, ["base", "dear"], id="with a label asked for"
        ),
        pytest.param(kind("tiny", 0, 1), {}, ["base"], id="of no use to anybody"),
    ],
)
def test_a_kind_that_another_makes_superfluous_is_left_out(
    other: dict[str, Any], fields: dict[str, Any], kept: list[str]
) -> None:
    asking = [agent("a", cpu=1000), agent("b", cpu=1000, node_selector={"disk": "ssd"})]
    made = bins(asking if "labels" in other else asking[:1], BASE, other, **fields)
    assert names(made.only(undominated(made))) == kept


def test_a_kind_of_which_there_are_few_or_that_is_interrupted_makes_none_superfluous() -> None:
    one = [agent("a", cpu=1000)]
    few = bins(one, {**BASE, "max": 1}, kind("dear", 2, 6))
    assert names(few.only(undominated(few))) == ["base", "dear"]
    spot = bins(one, kind("odd", 2, 5, spot={"price": 1, "interruptionRisk": "0.5"}), mostInterruptions="1")
    assert names(spot.only(undominated(spot))) == ["odd", "odd-spot"]


def test_zones_that_are_all_alike_are_one() -> None:
    alike = bins(agents("a", 2, cpu=500), {**BASE, "zones": ["a", "b"]})
    merged = alike.without_zones()
    assert merged is not None
    assert (names(merged), merged.zone.tolist()) == (["base-a"], [-1])
    dearer = bins(agents("a", 2, cpu=500), {**BASE, "zones": ["a", "b"], "prices": {"b": 6}})
    assert dearer.without_zones() is None
    assert bins(agents("a", 2, cpu=500), BASE).without_zones() is None
