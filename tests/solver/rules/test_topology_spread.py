"""Hard spread as constraints: whoever receives stays within maxSkew, whatever counts and whatever does not."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint
from placewright.models.node import Node
from placewright.models.profile import DefaultSpread, Profile
from placewright.models.rules import RULES
from placewright.models.selector import LabelSelector, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.rules.topology_spread import TopologySpreadEncoder
from placewright.tests.builders import (
    HOSTNAME,
    ZONE,
    agent,
    agents,
    node,
    snapshot,
    spread,
    taint,
    toleration,
)
from placewright.tests.solver.rules.corners import random_labels, random_selector
from placewright.tests.solver.rules.exact import check_part, check_whole
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, TopologySpreadEncoder)
WEB = {"app": "web"}
EVEN = spread(app="web")
ZONES = [node("n1", zone="a"), node("n2", zone="b"), node("n3", zone="c")]
HONOR, IGNORE = InclusionPolicy.HONOR, InclusionPolicy.IGNORE


def web(count: int, constraint: SpreadConstraint = EVEN, **fields: Any) -> list[Agent]:
    return agents("w", count, labels=WEB, spread=(constraint,), **fields)


def keeping(*nodes: str) -> dict[str, str]:
    return {f"default/w-{i}": name for i, name in enumerate(nodes)}


@pytest.mark.parametrize(
    ("pending", "kept", "more"),
    [
        pytest.param(web(3), keeping("n1", "n2"), 1, id="feasible: the empty zone takes one"),
        pytest.param(web(4), keeping("n1", "n2", "n3"), 1, id="feasible: any zone takes the next"),
        pytest.param(
            [*web(2), agent("x", labels={"app": "x"}, spread=(EVEN,))],
            keeping("n1"),
            2,
            id="feasible: who does not count adds nothing to the zone with one",
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(pending: list[Agent], kept: dict[str, str], more: int) -> None:
    assert len(solve_tiny(snapshot(ZONES, pending), RULES, ENCODERS, kept)) == len(kept) + more


def two(**second: Any) -> list[Node]:
    """Zone a with room, and zone b with what is said of it."""
    return [node("n1", zone="a"), node("n2", zone="b", **second)]


FULL = two(pods=0)
TAINTED = two(taints=[taint("gpu")])


@pytest.mark.parametrize(
    ("nodes", "pending", "placed"),
    [
        pytest.param(FULL, web(2), 1, id="infeasible for the second: the full zone stays empty"),
        pytest.param(FULL, web(3, replace(EVEN, max_skew=2)), 2, id="a skew of two allows for two"),
        pytest.param(FULL, web(3, replace(EVEN, selector=None)), 3, id="a null selector counts nobody"),
        pytest.param(
            FULL,
            web(3, replace(EVEN, selector=LabelSelector())),
            3,
            id="nor does an empty one, as in Kubernetes",
        ),
        pytest.param(two(), web(6, replace(EVEN, min_domains=3)), 2, id="one each with too few domains"),
        pytest.param(two(), web(6, replace(EVEN, min_domains=2)), 6, id="enough domains"),
        pytest.param(TAINTED, web(3), 1, id="a tainted zone that takes nobody counts"),
        pytest.param(
            TAINTED, web(3, replace(EVEN, node_taints_policy=HONOR)), 3, id="unless taints are honoured"
        ),
        pytest.param(
            two(), web(3, node_selector={ZONE: "a"}), 3, id="a zone that is not selected does not count"
        ),
        pytest.param(
            two(),
            web(3, replace(EVEN, node_affinity_policy=IGNORE), node_selector={ZONE: "a"}),
            1,
            id="unless selectors are ignored",
        ),
        pytest.param(
            [*two(), node("n3")], web(6), 6, id="a node without the key takes nobody and is no domain"
        ),
        pytest.param([node("n3")], web(2), 0, id="no domain at all"),
        pytest.param(
            [*two(), node("n3", zone="c", labels={"rack": "x"})],
            agents("w", 3, labels=WEB, spread=(EVEN, spread("rack", app="web"))),
            3,
            id="only nodes with every key count",
        ),
    ],
)
def test_how_many_are_placed(nodes: list[Node], pending: list[Agent], placed: int) -> None:
    assert len(solve_tiny(snapshot(nodes, pending), RULES, ENCODERS)) == placed


@pytest.mark.parametrize(
    ("running", "placed"),
    [
        pytest.param(agents("r", 3, labels=WEB, on="n1"), 6, id="the others catch up first, and no further"),
        pytest.param(agents("r", 3, labels=WEB, on="n1", terminating=True), 5, id="who goes does not count"),
        pytest.param(agents("r", 3, namespace="team", labels=WEB, on="n1"), 5, id="nor does a stranger"),
    ],
)
def test_what_runs_counts(running: list[Agent], placed: int) -> None:
    nodes = [node("n1", zone="a", pods=4), node("n2", zone="b"), node("n3", zone="c")]
    assert len(solve_tiny(snapshot(nodes, [*running, *web(6)]), RULES, ENCODERS)) == placed


def test_who_does_not_count_itself_passes_while_its_zone_does() -> None:
    """It may come first, before the agents that make its zone too full come without a constraint of theirs."""
    cluster = snapshot(
        [node("n1", zone="a", pods=4), node("n2", zone="b", pods=0)],
        [*agents("w", 3, labels=WEB), agent("x", labels={"app": "x"}, spread=(EVEN,))],
    )
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == 4
    crowded = replace(cluster, agents=(*cluster.agents, *agents("r", 2, labels=WEB, on="n1")))
    assert "default/x" not in solve_tiny(crowded, RULES, ENCODERS)


BLIND = Profile(off=frozenset({"NodeAffinity", "TaintToleration"}))
"""Its agents go where their selectors and tolerations do not let them; spread honours both all the same."""


@pytest.mark.parametrize(
    ("running", "placed"),
    [
        pytest.param([], 3, id="those who add nothing to the zone come first"),
        pytest.param(
            agents("r", 1, labels=WEB, on="n1"), 0, id="each would be the second beside an empty zone"
        ),
    ],
)
def test_on_a_node_that_policies_leave_out_each_is_one_more_than_its_zone_holds(
    running: list[Agent], placed: int
) -> None:
    nodes = [node("n1", zone="a", pods=len(running)), node("n2", zone="b", pods=0), node("n3", zone="a")]
    nodes = [replace(n, labels={**n.labels, "rack": "x"}) if n.name != "n3" else n for n in nodes]
    wanted = web(3, node_selector={"rack": "x"})
    cluster = snapshot(nodes, [*running, *wanted], profile=BLIND)
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def random_cluster(rng: Random) -> Snapshot:
    """Three nodes and four agents at most; selectors, policies and keys of every kind."""
    nodes = [
        node(
            f"n{i}",
            zone=rng.choice(("a", "a", "b", "c", None)),
            labels={"rack": rng.choice("xy")} if rng.random() < 0.6 else {},
            taints=[taint("gpu")] if rng.random() < 0.25 else [],
            pods=rng.choice((0, 1, 2, 9)),
        )
        for i in range(rng.randint(1, 3))
    ]
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        fields = _template(rng)
        pending += [agent(f"p{len(pending)}-{i}", **fields) for i in range(rng.choice((1, 1, 2)))]
    running = [
        agent(f"r{i}", on=rng.choice(nodes).name, terminating=rng.random() < 0.2, **_template(rng))
        for i in range(rng.randint(0, 3))
    ]
    hard = SpreadConstraint(ZONE, 1, None)
    return snapshot(
        nodes,
        rng.sample([*pending[:4], *running], len(pending[:4]) + len(running)),
        scheduler_names=frozenset({"default-scheduler", "free", "even", "blind"}),
        profiles=(
            replace(BLIND, scheduler_name="blind"),
            Profile(scheduler_name="free", off=frozenset({"PodTopologySpread"})),
            Profile(scheduler_name="even", default_spread=DefaultSpread(False, (hard,))),
        ),
    )


def _template(rng: Random) -> dict[str, Any]:
    labels = random_labels(rng)
    wanted = tuple(_constraint(rng) for _ in range(rng.choice((0, 1, 1, 1, 2))))
    return {
        "namespace": rng.choice(("default", "default", "default", "team")),
        "labels": labels,
        "spread": wanted,
        "spread_selector": match_labels(labels) if rng.random() < 0.5 else None,
        "node_selector": {"rack": "x"} if rng.random() < 0.2 else {},
        "tolerations": (toleration(operator="Exists"),) if rng.random() < 0.3 else (),
        "scheduler_name": rng.choice(("default-scheduler",) * 4 + ("free", "even", "blind", "blind")),
    }


def _constraint(rng: Random) -> SpreadConstraint:
    return SpreadConstraint(
        topology_key=rng.choice((ZONE, ZONE, HOSTNAME, "rack")),
        max_skew=rng.choice((1, 1, 2)),
        selector=random_selector(rng),
        min_domains=rng.choice((1, 1, 2, 3)),
        node_affinity_policy=rng.choice((HONOR, IGNORE)),
        node_taints_policy=rng.choice((HONOR, IGNORE)),
    )


def check(rng: Random) -> None:
    """Around what is fixed more may be placed: whether that is still even is judged by the whole."""
    cluster = random_cluster(rng)
    check_part(cluster, ENCODERS, rng, check_whole(cluster, ENCODERS, rng), exact=False)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check(rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        check(Random(seed))
