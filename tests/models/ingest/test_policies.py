"""Quotas, budgets, gangs and priority classes from their objects."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.policy import Scope, ScopeRequirement
from placewright.tests.objects import build, container, node, obj, pod


def test_a_quota_with_scopes() -> None:
    spec = {
        "hard": {"cpu": "2", "pods": 4},
        "scopes": ["NotTerminating"],
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
        },
    }
    quota = build(obj("ResourceQuota", "q", spec=spec, status={"used": {"cpu": "500m"}})).quotas[0]
    assert quota.hard == {"cpu": 2000, "pods": 4}
    assert quota.scopes == (
        ScopeRequirement(Scope.NOT_TERMINATING),
        ScopeRequirement(Scope.PRIORITY_CLASS, "In", ("high",)),
    )


def test_what_a_quotas_status_does_not_know_yet_is_recomputed() -> None:
    """Somebody has added a limit, and the quota controller has not looked at it."""
    quota = obj(
        "ResourceQuota", "q", spec={"hard": {"cpu": "2", "pods": 4}}, status={"used": {"cpu": "500m"}}
    )
    running = [pod(f"r{i}", container(cpu="1"), nodeName="n1") for i in range(3)]
    seen = build(node("n1"), quota, *running, pod("new"))
    assert seen.quotas[0].used == {"cpu": 500, "pods": 3}
    [warning] = seen.warnings
    assert warning.startswith("ResourceQuotas whose status does not know all that they limit")
    known = {**quota, "status": {"used": {"cpu": "500m", "pods": 1, "secrets": 2}}}
    assert build(node("n1"), known, *running).warnings == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"minAvailable": 2}, (2, None), id="a number that must stay"),
        pytest.param({"minAvailable": "50%"}, ("50%", None), id="a share that must stay"),
        pytest.param({"maxUnavailable": 0}, (None, 0), id="none may go"),
        pytest.param({"maxUnavailable": "100%"}, (None, "100%"), id="all may go"),
        pytest.param({"minAvailable": None, "maxUnavailable": 1}, (None, 1), id="null is absent"),
        pytest.param({}, (None, None), id="neither"),
    ],
)
def test_what_a_budget_bounds(spec: dict[str, Any], expected: tuple[Any, Any]) -> None:
    budget = build(obj("PodDisruptionBudget", "b", spec={"selector": {}, **spec})).budgets[0]
    assert (budget.min_available, budget.max_unavailable) == expected


def test_a_budget_selects_nobody_everybody_or_some() -> None:
    selectors: tuple[Any, ...] = (None, {}, {"matchLabels": {"app": "x"}})
    seen = build(
        *(obj("PodDisruptionBudget", f"b{i}", spec={"selector": s}) for i, s in enumerate(selectors))
    )
    nobody, everybody, some = (budget.selector for budget in seen.budgets)
    assert nobody is None
    assert everybody is not None
    assert everybody.matches({})
    assert some is not None
    assert some.matches({"app": "x"})
    assert not some.matches({})


def test_a_budgets_status_and_policy() -> None:
    spec = {"selector": {}, "minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    budget = build(obj("PodDisruptionBudget", "b", spec=spec, status={"disruptionsAllowed": 3})).budgets[0]
    assert (budget.disruptions_allowed, budget.always_allow_unhealthy) == (3, True)


@pytest.mark.parametrize(
    ("generation", "observed", "expected"),
    [
        pytest.param(2, 2, (3, 5, 2), id="of the spec as it is"),
        pytest.param(2, 1, (None, None, None), id="of an earlier spec"),
        pytest.param(1, None, (None, None, None), id="of nothing yet"),
        pytest.param(None, None, (3, 5, 2), id="written by hand"),
    ],
)
def test_a_budgets_status_counts_only_where_it_is_about_the_spec_as_it_is(
    generation: int | None, observed: int | None, expected: tuple[int | None, int | None, int | None]
) -> None:
    """A `minAvailable` raised a moment ago was no bar: what the status allowed before was taken for its word."""
    status = {
        "disruptionsAllowed": 3,
        "currentHealthy": 5,
        "desiredHealthy": 2,
        "disruptedPods": {"p": "now"},
    }
    status |= {} if observed is None else {"observedGeneration": observed}
    meta = {} if generation is None else {"generation": generation}
    document = obj("PodDisruptionBudget", "b", meta=meta, spec={"minAvailable": 4}, status=status)
    budget = build(document).budgets[0]
    assert (budget.disruptions_allowed, budget.current_healthy, budget.desired_healthy) == expected
    assert budget.disrupted == {"p"}


def test_a_gang() -> None:
    spec = {"minMember": 3, "minResources": {"cpu": "2"}}
    group = build(obj("PodGroup", "g", api="scheduling.x-k8s.io/v1alpha1", spec=spec)).pod_groups[0]
    assert (group.name, group.min_member, group.min_resources) == ("g", 3, {"cpu": 2000})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(
            obj("PodDisruptionBudget", "x", spec={"minAvailable": "half"}),
            "spec.minAvailable",
            id="a bad share",
        ),
        pytest.param(
            obj("PodDisruptionBudget", "x", spec={"minAvailable": -1}),
            "spec.minAvailable",
            id="a negative bound",
        ),
        pytest.param(
            obj("PodDisruptionBudget", "x", spec={"unhealthyPodEvictionPolicy": "Never"}),
            "spec.unhealthyPodEvictionPolicy",
            id="an unknown eviction policy",
        ),
        pytest.param(
            obj("ResourceQuota", "x", spec={"hard": {"cpu": "-1"}}), "spec.hard.cpu", id="a negative quota"
        ),
        pytest.param(
            obj("ResourceQuota", "x", spec={"scopes": ["Everyone"]}), "spec.scopes[0]", id="an unknown scope"
        ),
        pytest.param(
            obj(
                "ResourceQuota",
                "x",
                spec={"scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "Is"}]}},
            ),
            "matchExpressions[0].operator",
            id="an unknown operator of a scope",
        ),
        pytest.param(obj("PriorityClass", "x"), "value: required", id="a priority class without value"),
        pytest.param(obj("PriorityClass", "x", value="5"), "value", id="a value in quotes"),
        pytest.param(
            obj("PodGroup", "x", api="scheduling.x-k8s.io/v1alpha1", spec={"minMember": -1}),
            "spec.minMember",
            id="a gang of fewer than none",
        ),
        pytest.param(
            obj("LimitRange", "x", spec={"limits": [{"type": "Node"}]}),
            "spec.limits[0].type",
            id="an unknown type",
        ),
    ],
)
def test_bad_policies_are_one_clear_error(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(document)
    assert message in str(caught.value)
    assert f"{document['kind']} " in str(caught.value)
