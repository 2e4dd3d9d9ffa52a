"""What workloads ask of where all their agents are, and what is less of it than before."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent
from placewright.models.demands import Demands
from placewright.models.errors import InputError
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.state import ClusterState
from placewright.tests.builders import ZONE, node, snapshot
from placewright.tests.moving import runs
from placewright.tests.objects import agent_of, pod

NODES = [node("a1", zone="a"), node("a2", zone="a"), node("b1", zone="b"), node("c1", zone="c"), node("bare")]


def demands(*agents: Agent) -> Demands:
    return Demands.of(ClusterState(snapshot(NODES, agents)))


def web(name: str, on: str, domains: int = 3) -> Agent:
    return runs(name, on, min_domains=((ZONE, domains),))


def near(name: str, on: str, *apps: str) -> Agent:
    terms = (AffinityTerm(ZONE, match_labels({"app": app}), frozenset({"default"})) for app in apps)
    return runs(name, on, app="front", near=tuple(terms))


@pytest.mark.parametrize(
    ("places", "short"),
    [
        pytest.param(("a1", "b1", "c1"), 0, id="three zones"),
        pytest.param(("a1", "a2", "b1"), 1, id="two zones"),
        pytest.param(("a1", "a2", "a2"), 2, id="one zone"),
        pytest.param(("a1", "b1", "bare"), 1, id="a node without the label is in no zone"),
    ],
)
def test_a_workload_is_short_of_domains(places: tuple[str, ...], short: int) -> None:
    found = demands(*(web(f"w{i}", place) for i, place in enumerate(places)))
    assert sum(found.short.values()) == short


def test_each_term_finds_its_own_company_in_the_domain() -> None:
    cache, store = runs("c", "a2", app="cache"), runs("s", "b1", app="store")
    assert not demands(near("f", "a1", "cache"), cache, store).alone
    assert demands(near("f", "a1", "cache", "store"), cache, store).alone == {("default/f", 1)}
    assert not demands(near("f", "a1", "cache", "store"), cache, runs("s", "a1", app="store")).alone
    assert demands(near("f", "bare", "cache"), cache).alone == {("default/f", 0)}


def test_only_what_is_worse_than_before_is_told() -> None:
    even = demands(web("w0", "a1"), web("w1", "b1"))
    worse = demands(web("w0", "a1"), web("w1", "a2"))
    assert list(even.beyond(even)) == []
    assert list(even.beyond(worse)) == []
    assert [text.split(" is in ")[0] for text in worse.beyond(even)] == ["default/ReplicaSet/web"]
    company = demands(near("f", "a1", "cache"), runs("c", "a2", app="cache"))
    lonely = demands(near("f", "b1", "cache"), runs("c", "a2", app="cache"))
    assert len(list(lonely.beyond(company))) == 1
    assert not list(company.beyond(lonely))


def test_annotations_say_so() -> None:
    text = '[{"topologyKey": "rack", "matchLabels": {"app": "db"}}]'
    read = agent_of(
        pod(
            "p",
            meta={
                "namespace": "own",
                "annotations": {
                    "placewright.io/min-domains": "rack=2, zone = 3",
                    "placewright.io/near": text,
                },
            },
        )
    ).spec
    assert read.min_domains == (("rack", 2), ("zone", 3))
    assert read.near == (AffinityTerm("rack", match_labels({"app": "db"}), frozenset({"own"})),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("min-domains", "zone"),
        ("min-domains", "zone=0"),
        ("min-domains", "zone=two"),
        ("min-domains", "zone=1,zone=2"),
        ("near", "{}"),
        ("near", '[{"topologyKey": "rack"}]'),
        ("near", '[{"matchLabels": {"app": "db"}}]'),
    ],
)
def test_annotations_that_make_no_sense_are_refused(name: str, text: str) -> None:
    with pytest.raises(InputError, match=name):
        agent_of(pod("p", meta={"annotations": {f"placewright.io/{name}": text}}))
