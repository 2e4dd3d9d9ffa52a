"""The command that prints the schemas of what can be written by hand."""

from __future__ import annotations

from typing import Annotated

import orjson

from placewright.cli_options import option
from placewright.models.errors import UsageError
from placewright.models.schema import catalog_json_schema, concise_json_schema, profile_json_schema
from placewright.scenarios.schema import scenario_json_schema
from placewright.solver.terminal import write_bytes


def schema(
    profile: Annotated[
        bool, option("--profile", None, "The schema of profiles instead.", metavar="")
    ] = False,
    scenario: Annotated[
        bool, option("--scenario", None, "The schema of what-if scenarios instead.", metavar="")
    ] = False,
    catalog: Annotated[
        bool, option("--catalog", None, "The schema of catalogs instead.", metavar="")
    ] = False,
) -> None:
    """Print the JSON schema of the concise input form, of profiles, of scenarios, or of catalogs."""
    chosen = [
        made
        for wanted, made in (
            (profile, profile_json_schema),
            (scenario, scenario_json_schema),
            (catalog, catalog_json_schema),
        )
        if wanted
    ]
    if len(chosen) > 1:
        raise UsageError("give one of them, not several", field="--profile, --scenario, --catalog")
    printed = chosen[0]() if chosen else concise_json_schema()
    write_bytes(orjson.dumps(printed, option=orjson.OPT_INDENT_2) + b"\n")
