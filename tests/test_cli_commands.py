"""Commands are imported when they are asked for, and known by name all the same."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from placewright import cli_commands
from placewright.tests.commands import run

LISTS_WHAT_IS_IMPORTED = """
import sys
from placewright.cli import main
try:
    main({arguments!r})
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command leaves imported."""
    script = LISTS_WHAT_IS_IMPORTED.format(arguments=list(arguments))
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


def test_the_version_is_told_without_any_solver() -> None:
    modules = imported("--version")
    assert "placewright.cli" in modules
    assert not {"ortools", "pandas", "numpy", "networkx", "pydantic"} & modules


def test_a_command_does_not_import_what_only_others_need() -> None:
    modules = imported("place", "--help")
    assert "placewright.solver.place" in modules
    assert not {
        name for name in modules if name.startswith(("placewright.scenarios", "placewright.solver.capacity"))
    }


def test_every_command_that_is_listed_is_there() -> None:
    assert {
        name: callable(getattr(import_module(module), name)) for name, module in cli_commands.MODULES.items()
    } == (dict.fromkeys(cli_commands.MODULES, True))


def test_the_help_page_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    page = capsys.readouterr().out
    assert [name for name in cli_commands.MODULES if f" {name} " not in page] == []


def test_a_command_that_is_none_is_answered_with_one_that_is_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("plce") == 2
    assert "Did you mean 'place'?" in capsys.readouterr().err
