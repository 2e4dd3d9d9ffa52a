"""What a plan says: objects that the API takes, verdicts and notes."""

from __future__ import annotations

from placewright.tests.builders import HOSTNAME, node, snapshot, taint
from placewright.tests.moving import plan_for, runs


def test_objects_of_a_wave_are_what_the_api_takes() -> None:
    plan = plan_for(
        snapshot([node(n, labels={HOSTNAME: n}) for n in "ab"], [runs("x", "a", cpu=500)]), "drain=a"
    )
    (wave,) = plan.waves
    dumped = wave.model_dump(mode="json", by_alias=True)
    assert dumped["evictions"] == [
        {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": "x", "namespace": "default"},
            "deleteOptions": {"preconditions": {"uid": "uid-x"}},
        }
    ]
    assert dumped["bindings"] == [
        {
            "namespace": "default",
            "replaces": "x",
            "owner": "ReplicaSet/web",
            "node": "b",
            "nodeSelector": {HOSTNAME: "b"},
        }
    ]
    assert dumped["reservations"] == [
        {"node": "b", "namespace": "default", "replaces": "x", "requests": {"cpu": 500}}
    ]
    assert wave.leaves == plan.after


def test_a_goal_that_looks_at_nothing_in_the_input_is_told() -> None:
    plan = plan_for(snapshot([node("a"), node("b")], [runs("x", "a")]), "locality")
    assert plan.notes == ("goal locality says nothing: the input has nothing that its scores look at",)


def test_who_repairs_only_where_that_is_asked_for() -> None:
    cluster = snapshot([node("a", taints=[taint("gone", "bad")]), node("b")], [runs("x", "a")])
    assert [move.why for move in plan_for(cluster, "balance").all_moves] == ["repair"]
    assert plan_for(cluster, "balance", repair=False).all_moves == ()
