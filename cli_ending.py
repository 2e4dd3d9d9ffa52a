"""How the command line ends: exit codes, and an interrupt on its way out."""

from __future__ import annotations


class Exit:
    """Exit codes."""

    DONE = 0
    UNPLACED = 1
    INPUT = 2
    TIMEOUT = 3
    FAULT = 4
    INTERRUPTED = 130


class InterruptError(Exception):
    """Ctrl-C, in a form that the command framework does not take for its own."""
