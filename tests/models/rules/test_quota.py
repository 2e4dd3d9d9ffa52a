"""Quotas, case by case (§12)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import ClaimUse, QosClass
from placewright.models.policy import ResourceQuota, Scope, ScopeRequirement
from placewright.models.rules.quota import RULE
from placewright.models.rules.quota_usage import used
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.rule_checks import blamed, messages

GPU = "nvidia.com/gpu"


def limited(
    hard: dict[str, int], so_far: dict[str, int] | None = None, *scopes: ScopeRequirement
) -> ResourceQuota:
    return ResourceQuota("default", "q", hard, so_far if so_far is not None else {}, scopes)


def with_quota(quota: ResourceQuota, *everyone: Any, **fields: Any) -> Snapshot:
    return snapshot([node("n1")], everyone, quotas=(quota,), **fields)


def new(name: str = "a", **fields: Any) -> Any:
    return agent(name, admitted=False, **fields)


@pytest.mark.parametrize(
    ("hard", "so_far", "fields", "admitted"),
    [
        pytest.param(
            {"requests.nvidia.com/gpu": 4},
            {"requests.nvidia.com/gpu": 3},
            {"extra": {GPU: 1}},
            True,
            id="one device is left",
        ),
        pytest.param(
            {"requests.nvidia.com/gpu": 4},
            {"requests.nvidia.com/gpu": 3},
            {"extra": {GPU: 2}},
            False,
            id="two are not",
        ),
        pytest.param(
            {"pods": 10}, {"pods": 12}, {}, False, id="a quota that is exceeded takes nobody who counts"
        ),
        pytest.param(
            {"requests.nvidia.com/gpu": 1},
            {"requests.nvidia.com/gpu": 5},
            {},
            True,
            id="but whoever uses none of it",
        ),
        pytest.param({"cpu": 1000}, {}, {"cpu": 1000}, True, id="cpu means requests.cpu"),
        pytest.param(
            {"cpu": 1000, "requests.cpu": 900}, {}, {"cpu": 1000}, False, id="both spellings are checked"
        ),
        pytest.param({"memory": 1}, {}, {"memory": 1}, False, id="memory in bytes"),
        pytest.param(
            {"limits.cpu": 2000}, {}, {"limits": {"cpu": 2001}}, False, id="limits have their own key"
        ),
        pytest.param(
            {"limits.cpu": 2000},
            {},
            {"unspecified": frozenset({"limits.cpu"})},
            False,
            id="a container without limit is refused",
        ),
        pytest.param(
            {"pods": 5},
            {},
            {"unspecified": frozenset({"limits.cpu"})},
            True,
            id="unless no quota asks for it",
        ),
        pytest.param({"count/pods": 1}, {"count/pods": 1}, {}, False, id="count/pods counts"),
        pytest.param({"hugepages-2Mi": 1}, {}, {"extra": {"hugepages-2Mi": 2}}, False, id="hugepages too"),
        pytest.param({"services": 0}, {}, {"cpu": 1}, True, id="keys about other objects do not"),
    ],
)
def test_a_new_agent_is_charged(
    hard: dict[str, int], so_far: dict[str, int], fields: dict[str, Any], admitted: bool
) -> None:
    seen = with_quota(limited(hard, so_far), new(**fields))
    assert (messages(RULE, seen, "a") == set()) is admitted
    assert (blamed(RULE, seen, {"a": "n1"}) == set()) is admitted


def test_two_that_each_fit_do_not_fit_together() -> None:
    seen = with_quota(limited({"cpu": 1500}), *(new(f"a{i}", cpu=1000) for i in range(2)))
    assert messages(RULE, seen, "a0") == set()
    assert blamed(RULE, seen, {"a0": "n1", "a1": "n1"}) == {"a0", "a1"}


def test_agents_that_exist_are_charged_already() -> None:
    assert messages(RULE, with_quota(limited({"pods": 0}), agent("a")), "a") == set()


def test_enforcing_can_be_switched_off() -> None:
    seen = with_quota(limited({"pods": 0}), new(), enforce_quota=False)
    assert messages(RULE, seen, "a") == set()
    assert blamed(RULE, seen, {"a": "n1"}) == set()


def test_another_namespace_is_not_touched() -> None:
    seen = with_quota(limited({"pods": 0}), new("a"), new("b", namespace="team"))
    assert blamed(RULE, seen, {"team/b": "n1"}) == set()


CLASS = Scope.PRIORITY_CLASS


@pytest.mark.parametrize(
    ("scope", "fields", "counted"),
    [
        pytest.param(
            ScopeRequirement(CLASS, "In", ("high",)), {"priority_class_name": "high"}, True, id="In a class"
        ),
        pytest.param(ScopeRequirement(CLASS, "In", ("high",)), {}, False, id="no class is in none"),
        pytest.param(ScopeRequirement(CLASS, "NotIn", ("high",)), {}, True, id="no class is not in any"),
        pytest.param(ScopeRequirement(CLASS, "Exists"), {}, False, id="no class does not exist"),
        pytest.param(ScopeRequirement(CLASS, "DoesNotExist"), {}, True, id="DoesNotExist"),
        pytest.param(
            ScopeRequirement(Scope.TERMINATING),
            {"has_deadline": True},
            True,
            id="Terminating means a deadline",
        ),
        pytest.param(
            ScopeRequirement(Scope.NOT_TERMINATING),
            {"has_deadline": True},
            False,
            id="NotTerminating means none",
        ),
        pytest.param(
            ScopeRequirement(Scope.BEST_EFFORT), {"qos": QosClass.BEST_EFFORT}, True, id="BestEffort"
        ),
        pytest.param(
            ScopeRequirement(Scope.NOT_BEST_EFFORT), {"qos": QosClass.BEST_EFFORT}, False, id="NotBestEffort"
        ),
        pytest.param(
            ScopeRequirement(Scope.CROSS_NAMESPACE),
            {"crosses_namespaces": True},
            True,
            id="CrossNamespacePodAffinity",
        ),
    ],
)
def test_scopes(scope: ScopeRequirement, fields: dict[str, Any], counted: bool) -> None:
    seen = with_quota(limited({"pods": 0}, {}, scope), new(**fields))
    assert (messages(RULE, seen, "a") != set()) is counted


def test_usage_without_status_is_recomputed_from_what_exists() -> None:
    quota = ResourceQuota("default", "q", {"pods": 9, "count/pods": 9, "cpu": 9000})
    existing = [*agents("r", 2, cpu=500, on="n1"), agent("done", cpu=500, on="n1", phase="Succeeded")]
    seen = with_quota(quota, *existing, new(cpu=100))
    assert used(seen, quota) == {"pods": 2, "count/pods": 3, "cpu": 1000}


def test_claims_that_come_with_an_agent_are_charged_once() -> None:
    claim = PersistentVolumeClaim("default", "c", request=10, storage_class="fast", admitted=False)
    sharing = [new(f"a{i}", claims=(ClaimUse("c"),)) for i in range(2)]
    storage = Storage(claims={claim.key: claim})
    enough = limited({"requests.storage": 10, "fast.storageclass.storage.k8s.io/persistentvolumeclaims": 1})
    assert blamed(RULE, with_quota(enough, *sharing, storage=storage), {"a0": "n1", "a1": "n1"}) == set()
    short = limited({"requests.storage": 9})
    assert blamed(RULE, with_quota(short, *sharing, storage=storage), {"a0": "n1"}) == {"a0"}


VOLUMES = Scope.VOLUME_ATTRIBUTES_CLASS


@pytest.mark.parametrize(
    ("scopes", "attributes", "counted"),
    [
        pytest.param((ScopeRequirement(VOLUMES, "In", ("gold",)),), "gold", True, id="In a class"),
        pytest.param((ScopeRequirement(VOLUMES, "In", ("gold",)),), "", False, id="no class is in none"),
        pytest.param((ScopeRequirement(VOLUMES, "NotIn", ("gold",)),), "", True, id="nor in this one"),
        pytest.param((ScopeRequirement(VOLUMES),), "gold", True, id="any class"),
        pytest.param((ScopeRequirement(VOLUMES, "DoesNotExist"),), "gold", False, id="DoesNotExist"),
        pytest.param(
            (ScopeRequirement(VOLUMES), ScopeRequirement(Scope.NOT_TERMINATING)),
            "gold",
            False,
            id="no claim has a scope of agents as well",
        ),
    ],
)
def test_a_quota_by_volume_attributes_class_counts_claims_and_nobody_else(
    scopes: tuple[ScopeRequirement, ...], attributes: str, counted: bool
) -> None:
    claims = [
        PersistentVolumeClaim(
            "default", name, request=10, attributes_class=attributes, admitted=name == "there"
        )
        for name in ("c", "there")
    ]
    storage = Storage(claims={claim.key: claim for claim in claims})
    hard = {"requests.storage": 9, "pods": 0}
    waiting = (new("a", claims=(ClaimUse("c"),)), new("b"))
    seen = with_quota(limited(hard, None, *scopes), *waiting, storage=storage)
    assert (messages(RULE, seen, "a") != set(), messages(RULE, seen, "b")) == (counted, set())
    assert blamed(RULE, seen, {"a": "n1", "b": "n1"}) == ({"a"} if counted else set())
    recomputed = ResourceQuota("default", "q", hard, None, scopes)
    assert used(seen, recomputed) == {"requests.storage": 10 if counted else 0, "pods": 0}


def test_the_message_has_the_numbers() -> None:
    seen = with_quota(limited({"pods": 3}, {"pods": 3}), new())
    assert messages(RULE, seen, "a") == {
        "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3"
    }
