"""Indexes that are filled by crowds say the same as those that agents came to one by one."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.agent import Agent
from placewright.models.kube_scores.inter_pod_affinity import WantedCompany
from placewright.models.kube_scores.usage import ScoredUsage
from placewright.models.node import Node
from placewright.models.rules.host_ports import PortIndex
from placewright.models.rules.inter_agent_affinity import AntiAffinityIndex
from placewright.models.rules.limit_overcommit import LimitIndex
from placewright.models.rules.quota import ChargeIndex
from placewright.models.rules.resources import UsageIndex
from placewright.models.rules.topology import Matcher, TopologyCounts
from placewright.models.rules.volume_binding import VolumeIndex
from placewright.models.rules.volume_limits import AttachmentIndex
from placewright.models.rules.volume_restrictions import ClaimUsers
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex
from placewright.tests.builders import ZONE, agent, near, node, snapshot
from placewright.tests.running import running_cluster
from placewright.tests.tiny import tiny_cluster

KINDS: tuple[type[StateIndex], ...] = (
    AntiAffinityIndex, AttachmentIndex, ChargeIndex, ClaimUsers, LimitIndex, PortIndex, ScoredUsage, UsageIndex,
    VolumeIndex, WantedCompany,
)  # fmt: skip


def said(index: StateIndex) -> dict[str, object]:
    """Everything an index has counted; what it knows of the snapshot, and what it remembers, is left out."""
    aside = {"_state", "_snapshot", "snapshot", "_against", "_meaning", "_about"}
    return {name: value for name, value in vars(index).items() if name not in aside}


def placed(cluster: Snapshot, rng: Random) -> list[tuple[Agent, Node]]:
    return [(one, rng.choice(cluster.nodes)) for one in cluster.pending]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", range(15))
def test_an_index_does_not_depend_on_when_it_was_first_asked_for(kind: type[StateIndex], seed: int) -> None:
    rng = Random(seed)
    cluster = running_cluster(rng) if seed % 3 == 0 else tiny_cluster(rng)
    early, late = ClusterState(cluster), ClusterState(cluster)
    one_by_one = kind.empty(early)
    for one in cluster.residents:
        one_by_one.add(one, cluster.node_by_name[one.node_name])
    for one, there in placed(cluster, rng):
        one_by_one.add(one, there)
        late.place(one, there)
    assert said(late.index(kind)) == said(one_by_one)


@pytest.mark.parametrize("seed", range(15))
def test_counts_by_domain_do_not_depend_on_when_they_were_first_asked_for(seed: int) -> None:
    rng = Random(seed)
    cluster = tiny_cluster(rng)
    early, late = ClusterState(cluster), ClusterState(cluster)
    matcher = Matcher((near(app="web"),))
    first = early.index(TopologyCounts).counts(matcher, ZONE)
    for one, there in placed(cluster, rng):
        early.place(one, there)
        late.place(one, there)
    assert +late.index(TopologyCounts).counts(matcher, ZONE) == +first


def test_a_state_before_has_nobody_who_was_taken_off_since() -> None:
    cluster = snapshot([node("n1")], [agent("stays", on="n1"), agent("goes", on="n1"), agent("new")])
    state = ClusterState(cluster)
    state.remove(cluster.agent_by_key["default/goes"], cluster.nodes[0])
    state.place(cluster.agent_by_key["default/new"], cluster.nodes[0])
    assert list(state.before().agents_on("n1")) == ["default/stays"]
    assert [one.name for one in state.evicted] == ["goes"]


def test_states_of_one_snapshot_do_not_share_who_is_there() -> None:
    cluster = snapshot([node("n1")], [agent("there", on="n1"), agent("new")])
    one, other = ClusterState(cluster), ClusterState(cluster)
    one.place(cluster.agent_by_key["default/new"], cluster.nodes[0])
    one.remove(cluster.agent_by_key["default/there"], cluster.nodes[0])
    assert (list(one.agents_on("n1")), list(other.agents_on("n1"))) == (["default/new"], ["default/there"])
