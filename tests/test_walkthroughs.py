"""What the walk-throughs show is what their commands print."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from placewright.scenarios.document import read_cases

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "walkthroughs"
PAGES = sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")


def rerun() -> ModuleType:
    """docs/rerun.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("rerun", ROOT / "docs" / "rerun.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rerun"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_print_what_it_shows(page: str) -> None:
    written = (FOLDER / page).read_text(encoding="utf-8")
    assert written.count("$ placewright ") >= 2
    assert rerun().page_text(page) == written


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_listed_and_shows_its_scenarios_as_they_are(page: str) -> None:
    assert f"({page})" in (FOLDER / "README.md").read_text(encoding="utf-8")
    written = (FOLDER / page).read_text(encoding="utf-8")
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
    shown = re.findall(r"```yaml\n(.*?)```", written, flags=re.DOTALL)
    assert all(text in files.values() for text in shown)


def test_other_commands_are_not_run() -> None:
    with pytest.raises(ValueError, match="a walk-through runs placewright only"):
        list(rerun()._rerun("$ rm -rf /\n"))


def test_every_scenario_can_be_read() -> None:
    scenarios = [str(path) for path in FOLDER.glob("*.yaml") if "operations:" in path.read_text()]
    assert len(read_cases(scenarios)) >= 4
