"""`placewright rebalance` as it is typed: what it prints, for whom, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.shrink import Shrink
from placewright.tests.commands import run

CLUSTER: dict[str, Any] = {
    "nodes": [{"name": "n", "count": 3, "allocatable": {"cpu": 4, "memory": "8Gi"}}],
    "agents": [
        {"name": "web", "replicas": 3, "node": "n-0", "labels": {"app": "web"}, "requests": {"cpu": 1}},
        {
            "name": "kept",
            "node": "n-1",
            "requests": {"cpu": 1},
            "annotations": {"placewright.io/do-not-disrupt": "true"},
        },
    ],
}


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(yaml.safe_dump(CLUSTER), encoding="utf-8")
    return str(path)


def test_the_table_says_what_moves_in_which_wave_and_what_that_is_worth(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebalance", cluster, "--goal", "balance", "--pareto", "--time-limit", "2") == 0
    out = capsys.readouterr().out
    assert "1 move in 1 wave, proven" in out.splitlines()[0]
    assert "agents: 3 may move, 1 stay" in out
    assert "  1 stays: is annotated placewright.io/do-not-disrupt: true" in out
    assert "Moves, wave by wave" in out
    assert "What moves bring (goal/balance, without their cost)" in out
    assert any(line.startswith("1     default/web-") for line in out.splitlines())


def test_a_drain_that_is_blocked_says_why_and_ends_with_1(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebalance", cluster, "--goal", "drain=n-1") == 1
    out = capsys.readouterr().out
    assert out.startswith("infeasible: 1 agent cannot leave the nodes to be drained")
    assert "default/kept on n-1" in out


@pytest.mark.parametrize("fmt", ["json", "yaml"])
def test_machines_get_the_plan_and_verify_replays_it(
    fmt: str, cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan"
    command = ("rebalance", cluster, "--goal", "drain=n-0", "--deterministic")
    assert run(*command, "-o", fmt, "--out", str(path)) == 0
    text = path.read_text(encoding="utf-8")
    plan = RebalancePlan.model_validate(json.loads(text) if fmt == "json" else yaml.safe_load(text))
    assert plan.moves == 3
    assert run(*command, "-o", fmt) == 0
    assert capsys.readouterr().out == text
    assert run("verify", cluster, "--plan", str(path)) == 0
    assert capsys.readouterr().out == "valid: 3 moves in 1 wave, no rule is broken on the way\n"


def test_verify_names_the_first_step_that_fails(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    assert run("rebalance", cluster, "--goal", "drain=n-0", "-o", "json", "--out", str(path)) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    document["waves"][0]["moves"][0]["fromNode"] = "n-2"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert run("verify", cluster, "--plan", str(path)) == 1
    assert "plan: default/web-0 on n-2: wave 1: is on n-0 then" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["compare", "explain"])
def test_a_rebalance_plan_is_no_plan_for_other_commands(
    command: str, cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    assert run("rebalance", cluster, "--goal", "balance", "-o", "json", "--out", str(path)) == 0
    agent = ("--agent", "web-0") if command == "explain" else ()
    assert run(command, cluster, "--plan", str(path), *agent) == 2
    assert "expected a Plan or Bindings, found a RebalancePlan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--goal", "tidy"], "--goal: expected one of balance", id="a goal that is none"),
        pytest.param(["--goal", "drain"], "--goal: expected drain=NODE", id="a drain of nothing"),
        pytest.param(["--goal", "balance=x"], "--goal: expected drain=NODE", id="a value for balance"),
        pytest.param(["--goal", "drain=x"], "no node 'x' in the input", id="a node that is not there"),
        pytest.param(["--goal", "balance", "--now", "noon"], "--now: expected a moment", id="no moment"),
        pytest.param(["--goal", "balance", "--min-age", "old"], "--min-age: expected a time", id="no age"),
        pytest.param(["--goal", "defragment", "--shape", "cpu"], "--shape: expected NAME=", id="no amount"),
        pytest.param(["--goal", "defragment", "--shape", "cpu=1,count=0"], "positive number", id="no copies"),
        pytest.param(["--goal", "defragment", "--shape", "count=3"], "an amount to make", id="no amounts"),
        pytest.param(["--goal", "defragment", "--shape", "cpu=0"], "an amount to make", id="nothing of it"),
        pytest.param(["--goal", "defragment", "--shape", "cpu=1,cpu=2"], "cpu is given twice", id="twice"),
        pytest.param(
            ["--goal", "defragment", "--shape", "cpu=x"], "--shape: cpu: expected a qua", id="x cpu"
        ),
        pytest.param(
            ["--goal", "defragment", "--shape", "Cpu=1"],
            '--shape: no node has any Cpu; did you mean "cpu"?',
            id="a resource that nobody has",
        ),
        pytest.param(
            ["--goal", "balance", "--shape", "cpu=1"], "by --goal defragment", id="a shape for another goal"
        ),
    ],
)
def test_bad_usage_is_one_line(
    arguments: list[str], said: str, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebalance", cluster, *arguments) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--max-moves", "--max-disruption", "--max-nodes"])
def test_limits_that_cannot_be_reckoned_with_are_refused(
    option: str, cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("shrink", cluster) if option == "--max-nodes" else ("rebalance", cluster, "--goal", "balance")
    assert run(*command, option, "9" * 20) == 2
    assert option in capsys.readouterr().err
    assert run(*command, option, str(10**9), "--max-per-node", "9" * 20, "-q") == 0


def test_goals_and_drained_nodes_may_be_listed_together(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebalance", cluster, "--goal", "drain=n-0,n-2,balance", "-o", "json", "-q") == 0
    plan = RebalancePlan.model_validate(json.loads(capsys.readouterr().out))
    assert plan.goals.drained == ("n-0", "n-2")
    assert [goal.value for goal in plan.goals.names] == ["drain", "balance"]


def test_shrink_says_what_can_go_what_stays_and_what_moves(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    command = ("shrink", cluster, "--deterministic")
    assert run(*command, "--plan-out", str(plan)) == 0
    out = capsys.readouterr().out
    assert out.startswith("optimal: 2 of 3 nodes can go, proven: no more can")
    assert "n-1   default/kept is annotated placewright.io/do-not-disrupt: true" in out
    assert run("verify", cluster, "--plan", str(plan)) == 0
    assert "valid: 3 moves" in capsys.readouterr().out
    assert run(*command, "-o", "json") == 0
    found = Shrink.model_validate(json.loads(capsys.readouterr().out))
    assert [item.node for item in found.going] == ["n-2", "n-0"]
    assert [item.wave for item in found.going] == [0, 1]
    assert found.plan == RebalancePlan.model_validate(json.loads(plan.read_text(encoding="utf-8")))


def test_shrink_leaves_nodes_that_are_kept_alone(cluster: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("shrink", cluster, "--keep", "n-0", "--max-nodes", "0", "-o", "yaml") == 0
    found = Shrink.model_validate(yaml.safe_load(capsys.readouterr().out))
    assert [item.node for item in found.going] == ["n-2"]
    assert run("shrink", cluster, "--only", "n-2", "--keep", "n-2") == 2
    assert "--only and --keep: leaves no node that may go" in capsys.readouterr().err
    assert run("shrink", cluster, "--only", "pool=old") == 2
    assert "--only: chooses no node of the cluster" in capsys.readouterr().err


def test_all_move_in_one_step_where_it_is_asked_for_and_the_plan_verifies(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "plan.json")
    step = ("--discipline", "at-once", "--double", "memory", "--most-moved", "2", "--move-cost", "own")
    way = ("--move-distance", "kubernetes.io/hostname=3")
    asked = ("rebalance", cluster, "--goal", "balance", "--time-limit", "2", "--out", out)
    assert run(*asked, *step, *way) == 0
    plan = RebalancePlan.model_validate_json(Path(out).read_text(encoding="utf-8"))
    assert (len(plan.waves), {move.discipline for move in plan.all_moves}) == (1, {"at-once"})
    assert plan.terms.double == ("memory",)
    assert plan.levels[0].terms[-1].value == len(plan.all_moves) * (1 + 3 + 2)
    assert run("verify", cluster, "--plan", out) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    "options",
    [
        ("--double", "memory"),
        ("--move-distance", "zone"),
        ("--move-distance", "zone=far"),
        ("--move-distance", "zone=1", "--move-distance", "zone=2"),
        ("--move-distance", "hostname=1"),
        ("--double", "memori", "--discipline", "at-once"),
    ],
)
def test_options_of_moves_that_do_not_fit_are_refused(
    cluster: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebalance", cluster, "--goal", "balance", *options) == 2
    assert options[0] in capsys.readouterr().err
