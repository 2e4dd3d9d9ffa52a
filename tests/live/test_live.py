"""What placewright writes is taken by a real API server, and leads to where the plan says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.tests.live.control_plane import ROOT, ControlPlane
from placewright.tests.live.workloads import budget, namespace, pods, replicas, running, wait_until, where

DOCS = ROOT / "docs"
OURS = "placewright"
SPREAD = {
    "maxSkew": 1,
    "topologyKey": "topology.kubernetes.io/zone",
    "whenUnsatisfiable": "DoNotSchedule",
}


@pytest.fixture(autouse=True)
def _nobody_left(plane: ControlPlane) -> Iterator[None]:
    """The next test finds nodes without pods."""
    yield
    names = [one["metadata"]["name"] for one in plane.api.get("/api/v1/namespaces")["items"]]
    ours = [
        name for name in names if name not in ("default", "kube-system", "kube-public", "kube-node-lease")
    ]
    plane.kubectl("delete", "namespace", *ours, "--wait=false")
    wait_until(lambda: not plane.api.get("/api/v1/pods")["items"])


def kinds_in(text: str) -> str:
    """The kinds that a document tells kubectl to get, as one argument."""
    found = re.search(r"\bnodes,pods,[a-z,]+", text)
    assert found is not None
    return found[0]


def apply(plane: ControlPlane, into: str, *manifests: dict[str, Any]) -> None:
    plane.kubectl("create", "-f", "-", given=json.dumps(namespace(into)))
    for manifest in manifests:
        plane.kubectl("create", "-n", into, "-f", "-", given=json.dumps(manifest))


def snapshot(plane: ControlPlane, folder: Path) -> str:
    """What the README's command gives, in a file."""
    kinds = kinds_in((ROOT / "README.md").read_text(encoding="utf-8"))
    path = folder / "cluster.json"
    path.write_text(plane.kubectl("get", kinds, "-A", "-o", "json"))
    return str(path)


def placewright(*arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "placewright", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == code, run.stderr
    return run.stdout


def planned(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(placewright(*arguments, "-o", "json", "--deterministic"))
    return found


def script(plane: ControlPlane, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(DOCS / name), *arguments],
        env=plane.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_binding_is_taken_and_nothing_read_is_unknown(plane: ControlPlane, tmp_path: Path) -> None:
    spread = {**SPREAD, "labelSelector": {"matchLabels": {"app": "web"}}}
    apply(
        plane,
        "bindings",
        replicas("web", 6, scheduler=OURS, topologySpreadConstraints=[spread]),
        replicas("db", 2, kind="StatefulSet", scheduler=OURS, cpu="1"),
    )
    wait_until(lambda: len(where(plane, "bindings")) == 8)
    cluster = snapshot(plane, tmp_path)
    plan = planned("place", cluster, "--scheduler-name", OURS)
    assert (len(plan["bindings"]), plan["warnings"]) == (8, [])
    written = str(tmp_path / "bindings.yaml")
    placewright(
        "place", cluster, "--scheduler-name", OURS, "--deterministic", "-o", "bindings", "--out", written
    )
    plane.kubectl("create", "-f", written)
    assert where(plane, "bindings") == {bound["agent"]: bound["node"] for bound in plan["bindings"]}
    wait_until(lambda: running(plane, "bindings") == 8)
    assert planned("place", snapshot(plane, tmp_path), "--scheduler-name", OURS)["bindings"] == []


def test_an_agent_that_was_made_anew_is_not_bound_under_its_old_name(
    plane: ControlPlane, tmp_path: Path
) -> None:
    apply(plane, "anew", replicas("db", 1, kind="StatefulSet", scheduler=OURS))
    wait_until(lambda: set(where(plane, "anew")) == {"db-0"})
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(planned("place", snapshot(plane, tmp_path), "--scheduler-name", OURS)))
    (old,) = pods(plane, "anew")
    plane.kubectl("delete", "pod", "db-0", "-n", "anew", "--wait=false")
    wait_until(
        lambda: [p["metadata"]["uid"] for p in pods(plane, "anew")] not in ([], [old["metadata"]["uid"]])
    )
    assert script(plane, "place-apply.sh", str(plan)).returncode != 0
    assert where(plane, "anew") == {"db-0": ""}


def test_who_must_leave_is_gone_before_the_important_one_is_bound(
    plane: ControlPlane, tmp_path: Path
) -> None:
    for name, value in (("low", 1), ("high", 1000)):
        kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
        plane.kubectl(
            "create", "-f", "-", given=json.dumps({**kind, "metadata": {"name": name}, "value": value})
        )
    only = {"kubernetes.io/hostname": "n3"}
    apply(
        plane,
        "evict",
        replicas("low", 1, scheduler=OURS, cpu="3", priorityClassName="low", nodeSelector=only),
    )
    wait_until(lambda: len(where(plane, "evict")) == 1)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(planned("place", snapshot(plane, tmp_path), "--scheduler-name", OURS)))
    assert script(plane, "place-apply.sh", str(plan)).returncode == 0
    wait_until(lambda: running(plane, "evict") == 1)
    high = replicas("high", 1, scheduler=OURS, cpu="3", priorityClassName="high", nodeSelector=only)
    plane.kubectl("create", "-n", "evict", "-f", "-", given=json.dumps(high))
    wait_until(lambda: len(where(plane, "evict")) == 2)
    made = planned("place", snapshot(plane, tmp_path), "--scheduler-name", OURS, "--preempt")
    assert [e["agent"].split("-")[0] for e in made["evictions"]] == ["low"]
    plan.write_text(json.dumps(made))
    run = script(plane, "place-apply.sh", str(plan))
    assert run.returncode == 0, run.stderr
    there = where(plane, "evict")
    assert {name.split("-")[0]: node for name, node in there.items()} == {"high": "n3", "low": ""}


