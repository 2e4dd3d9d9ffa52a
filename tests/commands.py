"""The command line from within, and as a process of its own; a small cluster for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from placewright import cli

ROOT = Path(__file__).parent.parent
DEMO = str(ROOT / "scenarios" / "data" / "demo.yaml")
SMALL: dict[str, Any] = {
    "nodes": [{"name": "n1", "allocatable": {"cpu": 2, "memory": "4Gi"}}],
    "agents": [{"name": "fits", "requests": {"cpu": 1}}, {"name": "huge", "requests": {"cpu": 64}}],
}


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    code = ended.value.code
    return 0 if code is None else int(code)


def command(*arguments: str, **fields: Any) -> subprocess.Popen[str]:
    """The real thing, as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "placewright", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **fields,
    )
