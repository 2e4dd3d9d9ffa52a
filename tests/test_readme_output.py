"""The output that the README shows is what the demo prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from placewright import cli

ROOT = Path(__file__).parent.parent


def test_the_readme_shows_what_the_demo_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        cli.main(["place", str(ROOT / "scenarios" / "data" / "demo.yaml")])
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
