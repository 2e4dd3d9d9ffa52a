"""The random clusters of conformance, without kube-scheduler: the same from the same seed, and readable."""

from __future__ import annotations

from collections import Counter

from placewright.tests.conformance.cases.cluster import LARGE, SMALL, cluster
from placewright.tests.conformance.compare import snapshot_of


def test_the_same_seed_gives_the_same_cluster() -> None:
    assert cluster(3) == cluster(3)
    assert cluster(3) != cluster(4)


def test_clusters_have_the_size_that_is_asked_for() -> None:
    for size in (SMALL, LARGE):
        kinds = Counter(document["kind"] for document in cluster(1, size))
        assert size.nodes[0] <= kinds["Node"] <= size.nodes[1]
        assert kinds["Pod"] >= size.waiting[0]


def test_objects_of_one_kind_have_names_of_their_own() -> None:
    names = Counter(
        (document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"])
        for document in cluster(2)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_every_cluster_can_be_read_and_has_agents_to_place() -> None:
    for seed in range(5):
        snapshot = snapshot_of(cluster(seed))
        assert snapshot.pending
        assert snapshot.storage.claims
