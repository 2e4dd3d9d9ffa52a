"""Scenarios as they are written: cases, parameters, sweeps, and what is said of mistakes."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from placewright.models.errors import InputError
from placewright.scenarios.document import Case, read_cases
from placewright.scenarios.operations.lose import Lose
from placewright.scenarios.operations.scale import Scale
from placewright.scenarios.schema import EXAMPLE, scenario_json_schema

HEAD = "apiVersion: placewright.io/v1\nkind: Scenario\nname: s\n"
VALIDATOR = jsonschema.Draft202012Validator(scenario_json_schema())


def cases(tmp_path: Path, text: str, given: dict[str, str] | None = None) -> list[Case]:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return read_cases([str(path)], given)


def factors(found: list[Case]) -> list[Fraction | None]:
    return [
        step.operation.factor for case in found for step in case.steps if isinstance(step.operation, Scale)
    ]


def test_a_scenario_without_a_sweep_is_one_case(tmp_path: Path) -> None:
    [case] = cases(tmp_path, HEAD + "operations: [{lose: {zone: a}}, {scale: {factor: 2}}]")
    assert (case.name, case.rearrange) == ("s", False)
    assert [type(step.operation) for step in case.steps] == [Lose, Scale]


def test_a_bare_list_of_operations_is_named_after_its_file(tmp_path: Path) -> None:
    [case] = cases(tmp_path, "- lose: {zone: a}")
    assert case.name == "s"


def test_a_sweep_is_a_case_for_each_value(tmp_path: Path) -> None:
    found = cases(tmp_path, HEAD + "sweep: {g: [1, 1.5]}\noperations: [{scale: {factor: '${g}'}}]")
    assert [case.name for case in found] == ["s (g=1)", "s (g=1.5)"]
    assert factors(found) == [1, Fraction(3, 2)]


def test_a_range_is_exact_and_includes_both_ends(tmp_path: Path) -> None:
    found = cases(
        tmp_path,
        HEAD + "sweep: {g: {from: 0.1, to: 0.5, step: 0.1}}\noperations: [{scale: {factor: '${g}'}}]",
    )
    assert factors(found) == [Fraction(n, 10) for n in range(1, 6)]


def test_two_sweeps_are_every_combination(tmp_path: Path) -> None:
    text = "sweep: {z: [a, b], g: [1, 2]}\noperations: [{lose: {zone: '${z}'}}, {scale: {factor: '${g}'}}]"
    assert [dict(case.parameters) for case in cases(tmp_path, HEAD + text)] == [
        {"z": "a", "g": 1},
        {"z": "a", "g": 2},
        {"z": "b", "g": 1},
        {"z": "b", "g": 2},
    ]


def test_a_parameter_inside_a_text_is_filled_in_and_one_alone_keeps_its_type(tmp_path: Path) -> None:
    text = "parameters: {n: 2, more: 3}\noperations: [{scale: {names: ['web-${n}-*'], add: '${more}'}}]"
    [case] = cases(tmp_path, HEAD + text)
    operation = case.steps[0].operation
    assert isinstance(operation, Scale)
    assert (operation.names, operation.add) == (["web-2-*"], 3)


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        pytest.param("parameters: {g: 1}", {"g": "2.5"}, [Fraction(5, 2)], id="a parameter"),
        pytest.param("sweep: {g: [1, 2]}", {"g": "3"}, [3], id="a sweep is then one case"),
    ],
)
def test_a_value_from_the_command_line_counts(
    tmp_path: Path, text: str, given: dict[str, str], expected: list[Fraction]
) -> None:
    found = cases(tmp_path, HEAD + text + "\noperations: [{scale: {factor: '${g}'}}]", given)
    assert factors(found) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("operation: []", 'unknown field "operation"; did you mean "operations"?', id="a field"),
        pytest.param(
            "operations: [{loose: {zone: a}}]",
            'operations[0]: unknown field "loose"; did you mean "lose"?',
            id="an operation that there is not",
        ),
        pytest.param(
            "operations: [{lose: {zone: a}, cordon: {names: [n]}}]",
            "operations[0]: give one operation in each item of the list",
            id="two in one",
        ),
        pytest.param(
            "operations: [{scale: {factor: many}}]",
            'operations[0].scale.factor: expected a factor such as 2 or 1.25 (at most 1000), found "many"',
            id="no factor",
        ),
        pytest.param(
            "operations: [{scale: {}}]", "operations[0].scale: give factor, add or to", id="no change"
        ),
        pytest.param(
            "operations: [{drain: {}}]",
            "operations[0].drain: which nodes? give names, zone, matchLabels or labelSelector",
            id="no nodes",
        ),
        pytest.param(
            "operations: [{lose: {topologyKey: rack}}]",
            "operations[0].lose: topologyKey and value go together",
            id="which rack",
        ),
        pytest.param(
            "operations: [{scale: {factor: '${growht}'}}]\nparameters: {growth: 2}",
            "parameters.growth: no operation refers to ${growth}",
            id="a parameter that nobody reads",
        ),
        pytest.param(
            "operations: [{scale: {factor: '${growht}', add: '${growth}'}}]\nparameters: {growth: 2}",
            'operations[0].scale.factor: no parameter "growht"; did you mean "growth"?',
            id="a parameter that there is not",
        ),
        pytest.param(
            "sweep: {g: {from: 2, to: 1}}\noperations: [{scale: {factor: '${g}'}}]",
            "sweep.g",
            id="an empty range",
        ),
        pytest.param(
            "sweep: {g: {from: 1, to: 1000000}}\noperations: [{scale: {factor: '${g}'}}]",
            "sweep.g",
            id="a range without end",
        ),
        pytest.param(
            "operations: [{add: {agents: [{name: x, requests: {cpu: much}}]}}]",
            "operations[0].add.agents[0].requests.cpu: expected a quantity",
            id="what is added",
        ),
    ],
)
def test_mistakes_are_told_with_file_scenario_and_field(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        cases(tmp_path, HEAD + text)
    assert f"s.yaml: scenario s: {told}" in str(error.value)


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="scenario s: the name is taken, also in"):
        cases(tmp_path, f"{HEAD}---\n{HEAD}")


def test_a_value_for_a_parameter_that_no_scenario_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='--set: no scenario has a parameter "x"'):
        cases(tmp_path, HEAD, {"x": "1"})


@pytest.mark.parametrize("text", ["", "just text", "7"])
def test_what_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"s\.yaml"):
        cases(tmp_path, text)


def test_the_schema_is_one_and_describes_its_example(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(scenario_json_schema())
    VALIDATOR.validate(EXAMPLE)
    assert len(cases(tmp_path, yaml.safe_dump(EXAMPLE))) == 5


PAGE = (Path(__file__).parents[2] / "docs" / "what-if.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_documentations_examples_are_read_and_described(tmp_path: Path, text: str) -> None:
    assert cases(tmp_path, text)
    for document in yaml.safe_load_all(text):
        VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"scale": {"factor": "twice"}}, id="a number that is none"),
        pytest.param({"lose": {"zone": "a"}, "cordon": {"names": ["n"]}}, id="two in one"),
        pytest.param({"loose": {}}, id="an operation that there is not"),
    ],
)
def test_the_schema_refuses(operation: dict[str, Any]) -> None:
    document = {"name": "s", "operations": [operation]}
    assert not VALIDATOR.is_valid(document)
