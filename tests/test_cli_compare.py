"""`placewright compare` as it is typed: what it prints, for whom, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.comparison import Comparison
from placewright.tests.commands import DEMO, run

CLUSTER: dict[str, Any] = {
    "nodes": [{"name": "n", "count": 2, "allocatable": {"cpu": 2, "memory": "4Gi"}, "price": "0.25"}],
    "agents": [{"name": "a", "replicas": 2, "requests": {"cpu": 1}, "priority": 5}],
}


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(CLUSTER), encoding="utf-8")
    return str(path)


def bindings(path: Path, **where: str) -> str:
    """A file of v1 Bindings."""
    documents = [
        {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name.replace("_", "-")},
            "target": {"name": n},
        }
        for name, n in where.items()
    ]
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return str(path)


def test_ours_and_theirs_with_the_verdict_first(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = str(tmp_path / "ours.json"), bindings(tmp_path / "theirs.yaml", a_0="n-0", a_1="n-0")
    run("place", cluster, "-q", "--out", ours)
    capsys.readouterr()
    assert run("compare", cluster, "--plan", theirs, "--plan", ours) == 0
    out = capsys.readouterr().out
    first, *rest = out.splitlines()
    assert first.startswith("ours.json is better: scores ")
    header = next(line for line in rest if line.startswith("level"))
    assert header.split() == ["level", "theirs.yaml", "gap", "ours.json", "gap", "bound"]
    placed = next(line for line in rest if line.startswith("placed/priority=5"))
    assert placed.split()[2:] == ["2", "proven", "2", "proven", "2"]
    assert any(line.split()[:3] == ["1", "x", "LeastAllocated"] for line in rest)
    assert next(line for line in rest if line.startswith("nodes in use")).split()[3:] == ["1", "2"]
    assert next(line for line in rest if line.startswith("price per hour")).split()[3:] == ["0.25", "0.5"]
    assert "0 / 50 / 100 % ± 50" in out
    assert "50 / 50 / 50 % ± 0" in out


def test_an_invalid_plan_is_shown_beside_the_others_and_is_exit_code_one(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = bindings(tmp_path / "good.yaml", a_0="n-0")
    bad = bindings(tmp_path / "bad.yaml", a_0="nowhere", a_9="n-0")
    assert run("compare", cluster, "--plan", good, "--plan", bad) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[:2] == [
        "good.yaml is the only valid plan",
        "bad.yaml is not valid: plan: default/a-0 on nowhere: no such node in the snapshot (and 1 more)",
    ]
    assert "1 of 2" in out


def test_bindings_beside_the_baseline_without_anything_proven(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = bindings(tmp_path / "one.yaml", a_0="n-0")
    assert run("compare", cluster, "--plan", plan, "--baseline", "greedy") == 0
    out = capsys.readouterr().out
    assert out.startswith("greedy is better: placed/priority=5 2 against 1\n")
    assert next(line for line in out.splitlines() if line.startswith("level")).split() == [
        "level",
        "one.yaml",
        "greedy",
    ]


def test_plans_of_the_same_name_are_told_apart(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    one = bindings(tmp_path / "p.yaml", a_0="n-0")
    two = bindings(tmp_path / "other" / "p.yaml", a_0="n-1")
    assert run("compare", cluster, "--plan", one, "--plan", two, "--plan", two) == 0
    assert capsys.readouterr().out.startswith(
        f"no level differs: {one}, {two} and {two}#2 are equally good\n"
    )


@pytest.mark.parametrize("fmt", ["json", "yaml"])
def test_machines_get_the_same_as_a_document(
    fmt: str, cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, out = bindings(tmp_path / "one.yaml", a_0="n-0"), tmp_path / "comparison"
    assert run("compare", cluster, "--plan", plan, "--profile", "cost", "-o", fmt) == 0
    printed = capsys.readouterr().out
    assert run("compare", cluster, "--plan", plan, "--profile", "cost", "-o", fmt, "--out", str(out)) == 0
    assert (out.read_text(encoding="utf-8"), capsys.readouterr().out) == (printed, "")
    document = json.loads(printed) if fmt == "json" else yaml.safe_load(printed)
    comparison = Comparison.model_validate(document)
    assert (comparison.profile, comparison.best, comparison.plans[0].price) == (
        "cost",
        ("one.yaml",),
        250_000,
    )
    assert {"name", "sense", "value", "bound", "gap", "terms"} == set(document["plans"][0]["levels"][0])


def test_the_table_goes_to_the_terminal_and_json_to_the_file(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "comparison.json"
    assert run("compare", cluster, "--baseline", "greedy", "--out", str(out)) == 0
    assert "Agents and nodes" in capsys.readouterr().out
    assert json.loads(out.read_text(encoding="utf-8"))["kind"] == "Comparison"
    assert run("compare", cluster, "--baseline", "greedy", "-q") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param(
            [], "error: --plan: expected at least one plan, or --baseline greedy", id="no plan at all"
        ),
        pytest.param(["--plan", "missing.json"], "error: missing.json: ", id="a plan that is not there"),
        pytest.param(["--plan", "CLUSTER"], "expected a Plan or Bindings", id="a plan that is none"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    arguments: list[str], error: str, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", cluster, *(cluster if a == "CLUSTER" else a for a in arguments)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert error in lines[0]


def test_our_plan_is_never_worse_than_the_baseline_on_the_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(tmp_path / "plan.json")
    run("place", DEMO, "-q", "--out", plan)
    capsys.readouterr()
    assert run("compare", DEMO, "--plan", plan, "--baseline", "greedy", "-o", "json") == 0
    assert "plan.json" in Comparison.model_validate(json.loads(capsys.readouterr().out)).best
