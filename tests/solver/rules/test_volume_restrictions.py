"""Exclusive disks and shared claims as constraints: between groups, within one, beside what runs or is fixed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse, Disk
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.rules.volume_restrictions import VolumeRestrictionsEncoder
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, VolumeRestrictionsEncoder)
ONE_POD, ONE_NODE, MANY = "ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany"
NODES = [node("n1"), node("n2")]


def disk(name: str = "d", kind: str = "iscsi", **fields: Any) -> Disk:
    return Disk(kind, (name,), **fields)


def rbd(*monitors: str, **fields: Any) -> Disk:
    return Disk("rbd", ("pool", "image"), monitors=frozenset(monitors), **fields)


READ = disk(read_only=True)
EBS = disk(kind="awsElasticBlockStore", always_exclusive=True, read_only=True)


@pytest.mark.parametrize(
    ("everyone", "placed"),
    [
        pytest.param(agents("p", 3, disks=(disk(),)), 2, id="one writer on each node"),
        pytest.param(agents("p", 3, disks=(READ,)), 3, id="readers share"),
        pytest.param([*agents("p", 3, disks=(READ,)), agent("q", disks=(disk(),))], 4, id="a writer apart"),
        pytest.param(agents("p", 3, disks=(EBS,)), 2, id="a kind that always excludes"),
        pytest.param(
            [
                agent("p", disks=(rbd("m1"),)),
                agent("q", disks=(rbd("m2"),)),
                agent("s", disks=(rbd("m1", "m2"),)),
            ],
            3,
            id="monitors in common with both, who have none with each other",
        ),
        pytest.param(
            [agent("r", on="n1", disks=(READ,)), *agents("p", 3, disks=(disk(),))], 1, id="a reader runs"
        ),
        pytest.param(
            [agent("p", disks=(disk("d"), disk("e"))), *agents("q", 2, disks=(disk("e"), disk("f")))],
            2,
            id="one disk of several in common",
        ),
    ],
)
def test_disks(everyone: list[Agent], placed: int) -> None:
    assert len(solve_tiny(snapshot(NODES, everyone), RULES, ENCODERS)) == placed


def sharing(mode: str, *everyone: Agent, strict: bool = True) -> Snapshot:
    """A bound claim c of this mode for whoever uses it."""
    claim = PersistentVolumeClaim(
        "default", "c", volume_name="v", bound=True, phase="Bound", access_modes=frozenset({mode})
    )
    storage = Storage(claims={claim.key: claim}, volumes={"v": PersistentVolume("v", phase="Bound")})
    nodes = [node("n1", pods=2), node("n2", pods=3)]
    return snapshot(nodes, everyone, storage=storage, rwo_on_one_node=strict)


def users(count: int, name: str = "p", **fields: Any) -> list[Agent]:
    return agents(name, count, claims=(ClaimUse("c"),), **fields)


@pytest.mark.parametrize(
    ("cluster", "placed"),
    [
        pytest.param(sharing(ONE_POD, *users(2), *users(1, "q", cpu=1)), 1, id="one user in all"),
        pytest.param(sharing(ONE_POD, *users(1, "r", on="n1"), *users(1)), 0, id="who runs"),
        pytest.param(
            sharing(ONE_POD, *users(1, "r", on="n1", terminating=True), *users(1)), 0, id="who still runs"
        ),
        pytest.param(sharing(ONE_POD, *users(1, "r", on="elsewhere"), *users(1)), 1, id="on no node of ours"),
        pytest.param(sharing(ONE_NODE, *users(4)), 3, id="all on one node"),
        pytest.param(sharing(ONE_NODE, *users(4), strict=False), 4, id="unless nobody asks for it"),
        pytest.param(sharing(ONE_NODE, *users(1, "r", on="n1"), *users(4)), 1, id="where one runs"),
        pytest.param(
            sharing(ONE_NODE, *users(1, "r", on="n1"), *users(1, "s", on="n2"), *users(2)),
            0,
            id="where they run apart already",
        ),
        pytest.param(sharing(MANY, *users(5)), 5, id="many users"),
    ],
)
def test_claims(cluster: Snapshot, placed: int) -> None:
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


@pytest.mark.parametrize(
    ("cluster", "kept", "more"),
    [
        pytest.param(
            snapshot(NODES, agents("p", 2, disks=(disk(),))), "n1", 1, id="feasible: the other node"
        ),
        pytest.param(snapshot(NODES[:1], agents("p", 2, disks=(disk(),))), "n1", 0, id="infeasible: mounted"),
        pytest.param(sharing(ONE_POD, *users(2)), "n1", 0, id="infeasible: in use"),
        pytest.param(sharing(ONE_NODE, *users(2)), "n1", 1, id="feasible: beside it"),
        pytest.param(sharing(ONE_NODE, *users(3)), "n1", 1, id="feasible for one: the other node is barred"),
    ],
)
def test_who_comes_beside_what_is_fixed(cluster: Snapshot, kept: str, more: int) -> None:
    fixed = {cluster.pending[0].key: kept}
    assert len(solve_tiny(cluster, RULES, ENCODERS, fixed)) == 1 + more


DISKS = (disk(), READ, EBS, disk("e"), rbd("m1"), rbd("m2"), rbd("m1", "m2", read_only=True))


def random_cluster(rng: Random) -> Snapshot:
    """Three nodes and four agents at most, with disks and claims of either kind; some are not checked."""
    nodes = [node(f"n{i}", pods=rng.choice((1, 2, 9))) for i in range(rng.randint(1, 3))]
    claims = [
        PersistentVolumeClaim(
            "default",
            f"c{i}",
            volume_name=f"v{i}",
            bound=True,
            phase="Bound",
            access_modes=frozenset(rng.choice(((ONE_POD,), (ONE_NODE,), (MANY,), (ONE_NODE, MANY)))),
        )
        for i in range(3)
    ]
    storage = Storage(
        claims={claim.key: claim for claim in claims},
        volumes={f"v{i}": PersistentVolume(f"v{i}", phase="Bound") for i in range(3)},
    )
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        fields = _template(rng)
        pending += [agent(f"p{len(pending)}-{i}", **fields) for i in range(rng.choice((1, 1, 2)))]
    homes = [*(n.name for n in nodes), "elsewhere"]
    running = [agent(f"r{i}", on=rng.choice(homes), **_template(rng)) for i in range(rng.randint(0, 2))]
    everyone = [*pending[:4], *running]
    return snapshot(
        nodes,
        rng.sample(everyone, len(everyone)),
        storage=storage,
        rwo_on_one_node=rng.random() < 0.7,
        scheduler_names=frozenset({"default-scheduler", "free"}),
        profiles=(Profile(scheduler_name="free", off=frozenset({"VolumeRestrictions"})),),
    )


def _template(rng: Random) -> dict[str, Any]:
    """Disks and claims; without claims the filter may be off, with them it never is."""
    claims = tuple(ClaimUse(f"c{i}") for i in range(3) if rng.random() < 0.3)
    return {
        "claims": claims,
        "disks": tuple(rng.sample(DISKS, rng.choice((0, 0, 1, 1, 2)))),
        "scheduler_name": "free" if not claims and rng.random() < 0.3 else "default-scheduler",
    }


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
