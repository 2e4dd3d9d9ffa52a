"""Options of reading and profiles: whose agents are placed, and by which measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.ingest.load import load_snapshot
from placewright.models.plan import Plan
from placewright.tests.commands import ROOT, SMALL, run


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
