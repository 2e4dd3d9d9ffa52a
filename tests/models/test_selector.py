"""Selectors, tolerations and node selector terms as pure predicates (§3.1, §4.1)."""

from __future__ import annotations

import pytest

from placewright.models.selector import (
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
    Toleration,
    is_label_value,
    match_labels,
)
from placewright.tests.builders import requirement, selector, taint, toleration

LABELS = {"zone": "z1", "cores": "16", "zero": "08", "empty": "", "big": "9223372036854775808"}


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        pytest.param(requirement("zone", "In", "z1", "z2"), True, id="In holds for one of its values"),
        pytest.param(requirement("zone", "In", "z2"), False, id="In fails for any other"),
        pytest.param(requirement("absent", "In", "z1"), False, id="In fails for a key that is absent"),
        pytest.param(requirement("zone", "NotIn", "z1"), False, id="NotIn fails for one of its values"),
        pytest.param(requirement("absent", "NotIn", "z1"), True, id="NotIn holds for a key that is absent"),
        pytest.param(requirement("empty", "Exists"), True, id="Exists holds for the empty value"),
        pytest.param(requirement("absent", "Exists"), False, id="Exists fails for a key that is absent"),
        pytest.param(requirement("absent", "DoesNotExist"), True, id="DoesNotExist is its opposite"),
        pytest.param(requirement("zone", "DoesNotExist"), False, id="DoesNotExist fails where it is"),
        pytest.param(requirement("cores", "Gt", "15"), True, id="Gt compares numbers"),
        pytest.param(requirement("cores", "Gt", "16"), False, id="Gt is strict"),
        pytest.param(requirement("cores", "Lt", "16"), False, id="Lt is strict"),
        pytest.param(requirement("cores", "Lt", "99"), True, id="Lt is not the order of strings"),
        pytest.param(requirement("zero", "Gt", "7"), True, id="leading zeros are a number"),
        pytest.param(requirement("zero", "In", "8"), False, id="In compares strings, not numbers"),
        pytest.param(requirement("zone", "Lt", "99"), False, id="a label that is no number fails Lt"),
        pytest.param(requirement("zone", "Gt", "0"), False, id="a label that is no number fails Gt"),
        pytest.param(requirement("empty", "Lt", "1"), False, id="the empty value is no number"),
        pytest.param(requirement("big", "Gt", "1"), False, id="a label beyond 64 bits is no number"),
        pytest.param(requirement("absent", "Lt", "1"), False, id="an absent label fails Lt"),
    ],
)
def test_a_requirement_that_parses(asked: Requirement, holds: bool) -> None:
    assert asked.parses
    assert asked.matches(LABELS) is holds


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(requirement("zone", "In"), id="In needs values"),
        pytest.param(requirement("absent", "NotIn"), id="NotIn needs values"),
        pytest.param(requirement("zone", "Exists", "z1"), id="Exists takes none"),
        pytest.param(requirement("absent", "DoesNotExist", "z1"), id="DoesNotExist takes none"),
        pytest.param(requirement("cores", "Gt"), id="Gt needs a value"),
        pytest.param(requirement("cores", "Gt", "1", "2"), id="Gt takes only one"),
        pytest.param(requirement("cores", "Gt", "1.5"), id="Gt takes integers"),
        pytest.param(requirement("cores", "Gt", "-1"), id="a minus sign is no legal label value"),
        pytest.param(requirement("cores", "Gt", "+1"), id="nor is a plus sign"),
        pytest.param(requirement("cores", "Lt", " 5"), id="nor is a blank"),
        pytest.param(requirement("cores", "Lt", "9223372036854775808"), id="Lt takes 64 bits"),
        pytest.param(requirement("absent", "NotIn", "a" * 64), id="64 characters are too many"),
        pytest.param(requirement("absent", "NotIn", "a b"), id="bad characters, even for NotIn"),
    ],
)
def test_a_requirement_that_does_not_parse_makes_its_selector_match_nothing(asked: Requirement) -> None:
    assert not asked.parses
    assert not LabelSelector((asked,)).matches(LABELS)
    assert not NodeSelectorTerm(match_expressions=(asked,)).matches(LABELS, "n1")
    beside = NodeSelectorTerm(match_expressions=(requirement("zone", "Exists"),))
    assert NodeSelector((NodeSelectorTerm(match_expressions=(asked,)), beside)).matches(LABELS, "n1")


