"""Which commands there are, and where: a command's module is imported when somebody asks for it.

All of them together take some two seconds of processor time, most of it for what others need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from placewright.models.collection import collection_paused

if TYPE_CHECKING:  # where the framework's own copy of click lies depends on its version
    from typer._click import Command, Context

MODULES = {
    "place": "placewright.cli_place",
    "verify": "placewright.cli_check",
    "compare": "placewright.cli_check",
    "score": "placewright.cli_check",
    "explain": "placewright.cli_explain",
    "whatif": "placewright.cli_whatif",
    "survive": "placewright.cli_whatif",
    "rebalance": "placewright.cli_rebalance",
    "shrink": "placewright.cli_rebalance",
    "headroom": "placewright.cli_whatif",
    "capacity": "placewright.cli_capacity",
    "schema": "placewright.cli_schema",
    "completion": "placewright.cli_completion",
}
"""The functions of these names in these modules, in the order of the help page."""
WITHOUT_ARGUMENTS = frozenset({"schema", "completion"})
"""Those that do something without being told anything; the others show their help."""


class Commands(TyperGroup):
    """The group of all commands."""

    def list_commands(self, ctx: Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name in MODULES and cmd_name not in self.commands:
            self.commands[cmd_name] = _command(cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        if args[0] not in MODULES:
            # What is proposed instead of a name that is none is looked for among those that are known.
            for name in MODULES:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)


def _command(name: str) -> Command:
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    # What modules are made of stays: walking it again and again is a tenth of what importing takes.
    with collection_paused():
        function = getattr(import_module(MODULES[name]), name)
    alone.command(name, no_args_is_help=name not in WITHOUT_ARGUMENTS)(function)
    return typer.main.get_command(alone)
