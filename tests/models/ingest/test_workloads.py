"""Workloads expand into the agents that they still lack."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest import workloads
from placewright.tests.objects import Object, build, container, node, obj, pod

LIVE = {"uid": "u"}


def owned(name: str, kind: str, owner: str, **status: Any) -> Object:
    meta = {"ownerReferences": [{"kind": kind, "name": owner, "controller": True}], **LIVE}
    return pod(name, meta=meta, status=status)


TEMPLATE = {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": [container(cpu="100m")]}}


def workload(kind: str, **spec: Any) -> Object:
    return obj(kind, "w", api="apps/v1", spec={"template": TEMPLATE, **spec})


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        pytest.param([workload("Deployment", replicas=2)], ["w-0", "w-1"], id="a deployment without pods"),
        pytest.param([workload("Deployment")], ["w-0"], id="one replica is the default"),
        pytest.param(
            [
                workload("Deployment", replicas=3),
                obj(
                    "ReplicaSet",
                    "w-abc",
                    meta={"ownerReferences": [{"kind": "Deployment", "name": "w", "controller": True}]},
                    spec={"replicas": 3, "template": TEMPLATE},
                ),
                owned("w-abc-1", "ReplicaSet", "w-abc"),
            ],
            ["w-0", "w-1"],
            id="pods of a replica set count for its deployment",
        ),
        pytest.param(
            [workload("StatefulSet", replicas=2, ordinals={"start": 5})],
            ["w-5", "w-6"],
            id="ordinals of a stateful set",
        ),
        pytest.param(
            [workload("Job", parallelism=3, completions=2)],
            ["w-0", "w-1"],
            id="a job makes no more than it needs",
        ),
        pytest.param([workload("Job", suspend=True)], [], id="a suspended job makes none"),
        pytest.param(
            [workload("DaemonSet"), node("n1"), node("n2")],
            ["w-n1", "w-n2"],
            id="a daemon set makes one for each node",
        ),
        pytest.param(
            [workload("ReplicaSet", replicas=2), owned("w-9", "ReplicaSet", "w", phase="Failed")],
            ["w-0", "w-1"],
            id="a pod that has failed is replaced",
        ),
        pytest.param([workload("ReplicaSet", replicas=0)], [], id="no replicas"),
    ],
)
def test_workloads_are_expanded_when_asked(objects: list[Object], names: list[str]) -> None:
    assert [a.name for a in build(*objects, expand=True).pending if not a.uid] == names
    assert [a.name for a in build(*objects).pending if not a.uid] == []


def test_stateful_sets_bring_their_claims() -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"storageClassName": "s", "resources": {"requests": {"storage": 1}}},
    }
    seen = build(workload("StatefulSet", replicas=1, volumeClaimTemplates=[claim]), expand=True)
    assert seen.storage.claims["default", "data-w-0"].admitted is False
    assert [use.name for use in seen.agents[0].spec.claims] == ["data-w-0"]


def names_of(*objects: Object) -> list[str]:
    """Names of the agents that expansion adds."""
    there = {o["metadata"]["name"] for o in objects if o["kind"] == "Pod"}
    return [agent.name for agent in build(*objects, expand=True).agents if agent.name not in there]


FINISHED = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}


@pytest.mark.parametrize(
    ("job", "pods", "names"),
    [
        pytest.param(workload("Job"), [], ["w-0"], id="one pod is the default"),
        pytest.param(workload("Job", parallelism=3), [], ["w-0", "w-1", "w-2"], id="a work queue of three"),
        pytest.param(
            workload("Job", parallelism=3),
            [owned("w-a", "Job", "w", phase="Succeeded")],
            [],
            id="a work queue that is done, as one pod has succeeded",
        ),
        pytest.param(
            workload("Job", parallelism=3, completions=3),
            [owned("w-a", "Job", "w", phase="Succeeded"), owned("w-b", "Job", "w", phase="Running")],
            ["w-0"],
            id="what succeeded and what runs is not made again",
        ),
        pytest.param(
            {**workload("Job", parallelism=5, completions=5), "status": {"succeeded": 4}},
            [],
            ["w-0"],
            id="the status knows of pods that are gone",
        ),
        pytest.param({**workload("Job"), "status": FINISHED}, [], [], id="a job that is complete"),
        pytest.param(
            {**workload("Job"), "status": {"conditions": [{"type": "Failed", "status": "True"}]}},
            [],
            [],
            id="a job that has failed",
        ),
        pytest.param(
            workload("Job"),
            [owned("w-a", "Job", "w", phase="Failed")],
            ["w-0"],
            id="a pod that failed is tried again",
        ),
        pytest.param(workload("Job", parallelism=0), [], [], id="a parallelism of none"),
    ],
)
def test_jobs(job: Object, pods: list[Object], names: list[str]) -> None:
    assert names_of(job, *pods) == names


DELETED = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


def doomed(name: str, kind: str, owner: str) -> Object:
    document = owned(name, kind, owner)
    document["metadata"].update(DELETED)
    return document


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        pytest.param(
            [workload("StatefulSet", replicas=3), owned("w-1", "StatefulSet", "w")],
            ["w-0", "w-2"],
            id="a hole is filled",
        ),
        pytest.param(
            [workload("StatefulSet", replicas=1), owned("w-7", "StatefulSet", "w")],
            ["w-0"],
            id="one beyond the last ordinal does not count",
        ),
        pytest.param(
            [workload("StatefulSet", replicas=1), owned("w-0", "StatefulSet", "w", phase="Failed")],
            [],
            id="a name is taken even by one that has failed",
        ),
        pytest.param(
            [workload("StatefulSet", replicas=1), workload("Deployment", replicas=1)],
            ["w-0", "w-1"],
            id="a deployment of the same name takes another",
        ),
        pytest.param(
            [workload("ReplicaSet", replicas=1), pod("w-0", meta=LIVE)],
            ["w-1"],
            id="a name that is taken is passed over",
        ),
        pytest.param(
            [workload("ReplicaSet", replicas=1), doomed("w-a", "ReplicaSet", "w")],
            ["w-0"],
            id="one that is being deleted is replaced",
        ),
        pytest.param(
            [{**workload("ReplicaSet"), "metadata": {"name": "w", **DELETED}}],
            [],
            id="a workload that is being deleted",
        ),
        pytest.param(
            [workload("ReplicationController", replicas=2)], ["w-0", "w-1"], id="a replication controller"
        ),
        pytest.param([obj("Deployment", "w", spec={"replicas": 2})], [], id="a workload without template"),
        pytest.param([obj("Deployment", "w", spec=None)], [], id="a workload without spec"),
    ],
)
def test_replicas(objects: list[Object], names: list[str]) -> None:
    assert names_of(*objects) == names


def controlled(kind: str, name: str, owner_kind: str, owner: str, **spec: Any) -> Object:
    meta = {"ownerReferences": [{"kind": owner_kind, "name": owner, "controller": True}]}
    return obj(kind, name, api="apps/v1", meta=meta, spec={"template": TEMPLATE, **spec})


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        pytest.param(
            [controlled("ReplicaSet", "r", "Deployment", "gone", replicas=1)],
            ["r-0"],
            id="a replica set whose deployment is not here counts itself",
        ),
        pytest.param(
            [controlled("ReplicaSet", "r", "Rollout", "w", replicas=1)],
            ["r-0"],
            id="so does one of an unknown kind",
        ),
        pytest.param(
            [controlled("ReplicaSet", "r", "ReplicaSet", "r", replicas=1)], ["r-0"], id="one that owns itself"
        ),
        pytest.param(
            [
                controlled("ReplicaSet", "a", "ReplicaSet", "b", replicas=1),
                controlled("ReplicaSet", "b", "ReplicaSet", "a", replicas=1),
            ],
            ["a-0", "b-0"],
            id="two that own each other",
        ),
        pytest.param(
            [controlled("Deployment", "w", "Deployment", "w", replicas=1)],
            [],
            id="a deployment that owns itself",
        ),
        pytest.param(
            [
                workload("Deployment", replicas=1),
                controlled("ReplicaSet", "r", "Deployment", "w", replicas=1),
            ],
            ["w-0"],
            id="a deployment decides for its replica sets",
        ),
    ],
)
def test_owners(objects: list[Object], names: list[str]) -> None:
    assert names_of(*objects) == names


def test_new_agents_of_a_deployment_carry_the_newest_hash() -> None:
    sets = []
    for revision, label in (("9", "old"), ("10", "new")):
        replica_set = controlled("ReplicaSet", f"w-{label}", "Deployment", "w", replicas=0)
        replica_set["metadata"]["labels"] = {"pod-template-hash": label}
        replica_set["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": revision}
        sets.append(replica_set)
    made = build(workload("Deployment", replicas=1), *sets, expand=True).agents[0]
    assert made.labels == {"app": "w", "pod-template-hash": "new"}


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        pytest.param("Deployment", {"app": "w"}, id="a deployment without replica set"),
        pytest.param(
            "StatefulSet",
            {"app": "w", "statefulset.kubernetes.io/pod-name": "w-0", "apps.kubernetes.io/pod-index": "0"},
            id="a stateful set",
        ),
        pytest.param("Job", {"app": "w", "job-name": "w", "batch.kubernetes.io/job-name": "w"}, id="a job"),
    ],
)
def test_labels_that_controllers_add(kind: str, labels: dict[str, str]) -> None:
    assert build(workload(kind), expand=True).agents[0].labels == labels


def test_replicas_share_one_spec_and_are_owned() -> None:
    seen = build(workload("Deployment", replicas=3), expand=True).agents
    assert len({id(agent.spec) for agent in seen}) == 1
    assert [(a.owner.kind, a.owner.name) for a in seen if a.owner] == [("Deployment", "w")] * 3
    assert not any(agent.admitted for agent in seen)


def test_a_claim_template_takes_the_place_of_a_volume_of_its_name_and_a_claim_that_exists_stands() -> None:
    template = {
        "spec": {
            "containers": [container()],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "other"}}],
        }
    }
    data = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": 5}}}}
    there = obj(
        "PersistentVolumeClaim", "data-w-0", meta=LIVE, spec={"resources": {"requests": {"storage": 9}}}
    )
    stateful = obj(
        "StatefulSet", "w", spec={"replicas": 2, "template": template, "volumeClaimTemplates": [data]}
    )
    seen = build(stateful, there, expand=True)
    assert [[use.name for use in agent.spec.claims] for agent in seen.agents] == [["data-w-0"], ["data-w-1"]]
    assert {key[1]: claim.request for key, claim in seen.storage.claims.items()} == {
        "data-w-0": 9,
        "data-w-1": 5,
    }


def test_what_is_wrong_in_a_template_is_told_there() -> None:
    bad = {"spec": {"containers": [container(cpu="much")]}}
    with pytest.raises(InputError) as caught:
        build(obj("Deployment", "w", spec={"template": bad}), expand=True)
    field = "spec.template.spec.containers[0].resources.requests.cpu"
    assert f"Deployment default/w: {field}: expected a quantity" in str(caught.value)


def test_more_agents_than_can_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "MOST_PODS", 5)
    assert len(names_of(workload("Job", parallelism=5))) == 5
    with pytest.raises(InputError, match="more than 5 agents"):
        names_of(workload("Job", parallelism=3), workload("Deployment", replicas=3))
