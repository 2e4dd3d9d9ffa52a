"""The selector of default spread: an agent's Services and its controller, merged (§6.1)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from placewright.models.profile import DefaultSpread, Profile
from placewright.models.selector import LabelSelector
from placewright.tests.builders import requirement, selector
from placewright.tests.objects import Object, agent_of, build, obj, pod

LABELS = {"app": "web", "tier": "front", "pod-template-hash": "5d9"}


def service(name: str, namespace: str = "default", **labels: str) -> Object:
    return obj("Service", name, meta={"namespace": namespace}, spec={"selector": labels})


def owned(kind: str, name: str, *, controller: bool = True) -> Object:
    owners = [{"kind": kind, "name": name, "controller": controller}]
    return pod("p", meta={"labels": LABELS, "ownerReferences": owners})


def workload(kind: str, name: str, selecting: Any, **meta: Any) -> Object:
    return obj(kind, name, meta=meta, spec={"selector": selecting, "template": {"spec": {}}})


BARE = pod("p", meta={"labels": LABELS})
WEB = {"matchLabels": {"app": "web"}}


@pytest.mark.parametrize(
    ("agent", "others", "expected"),
    [
        pytest.param(BARE, [], None, id="nothing selects a bare agent"),
        pytest.param(
            BARE, [service("s", app="web")], selector(app="web"), id="a service that selects the agent"
        ),
        pytest.param(BARE, [service("s", app="db")], None, id="a service that selects others"),
        pytest.param(
            BARE, [service("s", app="web", x="y")], None, id="a service of which one label is missing"
        ),
        pytest.param(BARE, [service("s", "other", app="web")], None, id="a service of another namespace"),
        pytest.param(BARE, [service("s")], None, id="a service with an empty selector selects nothing"),
        pytest.param(
            BARE, [obj("Service", "s", spec={"type": "ExternalName"})], None, id="a service without selector"
        ),
        pytest.param(
            BARE,
            [service("s", app="web"), service("t", tier="front"), service("u", tier="back")],
            selector(app="web", tier="front"),
            id="all services that select it are merged",
        ),
        pytest.param(
            owned("ReplicaSet", "w"),
            [workload("ReplicaSet", "w", WEB)],
            selector(app="web"),
            id="a ReplicaSet",
        ),
        pytest.param(
            owned("StatefulSet", "w"),
            [workload("StatefulSet", "w", WEB)],
            selector(app="web"),
            id="a StatefulSet",
        ),
        pytest.param(
            owned("ReplicationController", "w"),
            [workload("ReplicationController", "w", {"app": "web"})],
            selector(app="web"),
            id="a ReplicationController selects by a plain map",
        ),
        pytest.param(
            owned("ReplicaSet", "w"),
            [workload("ReplicaSet", "w", {"matchExpressions": [{"key": "app", "operator": "Exists"}]})],
            selector(requirement("app", "Exists")),
            id="expressions of a controller",
        ),
        pytest.param(
            owned("ReplicaSet", "w"),
            [workload("ReplicaSet", "w", WEB), service("s", tier="front"), service("t", app="web")],
            LabelSelector((*selector(app="web", tier="front").requirements,)),
            id="a service and a controller",
        ),
        pytest.param(owned("ReplicaSet", "w"), [], None, id="a controller that is not in the snapshot"),
        pytest.param(
            owned("ReplicaSet", "w", controller=False),
            [workload("ReplicaSet", "w", WEB)],
            None,
            id="an owner that does not control",
        ),
        pytest.param(
            owned("ReplicaSet", "w"),
            [workload("ReplicaSet", "w", WEB, namespace="other")],
            None,
            id="a ReplicaSet of another namespace",
        ),
        pytest.param(
            owned("Job", "w"), [workload("Job", "w", WEB)], None, id="a Job's selector is not looked up"
        ),
        pytest.param(
            owned("DaemonSet", "w"), [workload("DaemonSet", "w", WEB)], None, id="nor is a DaemonSet's"
        ),
        pytest.param(
            owned("Job", "w"),
            [service("s", app="web")],
            selector(app="web"),
            id="a Job's agents behind a service",
        ),
    ],
)
def test_the_deduced_selector(agent: Object, others: list[Object], expected: LabelSelector | None) -> None:
    shuffled = [agent, *others]
    Random(7).shuffle(shuffled)
    assert build(*shuffled).agent_by_key["default/p"].spread_selector == expected


def test_a_replication_controllers_selector_is_its_templates_labels_unless_given() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {}}
    owner = obj("ReplicationController", "w", spec={"template": template})
    assert agent_of(owned("ReplicationController", "w"), owner).spread_selector == selector(app="web")


def test_what_a_deployment_would_make_is_selected_as_its_replica_set_would() -> None:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": []}}
    deployment = obj(
        "Deployment", "w", api="apps/v1", spec={"replicas": 1, "selector": WEB, "template": template}
    )
    (agent,) = build(deployment, expand=True).agents
    hashed = requirement("pod-template-hash", "In", "5d9")
    assert agent.spread_selector == LabelSelector((*selector(app="web").requirements, hashed))


def test_agents_that_the_same_things_select_share_the_selector() -> None:
    pods = [pod(f"p{i}", meta={"labels": LABELS}) for i in range(3)]
    seen = build(*pods, service("s", app="web"))
    assert len({id(agent.spread_selector) for agent in seen.agents}) == 1


LIVE = pod("p", meta={"labels": LABELS, "uid": "u"})


@pytest.mark.parametrize(
    ("objects", "options", "noted"),
    [
        pytest.param([LIVE], {}, True, id="a live agent, and no Service anywhere"),
        pytest.param([LIVE, service("s", app="db")], {}, False, id="there are Services"),
        pytest.param([BARE], {}, False, id="an agent that was written down"),
        pytest.param([pod("p", meta={"uid": "u"})], {}, False, id="an agent without labels"),
        pytest.param(
            [LIVE], {"profile": Profile(default_spread=DefaultSpread(system=False))}, False, id="no defaults"
        ),
        pytest.param([LIVE], {"profile": Profile(weights={})}, False, id="defaults that nothing scores"),
        pytest.param(
            [{**LIVE, "spec": {**LIVE["spec"], "nodeName": "n"}}], {}, False, id="an agent that runs already"
        ),
    ],
)
def test_missing_services_are_noted_where_they_matter(
    objects: list[Object], options: dict[str, Any], noted: bool
) -> None:
    notes = [note for note in build(*objects, **options).notes if "no Service" in note]
    assert bool(notes) == noted
    assert all("(1, first default/p)" in note for note in notes)
