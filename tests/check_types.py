"""Runs mypy and makes sure that it looked at every file: a wrong path would make it check nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    """0 when mypy is content with at least as many files as the packages hold."""
    result = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    print(result.stdout, end="")
    print(result.stderr, end="", file=sys.stderr)
    if result.returncode:
        return result.returncode
    checked = re.search(r"in (\d+) source files", result.stdout)
    there = sum(
        1
        for folder in ("benchmarks", "models", "scenarios", "solver", "tests")
        for _ in (ROOT / folder).rglob("*.py")
    )
    if checked is None or int(checked[1]) < there:
        print(f"mypy checked {checked[1] if checked else 0} files, there are {there}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
