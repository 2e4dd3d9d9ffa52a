"""More agents like one that is there: names that are free, nothing of what only the first one has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, AgentClass, ClaimUse, OwnerReference, Phase
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage
from placewright.scenarios.copies import Copies, base_name
from placewright.tests.builders import agent, node, snapshot


def sample(name: str = "web-0", **fields: Any) -> Agent:
    return agent(name, on="n", phase=Phase.RUNNING, uid="u1", **fields)


def cluster(*everyone: Agent, **storage: Any) -> Snapshot:
    return replace(snapshot([node("n")], everyone), storage=Storage(**storage))


def claim(name: str, **fields: Any) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(
        "default", name, volume_name="pv", bound=True, phase="Bound", request=7, uid="c1", **fields
    )


@pytest.mark.parametrize(
    ("one", "base"),
    [
        pytest.param(agent("web-12"), "web", id="without its number"),
        pytest.param(agent("web-5f7-x2z"), "web-5f7-x2z", id="a name without a number"),
        pytest.param(
            agent("web-5f7-x2z", owner=OwnerReference("ReplicaSet", "web-5f7")),
            "web-5f7",
            id="its controller's",
        ),
    ],
)
def test_what_names_begin_with(one: Agent, base: str) -> None:
    assert base_name(one) == base


def test_names_that_are_taken_are_left_out_and_no_copy_has_that_of_another() -> None:
    one = sample()
    copies = Copies(cluster(one, agent("web-2")))
    assert [copy.name for copy in copies.of(one, 3)] == ["web-1", "web-3", "web-4"]
    assert [copy.name for copy in copies.of(one, 2)] == ["web-5", "web-6"]
    assert [copy.name for copy in copies.of(one, 1, first=10)] == ["web-10"]
    assert not list(copies.of(one, 0))


def test_a_name_in_another_namespace_is_free() -> None:
    one = sample()
    copies = Copies(cluster(one, agent("web-1", namespace="team")))
    assert [copy.key for copy in copies.of(one, 1)] == ["default/web-1"]


def test_a_copy_waits_to_be_created_and_has_nothing_of_where_the_first_one_is() -> None:
    one = sample(
        terminating=True, scheduling_gates=("later",), created="then", started="then", ready=False, cpu=300
    )
    seen = cluster(one)
    [copy] = Copies(seen).of(one, 1)
    larger = replace(seen, agents=(one, copy))
    assert larger.classify(copy) is AgentClass.PENDING
    assert (copy.node_name, copy.uid, copy.created, copy.started) == ("", "", "", "")
    assert not copy.admitted
    assert copy.ready
    assert copy.spec is one.spec
    assert copy.labels == one.labels


def test_a_claim_of_its_own_is_made_anew_for_each_copy() -> None:
    one = sample(claims=(ClaimUse("data"),))
    copies = Copies(cluster(one, claims={("default", "data"): claim("data")}))
    first, second = copies.of(one, 2)
    names = [use.name for copy in (first, second) for use in copy.spec.claims]
    assert len(set(names)) == 2
    assert "data" not in names
    claims = copies.storage.claims
    assert set(claims) == {("default", "data"), *(("default", name) for name in names)}
    for name in names:
        made = claims["default", name]
        assert (made.request, made.bound, made.volume_name, made.uid, made.admitted) == (
            7,
            False,
            "",
            "",
            False,
        )
        assert made.phase == "Pending"
    assert claims["default", "data"].bound


def test_a_claim_that_several_mount_is_shared_by_copies_too() -> None:
    uses = (ClaimUse("shared"),)
    one = sample(claims=uses)
    copies = Copies(
        cluster(one, agent("other", claims=uses), claims={("default", "shared"): claim("shared")})
    )
    [copy] = copies.of(one, 1)
    assert copy.spec is one.spec
    assert set(copies.storage.claims) == {("default", "shared")}


def test_a_claim_of_that_name_elsewhere_is_another_one() -> None:
    one = sample(claims=(ClaimUse("data"),))
    stranger = agent("other", namespace="team", claims=(ClaimUse("data"),))
    copies = Copies(cluster(one, stranger, claims={("default", "data"): claim("data")}))
    [copy] = copies.of(one, 1)
    assert copy.spec.claims != one.spec.claims


def test_a_claim_that_is_missing_stays_missing() -> None:
    one = sample(claims=(ClaimUse("gone"),))
    copies = Copies(cluster(one))
    [copy] = copies.of(one, 1)
    assert copy.spec.claims == one.spec.claims
    assert copies.storage == Storage()


def test_an_ephemeral_claim_belongs_to_the_copy() -> None:
    own = claim("web-0-scratch", owner=OwnerReference("Pod", "web-0", "u1"))
    one = sample(claims=(ClaimUse("web-0-scratch", ephemeral=True),))
    copies = Copies(cluster(one, claims={("default", "web-0-scratch"): own}))
    [copy] = copies.of(one, 1)
    [use] = copy.spec.claims
    made = copies.storage.claims["default", use.name]
    assert use.ephemeral
    assert made.owner is not None
    assert (made.owner.name, made.owner.uid) == (copy.name, "")
