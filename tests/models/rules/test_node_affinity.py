"""nodeSelector and required node affinity, case by case (§4)."""

from __future__ import annotations

import pytest

from placewright.models.rules.node_affinity import RULE
from placewright.models.selector import NodeSelector, NodeSelectorTerm, Requirement
from placewright.tests.builders import agent, node, node_affinity, requirement, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes

NODES = [
    node("a", labels={"zone": "z1", "cores": "16"}),
    node("b", labels={"cores": "x"}),
    node("c"),
]
NAMED_C = requirement("metadata.name", "In", "c")


def by_name(*requirements: Requirement, expressions: tuple[Requirement, ...] = ()) -> NodeSelector:
    return NodeSelector((NodeSelectorTerm(expressions, requirements),))


@pytest.mark.parametrize(
    ("required", "admitted"),
    [
        pytest.param(None, {"a", "b", "c"}, id="no required affinity is no constraint"),
        pytest.param(node_affinity([requirement("zone", "In", "z1")]), {"a"}, id="In needs the label"),
        pytest.param(
            node_affinity([requirement("zone", "NotIn", "z1")]),
            {"b", "c"},
            id="NotIn holds for an absent label",
        ),
        pytest.param(node_affinity([requirement("cores", "Exists")]), {"a", "b"}, id="Exists"),
        pytest.param(node_affinity([requirement("cores", "DoesNotExist")]), {"c"}, id="DoesNotExist"),
        pytest.param(
            node_affinity([requirement("cores", "Gt", "8")]), {"a"}, id="Gt leaves out what is no number"
        ),
        pytest.param(
            node_affinity([requirement("cores", "Lt", "99")]), {"a"}, id="Lt leaves out what is no number"
        ),
        pytest.param(node_affinity([requirement("cores", "Gt", "16")]), set(), id="Gt is strict"),
        pytest.param(
            node_affinity([requirement("cores", "Gt", "1.5")]), set(), id="a requirement that does not parse"
        ),
        pytest.param(node_affinity([requirement("cores", "Gt", "08")]), {"a"}, id="leading zeros parse"),
        pytest.param(
            node_affinity([requirement("zone", "In")]), set(), id="In without values matches nothing"
        ),
        pytest.param(
            node_affinity([requirement("zone", "NotIn", "a b")]),
            set(),
            id="a value that is no label value, even for NotIn",
        ),
        pytest.param(
            node_affinity([requirement("zone", "Exists", "z1")]),
            set(),
            id="Exists with values does not parse",
        ),
        pytest.param(
            node_affinity([], [requirement("zone", "Exists")]), {"a"}, id="an empty term matches nothing"
        ),
        pytest.param(node_affinity([]), set(), id="only an empty term: no node"),
        pytest.param(node_affinity(), set(), id="no terms at all: no node"),
        pytest.param(
            node_affinity([requirement("zone", "In", "z1")], [requirement("cores", "DoesNotExist")]),
            {"a", "c"},
            id="terms are ORed",
        ),
        pytest.param(
            node_affinity([requirement("cores", "Exists"), requirement("zone", "DoesNotExist")]),
            {"b"},
            id="expressions in a term are ANDed",
        ),
        pytest.param(by_name(NAMED_C), {"c"}, id="matchFields by name"),
        pytest.param(
            by_name(NAMED_C, expressions=(requirement("zone", "Exists"),)), set(), id="fields AND expressions"
        ),
        pytest.param(by_name(requirement("metadata.name", "NotIn", "c")), {"a", "b"}, id="name NotIn"),
        pytest.param(by_name(requirement("metadata.uid", "In", "c")), set(), id="other fields read as empty"),
        pytest.param(
            by_name(requirement("metadata.name", "In", "a", "c")), set(), id="fields take exactly one value"
        ),
    ],
)
def test_required_node_affinity(required: NodeSelector | None, admitted: set[str]) -> None:
    assert open_nodes(RULE, snapshot(NODES, [agent("p", node_affinity=required)]), "p") == admitted


@pytest.mark.parametrize(
    ("node_selector", "admitted"),
    [
        pytest.param({}, {"a", "b", "c"}, id="an empty selector is no constraint"),
        pytest.param({"zone": "z1"}, {"a"}, id="a pair must be equal"),
        pytest.param({"zone": "z1", "cores": "16"}, {"a"}, id="all pairs must be"),
        pytest.param({"zone": "z1", "cores": "x"}, set(), id="no node has both"),
    ],
)
def test_node_selector(node_selector: dict[str, str], admitted: set[str]) -> None:
    assert open_nodes(RULE, snapshot(NODES, [agent("p", node_selector=node_selector)]), "p") == admitted


def test_selector_and_affinity_are_anded_and_the_message_is_kube_schedulers() -> None:
    wanting = agent(
        "p", node_selector={"zone": "z1"}, node_affinity=node_affinity([requirement("cores", "In", "x")])
    )
    cluster = snapshot(NODES, [wanting])
    assert open_nodes(RULE, cluster, "p") == set()
    assert messages(RULE, cluster, "p") == {"node(s) didn't match Pod's node affinity/selector"}
    assert blamed(RULE, cluster, {"p": "a"}) == {"p"}
