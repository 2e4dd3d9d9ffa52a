"""docs/place-apply.sh: who must leave has left before anybody is bound, and a refusal ends it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from placewright.models.plan import Binding, DeviceAssignment, Eviction, Plan, Status, VolumeBinding

SCRIPT = Path(__file__).parents[1] / "docs" / "place-apply.sh"
pytestmark = pytest.mark.skipif(
    shutil.which("jq") is None or shutil.which("sh") is None, reason="needs sh and jq"
)
KUBECTL = """#!/bin/sh
[ "$1" = get ] || { echo "$@"; [ "$1" = patch ] || { cat; echo; }; } >> "$LOG"
case "$*" in
  *"$REFUSES"*) exit 1 ;;
  "get pod"*) if [ -e "$LOG.looked" ]; then printf '%s' "$LATER"; else printf u-low; touch "$LOG.looked"; fi ;;
esac
"""
"""Writes down what it is asked to do; the evicted agent is there at the first look, and then what $LATER says."""
LOW = Eviction(namespace="shop", agent="low", node="n", uid="u-low")
HIGH = Binding(namespace="shop", agent="high", node="n", uid="u-high")


def applied(
    tmp_path: Path, plan: Plan, *, refuses: str = "nothing", later: str = "", patience: int = 5
) -> tuple[int, list[str]]:
    """The exit code, and what kubectl was asked to do, line by line."""
    (tmp_path / "plan.json").write_text(plan.model_dump_json(by_alias=True))
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    log = tmp_path / "log"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LOG": str(log),
        "REFUSES": refuses,
        "LATER": later,
        "PATIENCE": str(patience),
    }
    run = subprocess.run(
        [str(SCRIPT), str(tmp_path / "plan.json")],
        env=environment,
        capture_output=True,
        timeout=20,
        check=False,
    )
    return run.returncode, list(filter(None, log.read_text().splitlines())) if log.exists() else []


def plan(**fields: Any) -> Plan:
    return Plan(status=Status.FEASIBLE, **fields)


def test_evictions_come_first_then_volumes_then_bindings(tmp_path: Path) -> None:
    code, asked = applied(
        tmp_path,
        plan(
            evictions=(LOW,),
            volume_bindings=(
                VolumeBinding(namespace="shop", claim="made", node="n"),
                VolumeBinding(namespace="shop", claim="there", node="n", volume="pv-1"),
            ),
            bindings=(HIGH,),
        ),
    )
    assert code == 0
    assert asked[0] == "create --raw /api/v1/namespaces/shop/pods/low/eviction --filename -"
    assert json.loads(asked[1])["deleteOptions"] == {"preconditions": {"uid": "u-low"}}
    assert [line.split(" --patch ")[0] for line in asked[2:4]] == [
        "patch pvc made --namespace shop --type merge",
        "patch pvc there --namespace shop --type merge",
    ]
    assert [json.loads(line.split(" --patch ")[1]) for line in asked[2:4]] == [
        {"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "n"}}},
        {"spec": {"volumeName": "pv-1"}},
    ]
    assert asked[4] == "create --raw /api/v1/namespaces/shop/pods/high/binding --filename -"
    bound = json.loads(asked[5])
    assert (bound["metadata"], bound["target"]["name"]) == (
        {"namespace": "shop", "name": "high", "uid": "u-high"},
        "n",
    )


def test_nobody_is_bound_where_an_eviction_is_refused(tmp_path: Path) -> None:
    code, asked = applied(tmp_path, plan(evictions=(LOW,), bindings=(HIGH,)), refuses="low/eviction")
    assert code != 0
    assert len(asked) == 2


def test_nobody_is_bound_while_who_was_evicted_is_there(tmp_path: Path) -> None:
    code, asked = applied(tmp_path, plan(evictions=(LOW,), bindings=(HIGH,)), later="u-low", patience=1)
    assert code != 0
    assert len(asked) == 2


def test_an_agent_that_was_made_anew_under_its_old_name_is_another_one(tmp_path: Path) -> None:
    code, asked = applied(tmp_path, plan(evictions=(LOW,), bindings=(HIGH,)), later="u-new")
    assert code == 0
    assert json.loads(asked[-1])["kind"] == "Binding"


def test_who_is_evicted_and_placed_anew_is_not_bound_under_the_old_name(tmp_path: Path) -> None:
    back = Binding(namespace="shop", agent="low", node="m")
    _, asked = applied(tmp_path, plan(evictions=(LOW,), bindings=(HIGH, back)))
    assert [json.loads(line)["metadata"]["name"] for line in asked if "Binding" in line] == ["high"]


def test_devices_are_told_as_in_the_bindings_that_are_written(tmp_path: Path) -> None:
    devices = (DeviceAssignment(resource="gpu", ids=(0, 2)), DeviceAssignment(resource="fpga", ids=(1,)))
    _, asked = applied(tmp_path, plan(bindings=(HIGH.model_copy(update={"devices": devices}),)))
    assert json.loads(asked[-1])["metadata"]["annotations"] == {"placewright.io/device-ids": "[0,2,1]"}


def test_a_binding_that_is_refused_does_not_keep_others_and_is_told(tmp_path: Path) -> None:
    more = Binding(namespace="shop", agent="more", node="n")
    code, asked = applied(tmp_path, plan(bindings=(HIGH, more)), refuses="high/binding")
    assert code != 0
    assert [json.loads(line)["metadata"]["name"] for line in asked if "Binding" in line] == ["high", "more"]


def test_nothing_is_asked_for_where_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert applied(tmp_path, plan()) == (0, [])
