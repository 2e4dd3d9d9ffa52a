"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright import __version__, cli_options, cli_place
from placewright.models.ingest.load import load_snapshot
from placewright.models.plan import Plan
from placewright.models.snapshot import Snapshot
from placewright.tests.commands import DEMO, run


def test_the_table_says_what_was_placed_what_was_not_and_why(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("place", small) == 0
    out = capsys.readouterr().out
    assert "optimal: 1 of 2 agents placed, proven" in out
    assert "default/huge (priority 0)" in out
    assert "0/1 nodes are available: 1 Insufficient cpu." in out
    assert "no node could ever hold it: requests cpu 64 but the largest node has 2" in out


def test_the_time_that_reading_took_is_in_the_plan(
    small: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*arguments: Any, **named: Any) -> Snapshot:
        time.sleep(0.05)
        return load_snapshot(*arguments, **named)

    monkeypatch.setattr(cli_options, "load_snapshot", slowly)
    assert run("place", small, "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["timing"]["read"] >= 0.05


def test_json_is_the_plan_and_nothing_else(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("place", small, "-o", "json") == 0
    captured = capsys.readouterr()
    plan = Plan.model_validate(json.loads(captured.out))
    assert [(b.agent, b.node) for b in plan.bindings] == [("fits", "n1")]
    assert captured.err == ""


def test_yaml_and_json_say_the_same(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("place", small, "-o", "json", "--deterministic")
    as_json = json.loads(capsys.readouterr().out)
    run("place", small, "-o", "yaml", "--deterministic")
    assert yaml.safe_load(capsys.readouterr().out) == as_json


def test_bindings_are_v1_bindings(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("place", small, "-o", "bindings") == 0
    [binding] = yaml.safe_load_all(capsys.readouterr().out)
    assert binding == {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "fits", "namespace": "default"},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n1"},
    }


def test_deterministic_runs_give_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for _ in range(2):
        assert run("place", DEMO, "-o", "json", "--deterministic", "--seed", "3") == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_a_file_is_written_whole_and_the_table_still_printed(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.json"
    assert run("place", small, "--out", str(out)) == 0
    assert "optimal" in capsys.readouterr().out
    assert json.loads(out.read_text(encoding="utf-8"))["kind"] == "Plan"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "small.yaml"]


def test_a_file_that_cannot_be_written_is_one_clear_error(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("place", small, "--out", "/nowhere/plan.json") == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        "error: /nowhere/plan.json: cannot be written: No such file or directory"
    ]


@pytest.mark.parametrize("fmt", ["json", "yaml", "bindings"])
def test_what_place_writes_verify_accepts(
    fmt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / f"plan.{fmt}")
    assert run("place", DEMO, "-o", fmt, "--out", out) == 0
    assert run("verify", DEMO, "--plan", out) == 0
    assert "no rule is broken" in capsys.readouterr().out


def test_verify_names_rule_agent_node_and_numbers(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "bad.yaml"
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "huge"}, "target": {"name": "n1"}}
    plan.write_text(yaml.safe_dump(binding), encoding="utf-8")
    assert run("verify", small, "--plan", str(plan)) == 1
    assert "resources: default/huge on n1: cpu: 64 requested of 2 allocatable" in capsys.readouterr().out


def test_a_round_starts_from_the_plan_of_the_one_before(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(tmp_path / "plan.json")
    assert run("place", small, "--quiet", "--out", plan) == 0
    assert run("place", small, "--previous", plan, "--gap", "1%") == 0
    assert "1 of 2 agents placed" in capsys.readouterr().out
    assert run("place", DEMO, "--previous", plan) == 0
    out = capsys.readouterr().out
    assert "1 of the 1 agents of the previous plan are not in this snapshot, first default/fits" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["place", "SMALL"], 0, id="solved, with one left out"),
        pytest.param(["place", "SMALL", "--require-all"], 1, id="one left out, and all are required"),
        pytest.param(["place", "missing.yaml"], 2, id="a file that is not there"),
        pytest.param(["place", "SMALL", "--time-limit", "soon"], 2, id="a time that is none"),
        pytest.param(["place", "SMALL", "--gap", "narrow"], 2, id="a gap that is none"),
        pytest.param(
            ["place", "SMALL", "--previous", "missing.json"], 2, id="a previous plan that is not there"
        ),
        pytest.param(["place", "SMALL", "--nonsense"], 2, id="an option that is none"),
        pytest.param(["place", "SMALL", "--workers", "-1"], 2, id="a number out of range"),
        pytest.param(["place"], 2, id="no input"),
        pytest.param(["place", "SMALL", "--time-limit", "0"], 3, id="no time at all"),
        pytest.param(["explain", "SMALL", "--agent", "nobody"], 2, id="an agent that is not there"),
        pytest.param(["verify", "SMALL", "--plan", "missing.json"], 2, id="a plan that is not there"),
        pytest.param(["verify", "SMALL", "--plan", "SMALL"], 2, id="a plan that is none"),
        pytest.param(["--version"], 0, id="the version"),
        pytest.param(["schema"], 0, id="the schema"),
        pytest.param(["completion", "zsh"], 0, id="a completion script"),
    ],
)
def test_exit_codes(arguments: list[str], code: int, small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*(small if argument == "SMALL" else argument for argument in arguments)) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_fault_is_exit_code_four_and_says_that_it_is_one(
    small: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(cli_place, "place_agents", broken)
    assert run("place", small) == 4
    assert capsys.readouterr().err.startswith("error: a fault in placewright: ZeroDivisionError: oops")


def test_version_and_completion_say_what_they_should(capsys: pytest.CaptureFixture[str]) -> None:
    run("--version")
    assert capsys.readouterr().out == f"placewright {__version__}\n"
    run("completion", "bash")
    assert "_PLACEWRIGHT_COMPLETE" in capsys.readouterr().out


def test_quiet_prints_no_table_and_verbose_prints_every_binding(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("place", small, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run("place", small, "--verbose") == 0
    captured = capsys.readouterr()
    assert "Bindings, in order\nagent         node  devices\ndefault/fits  n1\n" in captured.out
    assert "1 nodes" in captured.err


@pytest.mark.parametrize(
    "topic", [[], ["place"], ["verify"], ["explain"], ["compare"], ["score"], ["schema"], ["completion"]]
)
def test_help_is_there_for_everything_and_names_no_types_of_python(
    topic: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*topic, "--help") == 0
    out = capsys.readouterr().out
    assert "Usage: placewright" in out
    assert "list[str]" not in out.replace("INPUT…      <list[str]>", "")
