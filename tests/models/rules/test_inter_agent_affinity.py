"""Inter-agent affinity and anti-affinity, case by case (§5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.rules.inter_agent_affinity import RULE
from placewright.models.rules.topology import term_matches
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.tests.builders import HOSTNAME, ZONE, agent, near, node, requirement, selector, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes

# Zones: n1 and n2 in A, n3 in B, n4 in none.
NODES = [node("n1", zone="A"), node("n2", zone="A"), node("n3", zone="B"), node("n4")]
WEB, DB = near(app="web"), near(app="db")


def app(name: str, label: str, **fields: Any) -> Agent:
    return agent(name, labels={"app": label}, **fields)


@pytest.mark.parametrize(
    ("running", "incoming", "expected"),
    [
        pytest.param(
            [app("w", "web", on="n1")], agent("p", affinity=(WEB,)), {"n1", "n2"}, id="company is in zone A"
        ),
        pytest.param(
            [],
            app("p", "web", affinity=(WEB,)),
            {"n1", "n2", "n3"},
            id="the first in a series may start anywhere with the key",
        ),
        pytest.param([], app("p", "api", affinity=(WEB,)), set(), id="but only if it matches its own terms"),
        pytest.param(
            [app("w", "web", on="n4")],
            app("p", "web", affinity=(WEB,)),
            {"n1", "n2", "n3"},
            id="company on a node without the key does not end the exception",
        ),
        pytest.param(
            [app("q", "db", on="n1", anti_affinity=(WEB,))],
            app("p", "web"),
            {"n3", "n4"},
            id="a running agent's anti-affinity keeps its domain to itself",
        ),
        pytest.param(
            [app("d", "db", on="n4")],
            agent("p", anti_affinity=(DB,)),
            {"n1", "n2", "n3", "n4"},
            id="a node without the key violates no anti-affinity",
        ),
        pytest.param(
            [app("d", "db", on="n1"), agent("c", labels={"tier": "cache"}, on="n2")],
            agent("p", affinity=(DB, near(tier="cache"))),
            set(),
            id="company must match all terms at once",
        ),
        pytest.param(
            [agent("both", labels={"app": "db", "tier": "cache"}, on="n3")],
            agent("p", affinity=(DB, near(tier="cache"))),
            {"n3"},
            id="one that matches all terms will do",
        ),
        pytest.param(
            [app("w", "web", on="n1"), app("w2", "web", on="n3")],
            agent("p", affinity=(WEB, near(HOSTNAME, app="web"))),
            {"n1", "n3"},
            id="terms with two keys need company in both domains",
        ),
        pytest.param(
            [app("d", "db", on="n1")],
            agent("p", anti_affinity=(DB,)),
            {"n3", "n4"},
            id="own anti-affinity bars the whole domain",
        ),
        pytest.param(
            [app("w", "web", on="n1", terminating=True)],
            agent("p", affinity=(WEB,)),
            {"n1", "n2"},
            id="one that is being deleted is still company",
        ),
        pytest.param(
            [app("w", "web", on="n1", phase="Succeeded")],
            agent("p", affinity=(WEB,)),
            set(),
            id="one that has ended is not",
        ),
        pytest.param(
            [app("w", "web", on="n1", namespace="other")],
            agent("p", affinity=(WEB,)),
            set(),
            id="another namespace does not count",
        ),
        pytest.param(
            [app("w", "web", on="n1", affinity=(DB,))],
            app("p", "db"),
            {"n1", "n2", "n3", "n4"},
            id="required affinity is not symmetric",
        ),
        pytest.param(
            [app("w", "web", on="n1")],
            app("p", "web", anti_affinity=(near(HOSTNAME, app="web"),)),
            {"n2", "n3", "n4"},
            id="self anti-affinity by hostname is one per node",
        ),
    ],
)
def test_where_an_incoming_agent_may_go(running: list[Agent], incoming: Agent, expected: set[str]) -> None:
    assert open_nodes(RULE, snapshot(NODES, [*running, incoming]), "p") == expected


LABELS = {"x": {"env": "prod"}, "y": {}}


@pytest.mark.parametrize(
    ("term", "namespace", "expected"),
    [
        pytest.param(near(namespace="x", app="web"), "x", True, id="a namespace that is listed"),
        pytest.param(near(namespace="x", app="web"), "y", False, id="one that is not"),
        pytest.param(
            AffinityTerm(ZONE, selector(), frozenset(), selector(env="prod")),
            "x",
            True,
            id="selected by label",
        ),
        pytest.param(
            AffinityTerm(ZONE, selector(), frozenset(), selector(env="prod")), "y", False, id="not selected"
        ),
        pytest.param(
            AffinityTerm(ZONE, selector(), frozenset(), LabelSelector()), "y", True, id="empty selects all"
        ),
        pytest.param(
            AffinityTerm(ZONE, selector(), frozenset({"y"}), selector(env="prod")),
            "y",
            True,
            id="the union of both",
        ),
        pytest.param(
            AffinityTerm(ZONE, None, frozenset({"x"})), "x", False, id="a null labelSelector matches nobody"
        ),
        pytest.param(
            AffinityTerm(ZONE, LabelSelector(), frozenset({"x"})), "x", True, id="an empty one everybody"
        ),
        pytest.param(
            AffinityTerm(ZONE, selector(requirement("app", "In")), frozenset({"x"})),
            "x",
            False,
            id="one that does not parse, nobody",
        ),
    ],
)
def test_whom_a_term_means(term: AffinityTerm, namespace: str, expected: bool) -> None:
    assert term_matches(term, namespace, {"app": "web"}, LABELS[namespace]) is expected


def test_the_namespace_selector_quirk_of_1_35_and_1_36() -> None:
    elsewhere = selector(requirement("env", "NotIn", "prod"))
    picky = agent("p", affinity=(AffinityTerm(ZONE, selector(app="web"), frozenset(), elsewhere),))
    running = app("w", "web", on="n1", namespace="live")
    spaces = {"live": {"env": "prod"}}
    meant = snapshot(NODES, [running, picky], namespaces=spaces)
    assert open_nodes(RULE, meant, "p") == set()
    strict = snapshot(NODES, [running, picky], namespaces=spaces, quirk_namespace_selector=True)
    assert open_nodes(RULE, strict, "p") == {"n1", "n2"}


def test_a_namespace_is_selected_by_its_name_without_its_object() -> None:
    by_name = selector(requirement("kubernetes.io/metadata.name", "In", "live"))
    term = AffinityTerm(ZONE, selector(app="web"), frozenset(), by_name)
    elsewhere = AffinityTerm(ZONE, selector(app="web"), frozenset(), selector(env="prod"))
    running = app("w", "web", on="n1", namespace="live")
    waiting = [agent("p", affinity=(term,)), agent("q", affinity=(elsewhere,))]
    seen = snapshot(NODES, [running, *waiting])
    assert open_nodes(RULE, seen, "p") == {"n1", "n2"}
    assert open_nodes(RULE, seen, "q") == set()


def test_messages_are_kube_schedulers() -> None:
    running = [app("q", "db", on="n1", anti_affinity=(WEB,)), app("w", "web", on="n3")]
    cluster = snapshot(NODES, [*running, app("p", "web", anti_affinity=(WEB,), affinity=(near(app="x"),))])
    assert messages(RULE, cluster, "p") == {
        "node(s) didn't satisfy existing pods anti-affinity rules",
        "node(s) didn't match pod anti-affinity rules",
        "node(s) didn't match pod affinity rules",
    }


def mutual(first: str, second: str) -> list[Agent]:
    return [app("a", first, affinity=(near(app=second),)), app("b", second, affinity=(near(app=first),))]


SELF = {"affinity": (WEB,)}


@pytest.mark.parametrize(
    ("agents", "placed", "expected"),
    [
        pytest.param(
            [app("a", "web", **SELF), app("b", "web", **SELF)],
            {"a": "n1", "b": "n2"},
            set(),
            id="one domain holds a self-affine group",
        ),
        pytest.param(
            [app("a", "web", **SELF), app("b", "web", **SELF)],
            {"a": "n1", "b": "n3"},
            {"b"},
            id="two do not, though each has itself",
        ),
        pytest.param(
            [app(n, "web", **SELF) for n in "abcd"],
            {"a": "n1", "b": "n2", "c": "n3", "d": "n3"},
            {"c", "d"},
            id="a mate in the domain is too weak: two separate pairs",
        ),
        pytest.param(
            mutual("web", "db"), {"a": "n1", "b": "n1"}, {"a", "b"}, id="mutual affinity: nobody can start"
        ),
        pytest.param(
            [app("lead", "db"), agent("follow", affinity=(DB,))],
            {"follow": "n1", "lead": "n2"},
            set(),
            id="a follower and its leader in one batch, in any order of listing",
        ),
        pytest.param(
            [app("a", "web", **SELF), app("free", "web")],
            {"a": "n1", "free": "n3"},
            set(),
            id="the first starts, another matches elsewhere later",
        ),
        pytest.param(
            [app("a", "web", **SELF), app("r", "web", on="n3")],
            {"a": "n1"},
            {"a"},
            id="no exception where company runs already",
        ),
        pytest.param(
            [app("a", "web", anti_affinity=(WEB,)), app("b", "web")],
            {"a": "n1", "b": "n2"},
            {"a", "b"},
            id="new against new, blamed both ways",
        ),
        pytest.param(
            [app("a", "web", anti_affinity=(WEB, WEB))],
            {"a": "n1"},
            set(),
            id="a term that is written twice does not keep its own agent out",
        ),
        pytest.param(
            [app("q", "db", on="n1", anti_affinity=(WEB,)), app("w", "web", on="n2"), agent("a")],
            {"a": "n1"},
            set(),
            id="old against old is history",
        ),
        pytest.param(
            [
                app("x", "web", affinity=(near(app="web"),)),
                app("y", "web", affinity=(near(HOSTNAME, app="web"),)),
            ],
            {"x": "n1", "y": "n3"},
            {"x", "y"},
            id="of two first ones, the other sees company elsewhere",
        ),
    ],
)
def test_a_finished_placement(agents: list[Agent], placed: Mapping[str, str], expected: set[str]) -> None:
    found = blamed(RULE, snapshot(NODES, agents), placed)
    assert bool(found) == bool(expected)
    assert found <= expected or len(found) == len(expected)
