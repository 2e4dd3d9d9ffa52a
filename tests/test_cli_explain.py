"""explain: node by node, with a plan, and what would let an agent in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from placewright.models.explanation import Explanation
from placewright.models.repair import Purchase
from placewright.tests.commands import DEMO, run


def test_explain_goes_node_by_node_and_rule_by_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", DEMO, "--agent", "batch/warehouse-rebuild") == 0
    out = capsys.readouterr().out
    assert "cordon: node(s) were unschedulable" in out
    assert "taints: node(s) had untolerated taint" in out
    assert "BestEffort" in out or "Burstable" in out or "Guaranteed" in out


def test_explain_with_a_plan_sees_what_it_placed(
    small: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "plan.json")
    run("place", small, "-o", "json", "--out", out)
    assert run("explain", small, "--agent", "fits", "--plan", out) == 0
    assert "fits" in capsys.readouterr().out


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
        f"error: {plan}: does not verify: resources: default/huge on n1: cpu: 64 requested of 2 allocatable\n"
    )


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
