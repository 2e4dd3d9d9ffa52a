"""The JSON schema: current in docs/, right about what is accepted and about what is not."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import orjson
import pytest
import yaml

from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.schema import EXAMPLE, concise_json_schema

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = concise_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_checked_in_schema_is_the_one_that_the_code_makes() -> None:
    assert json.loads((ROOT / "docs" / "concise.schema.json").read_text()) == concise_json_schema()


def test_the_bundled_demo_fits_the_schema(validator: jsonschema.Draft202012Validator) -> None:
    demo = yaml.safe_load((ROOT / "scenarios" / "data" / "demo.yaml").read_text())
    assert list(validator.iter_errors(demo)) == []


def test_the_schemas_example_fits_it_and_loads(validator: jsonschema.Draft202012Validator) -> None:
    assert list(validator.iter_errors(EXAMPLE)) == []
    snapshot = load_snapshot(["-"], Options(), stdin=io.BytesIO(orjson.dumps(EXAMPLE)))
    assert (len(snapshot.nodes), len(snapshot.pending)) == (3, 4)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nodes: [{name: n, taints: ['a=b:NoSchedule']}]", id="a taint as text"),
        pytest.param("agents: [{name: a, gang: g, hostPorts: [80], volumes: [data]}]", id="the short forms"),
        pytest.param(
            "agents: [{name: a, gang: {name: g}, schedulingGates: [{name: x}]}]", id="the long forms"
        ),
        pytest.param(
            "agents: [{name: a, requests: {cpu: 0.5, memory: 1e3, x/y: '+1'}}]", id="all quantities"
        ),
        pytest.param("claims: [{name: c, spec: {volumeName: v}}]", id="objects as Kubernetes writes them"),
    ],
)
def test_the_schema_accepts(validator: jsonschema.Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("agent: []", id="an unknown section"),
        pytest.param("agents: [{name: a, requets: {}}]", id="an unknown field"),
        pytest.param("agents: [{}]", id="no name"),
        pytest.param("agents: [{name: 'a b'}]", id="a name with a blank"),
        pytest.param("agents: [{name: a, requests: {cpu: -1}}]", id="a negative quantity"),
        pytest.param("agents: [{name: a, requests: {cpu: 1 Gi}}]", id="a blank in a quantity"),
        pytest.param("agents: [{name: a, labels: {a: 1}}]", id="a label that is a number"),
        pytest.param("agents: [{name: a, replicas: -1}]", id="negative replicas"),
        pytest.param("agents: [{name: a, topologySpreadConstraints: [{topologyKey: z}]}]", id="no selector"),
        pytest.param(
            "disruptionBudgets: [{name: b, selector: {}, minAvailable: half}]", id="a bad percentage"
        ),
    ],
)
def test_the_schema_refuses(validator: jsonschema.Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text)))