@pytest.mark.parametrize(
    ("value", "legal"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("a", True, id="one letter"),
        pytest.param("a" * 63, True, id="63 characters"),
        pytest.param("a" * 64, False, id="64 characters"),
        pytest.param("A.b_c-9", True, id="dots, underscores and dashes inside"),
        pytest.param("-a", False, id="a dash first"),
        pytest.param("a.", False, id="a dot last"),
        pytest.param("a\n", False, id="a line feed"),
        pytest.param("é", False, id="a letter beyond ASCII"),
    ],
)
def test_label_values(value: str, legal: bool) -> None:
    assert is_label_value(value) is legal


def test_an_empty_selector_matches_everything_and_requirements_are_anded() -> None:
    assert selector().matches({})
    assert selector().empty
    both = selector(requirement("cores", "Exists"), zone="z1")
    assert both.matches(LABELS)
    assert not both.matches({"zone": "z1"})
    assert list(both.keys()) == ["zone", "cores"]


def test_the_same_requirement_twice_changes_nothing() -> None:
    once = match_labels({"zone": "z1"})
    assert once.with_requirement(Requirement("zone", Operator.IN, ("z1",))) is once
    assert not once.with_requirement(Requirement("zone", Operator.NOT_IN, ("z1",))).matches(LABELS)


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        pytest.param((requirement("metadata.name", "In", "n1"),), True, id="the name is the node's"),
        pytest.param((requirement("metadata.name", "In", "n2"),), False, id="another name is not"),
        pytest.param((requirement("metadata.name", "NotIn", "n2"),), True, id="NotIn another name"),
        pytest.param(
            (requirement("metadata.name", "In", "n1"), requirement("metadata.name", "In", "n2")),
            False,
            id="fields are ANDed",
        ),
        pytest.param((requirement("metadata.name", "In"),), False, id="no value does not parse"),
        pytest.param((requirement("metadata.name", "In", "n1", "n2"),), False, id="nor do two"),
        pytest.param((requirement("metadata.name", "Exists"),), False, id="nor does Exists"),
        pytest.param((requirement("spec.other", "In", ""),), True, id="any other field reads as empty"),
    ],
)
def test_fields_of_a_node_selector_term(fields: tuple[Requirement, ...], holds: bool) -> None:
    term = NodeSelectorTerm(match_fields=fields)
    assert term.matches(LABELS, "n1") is holds
    assert NodeSelector((term,)).reads_name


@pytest.mark.parametrize(
    ("tolerance", "tolerated"),
    [
        pytest.param(toleration("gpu", "true"), True, id="Equal with the same value"),
        pytest.param(toleration("gpu", "True"), False, id="case matters"),
        pytest.param(toleration("gpu"), False, id="Equal without a value is the empty value"),
        pytest.param(toleration("gpu", operator="Exists"), True, id="Exists with the key"),
        pytest.param(toleration("cpu", operator="Exists"), False, id="another key"),
        pytest.param(toleration(operator="Exists"), True, id="Exists without a key"),
        pytest.param(toleration("", "true"), True, id="Equal without a key matches any key"),
        pytest.param(toleration("", "false"), False, id="but still compares the value"),
        pytest.param(toleration("gpu", "true", "NoSchedule"), True, id="the same effect"),
        pytest.param(toleration("gpu", "true", "NoExecute"), False, id="another effect"),
        pytest.param(toleration("gpu", "true", operator="exists"), False, id="operators are exact"),
    ],
)
def test_tolerations(tolerance: Toleration, tolerated: bool) -> None:
    assert tolerance.tolerates(taint("gpu", "true")) is tolerated


@pytest.mark.parametrize(
    ("operator", "own", "value", "tolerated"),
    [
        pytest.param("Gt", "900", "950", True, id="the taint is greater"),
        pytest.param("Lt", "900", "950", False, id="the taint is not smaller"),
        pytest.param("Lt", "-1", "-2", True, id="negative numbers compare"),
        pytest.param("Gt", "0900", "950", False, id="leading zeros are not canonical"),
        pytest.param("Gt", "900", "+950", False, id="nor is a plus sign"),
        pytest.param("Gt", "900", "high", False, id="a taint that is no number"),
    ],
)
def test_comparing_tolerations_need_their_gate(operator: str, own: str, value: str, tolerated: bool) -> None:
    tolerance = toleration("sla", own, operator=operator)
    assert tolerance.tolerates(taint("sla", value), comparison_operators=True) is tolerated
    assert not tolerance.tolerates(taint("sla", value))
