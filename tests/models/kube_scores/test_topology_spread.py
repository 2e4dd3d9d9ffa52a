"""PodTopologySpread's score: soft constraints, own and default (§6.5), and against a transcription."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint
from placewright.models.kube_scores.topology_spread import scores
from placewright.models.node import Node
from placewright.models.profile import DefaultSpread, Profile
from placewright.models.selector import LabelSelector, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import HOSTNAME, ZONE, agent, node, snapshot, spread, taint
from placewright.tests.models.kube_scores.checks import points

X = {"app": "x"}
SOFT = replace(spread(app="x"), hard=False)


def zones(*names: str) -> list[Node]:
    return [node(name.lower(), zone=name) for name in names]


def running(**counts: int) -> list[Agent]:
    return [agent(f"{name}{i}", labels=X, on=name) for name, count in counts.items() for i in range(count)]


def member(*constraints: SpreadConstraint, **fields: Any) -> Agent:
    return agent("p", labels=X, spread=constraints, **fields)


def test_example_a_one_zone_constraint_over_two_zones() -> None:
    assert points(scores, snapshot(zones("A", "B"), [*running(a=3, b=1), member(SOFT)])) == [25, 100]


def test_example_b_the_systems_defaults() -> None:
    nodes = [node("n1", zone="A"), node("n2", zone="A"), node("n3", zone="B")]
    by_service = agent("p", labels=X, spread_selector=match_labels(X))
    assert points(scores, snapshot(nodes, [*running(n1=2, n2=1), by_service])) == [46, 53, 100]


@pytest.mark.parametrize(
    ("constraints", "counts", "expected"),
    [
        pytest.param((), {"a": 3}, None, id="no constraint is skipped"),
        pytest.param((replace(SOFT, hard=True),), {"a": 3}, None, id="so are hard ones alone"),
        pytest.param((SOFT,), {}, [100, 100], id="nobody anywhere is the best everywhere"),
        pytest.param((replace(SOFT, selector=LabelSelector()),), {"a": 3}, [100, 100], id="an empty selector counts nobody"),
        pytest.param((replace(SOFT, selector=None),), {"a": 3}, [100, 100], id="nor does a null one"),
        # 3 ln 4 + 4 = 8.16, 4
        pytest.param((replace(SOFT, max_skew=5),), {"a": 3}, [50, 100], id="a larger skew waters the difference down"),
    ],
)  # fmt: skip
def test_over_two_zones(
    constraints: tuple[SpreadConstraint, ...], counts: dict[str, int], expected: list[int] | None
) -> None:
    seen = snapshot(zones("A", "B"), [*running(**counts), member(*constraints)])
    assert points(scores, seen) == expected


def test_agents_that_are_being_deleted_or_are_elsewhere_do_not_count() -> None:
    crowd = [
        agent("going", labels=X, on="a", terminating=True),
        agent("other-namespace", namespace="team", labels=X, on="a"),
        agent("other-app", labels={"app": "y"}, on="a"),
    ]
    assert points(scores, snapshot(zones("A", "B"), [*crowd, member(SOFT)])) == [100, 100]


class TestMissingLabels:
    """Who needs every key, and who is scored by the keys that there are."""

    nodes = (node("a", zone="A"), node("b", zone="B"), node("bare"))
    defaulted = agent("p", labels=X, spread_selector=match_labels(X))

    def test_a_nodes_missing_key_is_the_worst_for_an_agents_own_constraint(self) -> None:
        assert points(scores, snapshot(self.nodes, [*running(a=1, b=1), member(SOFT)])) == [100, 100, 0]

    def test_it_is_no_matter_for_the_systems_defaults(self) -> None:
        # Three nodes, three zone values with "": raw ln 5 * 2 + 2 + 4 = 9.2 and 6, and 2 for hostname alone.
        assert points(scores, snapshot(self.nodes, [*running(a=1), self.defaulted])) == [22, 55, 100]

    def test_the_profiles_own_defaults_need_every_key(self) -> None:
        profile = Profile(default_spread=DefaultSpread(system=False, constraints=(SOFT,)))
        seen = snapshot(self.nodes, [*running(a=1), self.defaulted])
        assert points(scores, seen, profile=profile) == [0, 100, 0]

    def test_agents_on_nodes_without_a_key_do_not_count(self) -> None:
        both = (SOFT, replace(spread("rack", app="x"), hard=False))
        nodes = [
            node("a", zone="A", labels={"rack": "1"}),
            node("a2", zone="A"),
            node("b", zone="B", labels={"rack": "2"}),
        ]
        assert points(scores, snapshot(nodes, [*running(a2=5), member(*both)])) == [100, 0, 100]


class TestWhichConstraintsApply:
    """Own constraints, else defaults for those that something selects."""

    nodes = tuple(zones("A", "B"))

    def test_own_constraints_switch_the_defaults_off_even_where_they_are_hard(self) -> None:
        own = member(replace(SOFT, hard=True), spread_selector=match_labels(X))
        assert points(scores, snapshot(self.nodes, [*running(a=1), own])) is None

    def test_defaults_need_a_selector(self) -> None:
        assert points(scores, snapshot(self.nodes, [*running(a=1), agent("p", labels=X)])) is None

    def test_an_empty_list_of_defaults_is_off(self) -> None:
        profile = Profile(default_spread=DefaultSpread(system=False))
        chosen = agent("p", labels=X, spread_selector=match_labels(X))
        assert points(scores, snapshot(self.nodes, [*running(a=1), chosen]), profile=profile) is None

    def test_hard_defaults_do_not_score(self) -> None:
        profile = Profile(default_spread=DefaultSpread(system=False, constraints=(replace(SOFT, hard=True),)))
        chosen = agent("p", labels=X, spread_selector=match_labels(X))
        assert points(scores, snapshot(self.nodes, [*running(a=1), chosen]), profile=profile) is None


class TestPolicies:
    """Agents on nodes that the agent may not use count only where they are told to."""

    nodes = (node("a", zone="A"), node("a2", zone="A", labels={"disk": "hdd"}), node("b", zone="B"))

    def test_honouring_node_affinity_leaves_out_the_others(self) -> None:
        picky = member(SOFT, node_selector={ZONE: "A", "disk": "hdd"})
        assert points(scores, snapshot(self.nodes, [*running(a=3), picky]), among="a2 b") == [100, 100]
        ignoring = member(replace(SOFT, node_affinity_policy=InclusionPolicy.IGNORE), node_selector={"disk": "hdd"})  # fmt: skip
        assert points(scores, snapshot(self.nodes, [*running(a=3), ignoring]), among="a2 b") == [0, 100]

    def test_honouring_taints_leaves_out_tainted_nodes(self) -> None:
        nodes = [node("a", zone="A"), node("a2", zone="A", taints=[taint("gpu")]), node("b", zone="B")]
        honouring = member(replace(SOFT, node_taints_policy=InclusionPolicy.HONOR))
        assert points(scores, snapshot(nodes, [*running(a2=3), honouring]), among="a b") == [100, 100]
        assert points(scores, snapshot(nodes, [*running(a2=3), member(SOFT)]), among="a b") == [0, 100]

    def test_hostname_counts_on_the_node_itself_whatever_the_policies(self) -> None:
        by_host = replace(SOFT, topology_key=HOSTNAME, node_taints_policy=InclusionPolicy.HONOR)
        nodes = [node("a", taints=[taint("gpu")]), node("b")]
        assert points(scores, snapshot(nodes, [*running(a=2), member(by_host)])) == [0, 100]

    def test_hostname_counts_on_the_node_itself_whatever_its_label(self) -> None:
        by_host = replace(SOFT, topology_key=HOSTNAME)
        nodes = [node("a", labels={HOSTNAME: "same"}), node("b", labels={HOSTNAME: "same"})]
        assert points(scores, snapshot(nodes, [*running(a=2), member(by_host)])) == [0, 100]


def test_what_comes_and_goes_is_followed() -> None:
    seen = snapshot(zones("A", "B"), [*running(a=1), member(SOFT), agent("q", labels=X)])
    state, p, q = (
        ClusterState(seen),
        seen.agent_by_key["default/p"],
        seen.agent_by_key["default/q"],
    )
    assert scores(state, p, seen.nodes, Profile()) == [0, 100]
    state.place(q, seen.nodes[1])
    assert scores(state, p, seen.nodes, Profile()) == [100, 100]
    state.remove(q, seen.nodes[1])
    assert scores(state, p, seen.nodes, Profile()) == [0, 100]


def transcribed(seen: Snapshot, p: Agent, feasible: list[Node], *, system: bool) -> list[int]:
    """§6.5 word by word, for constraints that are all soft and policies that are the default ones."""
    require_all = not system
    constraints = p.spec.spread
    if system:
        own = p.spread_selector
        constraints = (SpreadConstraint(HOSTNAME, 3, own), SpreadConstraint(ZONE, 5, own))
    keys = [c.topology_key for c in constraints]
    ignored = [n for n in feasible if require_all and any(key not in n.labels for key in keys)]
    kept = [n for n in feasible if n not in ignored]
    raw: dict[str, int] = {}
    for n in kept:
        total = 0.0
        for c in constraints:
            if c.topology_key not in n.labels:
                continue
            value = n.labels[c.topology_key]
            if c.topology_key == HOSTNAME:
                size, where = len(feasible) - len(ignored), [n]
            else:
                size = len({m.labels.get(c.topology_key, "") for m in kept})
                where = [
                    m
                    for m in seen.nodes
                    if m.labels.get(c.topology_key) == value
                    and not (require_all and any(key not in m.labels for key in keys))
                ]
            names = {m.name for m in where}
            count = sum(
                a.node_name in names and a.namespace == p.namespace and not a.terminating
                and c.selector is not None and c.selector.matches(a.labels)
                for a in seen.residents
            )  # fmt: skip
            total += count * math.log(size + 2) + (c.max_skew - 1)
        raw[n.name] = int(total + 0.5)
    least, most = min(raw.values(), default=0), max(raw.values(), default=0)
    return [
        0 if n in ignored else 100 if most == 0 else 100 * (most + least - raw[n.name]) // most
        for n in feasible
    ]


@given(rng=st.randoms(use_true_random=False), system=st.booleans())
def test_any_cluster_scores_as_the_formulas_say(rng: Random, system: bool) -> None:
    nodes = [node(f"n{i}", zone=rng.choice(("a", "b", "c", None))) for i in range(rng.randint(1, 5))]
    others = [
        agent(
            f"r{i}",
            labels={"app": rng.choice("xy")},
            on=rng.choice(nodes).name,
            namespace=rng.choice(("default", "default", "team")),
            terminating=rng.random() < 0.1,
        )
        for i in range(rng.randint(0, 9))
    ]
    own = tuple(
        replace(SOFT, topology_key=rng.choice((ZONE, HOSTNAME)), max_skew=rng.randint(1, 4))
        for _ in range(rng.randint(1, 2))
    )
    p = agent("p", labels=X, spread_selector=match_labels(X)) if system else member(*own)
    seen = snapshot(nodes, [*others, p])
    feasible = [n for n in nodes if rng.random() < 0.8]
    found = scores(ClusterState(seen), p, feasible, Profile())
    assert found == transcribed(seen, p, feasible, system=system)
    assert all(0 <= value <= 100 for value in found)
