"""What each operation of a scenario makes of a small cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse, OwnerReference, Phase
from placewright.models.disruption import allowed
from placewright.models.errors import InputError
from placewright.models.policy import PodDisruptionBudget, ResourceQuota, Scale
from placewright.models.selector import Effect
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage
from placewright.scenarios.document import Case
from placewright.scenarios.steps import Step
from placewright.tests.builders import (
    MIB,
    agent,
    agents,
    node,
    node_affinity,
    requirement,
    selector,
    snapshot,
    toleration,
)

DAEMON = OwnerReference("DaemonSet", "logs")


def running(name: str, on: str, **fields: Any) -> Agent:
    return agent(name, on=on, phase=Phase.RUNNING, **fields)


def cluster(**fields: Any) -> Snapshot:
    """Two zones of two nodes each; what runs, and what belongs to the nodes."""
    nodes = [
        node("a-0", zone="a", price=1_000_000),
        node("a-1", zone="a", labels={"rack": "r1"}),
        node("b-0", zone="b"),
        node("b-1", zone="b", labels={"pool": "old"}),
    ]
    there = [
        running("web-0", "a-0", labels={"app": "web"}, cpu=500),
        running("web-1", "b-1", labels={"app": "web"}, cpu=500),
        running("logs-x", "a-0", owner=DAEMON),
        running("logs-y", "b-1", owner=DAEMON),
        running("kubelet", "a-0", static=True),
        agent("new", labels={"app": "job"}, namespace="batch"),
    ]
    return snapshot(nodes, there, **fields)


def apply(before: Snapshot, *operations: Mapping[str, Any]) -> Snapshot:
    steps = tuple(Step.model_validate(operation) for operation in operations)
    return Case("test", "s.yaml", steps).applied(before)


def names(after: Snapshot) -> set[str]:
    return {a.name for a in after.agents}


def where(after: Snapshot) -> dict[str, str]:
    return {a.name: a.node_name for a in after.agents}


@pytest.mark.parametrize(
    ("lost", "gone"),
    [
        pytest.param({"zone": "a"}, {"a-0", "a-1"}, id="a zone"),
        pytest.param({"topologyKey": "rack", "value": "r1"}, {"a-1"}, id="a rack"),
        pytest.param({"topologyKey": "kubernetes.io/hostname", "value": "a-0"}, {"a-0"}, id="one node"),
    ],
)
def test_a_domain_is_lost_with_all_its_nodes(lost: dict[str, str], gone: set[str]) -> None:
    before = cluster()
    after = apply(before, {"lose": lost})
    assert {n.name for n in before.nodes} - {n.name for n in after.nodes} == gone


def test_agents_of_a_lost_node_are_pending_again_and_those_of_the_node_go_with_it() -> None:
    after = apply(cluster(), {"lose": {"zone": "a"}})
    assert where(after) == {"web-0": "", "web-1": "b-1", "logs-y": "b-1", "new": ""}
    again = after.agent_by_key["default/web-0"]
    assert (again.phase, again.admitted, again.uid) == (Phase.PENDING, True, "")
    assert [a.name for a in after.pending] == ["web-0", "new"]


def test_an_agent_that_nothing_makes_anew_is_gone_and_a_note_says_so() -> None:
    before = snapshot([node("n")], [running("bare", "n", recreated=False)])
    after = apply(before, {"removeNodes": {"names": ["n"]}})
    assert after.agents == ()
    assert after.notes == ("1 agent that nothing makes anew goes with the nodes",)


def test_draining_cordons_and_leaves_what_belongs_to_the_node() -> None:
    after = apply(cluster(), {"drain": {"names": ["a-*"]}})
    assert where(after) == {
        "web-0": "",
        "web-1": "b-1",
        "logs-x": "a-0",
        "logs-y": "b-1",
        "kubelet": "a-0",
        "new": "",
    }
    assert {n.name for n in after.nodes if n.unschedulable} == {"a-0", "a-1"}


def test_cordoning_moves_nobody() -> None:
    before = cluster()
    after = apply(before, {"cordon": {"matchLabels": {"pool": "old"}}})
    assert where(after) == where(before)
    assert [n.name for n in after.nodes if n.unschedulable] == ["b-1"]


@pytest.mark.parametrize(
    ("effect", "stay"),
    [
        pytest.param(
            "NoSchedule", {"web-0", "tolerant", "kubelet"}, id="NoSchedule only keeps newcomers out"
        ),
        pytest.param(
            "NoExecute", {"tolerant", "kubelet"}, id="NoExecute sends away who does not tolerate it"
        ),
    ],
)
def test_tainting(effect: str, stay: set[str]) -> None:
    tolerant = running("tolerant", "a-0", tolerations=(toleration("gpu", operator="Exists"),))
    before = replace(cluster(), agents=(*cluster().agents, tolerant))
    after = apply(before, {"taint": {"names": ["a-0"], "taint": f"gpu=yes:{effect}"}})
    assert {a.name for a in after.agents if a.node_name == "a-0" and a.owner is None} == stay
    assert [(t.key, t.value, t.effect) for t in after.node_by_name["a-0"].taints] == [
        ("gpu", "yes", Effect(effect))
    ]


@pytest.mark.parametrize(
    ("tolerations", "stays"),
    [
        pytest.param((toleration("gpu", operator="Exists", for_a_time=True),), False, id="for a time"),
        pytest.param((toleration("gpu", operator="Exists"),), True, id="for good"),
        pytest.param(
            (toleration("gpu", operator="Exists", for_a_time=True), toleration(operator="Exists")),
            False,
            id="for a time by the first that matches",
        ),
        pytest.param(
            (toleration("other", operator="Exists", for_a_time=True), toleration(operator="Exists")),
            True,
            id="for good by the first that matches",
        ),
    ],
)
def test_who_tolerates_a_taint_for_a_time_only_leaves_in_the_end(tolerations: Any, stays: bool) -> None:
    """It was taken to tolerate it for good: every agent tolerates an unreachable node for 300 seconds."""
    there = [running("web", "n", tolerations=tolerations), running("kubelet", "n", static=True)]
    after = apply(snapshot([node("n")], there), {"taint": {"names": ["n"], "taint": "gpu=yes:NoExecute"}})
    assert where(after) == {"web": "n" if stays else "", "kubelet": "n"}
    told = "1 agent tolerates {gpu: yes} for a time only (tolerationSeconds), and leaves as well"
    assert after.notes == (() if stays else (told,))


def test_a_taint_of_the_same_key_and_effect_is_replaced() -> None:
    twice = ({"taint": {"names": ["a-0"], "taint": f"k={v}:NoSchedule"}} for v in ("one", "two"))
    assert [t.value for t in apply(cluster(), *twice).node_by_name["a-0"].taints] == ["two"]


def test_nodes_change_their_size() -> None:
    change = {"set": {"cpu": "8", "example.com/gpu": 2}, "factors": {"memory": 0.5}}
    after = apply(cluster(), {"allocatable": {"names": ["a-0"], **change}})
    assert after.node_by_name["a-0"].allocatable == {
        "cpu": 8000,
        "memory": 4096 * MIB,
        "pods": 110,
        "example.com/gpu": 2,
    }
    assert after.node_by_name["a-1"].allocatable["cpu"] == 4000


@pytest.mark.parametrize(
    ("change", "price"),
    [
        pytest.param({"price": "0.25"}, 250_000, id="a price"),
        pytest.param({"factor": 1.1}, 1_100_000, id="a rise"),
        pytest.param({"factor": "0.3333333"}, 333_334, id="a part, rounded up"),
    ],
)
def test_nodes_change_their_price(change: dict[str, Any], price: int) -> None:
    assert apply(cluster(), {"price": {"names": ["a-0"], **change}}).node_by_name["a-0"].price == price


def test_agents_are_taken_away_for_good() -> None:
    after = apply(cluster(), {"removeAgents": {"matchLabels": {"app": "web"}}})
    assert names(after) == {"logs-x", "logs-y", "kubelet", "new"}


def test_disruption_budgets_do_not_wait_for_agents_that_are_taken_away() -> None:
    """Their controller wanted as many as before: those that are left could not be disrupted any more."""
    owner = OwnerReference("ReplicaSet", "web-1")
    scales = {("default", "ReplicaSet", "web-1"): Scale(("Deployment", "web"), 4)}
    budget = PodDisruptionBudget("default", "web", selector(app="web"), max_unavailable="25%")
    there = [running(f"w-{i}", "n", owner=owner, labels={"app": "web"}) for i in range(4)]
    before = snapshot([node("n")], there, scales=scales, budgets=(budget,))
    after = apply(before, {"removeAgents": {"names": ["w-2", "w-3"]}})
    assert [allowed(before, budget), allowed(after, budget)] == [1, 1]


def test_agents_get_another_priority_and_replicas_keep_one_spec() -> None:
    after = apply(cluster(), {"priority": {"namespace": "batch", "priority": 7}})
    assert {a.name: a.spec.priority for a in after.agents if a.spec.priority} == {"new": 7}


def test_a_quota_changes_the_keys_that_are_named() -> None:
    quota = ResourceQuota("batch", "compute", {"requests.cpu": 1000, "pods": 5})
    after = apply(
        cluster(quotas=(quota,)),
        {"quota": {"namespace": "batch", "name": "compute", "hard": {"requests.cpu": 4}}},
    )
    assert after.quotas[0].hard == {"requests.cpu": 4000, "pods": 5}


def test_another_profile_judges_and_schedulers_stay_those_that_were_chosen() -> None:
    before = cluster(scheduler_names=frozenset({"mine"}))
    after = apply(before, {"profile": {"name": "cost"}})
    assert after.options.profile.name == "cost"
    assert after.options.scheduler_names == {"mine", "default-scheduler"}


@pytest.mark.parametrize(
    ("change", "count"),
    [
        pytest.param({"factor": 2}, 4, id="twice as many"),
        pytest.param({"factor": 1.2}, 3, id="a fifth more, rounded up"),
        pytest.param({"add": 3}, 5, id="three more"),
        pytest.param({"add": -1}, 1, id="one less"),
        pytest.param({"add": -9}, 0, id="never fewer than none"),
        pytest.param({"to": 3}, 3, id="so many"),
        pytest.param({"factor": 0}, 0, id="none"),
    ],
)
def test_a_workload_is_scaled(change: dict[str, Any], count: int) -> None:
    after = apply(cluster(), {"scale": {"matchLabels": {"app": "web"}, **change}})
    assert sum(a.labels.get("app") == "web" for a in after.agents) == count


def test_new_replicas_wait_are_not_admitted_yet_and_are_numbered_on() -> None:
    after = apply(cluster(), {"scale": {"names": ["web-*"], "add": 2}})
    new = [a for a in after.agents if a.name in ("web-2", "web-3")]
    assert [(a.node_name, a.admitted, a.phase, a.labels) for a in new] == [
        ("", False, Phase.PENDING, {"app": "web"})
    ] * 2


def test_without_a_controller_labels_make_a_workload_and_without_labels_names_do() -> None:
    there = [
        *(running(f"web-{zone}", "n", labels={"app": "web"}) for zone in "ab"),
        *(running(name, "n") for name in ("job-0", "job-1", "other-0")),
    ]
    after = apply(snapshot([node("n")], there), {"scale": {"factor": 1.5}})
    assert len(names(after)) == 3 + 3 + 2


def test_scaling_everything_leaves_daemons_and_static_agents_alone() -> None:
    after = apply(cluster(), {"scale": {"factor": 3}})
    assert sorted(names(after)) == sorted(
        [*(f"web-{i}" for i in range(6)), "logs-x", "logs-y", "kubelet", "new", "new-1", "new-2"]
    )


def test_those_that_wait_go_first_then_the_youngest() -> None:
    owner = OwnerReference("ReplicaSet", "web")
    there = [
        running("old", "n", owner=owner, created="2024-01-01T00:00:00Z"),
        running("young", "n", owner=owner, created="2025-01-01T00:00:00Z"),
        agent("waits", owner=owner, created="2023-01-01T00:00:00Z"),
    ]
    before = snapshot([node("n")], there)
    assert names(apply(before, {"scale": {"to": 2}})) == {"old", "young"}
    assert names(apply(before, {"scale": {"to": 1}})) == {"old"}


def test_a_stateful_set_gives_up_its_last_numbers() -> None:
    owner = OwnerReference("StatefulSet", "db")
    there = [running(f"db-{i}", "n", owner=owner, created=f"2024-01-{30 - i}T00:00:00Z") for i in range(11)]
    there[0] = replace(there[0], node_name="", phase=Phase.PENDING)
    before = snapshot([node("n")], there)
    assert names(apply(before, {"scale": {"to": 9}})) == {f"db-{i}" for i in range(9)}
    assert names(apply(before, {"scale": {"to": 1}})) == {"db-0"}


def test_disruption_budgets_see_the_new_number_of_replicas() -> None:
    owner = OwnerReference("ReplicaSet", "web-1")
    wanted = Scale(("Deployment", "web"), 2)
    scales = {("default", "ReplicaSet", "web-1"): wanted, ("default", "ReplicaSet", "web-0"): wanted}
    before = snapshot([node("n")], agents("web", 2, owner=owner), scales=scales)
    after = apply(before, {"scale": {"factor": 2}})
    assert {scale.replicas for scale in after.scales.values()} == {4}


def test_a_claim_of_ones_own_is_copied_and_a_shared_one_is_shared() -> None:
    claims = {
        ("default", name): PersistentVolumeClaim("default", name, 5, volume_name="pv", bound=True, uid="u")
        for name in ("own", "shared")
    }
    there = [
        agent("db-0", claims=(ClaimUse("own"), ClaimUse("shared"))),
        agent("other", claims=(ClaimUse("shared"),)),
    ]
    before = snapshot([node("n")], there, storage=Storage(claims=claims))
    after = apply(before, {"scale": {"names": ["db-0"], "add": 1}})
    assert [use.name for use in after.agent_by_key["default/db-1"].spec.claims] == ["own-db-1", "shared"]
    copy = after.storage.claims["default", "own-db-1"]
    assert (copy.request, copy.volume_name, copy.bound, copy.admitted) == (5, "", False, False)


def test_nodes_and_agents_are_added_as_the_concise_form_writes_them() -> None:
    added = {
        "nodes": [
            {"name": "new", "count": 2, "zones": ["a", "b"], "allocatable": {"cpu": 4}, "price": "0.5"}
        ],
        "agents": [{"name": "api", "replicas": 3, "requests": {"cpu": 1}}],
    }
    after = apply(cluster(), {"add": added})
    assert [(n.name, n.price) for n in after.nodes[-2:]] == [("new-0", 500_000), ("new-1", 500_000)]
    assert {a.name for a in after.pending} == {"new", "api-0", "api-1", "api-2"}
    assert all(not a.admitted for a in after.pending if a.name.startswith("api"))


def test_every_daemon_set_comes_to_new_nodes_that_admit_it() -> None:
    pinned = node_affinity([requirement("disk", "Exists")])
    there = [
        running("logs-x", "old", owner=DAEMON, cpu=100),
        running("ssd-x", "old", owner=OwnerReference("DaemonSet", "ssd"), node_affinity=pinned),
    ]
    before = snapshot([node("old", labels={"disk": "ssd"})], there)
    after = apply(before, {"add": {"nodes": [{"name": "new", "allocatable": {"cpu": 4, "memory": "8Gi"}}]}})
    assert where(after) == {"logs-x": "old", "ssd-x": "old", "logs-new": "new"}


def test_priority_classes_that_agents_of_the_cluster_name_can_be_named() -> None:
    before = snapshot([node("n")], [agent("a", priority=1000, priority_class_name="gold")])
    after = apply(before, {"add": {"agents": [{"name": "b", "priorityClassName": "gold"}]}})
    assert after.agent_by_key["default/b"].spec.priority == 1000


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        pytest.param(
            {"lose": {"zone": "A"}},
            'operations[0].lose: no node has topology.kubernetes.io/zone "A"; did you mean "a"?',
            id="a zone that there is not",
        ),
        pytest.param(
            {"drain": {"names": ["c-*"]}}, "operations[0].drain: chooses no node of the cluster", id="no node"
        ),
        pytest.param(
            {"scale": {"namespace": "shop", "factor": 2}},
            "operations[0].scale: chooses no agent of the cluster",
            id="no agent",
        ),
        pytest.param(
            {"scale": {"names": ["logs-*"], "factor": 2}},
            "operations[0].scale: chooses no agent that is scaled: DaemonSets and static agents are not",
            id="only daemons",
        ),
        pytest.param(
            {"allocatable": {"names": ["a-*"], "factors": {"Cpu": 2}}},
            'operations[0].allocatable: factors: none of these nodes has any "Cpu"; did you mean "cpu"?',
            id="no such resource",
        ),
        pytest.param(
            {"price": {"names": ["b-*"], "factor": 2}},
            "operations[0].price: none of these nodes has a price",
            id="no price",
        ),
        pytest.param(
            {"quota": {"name": "x", "hard": {"pods": 1}}},
            'operations[0].quota: namespace default has no quota "x"',
            id="no quota",
        ),
        pytest.param(
            {"add": {"nodes": [{"name": "a-0", "allocatable": {"cpu": 1}}]}},
            "operations[0].add: node a-0 is in the cluster already",
            id="a node that there is",
        ),
        pytest.param(
            {"profile": {"name": "costs"}},
            "operations[0].profile: --profile costs: is neither a file nor a preset",
            id="no profile",
        ),
    ],
)
def test_an_operation_that_changes_nothing_is_an_error(operation: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as error:
        apply(cluster(), operation)
    assert str(error.value).startswith(f"s.yaml: scenario test: {told}")
