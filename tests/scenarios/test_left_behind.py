"""What agents leave behind: quotas that are free again, and volumes that end with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse, OwnerReference, Phase, QosClass
from placewright.models.policy import ResourceQuota, Scope, ScopeRequirement
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage, StorageClass
from placewright.models.survival import Answer, Survival
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.document import Case
from placewright.scenarios.left_behind import quotas_without, storage_anew
from placewright.scenarios.steps import Step
from placewright.scenarios.survival import survives
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import HOSTNAME, agent, agents, node, node_affinity, requirement, snapshot

SETTINGS = Settings(time_limit=20.0, workers=1)
REPLICAS: dict[str, Any] = {"owner": OwnerReference("ReplicaSet", "web"), "phase": Phase.RUNNING}


def quota(hard: Mapping[str, int], used: Mapping[str, int] | None, *scopes: Scope) -> ResourceQuota:
    return ResourceQuota("default", "q", hard, used, tuple(ScopeRequirement(scope) for scope in scopes))


def left(asked: ResourceQuota, *gone: Agent) -> Mapping[str, int] | None:
    """What a quota says is used once some agents are gone."""
    [after] = quotas_without(snapshot([], gone, quotas=(asked,)), gone)
    return after.used


THREE = agents("a", 3, cpu=500)


@pytest.mark.parametrize(
    ("asked", "gone", "used"),
    [
        pytest.param(
            quota({"pods": 9}, {"pods": 5, "requests.cpu": 4000}),
            THREE,
            {"pods": 2, "requests.cpu": 2500},
            id="all that they were charged",
        ),
        pytest.param(quota({"pods": 9}, {"pods": 2}), THREE, {"pods": 0}, id="never less than nothing"),
        pytest.param(quota({"pods": 9}, None), THREE, None, id="what is counted anew says it itself"),
        pytest.param(
            quota({"pods": 9}, {"pods": 5}),
            [replace(a, namespace="other") for a in THREE],
            {"pods": 5},
            id="of another namespace",
        ),
        pytest.param(
            quota({"pods": 9}, {"pods": 5}, Scope.NOT_BEST_EFFORT),
            [*THREE, agent("b", qos=QosClass.BURSTABLE)],
            {"pods": 4},
            id="those in its scope alone",
        ),
        pytest.param(
            quota({"pods": 9}, {"pods": 5}),
            [replace(a, admitted=False) for a in THREE],
            {"pods": 5},
            id="who was never charged",
        ),
        pytest.param(
            quota({"pods": 9}, {"pods": 5, "persistentvolumeclaims": 3}),
            agents("a", 2, claims=(ClaimUse("c"),)),
            {"pods": 3, "persistentvolumeclaims": 3},
            id="claims stay",
        ),
    ],
)
def test_what_is_used_of_a_quota(
    asked: ResourceQuota, gone: list[Agent], used: Mapping[str, int] | None
) -> None:
    assert left(asked, *gone) == used


def changed(before: Snapshot, **operation: Any) -> Snapshot:
    return Case("test", "s.yaml", (Step.model_validate(operation),)).applied(before)


FULL = quota({"pods": 4}, {"pods": 4})


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"removeAgents": {"names": ["web-*"]}}, id="taken away"),
        pytest.param({"scale": {"names": ["web-*"], "to": 0}}, id="scaled down"),
        pytest.param({"removeNodes": {"names": ["n0"]}}, id="gone with their node"),
    ],
)
def test_others_find_room_in_the_quota_of_those_that_are_gone(operation: dict[str, Any]) -> None:
    """They were refused for a quota that nobody used any more."""
    bare = agents("web", 3, on="n0", cpu=100, phase=Phase.RUNNING, recreated=False)
    stays = agent("stays", on="n1", cpu=100, phase=Phase.RUNNING)
    new = agents("new", 5, cpu=100, admitted=False)
    before = snapshot([node("n0"), node("n1")], [*bare, stays, *new], quotas=(FULL,))
    verdict = place(changed(before, **operation), SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    assert sorted(b.agent for b in verdict.plan.bindings) == ["new-0", "new-1", "new-2"]


def test_who_comes_back_is_charged_all_the_while() -> None:
    there = agents("web", 3, on="n0", cpu=100, **REPLICAS)
    before = snapshot([node("n0"), node("n1")], there, quotas=(FULL,))
    assert changed(before, drain={"names": ["n0"]}).quotas == (FULL,)


def local(*, ephemeral: bool = True, waits: bool = True) -> Snapshot:
    """An agent on n0 with a volume that only n0 reaches."""
    owner = OwnerReference("Pod", "web", "u1") if ephemeral else None
    claim = PersistentVolumeClaim(
        "default", "web-data", 1, "disk", "pv", bound=True, phase="Bound", owner=owner, uid="c1"
    )
    volume = PersistentVolume(
        "pv",
        1,
        "disk",
        node_affinity=node_affinity([requirement(HOSTNAME, "In", "n0")]),
        claim=claim.key,
        claim_uid="c1",
        phase="Bound",
    )
    storage = Storage(
        claims={claim.key: claim},
        volumes={"pv": volume},
        classes={"disk": StorageClass("disk", "csi", wait_for_first_consumer=waits)},
    )
    web = agent("web", on="n0", uid="u1", claims=(ClaimUse("web-data", ephemeral=ephemeral),), **REPLICAS)
    return snapshot([node("n0"), node("n1")], [web], storage=storage)


@pytest.mark.parametrize(
    ("cluster", "answer"),
    [
        pytest.param(local(), Answer.SURVIVES, id="that ends with the agent is made anew elsewhere"),
        pytest.param(
            local(ephemeral=False), Answer.FAILS, id="that outlives the agent keeps it from running"
        ),
        pytest.param(local(waits=False), Answer.FAILS, id="that is made at once may be out of reach"),
    ],
)
def test_a_volume(cluster: Snapshot, answer: Answer) -> None:
    """An agent with an ephemeral volume was taken for stranded wherever its node went."""
    found = survives(cluster, "node", settings=SETTINGS)
    assert isinstance(found, Survival)
    assert found.answer is answer


def test_the_claim_made_anew_takes_the_place_of_the_one_before() -> None:
    before = local()
    after = without_nodes(before, {"n0"})
    claim = after.storage.claims["default", "web-data"]
    assert (claim.bound, claim.volume_name, claim.uid, claim.admitted) == (False, "", "", True)
    assert claim.owner == OwnerReference("Pod", "web")
    assert after.storage.volumes == {}
    assert before.storage.claims["default", "web-data"].bound


def test_where_no_volume_ends_storage_stays_what_it_is() -> None:
    cluster = local(ephemeral=False)
    assert storage_anew(cluster, cluster.agents) is cluster.storage
