"""Cordon, case by case (§2.2)."""

from __future__ import annotations

import pytest

from placewright.models.rules.cordon import RULE
from placewright.models.selector import Toleration
from placewright.tests.builders import agent, node, snapshot, taint, toleration
from placewright.tests.rule_checks import blamed, messages, open_nodes

KEY = "node.kubernetes.io/unschedulable"


@pytest.mark.parametrize(
    ("tolerations", "admitted"),
    [
        pytest.param([], False, id="without toleration a cordoned node is closed"),
        pytest.param([toleration(operator="Exists")], True, id="tolerating everything passes"),
        pytest.param([toleration(KEY, "")], True, id="Equal with the empty value passes"),
        pytest.param([toleration(KEY, "yes")], False, id="Equal with another value does not"),
        pytest.param([toleration(KEY, operator="Exists")], True, id="Exists on the key passes"),
        pytest.param(
            [toleration(KEY, effect="NoExecute", operator="Exists")], False, id="the effect is NoSchedule"
        ),
        pytest.param([toleration("other", operator="Exists")], False, id="another key does not help"),
        pytest.param(
            [toleration(KEY, effect="NoSchedule", operator="Exists")], True, id="the effect may be named"
        ),
    ],
)
def test_a_cordoned_node_takes_who_tolerates_the_synthetic_taint(
    tolerations: list[Toleration], admitted: bool
) -> None:
    cluster = snapshot([node("n1", unschedulable=True)], [agent("a", tolerations=tuple(tolerations))])
    assert open_nodes(RULE, cluster, "a") == ({"n1"} if admitted else set())


def test_the_taint_on_the_node_itself_is_not_what_counts() -> None:
    tainted = node("n1", taints=[taint(KEY)])
    assert open_nodes(RULE, snapshot([tainted], [agent("a")]), "a") == {"n1"}


def test_an_agent_placed_on_a_cordoned_node_is_blamed() -> None:
    cluster = snapshot([node("n1", unschedulable=True)], [agent("a"), agent("old", on="n1")])
    assert blamed(RULE, cluster, {"a": "n1"}) == {"a"}
    assert messages(RULE, cluster, "a") == {"node(s) were unschedulable"}
