"""Volume binding as constraints: one volume, or one that can be made, for each claim and all of its users."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, ClaimUse
from placewright.models.rules import RULES
from placewright.models.selector import LabelSelector, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    CsiStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
    TopologyRequirement,
)
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.rules.volume_binding import VolumeBindingEncoder
from placewright.tests.builders import HOSTNAME, ZONE, agent, node, node_affinity, requirement, snapshot
from placewright.tests.models.rules.volumes import CLOUD, LOCAL, NOW, claim, cluster, volume
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, VolumeBindingEncoder)
REGIONAL = {f"n{i}": (CsiNodeDriver("csi.x", topology_keys=(ZONE,)),) for i in (1, 2, 3)}
IN_A = StorageClass("in-a", "csi.x", True, ((TopologyRequirement(ZONE, ("a",)),),))


def user(name: str, *claims: str, **fields: Any) -> Agent:
    return agent(name, claims=tuple(ClaimUse(c) for c in claims), **fields)


def stored(
    claims: list[PersistentVolumeClaim], volumes: list[PersistentVolume], *users: Agent, **fields: Any
) -> Snapshot:
    """Nodes n1 in zone a, n2 in zone b and n3 in none, with these users of the claims and nobody else."""
    return cluster(claims, volumes, *users[1:], user=users[0], classes=(LOCAL, CLOUD, NOW, IN_A), **fields)


C, D = claim("c"), claim("d")
MADE = claim("c", storage_class="cloud")


@pytest.mark.parametrize(
    ("seen", "placed"),
    [
        pytest.param(
            stored([C, D], [volume("v")], user("p", "c"), user("q", "d")), 1, id="one volume for two"
        ),
        pytest.param(stored([C], [volume("v")], user("p", "c"), user("q", "c")), 2, id="one shared claim"),
        pytest.param(
            stored([C, D], [volume("v", zone="a"), volume("w", zone="b")], user("p", "c", "d")),
            0,
            id="two claims of one agent whose volumes are nowhere together",
        ),
        pytest.param(
            stored([claim("c", request=20), D], [volume("v"), volume("w", capacity=20)], user("p", "c", "d")),
            1,
            id="the large claim has the large volume",
        ),
        pytest.param(stored([claim("c", request=11)], [volume("v")], user("p", "c")), 0, id="too small"),
        pytest.param(
            stored([claim("c", request=0)], [volume("v")], user("p", "c")), 1, id="nothing requested"
        ),
        pytest.param(stored([MADE], [], user("p", "c"), user("q", "c")), 2, id="made on a node for both"),
        pytest.param(
            stored(
                [MADE],
                [],
                user("p", "c", node_selector={HOSTNAME: "n1"}),
                user("q", "c", node_selector={HOSTNAME: "n2"}),
            ),
            1,
            id="made on one node only",
        ),
        pytest.param(
            stored([claim("c", storage_class="in-a")], [], user("p", "c", node_selector={HOSTNAME: "n2"})),
            0,
            id="not made in a zone that the class does not allow",
        ),
        pytest.param(
            stored([claim("c", storage_class="cloud", selected_node="n2")], [], user("p", "c", cpu=1)),
            1,
            id="made where it was decided",
        ),
        pytest.param(
            stored(
                [C, D], [volume("v", claim=("default", "d"), claim_uid="")], user("p", "c"), user("q", "d")
            ),
            1,
            id="a volume that is reserved for another claim",
        ),
        pytest.param(
            stored([claim("c", selector=match_labels({"tier": "x"}))], [volume("v")], user("p", "c")),
            0,
            id="a selector that no volume matches",
        ),
    ],
)
def test_how_many_are_placed(seen: Snapshot, placed: int) -> None:
    assert len(solve_tiny(seen, RULES, ENCODERS)) == placed


@pytest.mark.parametrize(
    ("seen", "kept", "more"),
    [
        pytest.param(
            stored([C, D], [volume("v", zone="a"), volume("w")], user("p", "c"), user("q", "d")),
            "n1",
            1,
            id="feasible: the other volume is left",
        ),
        pytest.param(
            stored(
                [C, D], [volume("v", zone="a"), volume("w", zone="b")], user("p", "c"), user("q", "c", "d")
            ),
            "n2",
            0,
            id="infeasible: the shared claim is used where its other claim is not",
        ),
        pytest.param(
            stored([MADE], [], user("p", "c"), user("q", "c"), csi_nodes=REGIONAL),
            "n1",
            1,
            id="feasible: made for the zone",
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(seen: Snapshot, kept: str, more: int) -> None:
    assert len(solve_tiny(seen, RULES, ENCODERS, {"default/p": kept})) == 1 + more


def test_a_claim_that_runs_somewhere_keeps_its_other_users_within_reach() -> None:
    runs = user("r", "c", on="n1")
    seen = stored([C], [volume("v", zone="a")], user("p", "c"), runs)
    assert solve_tiny(seen, RULES, ENCODERS) == {"default/p": "n1"}


def random_cluster(rng: Random) -> Snapshot:
    """Three nodes and four agents at most; volumes of all sizes and reaches, claims that are delayed."""
    nodes = [
        node(f"n{i}", zone=rng.choice(("a", "b", None)), pods=rng.choice((1, 2, 9)))
        for i in range(rng.randint(1, 3))
    ]
    names = [f"c{i}" for i in range(3)]
    claims = [_claim(rng, name) for name in names]
    volumes = [_volume(rng, f"v{i}", names) for i in range(rng.randint(0, 3))]
    storage = Storage(
        claims={c.key: c for c in claims},
        volumes={v.name: v for v in volumes},
        classes={c.name: c for c in (LOCAL, CLOUD, IN_A)},
        csi_nodes={
            n.name: (CsiNodeDriver("csi.x", topology_keys=rng.choice(((), (ZONE,), (HOSTNAME,)))),)
            for n in nodes
            if rng.random() < 0.7
        },
        capacity_checked_drivers=frozenset({"csi.x"} if rng.random() < 0.4 else ()),
        capacities=tuple(_capacity(rng) for _ in range(2)),
    )
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        own = rng.sample(names, rng.choice((0, 1, 1, 2)))
        pending += [user(f"p{len(pending)}-{i}", *own) for i in range(rng.choice((1, 1, 2)))]
    running = [
        user(f"r{i}", rng.choice(names), on=rng.choice(nodes).name) for i in range(rng.choice((0, 0, 1)))
    ]
    everyone = [*pending[:4], *running]
    return snapshot(nodes, rng.sample(everyone, len(everyone)), storage=storage)


def _claim(rng: Random, name: str) -> PersistentVolumeClaim:
    return claim(
        name,
        request=rng.choice((0, 5, 10)),
        storage_class=rng.choice(("local", "local", "cloud", "in-a")),
        access_modes=frozenset(rng.choice((("ReadWriteOnce",), ("ReadWriteMany",)))),
        volume_mode=rng.choice(("Filesystem",) * 5 + ("Block",)),
        selector=rng.choice((None, None, None, LabelSelector(), match_labels({"tier": "x"}))),
        selected_node=rng.choice(("",) * 8 + ("n0",)),
    )


def _volume(rng: Random, name: str, claims: list[str]) -> PersistentVolume:
    reach = (
        None,
        node_affinity([requirement(ZONE, "In", "a")]),
        node_affinity([requirement(HOSTNAME, "In", "n0", "n1")]),
        node_affinity(),
    )
    return volume(
        name,
        capacity=rng.choice((4, 10, 10)),
        storage_class=rng.choice(("local", "local", "cloud")),
        access_modes=frozenset(
            {"ReadWriteOnce", "ReadWriteMany"} if rng.random() < 0.8 else {"ReadWriteOnce"}
        ),
        volume_mode=rng.choice(("Filesystem",) * 5 + ("Block",)),
        labels={"tier": "x"} if rng.random() < 0.5 else {},
        node_affinity=rng.choice(reach),
        claim=("default", rng.choice(claims)) if rng.random() < 0.2 else None,
        phase=rng.choice(("Available",) * 6 + ("Released",)),
    )


def _capacity(rng: Random) -> CsiStorageCapacity:
    where = rng.choice((None, LabelSelector(), match_labels({ZONE: "a"}), match_labels({ZONE: "b"})))
    return CsiStorageCapacity(rng.choice(("cloud", "in-a")), where, rng.choice((0, 5, 10)))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
