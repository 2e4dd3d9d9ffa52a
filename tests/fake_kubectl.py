"""A kubectl for tests of docs/rebalance-wave.sh: a cluster in a JSON file, $CLUSTER, that plays its own controllers.

Evicted pods are made anew at once, gated where their namespace is labelled and there is a gate ($GATED). A pod
without a gate goes to the first node by name that its node selector means: whatever is not told goes astray.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

GATE, LABEL = "placewright.io/rebalance", "placewright.io/rebalancing"


def main(arguments: list[str]) -> None:
    path = Path(os.environ["CLUSTER"])
    cluster = json.loads(path.read_text())
    verb = arguments[0]
    if verb == "label":
        _label(cluster, arguments[2], arguments[3])
    elif verb == "create":
        _evict(cluster, json.loads(sys.stdin.read()))
    elif verb == "get" and arguments[1] != "pods":
        sys.exit(0 if os.environ["GATED"] == "yes" else "NotFound")
    elif verb == "get":
        print(json.dumps({"items": list(cluster["pods"].values())}))
    elif verb == "patch":
        _patch(cluster["pods"][arguments[2]], json.loads(arguments[arguments.index("--patch") + 1]))
    elif verb == "wait":
        assert cluster["pods"][arguments[2]]["spec"].get("nodeName"), "is not bound"
    _schedule(cluster)
    path.write_text(json.dumps(cluster))


def _label(cluster: dict[str, Any], namespace: str, label: str) -> None:
    labelled = set(cluster["labelled"])
    cluster["labelled"] = sorted(labelled - {namespace} if label.endswith("-") else labelled | {namespace})


def _evict(cluster: dict[str, Any], eviction: dict[str, Any]) -> None:
    """The pod goes, its controller makes another one, which admission may gate."""
    meta = eviction["metadata"]
    old = cluster["pods"].pop(meta["name"])
    if eviction["deleteOptions"]["preconditions"]["uid"] != old["metadata"]["uid"]:
        sys.exit("Conflict")
    cluster["made"] += 1
    name = f"new-{cluster['made']}"
    gated = meta["namespace"] in cluster["labelled"] and os.environ["GATED"] == "yes"
    cluster["pods"][name] = {
        "metadata": {**old["metadata"], "name": name, "uid": name},
        "spec": {"schedulingGates": [{"name": GATE}] if gated else []},
    }


def _patch(pod: dict[str, Any], patch: dict[str, Any]) -> None:
    """As the API lets one: the node selector only while the pod is gated."""
    if "nodeSelector" in patch["spec"] and not pod["spec"]["schedulingGates"]:
        sys.exit("Forbidden: pod updates may not change fields other than ...")
    pod["spec"].update(patch["spec"])


def _schedule(cluster: dict[str, Any]) -> None:
    for pod in cluster["pods"].values():
        spec = pod["spec"]
        if not spec.get("schedulingGates") and not spec.get("nodeName"):
            wanted = spec.get("nodeSelector", {}).items()
            spec["nodeName"] = next(n for n, labels in cluster["nodes"].items() if wanted <= labels.items())


if __name__ == "__main__":
    main(sys.argv[1:])
