"""Generated pages are current, links lead somewhere, and the README's commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from placewright.models.ingest.load import load_snapshot
from placewright.models.ingest.profiles import PRESETS, load_profiles
from placewright.models.options import Options
from placewright.models.plan_file import read_plan
from placewright.models.rules import RULES
from placewright.solver.compare import Contender, compare

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def test_generated_pages_are_current() -> None:
    result = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("preset", PRESETS)
def test_no_other_presets_plan_is_better_by_a_preset_than_its_own(preset: str) -> None:
    options = load_profiles(preset).applied(Options(), ())
    sample = load_snapshot([str(ROOT / "scenarios" / "data" / "shop.yaml")], options)
    plans = [Contender(name, read_plan(str(ROOT / "docs" / "presets" / f"{name}.json"))) for name in PRESETS]
    comparison = compare(sample, plans)
    assert comparison.all_valid
    assert preset in comparison.best


def test_every_rule_has_a_page() -> None:
    assert [rule.name for rule in RULES if not (ROOT / "docs" / "rules" / f"{rule.name}.md").exists()] == []


def test_the_readmes_commands_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^make (\w+)", readme, flags=re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []
    commands = set(re.findall(r"bin/placewright (\w+)", readme))
    listing = subprocess.run(
        [sys.executable, "-m", "placewright", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [command for command in commands if command not in listing] == []
