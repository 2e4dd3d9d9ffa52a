"""Each encoder alone: feasible with as much fixed as possible, infeasible with as little, and exact.

The property test compares what CP-SAT places under one encoder with the most that its rule lets be placed,
found by trying every placement.
"""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse, DeviceRequest, Disk, HostPort
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
from placewright.solver.compile import compile_problem
from placewright.solver.engine import Engine, ModelMismatchError
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.settings import Settings
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot, spread
from placewright.tests.solver.rules.exact import RULE_OF, most_allowed
from placewright.tests.solving import solve_tiny
from placewright.tests.tiny import tiny_cluster

BY_NAME = {encoder.__name__: encoder for encoder in ENCODERS}
WEB = {"app": "web"}
ZONES = [node("n1", zone="a"), node("n2", zone="b")]
LOCAL = StorageClass("local", wait_for_first_consumer=True)


def claims(count: int, volumes: int, users: int, **fields: object) -> Snapshot:
    storage = Storage(
        claims={
            ("default", f"c{i}"): PersistentVolumeClaim("default", f"c{i}", storage_class="local", **fields)  # type: ignore[arg-type]
            for i in range(count)
        },
        volumes={
            f"v{i}": PersistentVolume(
                f"v{i}", storage_class="local", access_modes=frozenset({"ReadWriteOncePod"})
            )
            for i in range(volumes)
        },
        classes={"local": LOCAL},
    )
    pending = [agent(f"p{i}", claims=(ClaimUse(f"c{i % count}"),)) for i in range(users)]
    return snapshot([node("n1")], pending, storage=storage)


def limited(limit: int) -> Snapshot:
    made = StorageClass("local", provisioner="csi.x", wait_for_first_consumer=True)
    seen = claims(2, 0, 2)
    storage = Storage(
        claims=seen.storage.claims,
        classes={"local": made},
        csi_nodes={"n1": (CsiNodeDriver("csi.x", limit),)},
    )
    return snapshot(seen.nodes, seen.agents, storage=storage)


def gang(slots: int) -> Snapshot:
    members = [*agents("p", 2, pod_group="g", extra={"slot": 1}), agent("r", pod_group="g", on="n1")]
    return snapshot([node("n1", extra={"slot": slots})], members, pod_groups=(PodGroup("default", "g", 3),))


def quota(pods: int) -> Snapshot:
    limit = ResourceQuota("default", "q", {"pods": pods}, used={"pods": 1})
    return snapshot([node("n1")], agents("p", 2, admitted=False), quotas=(limit,))


def devices(*milli: int) -> Snapshot:
    pool = node("n1", devices=(DevicePool("gpu", 2),))
    pending = [agent(f"p{i}", devices=(DeviceRequest("gpu", 1, m),)) for i, m in enumerate(milli)]
    return snapshot(
        [pool], [*pending, agent("r", devices=(DeviceRequest("gpu", 1, 300),), on="n1", device_ids=(1,))]
    )


def ports(*numbers: int) -> Snapshot:
    pending = [agent(f"p{i}", host_ports=(HostPort(n),)) for i, n in enumerate(numbers)]
    return snapshot([node("n1")], [*pending, agent("r", host_ports=(HostPort(443),), on="n1")])


def disks(*names: str) -> Snapshot:
    pending = [agent(f"p{i}", disks=(Disk("iscsi", (name,)),)) for i, name in enumerate(names)]
    return snapshot([node("n1")], [*pending, agent("r", disks=(Disk("iscsi", ("held",)),), on="n1")])


def anti(zone_of_second: str) -> Snapshot:
    nodes = [node("n1", zone="a"), node("n2", zone=zone_of_second)]
    return snapshot(nodes, agents("p", 2, labels=WEB, anti_affinity=(near(app="web"),)))


def affine(*running: Agent) -> Snapshot:
    return snapshot(ZONES, [*running, *agents("p", 2, affinity=(near(app="db"),))])


