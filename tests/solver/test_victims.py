"""kube-scheduler's preemption on one node and its choice between nodes: §10.2, example by example."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.filters import rejection
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rules import RULES
from placewright.models.rules.resources import UsageIndex
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.victims import Candidate, find_candidate
from placewright.tests.builders import ZONE, agent, near, node, selector, snapshot, spread, taint

TWO_CPU = [node("n1", cpu=2000), node("n2", cpu=2000)]


def ran(name: str, priority: int, on: str = "n1", *, cpu: int = 2000, **fields: Any) -> Agent:
    return agent(name, cpu=cpu, priority=priority, on=on, **fields)


def coming(**fields: Any) -> Agent:
    return agent("p", **{"cpu": 2000, "priority": 100, **fields})


def found(seen: Snapshot, spent: dict[tuple[str, str], int] | None = None) -> Candidate | None:
    """The candidate for agent `p` as things stand."""
    state, p = ClusterState(seen), seen.agent_by_key["default/p"]
    refusals = [(n, reason) for n in seen.nodes if (reason := rejection(state, p, n)) is not None]
    return find_candidate(state, p, refusals, spent or {}, RULES)


def chosen(seen: Snapshot) -> tuple[str, set[str]] | None:
    """Its node and its victims by name."""
    candidate = found(seen)
    return None if candidate is None else (candidate.node.name, {victim.name for victim in candidate.victims})


PDB = PodDisruptionBudget("default", "b", selector(app="kept"), disruptions_allowed=0)
KEPT = {"app": "kept"}


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        pytest.param(
            [ran("a", 50, cpu=1000), ran("b", 50, cpu=1000), ran("c", 60, "n2")],
            ("n1", {"a", "b"}),
            id="the lowest highest priority, although two must go",
        ),
        pytest.param(
            [ran("a", 50), ran("b", 50, "n2", cpu=1000), ran("c", 10, "n2", cpu=1000)],
            ("n1", {"a"}),
            id="then the lowest sum, in which every victim weighs",
        ),
        pytest.param(
            [ran("a", 50, "n2"), ran("b", 20, cpu=1000), ran("c", 50, cpu=1000)],
            ("n2", {"a"}),
            id="the first node is not preferred where the second costs less",
        ),
        pytest.param(
            [ran("a", 10, labels=KEPT), ran("b", 90, "n2")],
            ("n2", {"b"}),
            id="a violated budget comes before everything else",
        ),
        pytest.param(
            [ran("a", 10, started="2024-05-01T09:00:00Z"), ran("b", 10, "n2", started="2024-05-01T10:00:00Z")],
            ("n2", {"b"}),
            id="then the younger victim",
        ),
        pytest.param(
            [ran("a", 10, started="2024-05-01T09:00:00Z"), ran("b", 10, "n2")],
            ("n2", {"b"}),
            id="one that has not started is the youngest",
        ),
        pytest.param(
            [ran("a", 10), ran("b", 10, "n2")], ("n1", {"a"}), id="the first of nodes that cost the same"
        ),
        pytest.param([ran("a", 100), ran("b", 100, "n2")], None, id="equal priority is no victim"),
        pytest.param([ran("a", 100), ran("b", 200, "n2")], None, id="higher priority even less"),
        pytest.param([ran("a", 10, preemptable=False), ran("b", 90, "n2")], ("n2", {"b"}), id="who is not preemptable stays"),
        pytest.param([ran("a", 10, terminating=True), ran("b", 90, "n2")], ("n2", {"b"}), id="who is leaving already is no victim"),
    ],
)  # fmt: skip
def test_which_node(running: list[Agent], expected: tuple[str, set[str]] | None) -> None:
    assert chosen(snapshot(TWO_CPU, [*running, coming()], budgets=(PDB,))) == expected


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        pytest.param([ran("a", 10), ran("b", 20)], {"a"}, id="the more important one is let back first"),
        pytest.param(
            [ran("a", 10, cpu=1000), ran("b", 20), ran("c", 5, cpu=1000)],
            {"a", "c"},
            id="as many go as it takes",
        ),
        pytest.param(
            [ran("old", 10, started="2024-05-01T09:00:00Z"), ran("new", 10, started="2024-05-01T10:00:00Z")],
            {"new"},
            id="of equals the one that started earlier is let back",
        ),
        pytest.param(
            [ran("a", 50), ran("kept", 10, labels=KEPT)],
            {"a"},
            id="one whose budget would be violated is let back before more important ones",
        ),
        pytest.param([ran("a", 10, cpu=2500), ran("b", 20, cpu=500), ran("c", 30, cpu=1000)], {"a"}, id="who does not help stays"),
    ],
)  # fmt: skip
def test_who_must_go(running: list[Agent], expected: set[str]) -> None:
    assert chosen(snapshot([node("n1")], [*running, coming()], budgets=(PDB,))) == ("n1", expected)


def test_what_earlier_evictions_took_from_a_budget_counts() -> None:
    budget = replace(PDB, disruptions_allowed=1)
    seen = snapshot(TWO_CPU, [ran("a", 10, labels=KEPT), ran("b", 90, "n2"), coming()], budgets=(budget,))
    first, later = found(seen), found(seen, {("default", "b"): 1})
    assert first is not None
    assert later is not None
    assert (first.node.name, first.violations) == ("n1", 0)
    assert (later.node.name, later.violations) == ("n2", 0)


@pytest.mark.parametrize(
    ("nodes", "others", "p"),
    [
        pytest.param(
            [node("n1", cpu=2000, taints=[taint("t")])],
            [ran("a", 10)],
            coming(),
            id="a node that is closed for good",
        ),
        pytest.param(
            [node("n1", cpu=1000)], [ran("a", 10, cpu=500)], coming(), id="a node that is too small"
        ),
        pytest.param(
            [node("n1", zone="A"), node("n2", zone="A", cpu=100)],
            [agent("far", labels={"app": "db"}, on="n2", priority=10)],
            coming(anti_affinity=(near(app="db"),)),
            id="what an agent elsewhere forbids",
        ),
        pytest.param(
            [node("n1", zone="A"), node("n2", zone="B", cpu=100)],
            [agent("far", labels={"app": "x"}, on="n1", priority=200)],
            coming(labels={"app": "x"}, spread=(spread(ZONE, app="x"),)),
            id="a domain that agents of higher priority fill",
        ),
    ],
)
def test_what_cannot_be_cured(nodes: list[Any], others: list[Agent], p: Agent) -> None:
    assert chosen(snapshot(nodes, [*others, p])) is None


def test_anti_affinity_on_the_node_itself_is_cured() -> None:
    rival = agent("rival", labels={"app": "db"}, on="n1", priority=10)
    other = agent("other", on="n1", priority=5)
    seen = snapshot([node("n1", zone="A")], [rival, other, coming(anti_affinity=(near(app="db"),))])
    assert chosen(seen) == ("n1", {"rival"})


def test_looking_changes_nothing() -> None:
    running = [ran("a", 10, cpu=1000), ran("b", 20, cpu=1000), ran("c", 30, "n2")]
    late = agent("late", priority=5)
    seen = snapshot(TWO_CPU, [*running, late, coming()])
    state, p = ClusterState(seen), seen.agent_by_key["default/p"]
    used = state.index(UsageIndex)
    state.place(late, seen.nodes[0])
    before = (
        dict(used.used("n1")),
        dict(state.new),
        {n.name: set(state.agents_on(n.name)) for n in seen.nodes},
    )
    refusals = [(n, reason) for n in seen.nodes if (reason := rejection(state, p, n)) is not None]
    assert find_candidate(state, p, refusals, {}, RULES) is not None
    after = (
        dict(used.used("n1")),
        dict(state.new),
        {n.name: set(state.agents_on(n.name)) for n in seen.nodes},
    )
    assert after == before
    assert state.evicted == ()
