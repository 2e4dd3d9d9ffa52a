"""What is on the disk is what is installed, and nothing of the machine it was made on."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import placewright

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("models", "scenarios", "solver")


def test_every_package_on_the_disk_is_listed() -> None:
    there = {
        "placewright." + ".".join(path.parent.relative_to(ROOT).parts)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == {"placewright", *there}


def test_every_module_is_in_a_package() -> None:
    stray = [
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    ]
    assert stray == []


def test_type_checkers_see_every_part() -> None:
    links = {path.name: path for path in (ROOT / ".typing" / "placewright").iterdir()}
    assert set(links) == {
        *(path.name for path in ROOT.glob("*.py")),
        "py.typed",
        *FOLDERS,
        "benchmarks",
        "tests",
    }
    assert all(path.is_symlink() and path.exists() for path in links.values())


def test_the_changelog_and_the_version_exist() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", placewright.__version__)
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_direct_dependency_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    names = [re.split(r"[<>=~]", requirement)[0].lower() for requirement in wanted]
    assert [name for name in names if f"\n{name}==" not in lock] == []


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    files = [ROOT / name for name in listed.stdout.split() if name != "LICENSE"]
    needles = ("/ro" + "ot/", "/ho" + "me/", "files.python" + "hosted")
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if path.is_file()
        and any(needle in path.read_text(encoding="utf-8", errors="replace") for needle in needles)
    ]
    assert found == []
