"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from placewright import __version__, cli, cli_options, cli_place
from placewright.models.explanation import Explanation
from placewright.models.ingest.load import load_snapshot
from placewright.models.plan import Plan
from placewright.models.repair import Purchase
from placewright.models.snapshot import Snapshot

ROOT = Path(__file__).parent.parent
DEMO = str(ROOT / "scenarios" / "data" / "demo.yaml")

SMALL: dict[str, Any] = {
    "nodes": [{"name": "n1", "allocatable": {"cpu": 2, "memory": "4Gi"}}],
    "agents": [{"name": "fits", "requests": {"cpu": 1}}, {"name": "huge", "requests": {"cpu": 64}}],
}


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    return str(path)


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    code = ended.value.code
    return 0 if code is None else int(code)


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
    assert (
        "resources: default/huge on n1: cpu: 64000 requested of 2000 allocatable" in capsys.readouterr().out
    )


def test_explain_goes_node_by_node_and_rule_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", DEMO, "--agent", "batch/warehouse-rebuild") == 0
    out = capsys.readouterr().out
    assert "cordon: node(s) were unschedulable" in out
    assert "taints: node(s) had untolerated taint" in out
    assert "BestEffort" in out or "Burstable" in out or "Guaranteed" in out


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


def test_explain_with_a_plan_sees_what_it_placed(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "plan.json")
    run("place", small, "-o", "json", "--out", out)
    assert run("explain", small, "--agent", "fits", "--plan", out) == 0
    assert "fits" in capsys.readouterr().out


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


