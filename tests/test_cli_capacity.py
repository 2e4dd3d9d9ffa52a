"""`placewright capacity` from the command line: outputs, files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from placewright import cli

ROOT = Path(__file__).parent.parent
CATALOG = str(ROOT / "scenarios" / "data" / "catalog.yaml")

CLUSTER = """
nodes:
  - {name: there, zone: eu-1a, allocatable: {cpu: 1, memory: 2Gi}}
agents:
  - {name: web, replicas: 3, labels: {app: web}, requests: {cpu: 900m, memory: 1Gi}}
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    captured = capsys.readouterr()
    return int(str(left.value.code)), captured.out, captured.err


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER, encoding="utf-8")
    return str(path)


def test_what_is_there_is_used_before_anything_is_bought(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "capacity", cluster, "--catalog", CATALOG, "-o", "json", "-q")
    told = json.loads(out)
    assert code == 0
    assert (told["status"], told["cost"], told["bound"]) == ("optimal", "0.096", "0.096")
    assert (told["wanted"], told["placed"]) == (3, 3)


def test_nodes_and_plan_can_be_verified_beside_the_cluster(
    cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes, plan = str(tmp_path / "nodes.yaml"), str(tmp_path / "plan.json")
    run(capsys, "capacity", cluster, "--catalog", CATALOG, "--nodes-out", nodes, "--plan-out", plan, "-q")
    code, out, err = run(capsys, "verify", cluster, nodes, "--plan", plan)
    assert (code, err) == (0, "")
    assert out == "valid: 3 bindings, no rule is broken\n"


def test_who_fits_nowhere_is_said_and_counts_with_require_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text("agents: [{name: giant, requests: {cpu: 400}}]", encoding="utf-8")
    code, out, _ = run(capsys, "capacity", str(path), "--catalog", CATALOG, "--require-all")
    assert code == 1
    assert "nothing to buy, 0 of 1 agents placed" in out
    assert "default/giant" in out
    assert "note: default/giant: fits on nothing that is on offer (" in out


def test_who_fits_on_nothing_on_offer_is_told_also_where_something_is_bought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, offers = tmp_path / "cluster.yaml", tmp_path / "offers.yaml"
    path.write_text(
        "agents: [{name: web, requests: {cpu: 1}}, {name: gpu, replicas: 2, requests: {x.org/gpu: 1}},"
        "{name: many, replicas: 2, requests: {cpu: 8}}]",
        encoding="utf-8",
    )
    types = [
        {"name": "small", "price": 1, "allocatable": {"cpu": 4, "memory": "8Gi"}},
        {"name": "large", "price": 3, "max": 1, "allocatable": {"cpu": 9, "memory": "8Gi"}},
        {"name": "gpu", "price": 5, "allocatable": {"cpu": 4, "x.org/gpu": 2}, "taints": ["gpu:NoSchedule"]},
    ]
    catalog = {"apiVersion": "placewright.io/v1", "kind": "Catalog", "types": types}
    offers.write_text(json.dumps(catalog), encoding="utf-8")
    asked = ("capacity", str(path), "--catalog", str(offers), "-q")
    code, out, _ = run(capsys, *asked, "-o", "json")
    notes = [note for note in json.loads(out)["notes"] if "on offer" in note]
    assert code == 0
    why = "2 Insufficient x.org/gpu, 1 node(s) had untolerated taint {gpu: }"
    assert notes == [f"default/gpu-0 and 1 more like it: fits on nothing that is on offer ({why})"]


def test_a_priority_leaves_the_less_important_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(
        "agents: [{name: a, priority: 5, requests: {cpu: 1}}, {name: b, requests: {cpu: 1}}]",
        encoding="utf-8",
    )
    _, out, _ = run(
        capsys, "capacity", str(path), "--catalog", CATALOG, "--priority", "5", "-o", "json", "-q"
    )
    told = json.loads(out)
    assert (told["wanted"], told["placed"], told["leftOut"], told["cost"]) == (1, 1, 1, "0.096")


def test_the_table_says_how_many_are_no_part_of_the_question(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "capacity", cluster, "--catalog", CATALOG, "--priority", "7")
    assert "3 agents are less important than asked for: no part of the question" in out


def test_the_same_input_gives_the_same_bytes(cluster: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("capacity", cluster, "--catalog", CATALOG, "--deterministic", "-o", "json", "-q")
    assert run(capsys, *arguments) == run(capsys, *arguments)


def test_a_catalog_is_no_cluster_and_a_cluster_no_catalog(
    cluster: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "place", CATALOG)
    assert code == 2
    assert "is a catalog, not a cluster; a catalog is given with --catalog" in err
    code, _, err = run(capsys, "capacity", cluster, "--catalog", cluster)
    assert code == 2
    assert "expected a catalog" in err


def test_a_catalog_that_is_not_there_is_one_line(cluster: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "capacity", cluster, "--catalog", "nowhere.yaml")
    assert code == 2
    assert err.startswith("error: nowhere.yaml: ")
    assert err.count("\n") == 1
