"""`placewright whatif` as it is typed: what it prints, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.headroom import Headroom
from placewright.models.plan import Plan
from placewright.models.survival import Survival
from placewright.models.whatif import WhatIf
from placewright.tests.commands import run

CLUSTER: dict[str, Any] = {
    "nodes": [
        {
            "name": "n",
            "count": 4,
            "zones": ["a", "b"],
            "allocatable": {"cpu": 2, "memory": "4Gi"},
            "price": "1",
        }
    ],
    "agents": [
        {"name": "web", "replicas": 2, "labels": {"app": "web"}, "requests": {"cpu": 1}, "priority": 5},
        {"name": "job", "node": "n-0", "requests": {"cpu": 1}},
    ],
}
SCENARIO = """
name: growth
sweep: {factor: [1, 2, 4]}
operations:
  - scale: {matchLabels: {app: web}, factor: "${factor}"}
---
name: lost
operations:
  - lose: {zone: a}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    cluster, scenario = tmp_path / "cluster.yaml", tmp_path / "scenario.yaml"
    cluster.write_text(yaml.safe_dump(CLUSTER), encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    return str(cluster), str(scenario)


def whatif(files: tuple[str, str], *more: str) -> int:
    return run("whatif", files[0], "--scenario", files[1], "--deterministic", *more)


def test_the_table_has_a_row_for_each_case_and_says_why(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert whatif(files) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    header = next(words for words in lines if words[:1] == ["scenario"])
    assert header[1:6] == ["agents", "priority", "5", "priority", "0"]
    as_it_is = ["as", "it", "is", "3/3", "2/2", "1/1", "0", "0", "4", "37", "%", "0", "%", "4", "proven"]
    assert as_it_is in lines
    assert any(words[:4] == ["growth", "(factor=4)", "8/9", "7/8"] for words in lines)
    assert any(words[:4] == ["lost", "3/3", "2/2", "1/1"] for words in lines)
    assert ["Not", "placed:", "growth", "(factor=4)"] in lines


def test_csv_is_a_curve(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert whatif(files, "-o", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    curve = {row["factor"]: (row["running"], row["unplaced"]) for row in rows if row["scenario"] == "growth"}
    assert curve == {"1": ("3", "0"), "2": ("5", "0"), "4": ("8", "1")}
    assert rows[0]["scenario"] == "as it is"
    assert rows[-1]["cost_per_hour"] == "2"


def test_json_is_the_document(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert whatif(files, "-o", "json") == 0
    told = WhatIf.model_validate(json.loads(capsys.readouterr().out))
    assert [case.name for case in told.cases] == [
        "as it is",
        "growth (factor=1)",
        "growth (factor=2)",
        "growth (factor=4)",
        "lost",
    ]
    assert {case.seconds for case in told.cases} == {0.0}


def test_each_cases_plan_and_a_chart_are_written(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans, drawn = tmp_path / "plans", tmp_path / "growth.svg"
    assert (
        whatif(files, "--plans", str(plans), "--chart", str(drawn), "-q", "--out", str(tmp_path / "o")) == 0
    )
    assert sorted(path.name for path in plans.iterdir()) == [
        "as-it-is.json",
        "growth-factor-1.json",
        "growth-factor-2.json",
        "growth-factor-4.json",
        "lost.json",
    ]
    lost = Plan.model_validate_json((plans / "lost.json").read_text())
    assert {binding.agent for binding in lost.bindings} == {"web-0", "web-1", "job"}
    assert json.loads((tmp_path / "o").read_text())["cases"][-1]["plan"] == str(plans / "lost.json")
    assert drawn.read_text().startswith("<?xml")
    assert capsys.readouterr().out == ""


def test_a_value_is_set_from_the_command_line(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert whatif(files, "--set", "factor=3", "-o", "csv") == 0
    assert [row["agents"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["3", "7", "3"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["--set", "factor"], "--set: expected NAME=VALUE", id="no value"),
        pytest.param(["--set", "x=1"], '--set: no scenario has a parameter "x"', id="no such parameter"),
        pytest.param(["--chart", "x.pdf"], "--chart: expected a file ending in", id="no picture"),
        pytest.param(
            ["--chart", "x.svg", "--set", "factor=2"], "--chart: no scenario sweeps", id="nothing to draw"
        ),
        pytest.param(["--executor", "threads"], "--executor: expected processes, ray", id="no executor"),
    ],
)
def test_mistakes_end_with_2_before_anything_is_solved(
    files: tuple[str, str], arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert whatif(files, *arguments) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out == ""


def test_a_scenario_among_the_inputs_is_told_from_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("apiVersion: placewright.io/v1\nkind: Scenario\nname: s\n", encoding="utf-8")
    assert run("place", str(path)) == 2
    assert "is a scenario, not a cluster; a scenario is given with --scenario" in capsys.readouterr().err


def test_the_schema_of_scenarios_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "--scenario") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "placewright scenario"
    assert run("schema", "--scenario", "--profile") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        pytest.param([], 0, "survives: all agents can run again after the loss of any zone", id="any zone"),
        pytest.param(["--lose", "zone:2"], 1, "fails: without a, b 3 agents cannot run, proven", id="both"),
        pytest.param(
            ["--lose", "node", "--priority", "5"],
            0,
            "survives: all agents of priority 5 or more",
            id="a node",
        ),
    ],
)
def test_survival_is_an_exit_code_and_a_verdict(
    files: tuple[str, str],
    arguments: list[str],
    code: int,
    verdict: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("survive", files[0], *arguments) == code
    out = capsys.readouterr().out
    assert out.startswith(verdict)
    assert ("What is missing" in out) == (code == 1)


def test_survival_as_a_document(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("survive", files[0], "--lose", "zone:2", "-o", "json") == 1
    told = Survival.model_validate(json.loads(capsys.readouterr().out))
    assert told.worst is not None
    assert (told.worst.domains, told.worst.stranded) == (("a", "b"), 3)


def test_what_cannot_be_lost_ends_with_2(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("survive", files[0], "--lose", "rack") == 2
    assert '--lose: no node has a label "rack"' in capsys.readouterr().err


def test_headroom_says_how_many_more_and_what_binds(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("headroom", files[0], "--agent", "web-0") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "room for 5 more like default/web-0, proven; resources: cpu binds most: without it 432 further"
    )
    assert "  default/web-0: 0/4 nodes are available: 4 Insufficient cpu." in lines


def test_headroom_of_a_mix_as_a_document(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "api.yaml"
    file.write_text("agents: [{name: api, requests: {cpu: 500m}}]", encoding="utf-8")
    assert run("headroom", files[0], "--agent", "web-0", "--agent", f"{file}=2", "-o", "json") == 0
    told = Headroom.model_validate(json.loads(capsys.readouterr().out))
    assert (told.sets, [kind.agents for kind in told.mix]) == (2, [2, 4])
    assert run("headroom", files[0], "--agent", "wep-0") == 2


def test_survival_and_room_can_be_asked_for_after_a_scenario(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = tmp_path / "lost.yaml"
    lost.write_text("[{lose: {zone: a}}]", encoding="utf-8")
    assert run("survive", files[0], "--scenario", str(lost), "--lose", "zone") == 1
    assert "fails: without b 3 agents cannot run, proven" in capsys.readouterr().out
    assert run("headroom", files[0], "--scenario", str(lost), "--agent", "web-0") == 0
    assert capsys.readouterr().out.startswith("room for 1 more like default/web-0")
    growth = tmp_path / "growth.yaml"
    growth.write_text(
        "name: g\nsweep: {n: [1, 2]}\noperations: [{scale: {matchLabels: {app: web}, to: '${n}'}}]",
        encoding="utf-8",
    )
    assert run("survive", files[0], "--scenario", str(growth)) == 2
    assert "comes to 2 cases, and one is expected: --set" in capsys.readouterr().err
    assert run("survive", files[0], "--scenario", str(growth), "--set", "n=2") == 0
    assert run("survive", files[0], "--set", "n=2") == 2