def even(count: int, **second: int) -> Snapshot:
    nodes = [node("n1", zone="a"), node("n2", zone="b", **second)]  # type: ignore[arg-type]
    return snapshot(nodes, agents("p", count, labels=WEB, spread=(spread(app="web"),)))


def promised(*limits: int) -> Snapshot:
    pending = [agent(f"p{i}", limits={"cpu": limit}) for i, limit in enumerate(limits)]
    running = agent("r", cpu=500, on="n1")
    capped = Profile(limit_caps={"cpu": 1500})
    return snapshot([node("n1", cpu=1000)], [*pending, running], profile=capped)


CASES = [
    pytest.param(
        "ResourcesEncoder",
        snapshot([node("n1", cpu=1000)], agents("p", 2, cpu=500)),
        2,
        id="resources: exactly full",
    ),
    pytest.param(
        "ResourcesEncoder",
        snapshot([node("n1", cpu=1000)], [agent("p", cpu=501), agent("q", cpu=500)]),
        1,
        id="resources: one milli over",
    ),
    pytest.param(
        "DevicesEncoder", devices(1000, 700), 2, id="devices: one whole, one filled to the last milli"
    ),
    pytest.param("DevicesEncoder", devices(800, 800), 1, id="devices: the sum fits, no single device does"),
    pytest.param("HostPortsEncoder", ports(80, 81), 2, id="ports: all different"),
    pytest.param("HostPortsEncoder", ports(80, 80, 443), 1, id="ports: twice the same, and one that is held"),
    pytest.param("QuotaEncoder", quota(3), 2, id="quota: used up exactly"),
    pytest.param("QuotaEncoder", quota(2), 1, id="quota: one is left"),
    pytest.param("GangEncoder", gang(2), 2, id="gang: complete with the one that runs"),
    pytest.param("GangEncoder", gang(1), 0, id="gang: half is none"),
    pytest.param("VolumeRestrictionsEncoder", disks("d", "e"), 2, id="disks: all different"),
    pytest.param(
        "VolumeRestrictionsEncoder",
        disks("d", "d", "held"),
        1,
        id="disks: twice the same, and one that is held",
    ),
    pytest.param(
        "VolumeRestrictionsEncoder",
        claims(1, 1, 2, access_modes=frozenset({"ReadWriteOncePod"})),
        1,
        id="claims: one user in all",
    ),
    pytest.param("LimitOvercommitEncoder", promised(600, 400), 2, id="limit caps: exactly up to the cap"),
    pytest.param(
        "LimitOvercommitEncoder", promised(600, 401, 0), 2, id="limit caps: beyond, and one without"
    ),
    pytest.param("VolumeLimitsEncoder", limited(2), 2, id="limits: just enough"),
    pytest.param("VolumeLimitsEncoder", limited(1), 1, id="limits: one too few"),
    pytest.param("VolumeBindingEncoder", claims(2, 2, 2), 2, id="binding: a volume for each claim"),
    pytest.param("VolumeBindingEncoder", claims(2, 1, 2), 1, id="binding: one volume for two claims"),
    pytest.param("VolumeBindingEncoder", claims(1, 1, 2), 2, id="binding: a shared claim needs one volume"),
    pytest.param("TopologySpreadEncoder", even(4), 4, id="spread: two and two"),
    pytest.param("TopologySpreadEncoder", even(4, pods=1), 3, id="spread: a full zone stops the other"),
    pytest.param("AntiAffinityEncoder", anti("b"), 2, id="anti-affinity: a zone each"),
    pytest.param("AntiAffinityEncoder", anti("a"), 1, id="anti-affinity: one zone for two"),
    pytest.param(
        "AffinityEncoder", affine(agent("r", labels={"app": "db"}, on="n2")), 2, id="affinity: company runs"
    ),
    pytest.param("AffinityEncoder", affine(), 0, id="affinity: no company anywhere"),
    pytest.param(
        "AffinityEncoder",
        affine(agent("q", labels={"app": "db"})),
        3,
        id="affinity: company comes with the batch",
    ),
]


