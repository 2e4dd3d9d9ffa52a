"""Concise agents as Pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from placewright.models.ingest.agents import POD_GROUP
from placewright.models.ingest.annotations import (
    ADMITTED,
    DEVICE_IDS,
    DEVICES,
    NEEDS_DATA,
    NON_PREEMPTABLE,
    TALKS_TO,
)
from placewright.models.wire.concise import ConciseAgent

Object = dict[str, Any]
GroupKey = tuple[str, str]
"""(namespace, name) of a PodGroup."""


def agent_names(agent: ConciseAgent) -> Iterator[str]:
    """`web`, or with several replicas `web-0`, `web-1`, …"""
    if agent.replicas == 1:
        yield agent.name
    else:
        yield from (f"{agent.name}-{i}" for i in range(agent.replicas))


def agent_objects(agent: ConciseAgent) -> Iterator[Object]:
    """One Pod for each replica; what they share is shared in memory too."""
    spec = _spec(agent)
    labels = dict(agent.labels)
    if agent.gang is not None:
        labels[POD_GROUP] = agent.gang.name
    shared = {"namespace": agent.namespace, "labels": labels, "annotations": _annotations(agent)}
    if agent.uid is not None:
        shared["uid"] = agent.uid
    status = _status(agent)
    for name in agent_names(agent):
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, **shared},
            "spec": spec,
            "status": status,
        }


def _status(agent: ConciseAgent) -> Object:
    status: Object = {"phase": "Pending" if agent.node is None else "Running"}
    if agent.ready is not None:
        status["conditions"] = [{"type": "Ready", "status": str(agent.ready)}]
    return status


def _annotations(agent: ConciseAgent) -> dict[str, str]:
    annotations = dict(agent.annotations)
    if agent.admitted:
        # Not by an invented uid: one would go into bindings, where the API server checks it.
        annotations[ADMITTED] = "true"
    if agent.devices:
        devices = [device.model_dump(by_alias=True) for device in agent.devices]
        annotations[DEVICES] = orjson.dumps(devices).decode()
    if agent.device_ids:
        annotations[DEVICE_IDS] = orjson.dumps(agent.device_ids).decode()
    if agent.needs_data:
        needs = [{"name": name, "size": size} for name, size in agent.needs_data.items()]
        annotations[NEEDS_DATA] = orjson.dumps(needs).decode()
    if agent.talks_to:
        annotations[TALKS_TO] = orjson.dumps([_dumped(talk) for talk in agent.talks_to]).decode()
    if agent.preemptable is False:
        annotations[NON_PREEMPTABLE] = "true"
    return annotations


def _spec(agent: ConciseAgent) -> Object:
    containers = agent.containers or _containers(agent)
    optional: Object = {
        "nodeName": agent.node,
        "initContainers": agent.init_containers,
        "overhead": agent.overhead,
        "priority": agent.priority,
        "priorityClassName": agent.priority_class_name,
        "preemptionPolicy": agent.preemption_policy,
        "nodeSelector": agent.node_selector,
        "affinity": None if agent.affinity is None else _dumped(agent.affinity),
        "tolerations": [_dumped(toleration) for toleration in agent.tolerations],
        "topologySpreadConstraints": [_dumped(item) for item in agent.topology_spread_constraints],
        "schedulerName": agent.scheduler_name,
        "schedulingGates": [_dumped(gate) for gate in agent.scheduling_gates],
        "volumes": agent.volumes,
    }
    return {"containers": containers, **{name: v for name, v in optional.items() if v not in (None, [], {})}}


def _dumped(part: Any) -> Object:
    document: Object = part.model_dump(by_alias=True, exclude_none=True)
    return document


def _containers(agent: ConciseAgent) -> list[Object]:
    """Requests, limits and ports as one container; a further image is a container that asks for nothing.

    Its zeros are explicit: nothing is then assumed for it when nodes are scored, and a quota on what the
    first container specifies does not refuse the agent for the others.
    """
    requests = {**agent.limits, **agent.requests}
    main: Object = {"name": "main", "resources": {"requests": requests, "limits": agent.limits}}
    ports = [
        *map(_dumped, agent.ports),
        *({"containerPort": p.host_port, **_dumped(p)} for p in agent.host_ports),
    ]
    if ports:
        main["ports"] = ports
    if agent.images:
        main["image"] = agent.images[0]
    nothing = {
        "requests": dict.fromkeys(("cpu", "memory", *requests), 0),
        "limits": dict.fromkeys(agent.limits, 0),
    }
    others = [
        {"name": f"image-{i}", "image": image, "resources": nothing}
        for i, image in enumerate(agent.images[1:], start=1)
    ]
    return [main, *others]
