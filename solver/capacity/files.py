"""Bought nodes as Kubernetes objects: another INPUT beside the cluster's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import yaml

from placewright.models.agent import Agent
from placewright.models.ingest.annotations import DEVICES
from placewright.models.ingest.nodes import PRICE
from placewright.models.node import Node
from placewright.models.quantity import format_amount, format_price
from placewright.solver.capacity.question import Question


def bought_objects(question: Question, nodes: Sequence[Node]) -> str:
    """Nodes, and what each brings along as Pods bound to it, as YAML documents."""
    return yaml.safe_dump_all(list(_objects(question, nodes)), sort_keys=False, explicit_start=True)


def _objects(question: Question, nodes: Sequence[Node]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield _node(node)
        for agent in question.residents_of(node):
            yield _pod(agent)


def _node(node: Node) -> dict[str, Any]:
    pools = [{"resource": d.resource, "count": d.count, "model": d.model} for d in node.devices]
    annotations = {PRICE: format_price(node.price)}
    if pools:
        annotations[DEVICES] = orjson.dumps(pools).decode()
    taints = [{"key": t.key, "value": t.value, "effect": t.effect.value} for t in node.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": dict(node.labels), "annotations": annotations},
        "spec": {"taints": taints},
        "status": {"allocatable": {name: format_amount(name, n) for name, n in node.allocatable.items()}},
    }


def _pod(agent: Agent) -> dict[str, Any]:
    owner = agent.owner
    requests = {name: format_amount(name, amount) for name, amount in agent.spec.requests.items()}
    ports = [
        {"containerPort": p.port, "hostPort": p.port, "protocol": p.protocol, "hostIP": p.ip}
        for p in agent.spec.host_ports
    ]
    tolerations = [
        {
            name: value
            for name, value in (
                ("key", t.key),
                ("operator", t.operator),
                ("value", t.value),
                ("effect", t.effect),
            )
            if value
        }
        for t in agent.spec.tolerations
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": agent.name,
            "namespace": agent.namespace,
            "labels": dict(agent.labels),
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "name": owner.name if owner else agent.name,
                    "uid": "",
                    "controller": True,
                }
            ],
        },
        "spec": {
            "nodeName": agent.node_name,
            "priority": agent.spec.priority,
            "tolerations": tolerations,
            "containers": [
                {"name": "main", "image": "main", "resources": {"requests": requests}, "ports": ports}
            ],
        },
        "status": {"phase": "Running"},
    }
