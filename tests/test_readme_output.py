"""The output that pages show is what their commands print."""

from __future__ import annotations

import re

import pytest

from placewright.tests.commands import DEMO, ROOT, run


def test_the_readme_shows_what_the_demo_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("place", DEMO) == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines() if not line.startswith("time:")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"`make demo` prints:\n\n```\n(.*?)\n```", readme, flags=re.DOTALL)
    assert found is not None
    shown = [line.split() for line in found[1].splitlines()]
    # Which node an agent lands on may differ where several are as good; what is placed and why not may not.
    assert _stable(shown) == _stable(printed)


def _stable(lines: list[list[str]]) -> list[list[str]]:
    """The headline, the levels, their terms by name, and everything about agents that are not placed."""
    start = lines.index(["Not", "placed"])
    head = [
        words for words in lines[:start] if words and words[0].startswith(("optimal", "placed/", "scores"))
    ]
    terms = [words[:3] for words in lines[:start] if words[1:2] == ["x"]]
    return [*head, *terms, *(words for words in lines[start:] if words)]


def test_the_page_of_rebalances_shows_what_its_command_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "rebalance.md").read_text(encoding="utf-8")
    shown = page.split("```\n$ placewright ")[1].split("```")[0].splitlines()
    assert run(*shown[0].split()) == 0
    printed = iter(capsys.readouterr().out.splitlines())
    # What the page leaves out it leaves out where three dots stand.
    assert all(line.rstrip() in map(str.rstrip, printed) for line in shown[1:] if line not in ("", "…"))
