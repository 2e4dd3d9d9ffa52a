"""Kubernetes objects of real size, about 3 KB a Pod, as `kubectl get -o json` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import orjson

Object = dict[str, Any]
ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
CREATED = "2026-01-01T00:00:00Z"
HASH = "7d4b9c8f6"
"""Of the one revision that every workload has."""


def write_list(items: Iterable[Object], stream: BinaryIO) -> None:
    """A `List`, written item by item."""
    stream.write(b'{\n"apiVersion": "v1",\n"kind": "List",\n"items": [')
    for i, item in enumerate(items):
        stream.write(b",\n" if i else b"\n")
        stream.write(orjson.dumps(item, option=orjson.OPT_INDENT_2))
    stream.write(b"\n]\n}\n")


def named(kind: str, name: str, *, version: str = "v1", **fields: object) -> Object:
    """An object without a namespace that is hardly more than its name."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def node_object(
    name: str,
    amounts: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    taints: Iterable[Object] = (),
) -> Object:
    """A Node that is ready."""
    given = list(taints)
    have = {"ephemeral-storage": "94Gi", "hugepages-2Mi": "0", "pods": "110", **amounts}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "creationTimestamp": CREATED,
            "labels": {
                HOSTNAME: name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                **(labels or {}),
            },
        },
        "spec": {"providerID": f"example:///{name}", **({"taints": given} if given else {})},
        "status": {
            "allocatable": have,
            "capacity": have,
            "conditions": [_condition("Ready")],
            "nodeInfo": {"kubeletVersion": "v1.36.3", "osImage": "Linux", "architecture": "amd64"},
        },
    }


def _condition(kind: str, status: str = "True") -> Object:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": CREATED,
        "lastHeartbeatTime": CREATED,
        "reason": f"Kubelet{kind}",
        "message": f"kubelet is posting {kind.lower()} status",
    }


def requests(milli: int, mebi: int) -> dict[str, str]:
    """Amounts of cpu and memory."""
    return {"cpu": f"{milli}m", "memory": f"{mebi}Mi"}


def pod_object(
    app: str,
    index: int,
    namespace: str,
    spec: Object,
    *,
    node: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Object:
    """A replica of the workload `app`, with a `pod_spec`. Pending unless it runs on `node`."""
    owner = f"{app}-{HASH}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{owner}-{index:05d}",
            "generateName": f"{owner}-",
            "namespace": namespace,
            "uid": f"{app}-{index:08x}-4b7c-9d3e-2f6a1c5e8b90",
            "resourceVersion": str(1000 + index),
            "creationTimestamp": CREATED,
            "labels": {**pod_labels(app), "pod-template-hash": HASH, **(labels or {})},
            "annotations": {"checksum/config": f"{index:064x}", **ANNOTATIONS},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": owner,
                    "uid": f"{app}-owner",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {**spec, "nodeName": node} if node else spec,
        "status": _pod_status(node),
    }


ANNOTATIONS = {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"}


def pod_labels(app: str) -> dict[str, str]:
    """The labels that a chart gives the Pods of a workload."""
    return {
        "app": app,
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": f"{app}-prod",
        "app.kubernetes.io/managed-by": "Helm",
    }


def deployment_object(
    app: str, namespace: str, replicas: int, spec: Object, labels: Mapping[str, str] | None = None
) -> Object:
    """A Deployment none of whose Pods is there yet."""
    matched = {**pod_labels(app), **(labels or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": app,
            "namespace": namespace,
            "uid": f"{app}-deployment",
            "creationTimestamp": CREATED,
            "labels": matched,
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": matched, "annotations": ANNOTATIONS}, "spec": spec},
        },
        "status": {"observedGeneration": 1, "unavailableReplicas": replicas},
    }


TOKEN = "kube-api-access-x7k2p"  # noqa: S105 - the name of a volume


def pod_spec(app: str, amounts: Mapping[str, str], priority: int, rules: Object) -> Object:
    """One container with probes, settings and volumes, as most have; `rules` are further fields."""
    tolerations = [
        {
            "key": f"node.kubernetes.io/{state}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        }
        for state in ("not-ready", "unreachable")
    ]
    return {
        "containers": [_container(app, amounts)],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": priority,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        **rules,
        "tolerations": rules.get("tolerations", []) + tolerations,
        "volumes": [
            {"name": "config", "configMap": {"defaultMode": 420, "name": f"{app}-config"}},
            {
                "name": TOKEN,
                "projected": {
                    "defaultMode": 420,
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {
                            "configMap": {
                                "name": "kube-root-ca.crt",
                                "items": [{"key": "ca.crt", "path": "ca.crt"}],
                            }
                        },
                    ],
                },
            },
        ],
    }


def _container(app: str, amounts: Mapping[str, str]) -> Object:
    own_address = {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}
    settings = [{"name": f"SETTING_{i}", "value": f"value-of-setting-{i}"} for i in range(8)]
    return {
        "name": "main",
        "image": f"registry.example.com/team/{app}:v1.42.0",
        "imagePullPolicy": "IfNotPresent",
        "args": ["--listen=:8080", "--metrics=:9090", "--log-format=json"],
        "env": [*settings, {"name": "POD_IP", "valueFrom": own_address}],
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "resources": {"requests": dict(amounts), "limits": {"memory": amounts["memory"]}},
        "readinessProbe": _probe("/ready"),
        "livenessProbe": _probe("/healthz"),
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"mountPath": "/etc/config", "name": "config"},
            {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": TOKEN, "readOnly": True},
        ],
    }


def _probe(path: str) -> Object:
    return {
        "failureThreshold": 3,
        "httpGet": {"path": path, "port": 8080, "scheme": "HTTP"},
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def _pod_status(node: str | None) -> Object:
    if node is None:
        condition = {**_condition("PodScheduled", "False"), "reason": "Unschedulable"}
        return {"phase": "Pending", "qosClass": "Burstable", "conditions": [condition]}
    kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "qosClass": "Burstable",
        "startTime": CREATED,
        "conditions": [_condition(kind) for kind in kinds],
    }
