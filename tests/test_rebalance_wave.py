"""docs/rebalance-wave.sh carries out a wave so that nobody ends anywhere but on the target, or comes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.filters import feasible
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests import fake_kubectl
from placewright.tests.builders import HOSTNAME, node, snapshot
from placewright.tests.moving import plan_for, runs
from placewright.tests.objects import build, obj

ROOT = Path(__file__).parents[1]
SCRIPT, POLICY = ROOT / "docs" / "rebalance-wave.sh", ROOT / "docs" / "rebalance-gate.yaml"
needs_shell = pytest.mark.skipif(
    shutil.which("jq") is None or shutil.which("sh") is None, reason="needs sh and jq"
)


def cluster() -> Snapshot:
    """Two agents on the node that kube-scheduler would like best, which is to be drained."""
    return snapshot(
        [node(name, labels={HOSTNAME: name}, cpu=1000) for name in "abc"],
        [runs("x", "a", cpu=600), runs("y", "a", cpu=400, app="db")],
    )


def wave(plan: RebalancePlan, tmp_path: Path, *, gated: bool) -> tuple[int, dict[str, str]]:
    """The exit code of the script for the first wave, and where the pods of each owner are then."""
    there = cluster()
    pods = {a.name: _pod(a.name, a.owner.name if a.owner else "", a.node_name) for a in there.residents}
    state = tmp_path / "cluster.json"
    nodes = {n.name: dict(n.labels) for n in there.nodes}
    state.write_text(json.dumps({"pods": pods, "nodes": nodes, "labelled": [], "made": 0}))
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {fake_kubectl.__file__} "$@"\n')
    kubectl.chmod(0o755)
    path = tmp_path / "plan.json"
    path.write_text(plan.model_dump_json(by_alias=True))
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CLUSTER": str(state),
        "GATED": "yes" if gated else "no",
    }
    run = subprocess.run(
        [str(SCRIPT), str(path), "1"], env=environment, capture_output=True, timeout=20, check=False
    )
    after = json.loads(state.read_text(encoding="utf-8"))
    assert after["labelled"] == []
    owners = ((p["metadata"]["ownerReferences"][0]["name"], p["spec"]) for p in after["pods"].values())
    return run.returncode, {owner: spec["nodeName"] for owner, spec in owners}


def _pod(name: str, owner: str, on: str) -> dict[str, Any]:
    owners = [{"kind": "ReplicaSet", "name": owner, "controller": True}]
    meta = {"name": name, "namespace": "default", "uid": f"uid-{name}", "ownerReferences": owners}
    return {"metadata": meta, "spec": {"nodeName": on, "schedulingGates": []}}


@needs_shell
def test_every_replacement_ends_on_its_target(tmp_path: Path) -> None:
    plan = plan_for(cluster(), "drain=a")
    targets = {move.agent: move.to_node for move in plan.waves[0].moves}
    assert len(plan.waves) == 1
    assert wave(plan, tmp_path, gated=True) == (0, {"web": targets["x"], "db": targets["y"]})


@needs_shell
def test_an_eviction_that_is_refused_ends_the_wave(tmp_path: Path) -> None:
    document = plan_for(cluster(), "drain=a").model_dump(mode="json", by_alias=True)
    document["waves"][0]["evictions"][0]["deleteOptions"]["preconditions"]["uid"] = "another"
    code, where = wave(RebalancePlan.model_validate(document), tmp_path, gated=True)
    assert code != 0
    assert set(where.values()) == {"a"}


@needs_shell
def test_nobody_is_evicted_where_nothing_holds_replacements_back(tmp_path: Path) -> None:
    code, where = wave(plan_for(cluster(), "drain=a"), tmp_path, gated=False)
    assert (code, set(where.values())) == (2, {"a"})


def test_without_its_node_selector_a_replacement_may_come_back_and_with_it_only_the_target_takes_it() -> None:
    there = cluster()
    binding = plan_for(there, "drain=a").waves[0].bindings[0]
    assert binding.node_selector == {HOSTNAME: binding.node}

    def open_to(selector: dict[str, str]) -> set[str]:
        """The nodes that take the replacement once the evicted one is gone."""
        pod = obj(
            "Pod",
            "new",
            spec={
                "nodeSelector": selector,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "600m"}}}],
            },
        )
        nodes = [
            obj(
                "Node",
                n.name,
                meta={"labels": dict(n.labels)},
                status={"capacity": {"cpu": "1", "pods": "9"}},
            )
            for n in there.nodes
        ]
        seen = build(*nodes, pod)
        return {n.name for n in feasible(ClusterState(seen), seen.pending[0])}

    assert open_to({}) == {"a", "b", "c"}
    assert open_to(binding.node_selector) == {binding.node}


def test_targets_whose_host_name_is_not_their_own_get_no_selector() -> None:
    alike = snapshot([node(n, labels={HOSTNAME: "same"}) for n in "ab"], [runs("x", "a")])
    assert plan_for(alike, "drain=a").waves[0].bindings[0].node_selector == {}


def test_the_gate_is_put_on_pods_of_namespaces_that_are_labelled() -> None:
    policy, binding = yaml.safe_load_all(POLICY.read_text(encoding="utf-8"))
    assert binding["spec"]["policyName"] == policy["metadata"]["name"]
    assert binding["spec"]["matchResources"]["namespaceSelector"]["matchLabels"] == {
        fake_kubectl.LABEL: "true"
    }
    assert fake_kubectl.GATE in policy["spec"]["mutations"][0]["applyConfiguration"]["expression"]
    script = SCRIPT.read_text(encoding="utf-8")
    assert f"gate={fake_kubectl.GATE} label={fake_kubectl.LABEL}" in script
