"""How many volumes a node may attach, case by case (§7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import ClaimUse
from placewright.models.rules import volume_limits
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.storage import (
    CsiNodeDriver,
    VolumeAttachment,
)
from placewright.tests.builders import agent
from placewright.tests.models.rules.volumes import (
    bound,
    claim,
    cluster,
    volume,
)
from placewright.tests.rule_checks import blamed, open_nodes


def attached(limit: int | None, *on_node: str, wanted: str = "v3", **storage: Any) -> Snapshot:
    """v1, v2, v3 are CSI volumes; agents on n1 use `on_node`; p wants one of them."""
    volumes = [volume(f"v{i}", driver="csi.x", handle=f"h{i}") for i in (1, 2, 3)]
    claims = [bound(f"v{i}", f"c{i}") for i in (1, 2, 3)]
    running = [agent(f"r{v}", claims=(ClaimUse(f"c{v[1]}"),), on="n1") for v in on_node]
    user = agent("p", claims=(ClaimUse(f"c{wanted[1]}"),))
    nodes = {"n1": (CsiNodeDriver("csi.x", limit),)}
    return cluster(claims, volumes, *running, user=user, csi_nodes=nodes, **storage)


@pytest.mark.parametrize(
    ("seen", "fits"),
    [
        pytest.param(
            attached(2, "v1", "v2", wanted="v2"), True, id="a volume that is there already costs nothing"
        ),
        pytest.param(attached(2, "v1", "v2", wanted="v3"), False, id="a third one is too many"),
        pytest.param(attached(3, "v1", "v2", wanted="v3"), True, id="unless three are allowed"),
        pytest.param(attached(None, "v1", "v2", wanted="v3"), True, id="no known limit is no limit"),
        pytest.param(attached(0, wanted="v1"), False, id="a limit of zero"),
        pytest.param(
            attached(1, wanted="v1", attachments=(VolumeAttachment("n1", "v2"),)),
            False,
            id="an attachment without agent counts",
        ),
        pytest.param(
            attached(1, wanted="v1", attachments=(VolumeAttachment("n1", "v1"),)),
            False,
            id="an attachment that nobody running there uses counts beside its next user, as in kube-scheduler",
        ),
        pytest.param(
            attached(1, "v1", wanted="v1", attachments=(VolumeAttachment("n1", "v1"),)),
            True,
            id="the attachment of a volume in use does not count twice",
        ),
        pytest.param(
            cluster(
                [claim("held", volume_name="gone", storage_class="cloud"), bound("v", "c")],
                [volume(driver="csi.x", handle="h")],
                agent("r", claims=(ClaimUse("held"),), on="n1"),
                user=agent("p", claims=(ClaimUse("c"),)),
                csi_nodes={"n1": (CsiNodeDriver("csi.x", 1),)},
            ),
            False,
            id="a claim whose volume is gone still counts for its class's provisioner",
        ),
        pytest.param(
            attached(1, wanted="v1", attachments=(VolumeAttachment("n2", "v2"),)),
            True,
            id="attachments elsewhere do not count",
        ),
    ],
)
def test_volume_limits(seen: Snapshot, fits: bool) -> None:
    assert ("n1" in open_nodes(volume_limits.RULE, seen, "p")) is fits
    assert blamed(volume_limits.RULE, seen, {"p": "n1"}) == (set() if fits else {"p"})


def test_the_volume_of_an_evicted_agent_stays_attached_for_a_while_and_its_own_return_costs_nothing() -> None:
    seen = attached(1, "v2", wanted="v1")
    runs, node_of = seen.agent_by_key["default/rv2"], seen.node_by_name["n1"]
    state = ClusterState(seen)
    state.remove(runs, node_of)
    assert volume_limits.RULE.rejects(state, seen.agent_by_key["default/p"], node_of) is not None
    assert volume_limits.RULE.rejects(state, runs, node_of) is None


def test_an_evicted_agent_that_comes_to_another_node_is_new_there() -> None:
    """The volume is attached there still, for one that has left: it counts beside, as it does for anybody."""
    seen = attached(1, "v2", wanted="v1")
    left, comes = seen.agent_by_key["default/rv2"], agent("s", claims=(ClaimUse("c2"),), on="n2")
    seen = replace(seen, agents=(*seen.agents, comes))
    state = ClusterState(seen)
    state.remove(left, seen.node_by_name["n1"])
    state.remove(comes, seen.node_by_name["n2"])
    assert volume_limits.RULE.rejects(state, comes, seen.node_by_name["n1"]) is not None
    state.place(comes, seen.node_by_name["n1"])
    assert [violation.agent for violation in volume_limits.RULE.violations(state)] == ["default/s"]


def test_a_delayed_claim_counts_for_its_provisioner() -> None:
    full = {"n1": (CsiNodeDriver("csi.x", 0),)}
    seen = cluster([claim(storage_class="cloud")], csi_nodes=full)
    assert open_nodes(volume_limits.RULE, seen, "p") == {"n2", "n3"}
