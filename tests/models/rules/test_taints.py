"""Taints and tolerations, case by case (§3)."""

from __future__ import annotations

import pytest

from placewright.models.rules.taints import RULE
from placewright.models.selector import Taint, Toleration
from placewright.tests.builders import agent, node, snapshot, taint, toleration
from placewright.tests.rule_checks import blamed, messages, open_nodes

GPU = taint("gpu", "true")


@pytest.mark.parametrize(
    ("tolerations", "taints", "admitted"),
    [
        pytest.param([], [], True, id="no taint needs no toleration"),
        pytest.param([], [GPU], False, id="a taint without toleration bars"),
        pytest.param([toleration("gpu", operator="Exists")], [GPU], True, id="Exists tolerates any value"),
        pytest.param([toleration("gpu", "true")], [GPU], True, id="Equal tolerates the same value"),
        pytest.param([toleration("gpu", "True")], [GPU], False, id="values are compared as strings"),
        pytest.param([toleration("gpu")], [GPU], False, id="Equal without value means the empty value"),
        pytest.param([toleration(operator="Exists")], [GPU], True, id="no key and Exists tolerates all"),
        pytest.param(
            [toleration(operator="Exists", effect="NoExecute")],
            [GPU],
            False,
            id="an effect given must be equal",
        ),
        pytest.param([toleration("", "true")], [GPU], True, id="an empty key with Equal matches any key"),
        pytest.param(
            [toleration("gpu", "true", "NoSchedule")],
            [GPU, taint("gpu", "true", "NoExecute")],
            False,
            id="tolerating NoSchedule does not cover NoExecute of the same key",
        ),
        pytest.param([], [taint("gpu", "", "PreferNoSchedule")], True, id="PreferNoSchedule never bars"),
        pytest.param(
            [toleration("a", operator="Exists")],
            [taint("a"), taint("b")],
            False,
            id="every taint must be tolerated",
        ),
        pytest.param(
            [toleration("gpu", "true", operator="Like")],
            [GPU],
            False,
            id="an unknown operator matches nothing",
        ),
    ],
)
def test_a_node_passes_when_every_repelling_taint_is_tolerated(
    tolerations: list[Toleration], taints: list[Taint], admitted: bool
) -> None:
    cluster = snapshot([node("n1", taints=taints)], [agent("a", tolerations=tuple(tolerations))])
    assert open_nodes(RULE, cluster, "a") == ({"n1"} if admitted else set())


@pytest.mark.parametrize(
    ("operator", "value", "admitted"),
    [
        pytest.param("Gt", "900", True, id="Gt holds when the taint is greater"),
        pytest.param("Lt", "900", False, id="Lt holds when the taint is smaller"),
        pytest.param("Gt", "0900", False, id="a number with a leading zero does not parse"),
        pytest.param("Gt", "950", False, id="Gt is strict"),
    ],
)
def test_comparison_operators_are_an_alpha_gate(operator: str, value: str, admitted: bool) -> None:
    sla = node("n1", taints=[taint("sla", "950")])
    wanting = agent("a", tolerations=(toleration("sla", value, operator=operator),))
    gated = snapshot([sla], [wanting], taint_comparison_operators=True)
    assert open_nodes(RULE, gated, "a") == ({"n1"} if admitted else set())
    assert open_nodes(RULE, snapshot([sla], [wanting]), "a") == set()


def test_the_message_names_the_taint_as_kube_scheduler_does() -> None:
    cluster = snapshot([node("n1", taints=[GPU])], [agent("a")])
    assert messages(RULE, cluster, "a") == {"node(s) had untolerated taint {gpu: true}"}
    assert blamed(RULE, cluster, {"a": "n1"}) == {"a"}
