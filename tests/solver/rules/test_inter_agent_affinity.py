"""Required affinity as constraints, dense: several keys and terms, groups that lean on each other, corners."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.selector import AffinityTerm, LabelSelector, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, near, node, snapshot
from placewright.tests.solver.rules.corners import NAMESPACES, random_labels, random_nodes, random_term
from placewright.tests.solver.rules.exact import check_whole
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, AntiAffinityEncoder, AffinityEncoder)
WEB, DB = near(app="web"), near(app="db")
TWO_ZONES = [node("n1", zone="a"), node("n2", zone="b"), node("n3")]


def app(name: str, label: str, *wanted: AffinityTerm, **fields: Any) -> Agent:
    return agent(name, labels={"app": label}, affinity=wanted, **fields)


def web(count: int) -> list[Agent]:
    return agents("w", count, labels={"app": "web"}, affinity=(WEB,))


@pytest.mark.parametrize(
    ("pending", "kept", "more"),
    [
        pytest.param([app("d", "db"), app("w", "web", DB)], {"default/d": "n1"}, 1, id="feasible: company"),
        pytest.param([app("d", "db"), app("w", "web", DB)], {"default/d": "n3"}, 0, id="infeasible: no zone"),
        pytest.param(web(3), {"default/w-0": "n1"}, 2, id="feasible: the others join the first"),
        pytest.param([app("w", "web", DB, WEB)], {}, 0, id="infeasible: nobody is both at once"),
        pytest.param(
            [app("w", "web", DB), app("d", "db", WEB)], {}, 0, id="infeasible: each waits for the other"
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(pending: list[Agent], kept: dict[str, str], more: int) -> None:
    cluster = snapshot(TWO_ZONES, pending)
    assert len(solve_tiny(cluster, RULES, ENCODERS, kept)) == len(kept) + more


ANYBODY = AffinityTerm(ZONE, LabelSelector(), frozenset({"default"}))
NOBODY = AffinityTerm(ZONE, None, frozenset({"default"}))
ANYWHERE = AffinityTerm(ZONE, match_labels({"app": "db"}), frozenset(), LabelSelector())


@pytest.mark.parametrize(
    ("running", "pending", "nodes"),
    [
        pytest.param([], [app("w", "web", ANYBODY)], {"n1", "n2"}, id="everybody is company, the first too"),
        pytest.param([], [app("w", "web", NOBODY)], set(), id="nobody is"),
        pytest.param(
            [app("r", "db", on="n2", namespace="team")], [app("w", "web", DB)], set(), id="other namespaces"
        ),
        pytest.param(
            [app("r", "db", on="n2", namespace="team")], [app("w", "web", ANYWHERE)], {"n2"}, id="any one"
        ),
        pytest.param(
            [app("r", "db", on="n2", terminating=True)], [app("w", "web", DB)], {"n2"}, id="one that goes"
        ),
        pytest.param([app("r", "web", on="n2")], web(1), {"n2"}, id="not the first in its series"),
        pytest.param([app("r", "web", on="n3")], web(1), {"n1", "n2"}, id="first where a node has the key"),
    ],
)
def test_where_company_is(running: list[Agent], pending: list[Agent], nodes: set[str]) -> None:
    found = {
        where.name
        for where in TWO_ZONES
        if solve_tiny(snapshot(only(where), [*running, *pending]), RULES, ENCODERS)
    }
    assert found == nodes


def only(where: Any) -> list[Any]:
    """The two zones, with room on one node alone; agents that run there need none."""
    return [node(n.name, zone=n.labels.get(ZONE), pods=9 if n is where else 0) for n in TWO_ZONES]


def test_a_group_that_only_has_itself_stays_in_one_zone() -> None:
    nodes = [node("n1", zone="a", pods=2), node("n2", zone="b", pods=3), node("n3", pods=9)]
    placed = solve_tiny(snapshot(nodes, web(5)), RULES, ENCODERS)
    assert list(placed.values()) == ["n2"] * 3


def random_cluster(rng: Random) -> Snapshot:
    """Four nodes and five agents at most, most with required affinity to labels that many carry."""
    nodes = list(random_nodes(rng, 4))
    pending: list[Agent] = []
    for kind in range(rng.randint(1, 4)):
        fields = _template(rng)
        count = min(rng.choice((1, 1, 2)), 5 - len(pending))
        pending += [agent(f"k{kind}-{i}", **fields) for i in range(count)]
    running = [agent("r", on="n0", **_template(rng))] if rng.random() < 0.4 else []
    return snapshot(
        nodes,
        rng.sample([*pending, *running], len(pending) + len(running)),
        namespaces=NAMESPACES,
        scheduler_names=frozenset({"default-scheduler", "free"}),
        profiles=(Profile(scheduler_name="free", off=frozenset({"InterPodAffinity"})),),
        quirk_namespace_selector=rng.random() < 0.3,
    )


def _template(rng: Random) -> dict[str, Any]:
    wanted = tuple(_term(rng) for _ in range(rng.choice((1, 1, 2)))) if rng.random() < 0.75 else ()
    return {
        "namespace": rng.choice(("default",) * 5 + ("team",)),
        "labels": random_labels(rng),
        "affinity": wanted,
        "anti_affinity": (_term(rng),) if rng.random() < 0.15 else (),
        "scheduler_name": rng.choice(("default-scheduler",) * 5 + ("free",)),
    }


def _term(rng: Random) -> AffinityTerm:
    """By a label or two; sometimes a corner case."""
    if rng.random() < 0.3:
        return random_term(rng, "default")
    labels = {"app": rng.choice("ab"), "tier": rng.choice("12")}
    chosen = {key: value for key, value in labels.items() if rng.random() < 0.6}
    return AffinityTerm(rng.choice((ZONE, HOSTNAME, "rack")), match_labels(chosen), frozenset({"default"}))


def check(seeds: range) -> None:
    for seed in seeds:
        check_whole(random_cluster(Random(seed)), ENCODERS, Random(seed))


def test_as_many_are_placed_as_some_order_allows() -> None:
    check(range(20))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_some_order_allows_on_many_clusters(start: int) -> None:
    check(range(start, start + 100))
