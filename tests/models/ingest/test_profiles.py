"""Where profiles come from: presets, files of one or several, ConfigMaps; and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from placewright.models.errors import InputError
from placewright.models.ingest.profiles import PRESETS, Profiles, load_profiles, preset
from placewright.models.options import Options
from placewright.models.profile import Profile, ScoreName
from placewright.tests import malformed_profiles
from placewright.tests.malformed_inputs import Malformed

CASES = [pytest.param(case, id=case.name) for case in malformed_profiles.every()]


def short(name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "placewright.io/v1", "kind": "Profile", "name": name, **fields}


def config(*schedulers: str, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": name} for name in schedulers],
        **fields,
    }


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scheduler"}, "data": data}


def load(folder: Path, *documents: dict[str, Any]) -> Profiles:
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return load_profiles(str(path))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_by_its_name(name: str) -> None:
    assert load_profiles(name).profiles == (preset(name),)


def test_a_preset_goes_before_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cost").write_text(yaml.safe_dump(short("mine")), encoding="utf-8")
    assert [load_profiles(name).main.name for name in ("cost", "./cost")] == ["cost", "mine"]


def test_every_preset_is_a_file_and_every_file_a_preset() -> None:
    folder = Path(__file__).parents[3] / "scenarios" / "profiles"
    assert {path.stem for path in folder.glob("*.yaml")} == set(PRESETS)


@pytest.mark.parametrize(
    ("documents", "names"),
    [
        pytest.param([short("a")], ["a"], id="one in the short form"),
        pytest.param([short("a"), short("b", schedulerName="s")], ["a", "b"], id="two in the short form"),
        pytest.param([config()], ["default-scheduler"], id="a configuration without profiles"),
        pytest.param([config("x", "y")], ["x", "y"], id="a configuration of two"),
        pytest.param([config("x"), short("b")], ["x", "b"], id="both forms"),
        pytest.param([{"kind": "List", "items": [config("x")]}], ["x"], id="a list"),
        pytest.param([config_map(**{"config.yaml": yaml.safe_dump(config("x"))})], ["x"], id="a ConfigMap"),
        pytest.param(
            [
                config_map(
                    other="hello: [",
                    note="placewright.io/v1",
                    mine=yaml.safe_dump_all([short("a"), {"kind": "x"}]),
                )
            ],
            ["a"],
            id="a ConfigMap with other keys",
        ),
    ],
)
def test_the_profiles_of_a_file(documents: list[dict[str, Any]], names: list[str], tmp_path: Path) -> None:
    assert [profile.name for profile in load(tmp_path, *documents).profiles] == names


@pytest.mark.parametrize(
    ("schedulers", "given", "main", "others", "served"),
    [
        pytest.param(["a"], [], "a", [], {"a"}, id="one profile, and its agents alone"),
        pytest.param(["a", "b"], [], "a", ["b"], {"a", "b"}, id="the first is the cluster's"),
        pytest.param(
            ["a", "default-scheduler"],
            [],
            "default-scheduler",
            ["a"],
            {"a", "default-scheduler"},
            id="unless one is the default scheduler's",
        ),
        pytest.param(["a", "b"], ["b"], "a", ["b"], {"b"}, id="agents of one scheduler alone"),
        pytest.param(["a"], ["x", "y"], "a", [], {"x", "y"}, id="a profile for others' agents"),
    ],
)
def test_profiles_as_options(
    schedulers: list[str], given: list[str], main: str, others: list[str], served: set[str]
) -> None:
    profiles = Profiles(tuple(Profile(name=name, scheduler_name=name) for name in schedulers))
    options = profiles.applied(Options(enforce_quota=False), given)
    assert (options.profile.name, [p.name for p in options.profiles]) == (main, others)
    assert options.scheduler_names == served
    assert options.enforce_quota is False


def test_what_further_profiles_say_of_the_whole_cluster_is_named(tmp_path: Path) -> None:
    other = short("b", extends="cost", schedulerName="s", limitCaps={"cpu": 2})
    warnings = load(tmp_path, short("a"), other).warnings
    assert warnings[0].startswith("profile b: levels, limitCaps, ")
    assert ScoreName.FEWEST_NODES in warnings[0]
    assert warnings[0].endswith("the cluster as a whole is judged by profile a")
    assert load(tmp_path, short("a"), short("b", schedulerName="s")).warnings == ()


def test_a_score_that_nothing_computes_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = short(
        "a", scores={"Cost": 1, "ImageLocality": 1}, levels=["placed", "disruption", "FewestNodes", "scores"]
    )
    assert load(tmp_path, mine).warnings == ()
    monkeypatch.setattr("placewright.models.ingest.profiles.SCORES", ())
    assert load(tmp_path, mine).warnings == ("profile a: not scored: Cost, FewestNodes",)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        pytest.param(
            "cots", "--profile cots: is neither a file nor a preset", id="a preset that is misspelt"
        ),
        pytest.param("cots", 'did you mean "cost"?', id="with the nearest one"),
        pytest.param(".", "--profile .: is a directory", id="a directory"),
        pytest.param("", "is neither a file nor a preset", id="nothing"),
        pytest.param("a\nb", r"--profile a\nb: is neither", id="a name of two lines"),
    ],
)
def test_a_name_that_leads_nowhere(named: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        load_profiles(named)
    assert told in str(caught.value)


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_profile_is_one_clear_error(case: Malformed, tmp_path: Path) -> None:
    path = tmp_path / case.file
    path.write_bytes(case.data())
    with pytest.raises(InputError) as caught:
        load_profiles(str(path))
    message = str(caught.value)
    assert message.startswith(str(path))
    assert case.told in message.removeprefix(str(tmp_path))
    assert message.isprintable()
    assert len(message) - len(str(path)) < 500
