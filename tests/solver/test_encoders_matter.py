"""Leave out any one encoder, and the verifier names that rule: it does not lean on the model."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from placewright.models.agent import ClaimUse, DeviceRequest, Disk, HostPort
from placewright.models.node import DevicePool
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)
from placewright.solver.place import place
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan
from placewright.tests.builders import (
    MIB,
    agent,
    agents,
    near,
    node,
    node_affinity,
    requirement,
    snapshot,
    spread,
    taint,
)

APP = {"app": "a"}
NEAR, EVEN = near(app="a"), spread(app="a")


def too_many_for_the_node() -> Snapshot:
    # Three halves-and-a-bit: together they fit into the two nodes' sum, so only the model can tell.
    pending = [agent(f"a{i}", cpu=600 + i) for i in range(3)]
    return snapshot([node("n1", cpu=1000), node("n2", cpu=1000)], pending)


def shares_that_fit_only_into_the_sum_of_devices() -> Snapshot:
    # Three of 260 to a device: seven fit into the 2000 of two devices together, and into neither.
    pool = (DevicePool("gpu", 2),)
    wants = (DeviceRequest("gpu", 1, 260),)
    return snapshot([node("n1", devices=pool)], agents("a", 7, devices=wants))


def one_port_for_two() -> Snapshot:
    return snapshot([node("n1")], agents("a", 2, host_ports=(HostPort(80),)))


def enemies_in_one_zone() -> Snapshot:
    return snapshot(
        [node("n1", zone="z"), node("n2", zone="z")], agents("a", 2, labels=APP, anti_affinity=(NEAR,))
    )


def a_follower_without_a_leader() -> Snapshot:
    return snapshot([node("n1", zone="z")], [agent("a", affinity=(near(app="b"),))])


def three_in_two_zones_one_of_them_full() -> Snapshot:
    nodes = [node("n1", zone="x"), node("n2", zone="y", pods=1)]
    return snapshot(nodes, agents("a", 4, labels=APP, spread=(EVEN,)))


def a_quota_for_one_of_two() -> Snapshot:
    quota = ResourceQuota("default", "one", {"pods": 1}, used={})
    return snapshot([node("n1")], agents("a", 2, admitted=False), quotas=(quota,))


def a_gang_that_half_fits() -> Snapshot:
    return snapshot(
        [node("n1", pods=2)], agents("a", 3, pod_group="g"), pod_groups=(PodGroup("default", "g", 3),)
    )


def _claim(name: str, mode: str = "ReadWriteOnce", **fields: object) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(
        "default",
        name,
        request=MIB,
        storage_class="local",
        access_modes=frozenset({mode}),
        **fields,  # type: ignore[arg-type]
    )


def _volume(name: str, **fields: object) -> PersistentVolume:
    modes = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
    return PersistentVolume(name, capacity=MIB, storage_class="local", access_modes=modes, **fields)  # type: ignore[arg-type]


LOCAL = {"local": StorageClass("local", wait_for_first_consumer=True)}


def two_claims_for_one_volume() -> Snapshot:
    here = node_affinity([requirement("kubernetes.io/hostname", "In", "n1")])
    storage = Storage(
        claims={("default", name): _claim(name) for name in ("c0", "c1")},
        volumes={"pv": _volume("pv", node_affinity=here)},
        classes=LOCAL,
    )
    pending = [agent(f"a{i}", claims=(ClaimUse(f"c{i}"),)) for i in range(2)]
    return snapshot([node("n1")], pending, storage=storage)


def one_disk_for_two() -> Snapshot:
    return snapshot([node("n1")], agents("a", 2, disks=(Disk("gcePersistentDisk", ("d",)),)))


def more_volumes_than_the_driver_attaches() -> Snapshot:
    storage = Storage(
        claims={
            ("default", f"c{i}"): _claim(f"c{i}", bound=True, volume_name=f"pv{i}", phase="Bound")
            for i in range(2)
        },
        volumes={f"pv{i}": _volume(f"pv{i}", driver="csi", handle=f"h{i}", phase="Bound") for i in range(2)},
        classes=LOCAL,
        csi_nodes={"n1": (CsiNodeDriver("csi", 1),)},
    )
    pending = [agent(f"a{i}", claims=(ClaimUse(f"c{i}"),)) for i in range(2)]
    return snapshot([node("n1")], pending, storage=storage)


def somebody_who_may_not_preempt() -> Snapshot:
    modest = agent("modest", cpu=1000, priority=10, preemption_policy="Never")
    # Somebody else may, so that running agents are in question at all.
    return snapshot(
        [node("n1", cpu=1000)], [agent("r", cpu=1000, on="n1"), modest, agent("big", cpu=9000, priority=20)]
    )


def more_limits_than_the_cap_allows() -> Snapshot:
    # Each alone is below the cap of one and a half times the node, the two together are not.
    pending = agents("a", 2, cpu=100, limits={"cpu": 900})
    return snapshot([node("n1", cpu=1000)], pending, profile=Profile(limit_caps={"cpu": 1500}))


CASES: dict[str, Callable[[], Snapshot]] = {
    "ResourcesEncoder": too_many_for_the_node,
    "DevicesEncoder": shares_that_fit_only_into_the_sum_of_devices,
    "HostPortsEncoder": one_port_for_two,
    "AntiAffinityEncoder": enemies_in_one_zone,
    "AffinityEncoder": a_follower_without_a_leader,
    "TopologySpreadEncoder": three_in_two_zones_one_of_them_full,
    "QuotaEncoder": a_quota_for_one_of_two,
    "GangEncoder": a_gang_that_half_fits,
    "VolumeBindingEncoder": two_claims_for_one_volume,
    "VolumeRestrictionsEncoder": one_disk_for_two,
    "EvictionEncoder": somebody_who_may_not_preempt,
    "LimitOvercommitEncoder": more_limits_than_the_cap_allows,
    "VolumeLimitsEncoder": more_volumes_than_the_driver_attaches,
}


def test_every_encoder_has_its_case() -> None:
    assert {encoder.__name__ for encoder in ENCODERS} == set(CASES)


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
def test_without_its_encoder_the_verifier_names_the_rule(encoder: type[Encoder]) -> None:
    cluster = CASES[encoder.__name__]()
    others = tuple(other for other in ENCODERS if other is not encoder)
    verdict = place(cluster, Settings(workers=1, preempt=True), encoders=others)
    assert isinstance(verdict, Refused)
    assert {violation.rule for violation in verdict.violations} == {encoder.rule}


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
def test_with_all_encoders_in_any_order_the_answer_is_verified(encoder: type[Encoder]) -> None:
    shuffled = list(ENCODERS)
    Random(encoder.__name__).shuffle(shuffled)
    settings = Settings(workers=1, preempt=True)
    assert isinstance(place(CASES[encoder.__name__](), settings, encoders=shuffled), VerifiedPlan)


def _filter_cases() -> dict[str, Snapshot]:
    """For each rule that is a node filter alone, a cluster in which only it stands in the way."""
    zoned = PersistentVolume("pv", labels={"topology.kubernetes.io/zone": "y"}, phase="Bound")
    claim = PersistentVolumeClaim("default", "c", volume_name="pv", bound=True, phase="Bound")
    storage = Storage(claims={claim.key: claim}, volumes={"pv": zoned})
    one = [node("n1", zone="x")]
    return {
        "taints": snapshot([node("n1", taints=[taint("gpu")])], [agent("a")]),
        "cordon": snapshot([node("n1", unschedulable=True)], [agent("a")]),
        "node_affinity": snapshot(one, [agent("a", node_selector={"disk": "ssd"})]),
        "volume_zone": snapshot(one, [agent("a", claims=(ClaimUse("c"),))], storage=storage),
    }


@pytest.mark.parametrize("name", sorted(_filter_cases()))
def test_without_its_filter_the_verifier_names_the_rule(name: str) -> None:
    others = tuple(rule for rule in RULES if rule.name != name)
    verdict = place(_filter_cases()[name], Settings(workers=1), rules=others)
    assert isinstance(verdict, Refused)
    assert {violation.rule for violation in verdict.violations} == {name}
