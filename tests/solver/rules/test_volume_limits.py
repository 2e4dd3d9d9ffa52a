"""Attach limits as constraints: distinct volumes of a driver on a node, beside what is attached or fixed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
    VolumeAttachment,
)
from placewright.solver.compile import compile_problem
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.rules.volume_limits import VolumeLimitsEncoder
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, VolumeLimitsEncoder)


def bound(i: int, driver: str = "csi.x", handle: str | None = None) -> tuple[Any, Any]:
    """Claim ci bound to volume vi of a driver."""
    claim = PersistentVolumeClaim("default", f"c{i}", volume_name=f"v{i}", bound=True, phase="Bound")
    return claim, PersistentVolume(f"v{i}", driver=driver, handle=handle or f"h{i}", phase="Bound")


def attaching(limit: int | None, *everyone: Agent, attached: tuple[str, ...] = (), **fields: Any) -> Snapshot:
    """One node on which csi.x has a limit; c0 to c3 are bound to volumes of it, c2 and c3 to the same."""
    pairs = [bound(0), bound(1), bound(2, handle="same"), bound(3, handle="same"), bound(4, "csi.y")]
    storage = Storage(
        claims={claim.key: claim for claim, _ in pairs},
        volumes={volume.name: volume for _, volume in pairs},
        csi_nodes={"n1": (CsiNodeDriver("csi.x", limit),)},
        attachments=tuple(VolumeAttachment("n1", name) for name in attached),
    )
    return snapshot([node("n1")], everyone, storage=storage, **fields)


def user(name: str, *claims: int, **fields: Any) -> Agent:
    return agent(name, claims=tuple(ClaimUse(f"c{i}") for i in claims), **fields)


@pytest.mark.parametrize(
    ("cluster", "placed"),
    [
        pytest.param(attaching(2, user("p", 0), user("q", 1)), 2, id="just enough"),
        pytest.param(attaching(1, user("p", 0), user("q", 1)), 1, id="one too few"),
        pytest.param(attaching(0, user("p", 0), agent("q")), 1, id="none, for those that need none"),
        pytest.param(attaching(None, user("p", 0), user("q", 1)), 2, id="no known limit"),
        pytest.param(attaching(1, *agents("p", 3, claims=(ClaimUse("c0"),))), 3, id="one volume for all"),
        pytest.param(attaching(1, user("p", 2), user("q", 3)), 2, id="two claims of one volume"),
        pytest.param(attaching(1, user("p", 0, 1), user("q", 1)), 1, id="two volumes of one agent"),
        pytest.param(attaching(1, user("p", 0), user("q", 4)), 2, id="another driver has no limit"),
        pytest.param(attaching(1, user("r", 0, on="n1"), user("p", 0), user("q", 1)), 1, id="what runs"),
        pytest.param(attaching(1, user("p", 0), attached=("v1",)), 0, id="an attachment nobody uses"),
        pytest.param(attaching(0, user("r", 0, on="n1"), user("p", 0)), 1, id="there already, if over"),
    ],
)
def test_how_many_are_placed(cluster: Snapshot, placed: int) -> None:
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


@pytest.mark.parametrize(
    ("pending", "more"),
    [
        pytest.param([user("p", 0), user("q", 0, cpu=1)], 1, id="feasible: the same volume"),
        pytest.param([user("p", 0), user("q", 1)], 0, id="infeasible: another one"),
    ],
)
def test_who_comes_beside_what_is_fixed(pending: list[Agent], more: int) -> None:
    cluster = attaching(1, *pending)
    assert len(solve_tiny(cluster, RULES, ENCODERS, {"default/p": "n1"})) == 1 + more


def test_a_delayed_claim_counts_for_whoever_provisions_it() -> None:
    cloud = StorageClass("cloud", provisioner="csi.x", wait_for_first_consumer=True)
    claims = [PersistentVolumeClaim("default", f"c{i}", storage_class="cloud") for i in range(2)]
    storage = Storage(
        claims={claim.key: claim for claim in claims},
        classes={"cloud": cloud},
        csi_nodes={"n1": (CsiNodeDriver("csi.x", 1),)},
    )
    cluster = snapshot([node("n1")], [user("p", 0), user("q", 1)], storage=storage)
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == 1


def test_a_driver_whose_volumes_nobody_wants_has_nothing_to_encode() -> None:
    _, problem = compile_problem(attaching(1, user("p", 4)), encoders=ENCODERS)
    assert [type(encoder) for encoder in problem.encoders] == [ResourcesEncoder]


def random_cluster(rng: Random) -> Snapshot:
    """Three nodes and four agents at most; bound and delayed claims, attachments, and limits of two drivers."""
    pairs = [
        bound(i, rng.choice(("csi.x", "csi.x", "csi.y", "")), rng.choice((None, "same"))) for i in range(4)
    ]
    loose = [PersistentVolumeClaim("default", f"c{i}", storage_class="cloud") for i in (4, 5)]
    gone = PersistentVolumeClaim("default", "c6", storage_class="cloud", volume_name="v6", bound=True)
    cloud = StorageClass("cloud", provisioner="csi.x", wait_for_first_consumer=True)
    nodes = [node(f"n{i}", pods=rng.choice((1, 2, 9))) for i in range(rng.randint(1, 3))]
    storage = Storage(
        claims={claim.key: claim for claim in [*(c for c, _ in pairs), *loose, gone]},
        volumes={volume.name: volume for _, volume in pairs},
        classes={"cloud": cloud},
        csi_nodes={n.name: tuple(_drivers(rng)) for n in nodes if rng.random() < 0.9},
        attachments=tuple(
            VolumeAttachment(rng.choice(nodes).name, f"v{rng.randrange(7)}") for _ in range(rng.randint(0, 2))
        ),
    )
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        own = rng.sample(range(6), rng.choice((0, 1, 1, 2)))
        pending += [user(f"p{len(pending)}-{i}", *own) for i in range(rng.choice((1, 1, 2)))]
    running = [
        user(f"r{i}", *rng.sample((0, 1, 2, 3, 6), rng.randint(0, 2)), on=rng.choice(nodes).name)
        for i in range(rng.randint(0, 3))
    ]
    everyone = [*pending[:4], *running]
    return snapshot(nodes, rng.sample(everyone, len(everyone)), storage=storage)


def _drivers(rng: Random) -> list[CsiNodeDriver]:
    return [CsiNodeDriver(name, rng.choice((None, 0, 1, 1, 2))) for name in ("csi.x", "csi.y")]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
