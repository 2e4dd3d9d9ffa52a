"""Pods as a cluster shows them, many of a few templates, and files of them that are to be read in any way."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from placewright.models.errors import InputError
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot
from placewright.tests.objects import Object, container, node, pod

STYLES: tuple[dict[str, Any], ...] = (
    {"indent": 4},
    {"indent": 1, "sort_keys": True},
    {"separators": (",", ":")},
)


def replica(number: int, **spec: Any) -> Object:
    """One Pod of a Deployment as a cluster shows it: what differs from replica to replica does."""
    token = f"kube-api-access-{random.Random(number).randrange(10**4, 10**5)}"
    meta = {
        "generateName": "web-",
        "uid": f"u{number}",
        "labels": {"app": "web"},
        "creationTimestamp": f"2026-01-01T00:00:{number:02}Z",
        "annotations": {"cni/ip": str(number)},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "r", "controller": True}],
    }
    main = {
        **container(cpu="1"),
        "volumeMounts": [{"name": token}],
        "env": [{"name": "status", "value": "x"}],
    }
    volumes = [{"name": token, "projected": {"sources": []}}]
    status = {"phase": "Running", "startTime": f"t{number}", "podIP": f"10.0.0.{number}"}
    return pod(
        f"web-{number}",
        main,
        meta=meta,
        status=status,
        **{"nodeName": f"n{number % 3}", "volumes": volumes, **spec},
    )


def cluster(rng: random.Random) -> list[Object]:
    """Nodes, replicas, and Pods that are unlike any other."""
    oddities: list[Object] = [
        {"nodeName": None},
        {"hostNetwork": True},
        {"schedulerName": "kube-api-access-abcde"},
        {"hostname": '},\n "status": {'},
        {"priority": 7},
        {"nodeSelector": {"pool": "a"}},
        {"nodeName": ""},
    ]
    pods = [replica(number, **(rng.choice(oddities) if rng.random() < 0.3 else {})) for number in range(12)]
    for one in pods:
        if rng.random() < 0.1:
            del one["status"]
        if rng.random() < 0.1:
            one["metadata"]["annotations"]["placewright.io/move-weight"] = "2"
    wrong = rng.random()
    if wrong < 0.1:
        rng.choice(pods)["spec"]["priority"] = "high"
    elif wrong < 0.2:
        rng.choice(pods)["metadata"]["annotations"]["placewright.io/move-weight"] = "x"
    if rng.random() < 0.2:
        pods.append(rng.choice((pods[0], replica(0, priority=9))))
    rng.shuffle(pods)
    return [node(f"n{i}") for i in range(3)] + pods


def loaded(path: Path) -> Snapshot | str:
    """The snapshot, or what is told of what is wrong."""
    try:
        return load_snapshot([str(path)], Options())
    except InputError as error:
        return str(error)
