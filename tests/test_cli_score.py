"""`placewright score` as it is typed: what it prints, for whom, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright import cli_check
from placewright.models.plan import Plan, Status
from placewright.models.rules.base import Violation
from placewright.models.standing import Standing
from placewright.solver.verify import Refused
from placewright.tests.commands import run

CLUSTER: dict[str, Any] = {
    "nodes": [
        {"name": "n", "count": 2, "allocatable": {"cpu": 2, "memory": "4Gi"}, "price": "0.25"},
        {"name": "old", "allocatable": {"cpu": 2, "memory": "4Gi"}, "unschedulable": True},
    ],
    "agents": [
        {"name": "a", "replicas": 2, "node": "n-0", "requests": {"cpu": 1}},
        {"name": "left", "node": "old", "requests": {"cpu": 1}},
        {"name": "w", "requests": {"cpu": 1}},
    ],
}


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(CLUSTER), encoding="utf-8")
    return str(path)


def test_the_verdict_comes_first_then_who_was_asked_about_then_both_placements(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("score", cluster, "--profile", "balanced") == 0
    out = capsys.readouterr().out
    verdict, asked, stays, *rest = out.splitlines()
    assert verdict.startswith("the cluster is within ")
    assert verdict.endswith(" of the best possible (scores), proven; the best takes 1 move")
    assert asked == "agents: 2 may move, 1 stay, 1 pending are left out"
    assert stays == "  1 stays: could not go where it is under today's rules"
    header = next(line for line in rest if line.startswith("level"))
    assert header.split() == ["level", "as", "it", "stands", "gap", "best", "found", "gap", "bound"]
    assert next(line for line in rest if "LeastAllocated" in line).split()[:2] == ["1", "x"]
    assert next(line for line in rest if line.startswith("nodes in use")).split()[3:] == ["2", "3"]


@pytest.mark.parametrize("fmt", ["json", "yaml"])
def test_machines_get_the_same_as_a_document(
    fmt: str, cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "standing"
    assert run("score", cluster, "-o", fmt, "--deterministic") == 0
    printed = capsys.readouterr().out
    assert run("score", cluster, "-o", fmt, "--deterministic", "--out", str(out)) == 0
    assert (out.read_text(encoding="utf-8"), capsys.readouterr().out) == (printed, "")
    document = json.loads(printed) if fmt == "json" else yaml.safe_load(printed)
    found = Standing.model_validate(document)
    assert (found.movable, found.ignored, found.tolerated, found.proven) == (2, 1, 1, True)
    assert [(move.agent, move.from_node, move.to_node) for move in found.moves] == [("a-1", "n-0", "n-1")]
    assert document["moves"][0].keys() == {"namespace", "agent", "fromNode", "toNode"}
    assert document["timing"] == {}


def test_quiet_prints_nothing_and_the_file_is_written(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "standing.json"
    assert run("score", cluster, "-q", "--out", str(out)) == 0
    assert capsys.readouterr() == ("", "")
    assert json.loads(out.read_text(encoding="utf-8"))["kind"] == "Standing"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["CLUSTER", "--time-limit", "0"], 0, id="no time: the present placement is an answer"),
        pytest.param(["CLUSTER", "--time-limit", "soon"], 2, id="a time that is none"),
        pytest.param(["missing.yaml"], 2, id="a file that is not there"),
        pytest.param([], 2, id="no input"),
    ],
)
def test_exit_codes(
    arguments: list[str], code: int, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("score", *(cluster if argument == "CLUSTER" else argument for argument in arguments)) == code
    assert "Traceback" not in capsys.readouterr().err


def test_an_answer_that_does_not_verify_is_not_reported(
    cluster: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = Refused(Plan(status=Status.INVALID), (Violation("resources", "cpu: too much", "default/a-0"),))
    monkeypatch.setattr(cli_check, "standing", lambda *_, **__: refused)
    assert run("score", cluster) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "resources: default/a-0: cpu: too much" in captured.err
    assert "this is a bug in placewright" in captured.err
