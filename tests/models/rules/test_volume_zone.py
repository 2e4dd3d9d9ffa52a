"""Volumes and the zones of nodes, case by case (§7)."""

from __future__ import annotations

import pytest

from placewright.models.rules import volume_zone
from placewright.models.snapshot import Snapshot
from placewright.tests.models.rules.volumes import (
    ALL,
    bound,
    claim,
    cluster,
    volume,
)
from placewright.tests.rule_checks import open_nodes


def zoned(**labels: str) -> Snapshot:
    return cluster(
        [bound()], [volume(labels={key.replace("_", "/"): value for key, value in labels.items()})]
    )


GA, BETA = "topology.kubernetes.io_zone", "failure-domain.beta.kubernetes.io_zone"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(zoned(), ALL, id="a volume without zone labels"),
        pytest.param(zoned(**{GA: "a"}), {"n1", "n3"}, id="one zone, and the nodes without any"),
        pytest.param(zoned(**{GA: "a__b"}), ALL, id="a set of zones"),
        pytest.param(zoned(**{GA: "z"}), {"n3"}, id="a zone that no node is in"),
        pytest.param(
            zoned(**{BETA: "b"}), {"n2", "n3"}, id="the beta label falls back to the node's current one"
        ),
        pytest.param(
            zoned(**{"topology.kubernetes.io_region": "r"}),
            {"n3"},
            id="a region that zoned nodes do not have",
        ),
        pytest.param(cluster([claim(storage_class="cloud")]), ALL, id="a delayed claim passes"),
        pytest.param(cluster([claim(storage_class="now")]), {"n3"}, id="an unbound immediate one does not"),
        pytest.param(cluster([bound("ghost")]), {"n3"}, id="a volume that is not there"),
    ],
)
def test_volume_zone_admits(seen: Snapshot, expected: set[str]) -> None:
    assert open_nodes(volume_zone.RULE, seen, "p") == expected
