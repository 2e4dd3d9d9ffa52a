"""Which evictions a placement may come with."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from placewright.models.agent import Agent
from placewright.models.rules.preemption import RULE, kept_out
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, near, node, snapshot

LOW = agent("low", cpu=3000, on="n")
NOBODY_HIGHER = "is evicted, but nobody of higher priority that may preempt is placed"


def violations(
    placed: Sequence[tuple[Agent, str]], evicted: Sequence[Agent] = (LOW,), others: Sequence[Agent] = ()
) -> list[tuple[str, str]]:
    """(agent's name, message) for each violation where everybody evicted has left."""
    newcomers = [one for one, _ in placed if not one.node_name]
    made = snapshot([node("n", cpu=4000), node("m", cpu=4000)], [*newcomers, *evicted, *others])
    state = ClusterState(made)
    for victim in evicted:
        state.remove(victim, made.node_by_name[victim.node_name])
    for one, name in placed:
        state.place(one, made.node_by_name[name])
    return [(found.agent.rpartition("/")[2], found.message) for found in RULE.violations(state)]


def test_who_is_more_important_may_have_others_evicted() -> None:
    assert violations([(agent("high", cpu=4000, priority=5), "n")]) == []


@pytest.mark.parametrize(
    "newcomer",
    [
        pytest.param(agent("equal", cpu=1000), id="of equal priority"),
        pytest.param(agent("meek", cpu=1000, priority=5, preemption_policy="Never"), id="that may not"),
    ],
)
def test_nobody_is_evicted_for_a_newcomer(newcomer: Agent) -> None:
    assert violations([(newcomer, "n")]) == [("low", NOBODY_HIGHER)]


def test_nobody_is_evicted_where_nobody_comes() -> None:
    assert violations([]) == [("low", NOBODY_HIGHER)]


def test_who_is_evicted_may_be_placed_anew_where_it_is_made_anew() -> None:
    high = agent("high", cpu=4000, priority=5)
    assert violations([(high, "n"), (LOW, "m")]) == []


def test_a_bare_one_that_is_evicted_is_gone() -> None:
    bare = agent("bare", cpu=3000, on="n", recreated=False)
    found = violations([(agent("high", cpu=4000, priority=5), "n"), (bare, "m")], [bare])
    assert found == [("bare", "is evicted and placed, but nothing makes it anew")]


def test_who_may_never_be_evicted_is_told_why_not() -> None:
    fixed = agent("fixed", cpu=3000, on="n", preemptable=False)
    found = violations([(agent("high", cpu=4000, priority=5), "n")], [fixed])
    assert found == [("fixed", "is not preemptable")]


def test_who_may_not_preempt_does_not_come_to_room_that_evictions_made() -> None:
    high = agent("high", cpu=2000, priority=5)
    meek = agent("meek", cpu=2000, priority=9, preemption_policy="Never")
    (who, message), *more = violations([(high, "n"), (meek, "n")])
    assert (who, more) == ("meek", [])
    assert "may not preempt, and cannot be there without evictions: Insufficient cpu" in message


def test_who_may_not_preempt_comes_to_what_was_free_before() -> None:
    high = agent("high", cpu=3000, priority=5)
    meek = agent("meek", cpu=1000, priority=9, preemption_policy="Never")
    assert violations([(high, "n"), (meek, "n")]) == []


def test_those_who_may_not_preempt_share_what_was_free_before() -> None:
    high = agent("high", cpu=2000, priority=5)
    meek = [agent(f"meek-{i}", cpu=700, priority=9, preemption_policy="Never") for i in range(2)]
    assert [who for who, _ in violations([(high, "n"), *((one, "n") for one in meek)])] == ["meek-1"]


def test_who_may_not_preempt_is_kept_out_by_those_who_were_evicted_for_others() -> None:
    high = agent("high", cpu=4000, priority=5)
    labelled = agent("low", cpu=3000, on="n", labels={"app": "low"})
    shy = agent("shy", priority=9, preemption_policy="Never", anti_affinity=(near("none", app="low"),))
    apart = agent(
        "apart", preemption_policy="Never", anti_affinity=(near("kubernetes.io/hostname", app="low"),)
    )
    assert [who for who, _ in violations([(high, "n"), (shy, "n"), (apart, "n")], [labelled])] == ["apart"]


def test_affinity_that_is_not_met_yet_keeps_nobody_out() -> None:
    waits = agent("waits", affinity=(near("kubernetes.io/hostname", app="later"),))
    made = snapshot([node("n", cpu=4000)], [waits])
    assert kept_out(ClusterState(made), waits, made.nodes[0]) == []