def command(*arguments: str, **fields: Any) -> subprocess.Popen[str]:
    """The real thing, as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "placewright", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **fields,
    )


def test_an_interrupt_ends_a_long_solve_at_once_and_writes_nothing(tmp_path: Path) -> None:
    rng = Random(1)
    big = {
        "nodes": [{"name": f"n{i}", "allocatable": {"cpu": rng.randint(8, 64)}} for i in range(40)],
        "agents": [{"name": f"a{i}", "requests": {"cpu": f"{rng.randint(300, 9000)}m"}} for i in range(400)],
    }
    cluster, out = tmp_path / "big.json", tmp_path / "plan.json"
    cluster.write_text(json.dumps(big), encoding="utf-8")
    with command("place", str(cluster), "--time-limit", "120", "-v", "--out", str(out)) as process:
        assert process.stderr is not None
        assert any(line.startswith("strategy") for line in process.stderr)
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    assert time.monotonic() - began < 10
    assert [path.name for path in tmp_path.iterdir()] == ["big.json"]


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with command("schema") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("arguments", [[], ["-o", "json"], ["--verbose"]])
def test_a_terminal_that_knows_ascii_alone_is_no_fault(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with command("place", DEMO, *arguments, env=environment) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "error" in err) == (0, False)
    assert "worker-0" in out
    assert out.isascii()


def test_standard_input_is_read_and_a_dash_is_standard_output() -> None:
    with command("place", "-", "-o", "json", "--out", "-", stdin=subprocess.PIPE) as process:
        out, err = process.communicate(json.dumps(SMALL), timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["kind"] == "Plan"


def test_colour_is_for_terminals_alone() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    with command("place", DEMO, env=environment) as process:
        out, _ = process.communicate(timeout=60)
    assert "\x1b" not in out


def test_quiet_prints_no_table_and_verbose_prints_every_binding(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("place", small, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run("place", small, "--verbose") == 0
    captured = capsys.readouterr()
    assert "Bindings, in order\nagent         node  devices\ndefault/fits  n1\n" in captured.out
    assert "1 nodes" in captured.err


def test_an_agent_that_is_misspelt_is_answered_with_what_is_there(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", small, "--agent", "shop/fits") == 2
    assert capsys.readouterr().err == (
        "error: --agent: no agent shop/fits in the snapshot; there is default/fits\n"
    )


def test_explain_with_a_plan_says_what_it_does_with_the_agent(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "plan.json")
    run("place", small, "-o", "json", "--out", out)
    run("explain", small, "--agent", "fits", "--plan", out)
    assert "the plan binds it to n1" in capsys.readouterr().out
    run("explain", small, "--agent", "huge", "--plan", out)
    shown = capsys.readouterr().out
    assert "the plan leaves it out: 0/1 nodes are available: 1 Insufficient cpu." in shown
    assert "resources: Insufficient cpu (cpu: asks 64, 1 free of 2)" in shown


def test_a_plan_that_does_not_verify_is_not_explained_with(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "bad.yaml"
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "huge"}, "target": {"name": "n1"}}
    plan.write_text(yaml.safe_dump(binding), encoding="utf-8")
    assert run("explain", small, "--agent", "fits", "--plan", str(plan)) == 2
    assert capsys.readouterr().err == (
        f"error: {plan}: does not verify: "
        "resources: default/huge on n1: cpu: 64000 requested of 2000 allocatable\n"
    )


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


@pytest.mark.parametrize("quirk", ["quirk_namespace_selector", "quirk_fit_scoring", "rwo_on_one_node"])
def test_an_option_of_reading_reaches_the_snapshot(
    quirk: str, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def recorded(inputs: Any, options: Any, **rest: Any) -> Any:
        seen.append(getattr(options, quirk))
        return load_snapshot(inputs, options, **rest)

    monkeypatch.setattr("placewright.cli_options.load_snapshot", recorded)
    assert run("place", small, "-q", f"--{quirk.replace('_', '-')}") == 0
    assert run("place", small, "-q") == 0
    assert seen == [True, False]


@pytest.mark.parametrize(
    ("profile", "scheduler", "placed"),
    [
        pytest.param("name: p", [], ["fits"], id="the default scheduler's agents"),
        pytest.param("name: p\nschedulerName: s", [], ["others"], id="the agents of the profile's scheduler"),
        pytest.param(
            "name: p\nschedulerName: s",
            ["--scheduler-name", "default-scheduler"],
            ["fits"],
            id="the agents asked for",
        ),
        pytest.param(
            "name: p\n---\napiVersion: placewright.io/v1\nkind: Profile\nname: q\nschedulerName: s",
            [],
            ["fits", "others"],
            id="the agents of several profiles",
        ),
    ],
)
def test_a_profile_says_whose_agents_are_placed(
    profile: str, scheduler: list[str], placed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, judge = tmp_path / "cluster.yaml", tmp_path / "profile.yaml"
    others = {"name": "others", "requests": {"cpu": 1}, "schedulerName": "s"}
    path.write_text(yaml.safe_dump({**SMALL, "agents": [SMALL["agents"][0], others]}), encoding="utf-8")
    judge.write_text(f"apiVersion: placewright.io/v1\nkind: Profile\n{profile}", encoding="utf-8")
    assert run("place", str(path), "--profile", str(judge), "-o", "json", *scheduler) == 0
    plan = Plan.model_validate(json.loads(capsys.readouterr().out))
    assert sorted(binding.agent for binding in plan.bindings) == placed


def test_what_a_profile_names_and_nothing_models_is_a_warning_of_the_plan(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "extenders: [{urlPrefix: http://x}]\n",
        encoding="utf-8",
    )
    assert run("place", small, "--profile", str(config), "-o", "json") == 0
    plan = Plan.model_validate(json.loads(capsys.readouterr().out))
    assert plan.warnings[0] == "the extender http://x is not asked"


def test_a_plan_verifies_under_its_profile(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(tmp_path / "plan.json")
    assert run("place", small, "--profile", "cost", "--out", plan, "-q") == 0
    assert run("verify", small, "--profile", "cost", "--plan", plan) == 0
    assert run("explain", small, "--profile", "cost", "--agent", "default/huge") == 0
    capsys.readouterr()


def test_the_schema_of_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema", "--profile") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "placewright profile"


def test_a_profile_that_is_none_is_an_input_error(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("place", small, "--profile", "binpak") == 2
    assert 'did you mean "binpack"?' in capsys.readouterr().err
    profile = str(ROOT / "scenarios" / "profiles" / "cost.yaml")
    assert run("place", profile) == 2
    assert "a profile is given with --profile" in capsys.readouterr().err


def test_a_plan_under_another_profile_is_told_so(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(tmp_path / "plan.json")
    assert run("place", small, "--profile", "cost", "--out", plan, "-q") == 0
    assert run("verify", small, "--plan", plan) == 1
    assert "level Cost is not known to profile balanced" in capsys.readouterr().out


def test_a_profile_beside_a_cluster_in_a_directory_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cluster.yaml").write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    (tmp_path / "profile.yaml").write_text(
        "apiVersion: placewright.io/v1\nkind: Profile\nname: p", encoding="utf-8"
    )
    assert run("place", str(tmp_path), "-o", "json") == 0
    plan = Plan.model_validate(json.loads(capsys.readouterr().out))
    assert any("skipped 1 file" in note for note in plan.notes)


def test_a_repair_is_told_after_the_explanation(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", small, "--agent", "huge", "--repair") == 0
    out = capsys.readouterr().out
    assert "In conflict: these cannot all hold" in out
    assert "  resources of default/huge" in out
    assert "  resources: 63 cpu more, or so much less asked for (n1)" in out
    assert run("explain", small, "--agent", "fits", "--repair") == 0
    assert "nothing to repair: it is on n1" in capsys.readouterr().out


CATALOG = """
apiVersion: placewright.io/v1
kind: Catalog
zones: [a]
types:
  - {name: small, price: "1", allocatable: {cpu: 4, memory: 8Gi}}
  - {name: large, price: "9", allocatable: {cpu: 96, memory: 256Gi}}
  - {name: none-left, price: "3", max: 0, allocatable: {cpu: 96, memory: 256Gi}}
"""


def test_an_explanation_and_its_repair_are_written_for_programs(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog, out = tmp_path / "catalog.yaml", tmp_path / "why.json"
    catalog.write_text(CATALOG, encoding="utf-8")
    command = ("explain", small, "--agent", "huge", "--repair", "--catalog", str(catalog))
    assert run(*command, "--out", str(out)) == 0
    assert "  buy a node of type large in a, 9 per hour" in capsys.readouterr().out
    assert run(*command, "-o", "yaml") == 0
    found = Explanation.model_validate(yaml.safe_load(capsys.readouterr().out))
    assert found == Explanation.model_validate(json.loads(out.read_text(encoding="utf-8")))
    assert (found.agent, found.placed_on, found.fits) == ("default/huge", "", 0)
    assert [(v.nodes, [o.rule for o in v.objections]) for v in found.verdicts] == [(("n1",), ["resources"])]
    assert found.message.startswith("0/1 nodes are available")
    assert found.repair is not None
    assert found.repair.buy == Purchase(type="large", zone="a", price=9_000_000)


def test_an_explanation_without_a_plan_says_where_an_agent_fits(
    small: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", small, "--agent", "fits", "-o", "json") == 0
    found = Explanation.model_validate(json.loads(capsys.readouterr().out))
    assert (found.fits, found.repair, found.message) == (1, None, "")
    assert run("explain", small, "--agent", "fits", "--catalog", "x.yaml") == 2
    assert "--catalog: is for --repair" in capsys.readouterr().err
