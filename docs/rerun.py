"""Pages that show commands with what they print: run anew, so that what they show is what happens."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from placewright import cli

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "walkthroughs"
_BLOCK = re.compile(r"^```console\n(?P<body>.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_PROMPT = "$ placewright "


def pages() -> list[str]:
    """The names of all walk-throughs."""
    return sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")


def page_text(name: str) -> str:
    """A page with every command run anew and its output replaced by what it prints now."""
    written = (FOLDER / name).read_text(encoding="utf-8")
    return _BLOCK.sub(lambda block: f"```console\n{''.join(_rerun(block['body']))}```", written)


def _rerun(body: str) -> Iterator[str]:
    """Each command of a block with its output. Lines of the timing of a run are left out."""
    commands = [line for line in body.splitlines() if line.startswith("$ ")]
    for i, command in enumerate(commands):
        if not command.startswith(_PROMPT):
            raise ValueError(f"a walk-through runs placewright only, not {command!r}")
        printed = output(shlex.split(command.removeprefix(_PROMPT)))
        lines = [line.rstrip() for line in printed.splitlines() if not line.startswith("time:")]
        text = "\n".join(lines).strip("\n")
        yield f"{command}\n{text}\n" + ("\n" if i + 1 < len(commands) else "")


def output(arguments: list[str]) -> str:
    """What a command prints at the repository's root, on a wide terminal without colours."""
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    printed = io.StringIO()
    os.environ["COLUMNS"] = "200"
    os.chdir(ROOT)
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            cli.main(arguments)
    finally:
        os.chdir(before)
        if columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = columns
    return printed.getvalue()
