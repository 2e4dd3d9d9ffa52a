"""The JSON schema of scenarios: their classes', with `${name}` wherever a number or a flag may stand."""

from __future__ import annotations

from typing import Any

from placewright.models.schema import json_schema
from placewright.scenarios.document import ScenarioWire

EXAMPLE: dict[str, Any] = {
    "apiVersion": "placewright.io/v1",
    "kind": "Scenario",
    "name": "growth-without-a-zone",
    "parameters": {"zone": "eu-1a"},
    "sweep": {"growth": {"from": 1, "to": 2, "step": 0.25}},
    "operations": [
        {"scale": {"namespace": "shop", "factor": "${growth}"}},
        {"lose": {"zone": "${zone}"}},
    ],
}
"""A scenario that the schema describes."""

_REFERENCE = {"type": "string", "pattern": "^[$][{][A-Za-z_][A-Za-z0-9_]*[}]$"}
_NUMBERS = ("integer", "number", "boolean")


def scenario_json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of one scenario; field names as they are written."""
    schema = json_schema(ScenarioWire, "placewright scenario", EXAMPLE)
    definitions = {
        name: part if name == "Range" else _or_reference(part) for name, part in schema["$defs"].items()
    }
    return {**schema, "$defs": definitions}


def _or_reference(part: Any) -> Any:
    """The same schema, but a parameter may stand for a number, true or false, or a text with a form."""
    if isinstance(part, list):
        return [_or_reference(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") in _NUMBERS or (
        part.get("type") == "string" and ("pattern" in part or "enum" in part)
    ):
        told = {name: part[name] for name in ("description", "default", "examples") if name in part}
        plain = {name: value for name, value in part.items() if name not in told}
        return {"anyOf": [plain, _REFERENCE], **told}
    return {name: _or_reference(item) for name, item in part.items()}
