"""Required anti-affinity as constraints: in a domain, both ways, beside what runs and what is fixed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.tests.builders import (
    HOSTNAME,
    ZONE,
    agent,
    agents,
    near,
    node,
    requirement,
    selector,
    snapshot,
)
from placewright.tests.solver.rules.corners import NAMESPACES, random_labels, random_nodes, random_term
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, AffinityEncoder, AntiAffinityEncoder)
WEB, DB = {"app": "web"}, {"app": "db"}
WITH_FREE: dict[str, Any] = {
    "scheduler_names": frozenset({"default-scheduler", "free"}),
    "profiles": (Profile(scheduler_name="free", off=frozenset({"InterPodAffinity"})),),
}
TWO_ZONES = [node("n1", zone="a"), node("n2", zone="a"), node("n3", zone="b")]
ALONE: dict[str, Any] = {"labels": WEB, "anti_affinity": (near(app="web"),)}
SHY: dict[str, Any] = {"labels": DB, "anti_affinity": (near(app="web"),)}


@pytest.mark.parametrize(
    ("pending", "kept", "more"),
    [
        pytest.param(
            agents("w", 2, **ALONE), {"default/w-0": "n1"}, 1, id="feasible: the other zone is left"
        ),
        pytest.param(
            agents("w", 3, **ALONE),
            {"default/w-0": "n1", "default/w-1": "n3"},
            0,
            id="infeasible: both zones have one",
        ),
        pytest.param(
            [agent("w", labels=WEB), agent("d", **SHY)],
            {"default/w": "n1"},
            1,
            id="feasible: who shuns goes elsewhere",
        ),
        pytest.param(
            [*agents("w", 2, labels=WEB), agent("d", **SHY)],
            {"default/w-0": "n1", "default/w-1": "n3"},
            0,
            id="infeasible: whom it shuns is everywhere",
        ),
        pytest.param(
            [*agents("d", 2, **SHY), agent("w", labels=WEB)],
            {"default/d-0": "n1", "default/d-1": "n3"},
            0,
            id="infeasible: who is shunned finds no zone without those who shun it",
        ),
        pytest.param(
            agents("d", 3, **SHY), {"default/d-0": "n1"}, 2, id="feasible: who shuns others share a zone"
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(pending: list[Agent], kept: dict[str, str], more: int) -> None:
    cluster = snapshot(TWO_ZONES, pending)
    assert len(solve_tiny(cluster, RULES, ENCODERS, kept)) == len(kept) + more


@pytest.mark.parametrize(
    ("running", "pending", "placed"),
    [
        pytest.param([], agents("w", 3, **ALONE), 2, id="one in each zone"),
        pytest.param([agent("r", on="n2", labels=WEB)], agents("w", 3, **ALONE), 1, id="one runs in a zone"),
        pytest.param([agent("r", on="n2", **SHY)], agents("w", 3, labels=WEB), 3, id="all in the other zone"),
        pytest.param(
            [agent("r", on="n2", labels=WEB, terminating=True)],
            agents("w", 3, **ALONE),
            1,
            id="one that is being deleted is still there",
        ),
        pytest.param(
            [agent("r", namespace="team", on="n2", labels=WEB)],
            agents("w", 3, **ALONE),
            2,
            id="one of another namespace is not meant",
        ),
        pytest.param(
            [agent("r", namespace="team", on="n2", labels=WEB)],
            [agent("p", anti_affinity=(AffinityTerm(ZONE, LabelSelector(), frozenset(), LabelSelector()),))],
            1,
            id="empty selectors mean everybody anywhere, and leave the other zone",
        ),
        pytest.param(
            [agent(f"r{n}", on=n, labels=WEB) for n in ("n1", "n3")],
            [agent("p", anti_affinity=(AffinityTerm(ZONE, None, frozenset({"default"})),))],
            1,
            id="a null selector means nobody",
        ),
    ],
)
def test_how_many_are_placed_beside_what_runs(
    running: list[Agent], pending: list[Agent], placed: int
) -> None:
    assert len(solve_tiny(snapshot(TWO_ZONES, [*running, *pending]), RULES, ENCODERS)) == placed


def test_a_node_without_the_key_is_in_nobodys_domain() -> None:
    cluster = snapshot([node("n1"), node("n2")], agents("w", 4, **ALONE))
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == 4


def test_who_is_not_checked_shuns_whom_its_terms_mean_and_not_whom_1_36_would_take_them_to_mean() -> None:
    """The quirk is one of agents that come in and are checked: their negative namespace selectors mean all."""
    not_own = AffinityTerm(
        HOSTNAME, LabelSelector(), frozenset(), selector(requirement("kind", "NotIn", "own"))
    )
    shy: dict[str, Any] = {"namespace": "bare", "anti_affinity": (not_own,)}
    other = agent("p", namespace="team")
    for name, together in (("default-scheduler", 1), ("free", 2)):
        cluster = snapshot(
            [node("n1")],
            [other, agent("q", scheduler_name=name, **shy)],
            namespaces=NAMESPACES,
            quirk_namespace_selector=True,
            **WITH_FREE,
        )
        assert len(solve_tiny(cluster, RULES, ENCODERS)) == together


def test_a_group_that_shuns_itself_on_each_node_is_offered_one_place_there() -> None:
    apart = agents("w", 5, labels=WEB, anti_affinity=(near(HOSTNAME, app="web"),))
    _, problem = compile_problem(snapshot(TWO_ZONES, apart), rules=RULES, encoders=ENCODERS)
    assert problem.cap.tolist() == [[1, 1, 1]]


def random_cluster(rng: Random) -> Snapshot:
    """Three nodes and four agents at most, some of them shy of some, some that are not checked."""
    nodes = list(random_nodes(rng))

    def one(name: str, on: str = "") -> Agent:
        namespace = rng.choice(("default", "default", "team", "bare"))
        shunned = tuple(random_term(rng, namespace) for _ in range(rng.choice((0, 1, 1, 2))))
        return agent(
            name,
            namespace=namespace,
            on=on,
            labels=random_labels(rng),
            anti_affinity=shunned,
            scheduler_name=rng.choice(("default-scheduler", "default-scheduler", "free")),
            terminating=bool(on) and rng.random() < 0.2,
        )

    waiting = [one(f"p{i}") for i in range(rng.randint(1, 4))]
    running = [one(f"r{i}", rng.choice(nodes).name) for i in range(rng.randint(0, 2))]
    return snapshot(
        nodes,
        rng.sample([*waiting, *running], len(waiting) + len(running)),
        namespaces=NAMESPACES,
        **WITH_FREE,
        quirk_namespace_selector=rng.random() < 0.3,
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
