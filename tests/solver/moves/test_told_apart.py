"""What tells agents apart that no rule does, for a model that is to keep demands and count surcharges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from placewright.models.agent import OwnerReference
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Surcharges
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.compiled import compiled_question
from placewright.solver.moves.told_apart import telling_apart
from placewright.tests.builders import ZONE, near, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import BALANCE, task_of

PLAIN = RebalanceOptions()
NODES = [node("a", zone="one"), node("b", zone="one"), node("c", zone="two")]


def groups(cluster: Snapshot, options: RebalanceOptions = PLAIN) -> list[str]:
    """The members of each group, by name."""
    question = task_of(cluster, BALANCE, options).question
    compiled = compiled_question(question, options)
    assert compiled.told_apart is (telling_apart(question, options) is not None)
    return sorted(" ".join(a.name for a in group.members) for group in compiled.compilation.groups)


def replicas(**fields: Any) -> Snapshot:
    """x and y are one workload's, z another's, all alike."""
    z = replace(runs("z", "c", **fields), owner=OwnerReference("ReplicaSet", "other"))
    return snapshot(NODES, [runs("x", "a", **fields), runs("y", "b", **fields), z])


def test_without_demands_and_surcharges_replicas_are_alike() -> None:
    assert groups(replicas()) == ["x y z"]


def test_workloads_are_told_apart_where_they_ask_for_domains() -> None:
    assert groups(replicas(min_domains=((ZONE, 2),))) == ["x y", "z"]


def test_workloads_are_told_apart_where_it_costs_how_many_of_one_move() -> None:
    assert groups(replicas(), replace(PLAIN, surcharges=Surcharges(most_moved=1))) == ["x y", "z"]


def test_homes_are_told_apart_by_the_domains_that_it_costs_to_leave() -> None:
    assert groups(replicas(), replace(PLAIN, surcharges=Surcharges({ZONE: 5}))) == ["x y", "z"]
    assert groups(replicas(), replace(PLAIN, surcharges=Surcharges({"no-label": 5}))) == ["x y z"]


def test_who_is_alone_already_is_told_from_those_who_are_not() -> None:
    asks = (near(ZONE, app="cache"),)
    cluster = replicas(near=asks)
    cluster = replace(cluster, agents=(*cluster.agents, runs("cache", "a", app="cache")))
    assert groups(cluster) == ["cache", "x y", "z"]


def test_those_whom_somebody_asks_to_be_near_are_told_from_the_others() -> None:
    # No rule reads `role`, so that it makes no groups by itself.
    some = [
        replace(runs(name, "a"), labels={"app": "web", "role": role})
        for name, role in (("x", "db"), ("y", "-"))
    ]
    assert groups(snapshot(NODES, some)) == ["x y"]
    asks = runs("z", "a", app="job", near=(near(ZONE, role="db"),))
    assert groups(snapshot(NODES, [*some, asks])) == ["x", "y", "z"]


def test_counts_tell_nothing_of_both_places_in_use_at_once() -> None:
    policy = MovePolicy(discipline=Discipline.AT_ONCE, double=("cpu",))
    options = replace(PLAIN, policy=policy, surcharges=Surcharges({ZONE: 5}))
    assert groups(replicas(min_domains=((ZONE, 2),)), options) == ["x y z"]