def test_waves_lead_to_where_the_plan_says(plane: ControlPlane, tmp_path: Path) -> None:
    plane.kubectl("apply", "-f", str(DOCS / "rebalance-gate.yaml"))
    apply(
        plane,
        "waves",
        replicas("web", 4, cpu="100m"),
        replicas("db", 2, kind="StatefulSet", cpu="200m"),
        budget("web", 1),
        budget("db", 1),
    )
    wait_until(lambda: running(plane, "waves") == 6)
    drained = Counter(where(plane, "waves").values()).most_common(1)[0][0]
    drain = ("--goal", f"drain={drained}", "--min-age", "0")
    plan = tmp_path / "plan.json"
    made = planned("rebalance", snapshot(plane, tmp_path), *drain)
    plan.write_text(json.dumps(made))
    assert made["waves"]
    for wave in made["waves"]:
        fresh = snapshot(plane, tmp_path)
        if wave["number"] == 1:
            placewright("verify", fresh, "--plan", str(plan))
        before = where(plane, "waves")
        run = script(plane, "rebalance-wave.sh", str(plan), str(wave["number"]))
        assert run.returncode == 0, run.stderr
        after = where(plane, "waves")
        left = [move["agent"] for move in wave["moves"]]
        assert Counter(after.values()) == Counter(
            [node for name, node in before.items() if name not in left]
            + [move["toNode"] for move in wave["moves"]]
        )
    assert drained not in where(plane, "waves").values()
    labels = plane.api.get("/api/v1/namespaces/waves")["metadata"]["labels"]
    assert set(labels) == {"kubernetes.io/metadata.name"}
    assert not any(pod["spec"].get("schedulingGates") for pod in pods(plane, "waves"))


def test_the_job_may_read_all_that_it_asks_for_and_nothing_else(plane: ControlPlane) -> None:
    text = (DOCS / "rebalance-cronjob.yaml").read_text(encoding="utf-8")
    manifests = [m for m in yaml.safe_load_all(text) if m["kind"] != "CronJob"]
    for manifest in manifests:
        plane.kubectl("create", "-f", "-", given=json.dumps(manifest))
    account = "--as=system:serviceaccount:placewright:rebalance"
    found = json.loads(plane.kubectl("get", "-A", "-o", "json", kinds_in(text), account))
    assert {"Node", "Namespace", "PersistentVolumeClaim"} <= {item["kind"] for item in found["items"]}
    for verb, what in (("get", "secrets"), ("create", "pods"), ("create", "pods/eviction")):
        with pytest.raises(RuntimeError):
            plane.kubectl("auth", "can-i", verb, what, "-A", "-q", account)
