"""The JSON schema of profiles: it describes what is read, and nothing that is refused."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from placewright.models.ingest.profile_plugins import FILTERS
from placewright.models.ingest.profile_short import SWITCHABLE, read_profile
from placewright.models.ingest.profiles import PRESETS, preset
from placewright.models.profile import ScoreName
from placewright.models.schema import PROFILE_EXAMPLE, profile_json_schema
from placewright.models.wire.profile import Fit, ProfileWire

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
META = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(profile_json_schema())
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_schema_is_one() -> None:
    assert list(META.iter_errors(profile_json_schema())) == []


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_described(name: str) -> None:
    document = yaml.safe_load((ROOT / "scenarios" / "profiles" / f"{name}.yaml").read_text())
    assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_documentations_examples_are_read_and_described(text: str) -> None:
    document = yaml.safe_load(text)
    assert list(VALIDATOR.iter_errors(document)) == []
    assert read_profile(document, preset).name == document["name"]


def test_the_schemas_example_is_read() -> None:
    assert list(VALIDATOR.iter_errors(PROFILE_EXAMPLE)) == []
    assert read_profile(PROFILE_EXAMPLE, preset).name == "night-shift"


@pytest.mark.parametrize(
    "fields",
    [
        {"scors": {}},
        {"scores": {"Costs": 1}},
        {"levels": ["place"]},
        {"limitCaps": {"cpu": "much"}},
        {"name": 1},
    ],
    ids=[
        "an unknown field",
        "an unknown score",
        "an unknown level",
        "a share in words",
        "a name that is a number",
    ],
)
def test_what_is_refused_is_not_described(fields: dict[str, object]) -> None:
    document = {"apiVersion": "placewright.io/v1", "kind": "Profile", "name": "a", **fields}
    assert not VALIDATOR.is_valid(document)


def test_the_documentation_names_every_field_score_preset_and_filter() -> None:
    documented = set(re.findall(r"`([a-zA-Z]+)`", PAGE))
    for model in (ProfileWire, Fit):
        fields = {field.alias or name for name, field in model.model_fields.items()}
        assert fields - documented <= {"apiVersion", "kind"}
    assert {*ScoreName, *PRESETS} <= documented
    assert [name for name in SWITCHABLE if name not in PAGE] == []
    assert set(SWITCHABLE) > FILTERS
