"""How many agents controllers are to have, and what else budgets and victims are judged by."""

from __future__ import annotations

from placewright.models.disruption import allowed
from placewright.models.policy import Scale
from placewright.tests.objects import Object, agent_of, build, node, obj, pod


def workload(kind: str, name: str, owner: str = "", **spec: object) -> Object:
    meta = {"ownerReferences": [_owner("Deployment", owner)]} if owner else {}
    return obj(kind, name, api="apps/v1", meta=meta, spec={"selector": {}, **spec})


def _owner(kind: str, name: str) -> Object:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": True}


def test_a_controller_has_the_replicas_it_says_or_one() -> None:
    seen = build(workload("StatefulSet", "db", replicas=3), workload("ReplicaSet", "one"))
    assert seen.scales == {
        ("default", "StatefulSet", "db"): Scale(("StatefulSet", "db"), 3),
        ("default", "ReplicaSet", "one"): Scale(("ReplicaSet", "one"), 1),
    }


def test_a_deployment_decides_for_its_replica_sets() -> None:
    new, old = (
        workload("ReplicaSet", "web-2", "web", replicas=4),
        workload("ReplicaSet", "web-1", "web", replicas=0),
    )
    seen = build(old, new, workload("Deployment", "web", replicas=4))
    assert {scale for key, scale in seen.scales.items() if key[1] == "ReplicaSet"} == {
        Scale(("Deployment", "web"), 4)
    }


def test_one_whose_deployment_is_not_there_decides_for_itself() -> None:
    seen = build(workload("ReplicaSet", "web-1", "web", replicas=2))
    assert seen.scales["default", "ReplicaSet", "web-1"] == Scale(("ReplicaSet", "web-1"), 2)


def test_budgets_of_a_cluster_are_worked_out_from_its_controllers() -> None:
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    running = [
        pod(
            f"web-{i}",
            nodeName="n1",
            status=ready,
            meta={"uid": str(i), "labels": {"app": "web"}, "ownerReferences": [_owner("ReplicaSet", "web")]},
        )
        for i in range(5)
    ]
    budget = obj(
        "PodDisruptionBudget",
        "web",
        api="policy/v1",
        spec={"maxUnavailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
    )
    seen = build(node(), *running, budget, workload("ReplicaSet", "web", replicas=6))
    assert any("PodDisruptionBudgets without status" in warning for warning in seen.warnings)
    # Three of six may be away, and one is.
    assert allowed(seen, seen.budgets[0]) == 2


def test_what_a_budgets_status_says_is_kept() -> None:
    status = {
        "disruptionsAllowed": 1,
        "currentHealthy": 4,
        "desiredHealthy": 3,
        "disruptedPods": {"web-1": "t"},
    }
    [budget] = build(obj("PodDisruptionBudget", "b", api="policy/v1", spec={}, status=status)).budgets
    assert (budget.disruptions_allowed, budget.current_healthy, budget.desired_healthy) == (1, 4, 3)
    assert budget.disrupted == {"web-1"}


def test_when_an_agent_started_is_kept() -> None:
    started = {"phase": "Running", "startTime": "2024-05-01T09:00:00Z"}
    assert agent_of(pod("p", nodeName="n1", status=started)).started == "2024-05-01T09:00:00Z"
    assert agent_of(pod("p")).started == ""


def test_replicas_that_started_at_different_times_share_what_they_have_in_common() -> None:
    first, second = (
        pod(name, nodeName="n1", status={"phase": "Running", "startTime": f"2024-05-01T0{i}:00:00Z"})
        for i, name in enumerate("ab")
    )
    one, other = build(first, second).agents
    assert one.spec is other.spec
    assert one.started < other.started
