"""What is told while work goes on: on standard error, and only where somebody is watching."""

from __future__ import annotations

import sys
from typing import Self


class Progress:
    """One line on a terminal that is overwritten; lines of their own with --verbose; else nothing."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._lines = verbose and not quiet
        self._live = not quiet and not verbose and sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def say(self, message: str) -> None:
        """Tell one thing; it replaces the one before on a terminal."""
        if self._lines:
            sys.stderr.write(f"{message}\n")
        elif self._live:
            sys.stderr.write(f"\r\x1b[2K{message}")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
