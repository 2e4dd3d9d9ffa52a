"""The command that completes the others in a shell."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

COMPLETE = "_PLACEWRIGHT_COMPLETE"
"""The variable by which a shell asks for completions."""


class Shell(StrEnum):
    """Shells that completion is known for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell to make a completion script for.")] = Shell.BASH,
) -> None:
    """Print a completion script: source <(placewright completion bash)."""
    script = get_completion_script(prog_name="placewright", complete_var=COMPLETE, shell=shell.value)
    sys.stdout.write(script + "\n")
