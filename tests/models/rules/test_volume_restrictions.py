"""Disks and claims that only so many may use, case by case (§7)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import ClaimUse, Disk
from placewright.models.rules import volume_restrictions
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.models.rules.volumes import (
    ALL,
    bound,
    cluster,
    volume,
)
from placewright.tests.rule_checks import blamed, open_nodes


def disk(kind: str = "gcePersistentDisk", name: str = "d", **fields: Any) -> Disk:
    return Disk(kind, (name,), **fields)


def rbd(*monitors: str) -> Disk:
    return Disk("rbd", ("pool", "image"), monitors=frozenset(monitors))


@pytest.mark.parametrize(
    ("held", "wanted", "shared"),
    [
        pytest.param(disk(), disk(), False, id="one disk, both writing"),
        pytest.param(disk(read_only=True), disk(read_only=True), True, id="both only reading"),
        pytest.param(disk(read_only=True), disk(), False, id="one of them writing"),
        pytest.param(disk(), disk(name="e"), True, id="two disks"),
        pytest.param(disk(), disk("iscsi"), True, id="two kinds"),
        pytest.param(
            disk("awsElasticBlockStore", always_exclusive=True, read_only=True),
            disk("awsElasticBlockStore", always_exclusive=True, read_only=True),
            False,
            id="EBS always excludes",
        ),
        pytest.param(
            rbd("m1", "m2"),
            rbd("m2"),
            False,
            id="RBD with a common monitor",
        ),
        pytest.param(
            rbd("m1"),
            rbd("m2"),
            True,
            id="RBD without one",
        ),
    ],
)
def test_exclusive_disks(held: Disk, wanted: Disk, shared: bool) -> None:
    seen = snapshot([node("n1")], [agent("r", disks=(held,), on="n1"), agent("p", disks=(wanted,))])
    assert open_nodes(volume_restrictions.RULE, seen, "p") == ({"n1"} if shared else set())
    assert blamed(volume_restrictions.RULE, seen, {"p": "n1"}) == (set() if shared else {"p"})


def test_a_read_write_once_pod_claim_has_one_user_in_the_cluster() -> None:
    single = bound(access_modes=frozenset({"ReadWriteOncePod"}))
    seen = cluster([single], [volume()], agent("r", claims=(ClaimUse("c"),), on="n1"))
    assert open_nodes(volume_restrictions.RULE, seen, "p") == set()
    assert blamed(volume_restrictions.RULE, seen, {"p": "n2"}) == {"p"}


def test_a_read_write_once_claim_is_kept_on_one_node_only_when_asked() -> None:
    once = bound(access_modes=frozenset({"ReadWriteOnce"}))
    user = agent("r", claims=(ClaimUse("c"),), on="n1")
    assert open_nodes(volume_restrictions.RULE, cluster([once], [volume()], user), "p") == ALL
    strict = cluster([once], [volume()], user, options={"rwo_on_one_node": True})
    assert open_nodes(volume_restrictions.RULE, strict, "p") == {"n1"}
    assert blamed(volume_restrictions.RULE, strict, {"p": "n2"}) == {"p"}
