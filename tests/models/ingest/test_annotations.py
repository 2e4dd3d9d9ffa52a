"""placewright's annotations on pods and nodes, and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent, Talk
from placewright.models.errors import InputError
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.tests.builders import requirement, selector
from placewright.tests.objects import agent_of, build, node, pod

GIB = 1024**3


def annotated(**meta: Any) -> Agent:
    return agent_of(pod("p", meta={"namespace": "own", **meta}))


def talk(namespace: str = "own", weight: int = 1, *, to: LabelSelector) -> Talk:
    return Talk(AffinityTerm("", to, frozenset({namespace})), weight)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("llama=14Gi", {"llama": 14 * GIB}, id="one"),
        pytest.param(" llama = 1Gi , faq=5 ", {"llama": GIB, "faq": 5}, id="several, with blanks"),
        pytest.param(
            '[{"name": "llama", "size": "1Gi"}, {"name": "faq", "size": 5}]',
            {"llama": GIB, "faq": 5},
            id="JSON",
        ),
        pytest.param("[]", {}, id="an empty JSON list"),
    ],
)
def test_data_that_an_agent_needs(text: str, expected: dict[str, int]) -> None:
    assert annotated(annotations={"placewright.io/needs-data": text}).spec.needs_data == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("llama", {"llama"}), (" a, b ,a", {"a", "b"}), ("", set()), (",", set())],
    ids=["one", "several", "an empty text", "a comma alone"],
)
def test_data_that_a_node_has(text: str, expected: set[str]) -> None:
    assert build(node("n", meta={"annotations": {"placewright.io/data": text}})).nodes[0].data == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('[{"matchLabels": {"app": "db"}}]', [talk(to=selector(app="db"))], id="labels in short"),
        pytest.param(
            '[{"labelSelector": {"matchLabels": {"app": "db"}}, "namespace": "data", "weight": 7}]',
            [talk("data", 7, to=selector(app="db"))],
            id="a selector in another namespace",
        ),
        pytest.param(
            '[{"labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}]',
            [talk(to=selector(requirement("app", "Exists")))],
            id="an expression",
        ),
        pytest.param('[{"labelSelector": {}}]', [talk(to=selector())], id="everybody in the namespace"),
    ],
)
def test_whom_an_agent_talks_to(text: str, expected: list[Talk]) -> None:
    assert list(annotated(annotations={"placewright.io/talks-to": text}).spec.talks_to) == expected


def test_the_label_talks_to_means_an_app_of_the_namespace() -> None:
    assert annotated(labels={"placewright.io/talks-to": "db"}).spec.talks_to == (talk(to=selector(app="db")),)


def test_talks_of_label_and_annotation_add_up() -> None:
    both = annotated(
        labels={"placewright.io/talks-to": "db"},
        annotations={"placewright.io/talks-to": '[{"matchLabels": {"app": "cache"}}]'},
    )
    assert both.spec.talks_to == (talk(to=selector(app="cache")), talk(to=selector(app="db")))


@pytest.mark.parametrize(
    ("meta", "preemptable"),
    [
        pytest.param({}, True, id="nothing is said"),
        pytest.param({"annotations": {"placewright.io/non-preemptable": "true"}}, False, id="our annotation"),
        pytest.param({"labels": {"placewright.io/non-preemptable": "true"}}, False, id="our label"),
        pytest.param({"labels": {"placewright.io/non-preemptable": "false"}}, True, id="our label denies it"),
        pytest.param({"annotations": {"volcano.sh/preemptable": "false"}}, False, id="Volcano's annotation"),
        pytest.param({"labels": {"volcano.sh/preemptable": "false"}}, False, id="Volcano's label"),
        pytest.param({"labels": {"volcano.sh/preemptable": "true"}}, True, id="preemptable to Volcano"),
        pytest.param({"annotations": {"kubernetes.io/config.mirror": "x"}}, False, id="a mirror pod"),
        pytest.param(
            {"ownerReferences": [{"kind": "Node", "name": "n", "controller": True}]}, False, id="a static pod"
        ),
    ],
)
def test_who_may_be_evicted(meta: dict[str, Any], preemptable: bool) -> None:
    assert annotated(**meta).preemptable is preemptable


def condition(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status}


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        pytest.param(None, True, id="no status"),
        pytest.param({"phase": "Running"}, True, id="no conditions"),
        pytest.param({"conditions": [condition("Ready", "True")]}, True, id="Ready"),
        pytest.param({"conditions": [condition("Ready", "False")]}, False, id="not Ready"),
        pytest.param({"conditions": [condition("Ready", "Unknown")]}, False, id="nobody knows"),
        pytest.param(
            {"conditions": [condition("PodScheduled", "True")]}, False, id="conditions without Ready"
        ),
        pytest.param(
            {"conditions": [condition("Initialized", "False"), condition("Ready", "True")]},
            True,
            id="among others",
        ),
    ],
)
def test_who_is_ready(status: dict[str, Any] | None, ready: bool) -> None:
    assert agent_of(pod("p", status=status)).ready is ready


NEEDS, TALKS = "placewright.io/needs-data", "placewright.io/talks-to"


@pytest.mark.parametrize(
    ("key", "text", "field", "told"),
    [
        pytest.param(NEEDS, "llama", NEEDS, "comma separated list", id="data without a size"),
        pytest.param(NEEDS, "", NEEDS, "comma separated list", id="no data at all"),
        pytest.param(NEEDS, "=5", NEEDS, "comma separated list", id="data without a name"),
        pytest.param(NEEDS, "a=1,,b=2", NEEDS, "comma separated list", id="a comma too many"),
        pytest.param(NEEDS, "a=1,a=2", NEEDS, "'a' is given twice", id="data named twice"),
        pytest.param(NEEDS, "a=much", f"{NEEDS}.a", "expected a quantity", id="a size that is a word"),
        pytest.param(NEEDS, "a=-1", f"{NEEDS}.a", "at least 0", id="a negative size"),
        pytest.param(NEEDS, "[", NEEDS, "expected a JSON list", id="broken JSON"),
        pytest.param(NEEDS, '[{"name": "a"}]', f"{NEEDS}[0].size", "required", id="JSON without a size"),
        pytest.param(TALKS, "db", TALKS, "expected a JSON list", id="a name where a list is expected"),
        pytest.param(TALKS, "[{}]", f"{TALKS}[0]", "labelSelector or matchLabels", id="a talk to nobody"),
        pytest.param(
            TALKS,
            '[{"matchLabels": {"a": "b"}, "labelSelector": {}}]',
            f"{TALKS}[0]",
            "labelSelector or matchLabels",
            id="a talk in two forms",
        ),
        pytest.param(
            TALKS, '[{"matchLabels": {"a": "b"}, "weight": 0}]', f"{TALKS}[0].weight", "1", id="no traffic"
        ),
        pytest.param(
            TALKS,
            '[{"labelSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]',
            f"{TALKS}[0]",
            "a selector that the API would take",
            id="a selector without values",
        ),
    ],
)
def test_a_wrong_annotation_is_named(key: str, text: str, field: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        annotated(annotations={key: text})
    assert caught.value.field == f"metadata.annotations.{field}"
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"annotations": {NEEDS: "a=1"}}, {"annotations": {NEEDS: "a=2"}}, id="data"),
        pytest.param(
            {"annotations": {TALKS: '[{"labelSelector": {}}]'}}, {"annotations": {}}, id="talks by annotation"
        ),
        pytest.param({"labels": {TALKS: "a"}}, {"labels": {TALKS: "b"}}, id="talks by label"),
    ],
)
def test_what_tells_agents_apart_makes_two_specs(one: dict[str, Any], other: dict[str, Any]) -> None:
    seen = build(pod("a", meta=one), pod("b", meta=other))
    assert seen.agents[0].spec != seen.agents[1].spec
