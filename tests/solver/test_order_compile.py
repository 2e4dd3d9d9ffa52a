"""Steps become lots, counts and gates as the rules' own matchers say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.selector import LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.order_compile import compile_order
from placewright.solver.order_model import NOWHERE, OrderModel
from placewright.tests.builders import HOSTNAME, agent, near, node, snapshot, spread

WEB = {"app": "web"}
EVEN = spread(app="web")
NODES = [node("n1", zone="a"), node("n2", zone="b"), node("n3")]


def cluster(*everyone: Agent, **fields: Any) -> Snapshot:
    return snapshot(NODES, everyone, **fields)


def model(seen: Snapshot, where: str, *evicted: str) -> OrderModel:
    """Of the pending agents on these nodes, by their numbers: "12" is the first on n1, the second on n2."""
    state = ClusterState(seen)
    for name in evicted:
        one = seen.agent_by_key[f"default/{name}"]
        state.remove(one, seen.node_by_name[one.node_name])
    steps = [(one, seen.node_by_name[f"n{n}"]) for one, n in zip(seen.pending, where, strict=True)]
    return compile_order(state, steps)


def replicas(count: int, **fields: Any) -> list[Agent]:
    """Agents that share their spec, as those of one template do: by it they are known to be alike."""
    first = agent("w-0", labels=WEB, **fields)
    return [replace(first, name=f"w-{i}") for i in range(count)]


def test_whom_nobody_counts_and_who_asks_for_nothing_is_free() -> None:
    asking = agent("asking", labels=WEB, spread=(EVEN,))
    counted, other = agent("counted", labels=WEB), agent("other", labels={"app": "db"})
    made = model(cluster(asking, other, counted), "112")
    assert made.free == (1,)
    assert [lot.steps for lot in made.lots] == [[0], [2]]
    assert not made.seeds


def test_alike_agents_on_one_node_are_a_lot() -> None:
    [first, second] = model(cluster(*replicas(4, spread=(EVEN,))), "1211").lots
    assert (first.steps, second.steps) == ([0, 2, 3], [1])
    assert [gate.left for gate in first.gates] == [3]


def test_counts_are_of_who_runs_and_stays_and_their_end_of_who_comes_too() -> None:
    running = [agent("r1", on="n1", labels=WEB), agent("r2", on="n1", labels=WEB), agent("r3", on="n3")]
    seen = cluster(*running, *replicas(2, spread=(EVEN,)))
    [lot, _] = model(seen, "12", "r1").lots
    [(census, domain)] = lot.raises
    assert (census.counts, census.final, domain) == ([1, 0], [2, 1], 0)
    assert census.counting == {0, 1}


def test_a_constraint_that_is_written_twice_is_one_gate_and_two_constraints_are_two() -> None:
    [twice] = model(cluster(agent("w", labels=WEB, spread=(EVEN, replace(EVEN)))), "1").lots
    assert len(twice.gates) == 1
    [both] = model(cluster(agent("w", labels=WEB, spread=(EVEN, spread(HOSTNAME, app="web")))), "1").lots
    assert len(both.gates) == 2


def test_those_who_ask_alike_share_a_gate_and_others_have_their_own() -> None:
    lax = replace(EVEN, max_skew=2)
    seen = cluster(
        agent("x", labels=WEB, spread=(EVEN,)),
        agent("y", labels={**WEB, "tier": "1"}, spread=(EVEN,)),
        agent("z", labels=WEB, spread=(lax,)),
        agent("q", labels={"app": "db"}, spread=(EVEN,)),
    )
    gates = [lot.gates[0] for lot in model(seen, "1111").lots]
    assert gates[0] is gates[1]
    assert [(gate.itself, gate.max_skew, gate.left) for gate in (gates[0], *gates[2:])] == [
        (1, 1, 2),
        (1, 2, 1),
        (0, 1, 1),
    ]


def test_who_goes_where_its_selector_does_not_let_it_counts_itself_without_adding() -> None:
    free = Profile(off=frozenset({"NodeAffinity"}))
    seen = cluster(
        agent("x", labels=WEB, spread=(EVEN,), node_selector={HOSTNAME: "n1"}),
        agent("y", labels=WEB, spread=(EVEN,), node_selector={HOSTNAME: "n1"}),
        profile=free,
    )
    lots = model(seen, "12").lots
    gates = [lot.gates[0] for lot in lots]
    assert [(gate.itself, gate.adds) for gate in gates] == [(1, 1), (1, 0)]
    assert [bool(lot.raises) for lot in lots] == [True, False]


@pytest.mark.parametrize(
    "constraint",
    [
        pytest.param(replace(EVEN, selector=None), id="a null selector"),
        pytest.param(replace(EVEN, selector=LabelSelector()), id="an empty selector"),
        pytest.param(replace(EVEN, hard=False), id="ScheduleAnyway"),
    ],
)
def test_what_never_bars_anybody_makes_no_gate(constraint: Any) -> None:
    made = model(cluster(agent("w", labels=WEB, spread=(constraint,))), "1")
    assert (made.lots, made.free) == ((), (0,))


def test_a_profile_without_the_filters_asks_for_nothing() -> None:
    free = Profile(off=frozenset({"PodTopologySpread", "InterPodAffinity"}))
    seen = cluster(agent("w", labels=WEB, spread=(EVEN,), affinity=(near(app="db"),)), profile=free)
    assert model(seen, "1").free == (0,)


def test_company_is_looked_for_in_the_domains_of_the_node() -> None:
    follows = agent("follows", affinity=(near(app="web"), near(HOSTNAME, app="web")))
    seen = cluster(agent("leads", labels=WEB), follows)
    leads, following = model(seen, "11").lots
    assert [domain for _, domain in following.company] == [0, 0]
    assert not following.seeds
    assert [census for census, _ in leads.raises] == [census for census, _ in following.company]
    outside = model(seen, "13").lots[1]
    assert [domain for _, domain in outside.company] == [NOWHERE, 2]


def test_the_first_of_a_series_is_named() -> None:
    series = replicas(2, affinity=(near(app="web"),))
    made = model(cluster(*series), "11")
    assert made.seeds == made.lots
    assert made.lots[0].seeds
    there = model(cluster(agent("r", on="n1", labels=WEB), *series), "11")
    assert not there.seeds
