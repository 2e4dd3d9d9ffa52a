"""What agents and nodes say of each other: preferred node affinity (§4.2), taints (§3.3), images (§8.6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.kube_scores import image_locality, node_affinity, taint_toleration
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.selector import NodeSelectorTerm, PreferredNodeTerm
from placewright.tests.builders import MIB, agent, node, requirement, snapshot, taint, toleration
from placewright.tests.models.kube_scores.checks import points

SOFT = "PreferNoSchedule"


def prefer(weight: int, *requirements: Any) -> PreferredNodeTerm:
    return PreferredNodeTerm(weight, NodeSelectorTerm(match_expressions=requirements))


NODES = [
    node("a", labels={"zone": "z1", "cores": "16"}),
    node("b", labels={"cores": "x"}),
    node("c"),
]
ZONE_1, CORES = requirement("zone", "In", "z1"), requirement("cores", "Exists")


class TestNodeAffinity:
    @pytest.mark.parametrize(
        ("terms", "expected"),
        [
            pytest.param((prefer(80, ZONE_1), prefer(20, CORES)), [100, 20, 0], id="weights of all matches add up"),
            pytest.param((prefer(30, CORES), prefer(20, ZONE_1)), [100, 60, 0], id="scaled by the largest"),
            pytest.param((prefer(7, ZONE_1), prefer(3, CORES)), [100, 30, 0], id="cut, not rounded"),
            pytest.param((prefer(50, requirement("zone", "In", "z9")),), [0, 0, 0], id="no match leaves all at 0"),
            pytest.param((prefer(50), prefer(1, CORES)), [100, 100, 0], id="an empty term matches nothing"),
            pytest.param((prefer(0, CORES),), [0, 0, 0], id="nor does weight 0 count"),
            pytest.param((prefer(9, requirement("cores", "Gt", "abc")),), [0, 0, 0], id="nor what cannot be parsed"),
            pytest.param((), None, id="no preference is skipped"),
        ],
    )  # fmt: skip
    def test_weights_of_the_terms_that_match(
        self, terms: tuple[PreferredNodeTerm, ...], expected: list[int] | None
    ) -> None:
        seen = snapshot(NODES, [agent("p", preferred_nodes=terms)])
        assert points(node_affinity.scores, seen) == expected

    def test_the_profile_adds_its_own(self) -> None:
        profile = Profile(added_preferred=(prefer(20, CORES),))
        assert points(node_affinity.scores, snapshot(NODES, [agent("p")]), profile=profile) == [100, 100, 0]
        both = snapshot(NODES, [agent("p", preferred_nodes=(prefer(80, ZONE_1),))])
        assert points(node_affinity.scores, both, profile=profile) == [100, 20, 0]

    def test_only_the_nodes_that_are_open_set_the_scale(self) -> None:
        seen = snapshot(NODES, [agent("p", preferred_nodes=(prefer(80, ZONE_1), prefer(20, CORES)))])
        assert points(node_affinity.scores, seen, among="b c") == [100, 0]
        assert points(node_affinity.scores, seen, among="c") == [0]


class TestTaintToleration:
    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            pytest.param((0, 1, 3), [100, 67, 0], id="one of three"),
            pytest.param((0, 0), [100, 100], id="no taints at all"),
            pytest.param((2, 2), [0, 0], id="the same everywhere is the worst everywhere"),
        ],
    )
    def test_the_examples(self, counts: tuple[int, ...], expected: list[int]) -> None:
        nodes = [
            node(f"n{i}", taints=[taint(f"t{k}", effect=SOFT) for k in range(count)])
            for i, count in enumerate(counts)
        ]
        assert points(taint_toleration.scores, snapshot(nodes, [agent("p")])) == expected

    @pytest.mark.parametrize(
        ("tolerated", "expected"),
        [
            pytest.param(toleration("t", operator="Exists"), [100, 100], id="without effect"),
            pytest.param(toleration("t", operator="Exists", effect=SOFT), [100, 100], id="with this effect"),
            pytest.param(toleration("t", operator="Exists", effect="NoSchedule"), [100, 0], id="not with another"),
            pytest.param(toleration("t", "other"), [100, 0], id="not with another value"),
        ],
    )  # fmt: skip
    def test_a_taint_that_is_tolerated_does_not_count(self, tolerated: Any, expected: list[int]) -> None:
        nodes = [node("n1"), node("n2", taints=[taint("t", effect=SOFT)])]
        seen = snapshot(nodes, [agent("p", tolerations=(tolerated,))])
        assert points(taint_toleration.scores, seen) == expected

    def test_taints_of_other_effects_do_not_count(self) -> None:
        nodes = [node("n1"), node("n2", taints=[taint("t"), taint("u", effect="NoExecute")])]
        assert points(taint_toleration.scores, snapshot(nodes, [agent("p")])) == [100, 100]


def holding(count: int, image: str, size: int, *, nodes: int) -> list[Node]:
    """`nodes` nodes, the first `count` of them with an image of `size` MiB."""
    return [node(f"n{i}", images={image: size * MIB} if i < count else {}) for i in range(nodes)]


class TestImageLocality:
    @pytest.mark.parametrize(
        ("nodes", "expected"),
        [
            pytest.param(holding(2, "web:1", 500, nodes=4), [23, 23, 0, 0], id="500 MiB on two of four"),
            pytest.param(holding(4, "web:1", 500, nodes=4), [48] * 4, id="500 MiB on all of four"),
            pytest.param(holding(4, "web:1", 10, nodes=4), [0] * 4, id="too small to matter"),
            pytest.param(holding(1, "web:1", 500, nodes=10), [2] + [0] * 9, id="500 MiB on one of ten"),
            pytest.param(holding(1, "web:1", 3000, nodes=1), [100], id="beyond the most that counts"),
            pytest.param(holding(1, "web:2", 500, nodes=1), [0], id="another tag is another image"),
        ],
    )
    def test_size_times_the_share_of_nodes(self, nodes: list[Node], expected: list[int]) -> None:
        seen = snapshot(nodes, [agent("p", images=("web:1",))])
        assert points(image_locality.scores, seen) == expected

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("web", "web:latest", id="no tag"),
            pytest.param("web:1", "web:1", id="a tag"),
            pytest.param("host:5000/web", "host:5000/web:latest", id="the port of a registry is no tag"),
            pytest.param("web@sha256:ab", "web@sha256:ab", id="a digest"),
        ],
    )
    def test_a_missing_tag_is_filled_in(self, name: str, expected: str) -> None:
        assert image_locality.tagged(name) == expected
        seen = snapshot(holding(1, expected, 500, nodes=1), [agent("p", images=(name,))])
        assert points(image_locality.scores, seen) == [48]

    def test_the_first_node_says_how_large_an_image_is(self) -> None:
        nodes = [node("n1", images={"web:1": 500 * MIB}), node("n2", images={"web:1": 900 * MIB})]
        seen = snapshot(nodes, [agent("p", images=("web:1",))])
        assert points(image_locality.scores, seen) == [48, 48]

    def test_two_containers_raise_the_most_that_counts(self) -> None:
        seen = snapshot(
            holding(1, "web:1", 500, nodes=1), [agent("p", images=("web:1", "web:1"), container_count=2)]
        )
        assert points(image_locality.scores, seen) == [100 * (1000 - 23) // (2000 - 23)]

    def test_only_the_snapshots_nodes_count_not_only_the_open_ones(self) -> None:
        seen = snapshot(holding(2, "web:1", 500, nodes=4), [agent("p", images=("web:1",))])
        assert points(image_locality.scores, seen, among="n1 n3") == [23, 0]

    @given(
        sizes=st.lists(st.integers(0, 2 * 10**9), min_size=1, max_size=3),
        present=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=5),
        containers=st.integers(1, 4),
    )
    def test_any_node_scores_as_the_formula_says(
        self, sizes: list[int], present: list[list[bool]], containers: int
    ) -> None:
        nodes = [
            node(f"n{i}", images={f"i{k}:1": size for k, size in enumerate(sizes) if row[k]})
            for i, row in enumerate(present)
        ]
        used = tuple(f"i{k % len(sizes)}:1" for k in range(containers))
        seen = snapshot(nodes, [agent("p", images=used, container_count=containers)])
        expected = []
        for each in nodes:
            total = 0
            for name in used:
                if name in each.images:
                    having = sum(name in other.images for other in nodes)
                    total += int(float(each.images[name]) * (float(having) / float(len(nodes))))
            low, high = 23 * MIB, 1000 * MIB * containers
            expected.append(100 * (max(low, min(total, high)) - low) // (high - low))
        assert points(image_locality.scores, seen) == expected
        assert all(0 <= value <= 100 for value in expected)