@pytest.mark.parametrize(("name", "seen", "expected"), CASES)
def test_how_many_are_placed_under_one_encoder(name: str, seen: Snapshot, expected: int) -> None:
    encoders = [BY_NAME["ResourcesEncoder"], BY_NAME[name]]
    assert len(solve_tiny(seen, RULES, encoders)) == expected


def test_every_encoder_has_a_feasible_and_an_infeasible_case() -> None:
    named = [case.values[0] for case in CASES]
    # Evictions have their cases in tests/solver/test_preemption.py: they need what places with them.
    assert all(named.count(name) >= 2 for name in BY_NAME if name != "EvictionEncoder")


FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
# Anti-affinity and affinity are two encoders of one rule; devices are packed whenever they are placed.
ALONE = [e for e in ENCODERS if e.rule not in ("inter_agent_affinity", "preemption")]
TOGETHER = [e for e in ENCODERS if e.rule == "inter_agent_affinity"]


def small(rng: Random) -> Snapshot:
    """A tiny cluster with at most four pending agents."""
    seen = tiny_cluster(rng)
    keep = {a.key for a in seen.pending[:4]} | {a.key for a in seen.residents}
    return Snapshot(
        **{
            **{f: getattr(seen, f) for f in Snapshot.__dataclass_fields__},
            "agents": tuple(a for a in seen.agents if a.key in keep),
        }
    )


@pytest.mark.parametrize("encoder", ALONE, ids=lambda e: e.__name__)
@FEW
@given(rng=st.randoms(use_true_random=False))
def test_one_encoder_places_as_many_as_its_rule_allows(encoder: type[Encoder], rng: Random) -> None:
    seen = small(rng)
    encoders = dict.fromkeys((BY_NAME["ResourcesEncoder"], BY_NAME["DevicesEncoder"], encoder))
    assert len(solve_tiny(seen, RULES, list(encoders))) == most_allowed(seen, RULE_OF[encoder.rule])


@FEW
@given(rng=st.randoms(use_true_random=False))
def test_both_affinity_encoders_place_as_many_as_the_rule_allows(rng: Random) -> None:
    seen = small(rng)
    encoders = [BY_NAME["ResourcesEncoder"], BY_NAME["DevicesEncoder"], *TOGETHER]
    assert len(solve_tiny(seen, RULES, encoders)) == most_allowed(seen, RULE_OF["inter_agent_affinity"])


@FEW
@given(rng=st.randoms(use_true_random=False))
def test_what_is_fixed_takes_its_room_and_stays_within_every_rule(rng: Random) -> None:
    """A neighbourhood: fix all but one node of an optimal placement, re-solve that node, and all is valid."""
    seen = small(rng)
    placed = solve_tiny(seen, RULES, ENCODERS)
    compilation, problem = compile_problem(seen)
    group_of = {a.key: g for g, group in enumerate(compilation.groups) for a in group.members}
    fixed = np.zeros_like(problem.cap)
    for key, where in placed.items():
        if where != seen.nodes[0].name:
            fixed[group_of[key], compilation.node_index[where]] += 1
    part = problem.fixing(fixed, np.array([0]))
    assert part.size.sum() == problem.size.sum() - fixed.sum()
    try:
        answer = Engine(part, Settings(workers=1)).optimise(0, np.zeros_like(fixed), 10.0)
    except ModelMismatchError:
        # What is fixed leaned on the node that was freed: nothing to improve there.
        return
    assert answer.count is not None
    assert (answer.count[:, 1:] == 0).all()
    assert answer.count.sum() + fixed.sum() <= len(seen.pending)
    assert ((fixed + answer.count).T @ problem.request <= problem.free).all()


def test_hostname_company_keeps_a_pair_of_groups_together() -> None:
    first = agents("x", 2, labels={"app": "x", "set": "s"}, affinity=(near(HOSTNAME, set="s"),))
    second = agents("y", 2, labels={"app": "y", "set": "s"}, affinity=(near(HOSTNAME, set="s"),))
    placed = solve_tiny(snapshot(ZONES, [*first, *second]), RULES, ENCODERS)
    assert len(placed) == 4
    assert len(set(placed.values())) == 1
