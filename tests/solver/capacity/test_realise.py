"""Nodes with names and who starts where on them; what cannot be had is not bought."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import HostPort
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.dive import Pick
from placewright.solver.capacity.exact import within_budgets
from placewright.solver.capacity.realise import Names, Purchase, accepted, on_offer, realise
from placewright.tests.builders import HOSTNAME, agents, node, snapshot, spread
from placewright.tests.solver.capacity.questions import bins, kind, question

SMALL = kind("small", 1, 3)


def test_names_that_are_taken_are_not_given_again() -> None:
    names = Names(snapshot([node("small-0"), node("small-2")]))
    assert [names.next("small") for _ in range(3)] == ["small-1", "small-3", "small-4"]
    assert names.next("big") == "big-0"


def test_picks_become_nodes_with_their_agents_and_nodes_that_are_there_are_not_bought() -> None:
    asked = question(agents("a", 5, cpu=500), SMALL, nodes=[node("there", cpu=500)])
    made = make_bins(asked)
    bought = realise(asked, made, [Pick(0, np.array([1])), Pick(1, np.array([2]), 2)])
    assert [n.name for n in bought.nodes] == ["small-0", "small-1"]
    assert (bought.kinds, bought.cost) == ((1, 1), 6_000_000)
    assert sorted(bought.start.values()) == ["small-0", "small-0", "small-1", "small-1", "there"]


def test_whoever_a_rule_keeps_off_is_not_in_the_start() -> None:
    asked = question(agents("a", 3, cpu=100, host_ports=(HostPort(80),)), SMALL)
    made = make_bins(asked)
    bought = realise(asked, made, [Pick(0, np.array([3]))])
    assert list(bought.start.values()) == ["small-0"]


def test_a_start_that_breaks_nothing_is_kept_whole() -> None:
    even = agents("w", 4, labels={"app": "x"}, spread=(spread(app="x"),))
    seen = snapshot([node("n1", zone="a"), node("n2", zone="b")], even)
    whole = {f"default/w-{i}": f"n{1 + i % 2}" for i in range(4)}
    assert accepted(seen, whole) == whole
    skewed = accepted(seen, dict.fromkeys(whole, "n1"))
    assert len(skewed) == 1


def test_a_zone_on_offer_is_a_domain_without_room_or_hostname() -> None:
    asked = question(
        agents("a", 1, cpu=100), kind("small", 1, 3, zones=["a", "b"]), kind("big", 2, 5, zones=["a"])
    )
    there = list(on_offer(asked.snapshot, make_bins(asked)))
    assert [(n.labels["topology.kubernetes.io/zone"], dict(n.allocatable), n.price) for n in there] == [
        ("a", {"pods": 0}, 0),
        ("b", {"pods": 0}, 0),
    ]
    assert not any(HOSTNAME in n.labels for n in there)


@pytest.mark.parametrize(
    ("kinds", "fine"),
    [
        pytest.param((0, 0), True, id="as many as there are"),
        pytest.param((0, 0, 0), False, id="one more"),
        pytest.param((2, 2), True, id="as many interruptions as are allowed"),
        pytest.param((2, 2, 2), False, id="one too many"),
        pytest.param((), True, id="nothing"),
    ],
)
def test_what_can_be_had(kinds: tuple[int, ...], fine: bool) -> None:
    spot = kind("odd", 1, 3, spot={"price": 1, "interruptionRisk": "0.5"})
    made = bins(agents("a", 1), {**SMALL, "max": 2}, spot, mostInterruptions="1")
    assert within_budgets(made, Purchase((), kinds, {})) is fine
