"""Quotas as constraints: every hard key, scopes, claims that come with agents, and what is charged already."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse, QosClass
from placewright.models.policy import ResourceQuota, Scope, ScopeRequirement
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage, StorageClass
from placewright.solver.compile import compile_problem
from placewright.solver.rules.quota import QuotaEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, QuotaEncoder)
FAST = "fast.storageclass.storage.k8s.io/"
CLASSES = {"fast": StorageClass("fast", provisioner="csi.x", wait_for_first_consumer=True)}


def limited(
    hard: dict[str, int], used: dict[str, int] | None = None, *scopes: ScopeRequirement
) -> ResourceQuota:
    return ResourceQuota("default", "q", hard, used, scopes)


def new(count: int, name: str = "p", **fields: Any) -> list[Agent]:
    return agents(name, count, admitted=False, **fields)


@pytest.mark.parametrize(
    ("quota", "pending", "kept", "more"),
    [
        pytest.param(limited({"pods": 3}), new(3), 2, 1, id="feasible: the last one fits exactly"),
        pytest.param(limited({"pods": 0}), new(1), 0, 0, id="infeasible: nothing is left"),
        pytest.param(limited({"cpu": 999}), new(2, cpu=500), 1, 0, id="infeasible: a milli too few"),
        pytest.param(
            limited({"pods": 3, "requests.cpu": 1000}), new(3, cpu=500), 1, 1, id="feasible: the tighter key"
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(
    quota: ResourceQuota, pending: list[Agent], kept: int, more: int
) -> None:
    cluster = snapshot([node("n1")], pending, quotas=(quota,))
    fixed = {agent.key: "n1" for agent in pending[:kept]}
    assert len(solve_tiny(cluster, RULES, ENCODERS, fixed)) == kept + more


LOW = ScopeRequirement(Scope.PRIORITY_CLASS, "In", ("low",))
EFFORTLESS = ScopeRequirement(Scope.BEST_EFFORT)
GOLD = ScopeRequirement(Scope.VOLUME_ATTRIBUTES_CLASS, "In", ("gold",))


@pytest.mark.parametrize(
    ("quota", "everyone", "placed"),
    [
        pytest.param(limited({"pods": 2}, {"pods": 5}), new(2), 0, id="exceeded: nobody who counts"),
        pytest.param(
            limited({"requests.cpu": 1}, {"requests.cpu": 5}),
            new(2),
            2,
            id="exceeded in what they do not use",
        ),
        pytest.param(limited({"pods": 2}), agents("p", 3), 3, id="who exists is charged already"),
        pytest.param(limited({"pods": 3}), [*agents("r", 2, on="n1"), *new(3)], 1, id="recomputed usage"),
        pytest.param(limited({"pods": 3}, {}), [*agents("r", 2, on="n1"), *new(3)], 3, id="the status wins"),
        pytest.param(
            limited({"pods": 1}, None, LOW),
            [*new(2, priority_class_name="low"), *new(2, "q")],
            3,
            id="a class of priority",
        ),
        pytest.param(
            limited({"pods": 1}, None, LOW, EFFORTLESS),
            [*new(2, priority_class_name="low", qos=QosClass.BURSTABLE), *new(2, "q")],
            4,
            id="scopes are ANDed",
        ),
        pytest.param(
            limited({"limits.cpu": 1000}),
            new(3, limits={"cpu": 400}),
            2,
            id="limits have their own key",
        ),
        pytest.param(limited({"requests.x/gpu": 1}), new(2, extra={"x/gpu": 1}), 1, id="extended resources"),
    ],
)
def test_how_many_are_placed(quota: ResourceQuota, everyone: list[Agent], placed: int) -> None:
    cluster = snapshot([node("n1", extra={"x/gpu": 9})], everyone, quotas=(quota,))
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def with_claims(quota: ResourceQuota, *uses: str, exists: str = "") -> Snapshot:
    """New agents that use one claim each; `exists`: the claim that is there, and charged, already."""
    claims = {
        ("default", name): PersistentVolumeClaim(
            "default",
            name,
            request=10,
            storage_class="fast",
            admitted=name == exists,
            attributes_class=name[:4] if name.startswith("gold") else "",
        )
        for name in dict.fromkeys(uses)
    }
    waiting = [agent(f"p{i}", admitted=False, claims=(ClaimUse(name),)) for i, name in enumerate(uses)]
    return snapshot([node("n1")], waiting, quotas=(quota,), storage=Storage(claims=claims, classes=CLASSES))


@pytest.mark.parametrize(
    ("cluster", "placed"),
    [
        pytest.param(with_claims(limited({"requests.storage": 10}, {}), "c", "c"), 2, id="charged once"),
        pytest.param(with_claims(limited({"requests.storage": 10}, {}), "c", "d"), 1, id="two claims"),
        pytest.param(with_claims(limited({"persistentvolumeclaims": 0}, {}), "c", "c"), 0, id="none is left"),
        pytest.param(
            with_claims(limited({f"{FAST}requests.storage": 10}, {}), "c", "d", exists="c"),
            2,
            id="one that is there costs nothing",
        ),
        pytest.param(
            with_claims(limited({"persistentvolumeclaims": 0}, {}, EFFORTLESS), "c", "d"),
            2,
            id="a quota with scopes does not count claims",
        ),
        pytest.param(
            with_claims(limited({"requests.storage": 10}, {}, GOLD), "gold", "gold-too", "c"),
            2,
            id="but by volume attributes classes it does",
        ),
    ],
)
def test_claims_are_charged_with_their_first_user(cluster: Snapshot, placed: int) -> None:
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def test_a_claim_that_a_fixed_agent_brought_is_paid_for() -> None:
    cluster = with_claims(limited({"requests.storage": 10}, {}), "c", "c", "d")
    assert set(solve_tiny(cluster, RULES, ENCODERS, {"default/p0": "n1"})) == {"default/p0", "default/p1"}


def test_without_a_quota_that_charges_somebody_there_is_nothing_to_encode() -> None:
    elsewhere = ResourceQuota("team", "q", {"pods": 0})
    _, problem = compile_problem(snapshot([node("n1")], new(2), quotas=(elsewhere,)), encoders=ENCODERS)
    assert [type(encoder) for encoder in problem.encoders] == [ResourcesEncoder]


SCOPES = (
    ScopeRequirement(Scope.TERMINATING),
    ScopeRequirement(Scope.NOT_TERMINATING),
    EFFORTLESS,
    ScopeRequirement(Scope.NOT_BEST_EFFORT),
    LOW,
    ScopeRequirement(Scope.PRIORITY_CLASS, "NotIn", ("low",)),
    ScopeRequirement(Scope.PRIORITY_CLASS),
    ScopeRequirement(Scope.CROSS_NAMESPACE),
    GOLD,
    ScopeRequirement(Scope.VOLUME_ATTRIBUTES_CLASS, "NotIn", ("gold",)),
)


def random_cluster(rng: Random) -> Snapshot:
    """Four new agents at most in two namespaces with up to three quotas; claims that exist or come with them."""
    names = [(rng.choice(("default", "team")), f"c{i}") for i in range(3)]
    claims = {
        key: PersistentVolumeClaim(
            *key,
            request=rng.choice((0, 5, 10)),
            storage_class="fast",
            admitted=rng.random() < 0.3,
            attributes_class=rng.choice(("", "gold")),
        )
        for key in names
    }
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        fields = _template(rng, names)
        pending += [agent(f"p{len(pending)}-{i}", **fields) for i in range(rng.choice((1, 1, 2)))]
    running = [agent(f"r{i}", on="n0", **_template(rng, [])) for i in range(rng.randint(0, 2))]
    nodes = [node(f"n{i}", pods=rng.choice((1, 2, 9)), extra={"x/gpu": 2}) for i in range(rng.randint(1, 2))]
    return snapshot(
        nodes,
        rng.sample([*pending[:4], *running], len(pending[:4]) + len(running)),
        quotas=tuple(_quota(rng, i) for i in range(rng.randint(1, 3))),
        storage=Storage(claims=claims, classes=CLASSES),
    )


def _template(rng: Random, claims: list[tuple[str, str]]) -> dict[str, Any]:
    namespace = rng.choice(("default", "default", "team"))
    own = [name for where, name in claims if where == namespace]
    return {
        "namespace": namespace,
        "admitted": rng.random() < 0.25,
        "cpu": rng.choice((0, 300, 500)),
        "extra": {"x/gpu": 1} if rng.random() < 0.3 else {},
        "limits": {"cpu": 500} if rng.random() < 0.3 else {},
        "claims": tuple(ClaimUse(name) for name in own if rng.random() < 0.4),
        "qos": rng.choice((QosClass.BEST_EFFORT, QosClass.BURSTABLE)),
        "priority_class_name": rng.choice(("", "low", "high")),
        "has_deadline": rng.random() < 0.3,
        "crosses_namespaces": rng.random() < 0.3,
        "unspecified": frozenset({"limits.cpu"} if rng.random() < 0.1 else ()),
    }


def _quota(rng: Random, i: int) -> ResourceQuota:
    most = {
        "pods": rng.randint(0, 3),
        "count/pods": rng.randint(1, 4),
        "cpu": rng.choice((300, 600, 1000)),
        "limits.cpu": rng.choice((400, 1000)),
        "requests.x/gpu": rng.randint(0, 2),
        "requests.storage": rng.choice((5, 10, 20)),
        f"{FAST}persistentvolumeclaims": rng.randint(0, 2),
    }
    hard = {key: most[key] for key in rng.sample(list(most), rng.randint(1, 3))}
    used = {key: rng.choice((0, amount // 2, amount + 1)) for key, amount in hard.items()}
    scopes = tuple(rng.sample(SCOPES, rng.choice((0, 0, 1, 1, 2))))
    return ResourceQuota(
        rng.choice(("default", "team")), f"q{i}", hard, used if rng.random() < 0.5 else None, scopes
    )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
