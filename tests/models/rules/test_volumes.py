"""The four volume rules, case by case (§7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse, Disk, OwnerReference
from placewright.models.node import Node
from placewright.models.rules import volume_binding, volume_limits, volume_restrictions, volume_zone
from placewright.models.rules.volume_binding import choice_violations, choose_volumes
from placewright.models.selector import LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.storage import (
    CsiNodeDriver,
    CsiStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
    TopologyRequirement,
    VolumeAttachment,
)
from placewright.tests.builders import ZONE, agent, node, node_affinity, requirement, selector, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes

NODES = [node("n1", zone="a"), node("n2", zone="b"), node("n3")]
LOCAL = StorageClass("local", wait_for_first_consumer=True)
CLOUD = StorageClass("cloud", provisioner="csi.x", wait_for_first_consumer=True)
NOW = StorageClass("now", provisioner="csi.x")


def claim(name: str = "c", **fields: Any) -> PersistentVolumeClaim:
    return PersistentVolumeClaim("default", name, **{"request": 10, "storage_class": "local", **fields})


def bound(volume: str = "v", name: str = "c", **fields: Any) -> PersistentVolumeClaim:
    return claim(name, **{"volume_name": volume, "bound": True, "phase": "Bound", **fields})


def volume(name: str = "v", *, zone: str | None = None, **fields: Any) -> PersistentVolume:
    where = node_affinity([requirement(ZONE, "In", zone)]) if zone else None
    return PersistentVolume(
        name, **{"capacity": 10, "storage_class": "local", "node_affinity": where, **fields}
    )


def cluster(
    claims: list[PersistentVolumeClaim],
    volumes: list[PersistentVolume] | None = None,
    *others: Agent,
    classes: tuple[StorageClass, ...] = (LOCAL, CLOUD, NOW),
    user: Agent | None = None,
    nodes: list[Node] | None = None,
    options: dict[str, Any] | None = None,
    **storage: Any,
) -> Snapshot:
    uses = tuple(ClaimUse(c.name) for c in claims)
    return snapshot(
        nodes or NODES,
        [user or agent("p", claims=uses), *others],
        storage=Storage(
            claims={c.key: c for c in claims},
            volumes={v.name: v for v in volumes or ()},
            classes={c.name: c for c in classes},
            **storage,
        ),
        **(options or {}),
    )


ALL = {"n1", "n2", "n3"}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(
            cluster([bound()], [volume(zone="a")]), {"n1"}, id="a bound volume's node affinity decides"
        ),
        pytest.param(
            cluster([bound()], [volume()]), ALL, id="a bound volume without node affinity goes anywhere"
        ),
        pytest.param(cluster([bound()]), set(), id="bound to a volume that is not there"),
        pytest.param(
            cluster([claim(storage_class="now")]), set(), id="an unbound immediate claim waits for its volume"
        ),
        pytest.param(
            cluster([claim(volume_name="v")], [volume()]),
            set(),
            id="a volume name without completed binding is unbound",
        ),
        pytest.param(cluster([bound(phase="Lost")], [volume()]), set(), id="a lost claim"),
        pytest.param(
            cluster([bound(terminating=True)], [volume()]), set(), id="a claim that is being deleted"
        ),
        pytest.param(
            cluster([claim()], [volume(zone="b")]), {"n2"}, id="a delayed claim follows the volume that fits"
        ),
        pytest.param(cluster([claim()], [volume(capacity=9)]), set(), id="a volume that is too small"),
        pytest.param(
            cluster([claim()], [volume(storage_class="other")]), set(), id="a volume of another class"
        ),
        pytest.param(
            cluster([claim()], [volume(phase="Released")]), set(), id="a volume that is not available"
        ),
        pytest.param(
            cluster([claim()], [volume(claim=("default", "x"))]),
            set(),
            id="a volume that is reserved for another",
        ),
        pytest.param(
            cluster([claim()], [volume("mine", zone="b", claim=("default", "c")), volume("v", zone="a")]),
            {"n2"},
            id="one reserved for it wins outright",
        ),
        pytest.param(
            cluster(
                [claim(access_modes=frozenset({"ReadWriteMany"}))],
                [volume(access_modes=frozenset({"ReadWriteOnce"}))],
            ),
            set(),
            id="an access mode that the volume lacks",
        ),
        pytest.param(cluster([claim(volume_mode="Block")], [volume()]), set(), id="another volume mode"),
        pytest.param(
            cluster([claim(selector=selector(tier="gold"))], [volume()]), set(), id="the claim's selector"
        ),
        pytest.param(cluster([claim(storage_class="cloud")]), ALL, id="a provisioner makes one anywhere"),
        pytest.param(
            cluster([claim(storage_class="cloud", selected_node="n2")]),
            {"n2"},
            id="a selected node is the only one",
        ),
        pytest.param(
            cluster([claim(selected_node="n2")], [volume(zone="b")]),
            set(),
            id="once a node is selected nobody looks for a volume that is there",
        ),
        pytest.param(
            cluster(
                [claim(storage_class="cloud", selected_node="n2")],
                classes=(StorageClass("cloud", "csi.x", True, ((TopologyRequirement(ZONE, ("a",)),),)),),
            ),
            set(),
            id="a selected node that the class does not allow",
        ),
        pytest.param(
            cluster(
                [claim(access_modes=frozenset({"ReadWriteMany"}), selector=selector(tier="gold"))],
                [volume(zone="b", claim=("default", "c"), phase="Pending")],
            ),
            {"n2"},
            id="of a reserved volume neither access modes, labels nor phase are asked",
        ),
        pytest.param(
            cluster(
                [claim(storage_class="cloud")],
                classes=(StorageClass("cloud", "csi.x", True, ((TopologyRequirement(ZONE, ("a",)),),)),),
            ),
            {"n1"},
            id="allowedTopologies",
        ),
        pytest.param(
            cluster([claim(storage_class="cloud")], classes=(StorageClass("cloud", "csi.x", True, ((),)),)),
            set(),
            id="a topology term without expressions",
        ),
        pytest.param(
            cluster(
                [claim(storage_class="cloud")],
                capacity_checked_drivers=frozenset({"csi.x"}),
                capacities=(
                    CsiStorageCapacity("cloud", selector(**{ZONE: "a"}), 10),
                    CsiStorageCapacity("cloud", selector(**{ZONE: "b"}), 9),
                    CsiStorageCapacity("cloud", None, 99),
                ),
            ),
            {"n1"},
            id="reported capacity, where the driver reports it",
        ),
        pytest.param(
            cluster([], user=agent("p", claims=(ClaimUse("ghost"),))), set(), id="a claim that does not exist"
        ),
        pytest.param(
            cluster(
                [claim("p-tmp", owner=OwnerReference("Pod", "p"))],
                [volume()],
                user=agent("p", claims=(ClaimUse("p-tmp", True),)),
            ),
            ALL,
            id="an ephemeral claim of its own",
        ),
        pytest.param(
            cluster([claim("p-tmp")], [volume()], user=agent("p", claims=(ClaimUse("p-tmp", True),))),
            set(),
            id="an ephemeral claim that is somebody else's",
        ),
        pytest.param(
            cluster(
                [claim("p-tmp", owner=OwnerReference("Pod", "p", "the first p"))],
                [volume()],
                user=replace(agent("p", claims=(ClaimUse("p-tmp", True),)), uid="the second p"),
            ),
            set(),
            id="an ephemeral claim of an agent that had the same name",
        ),
    ],
)
def test_volume_binding_admits(seen: Snapshot, expected: set[str]) -> None:
    assert open_nodes(volume_binding.RULE, seen, "p") == expected


def two_users(
    *, classes: tuple[StorageClass, ...] = (LOCAL, CLOUD), name: str = "local", volumes: int = 1
) -> Snapshot:
    claims = [claim(f"c{i}", storage_class=name) for i in range(2)]
    users = [agent(f"p{i}", claims=(ClaimUse(f"c{i}"),)) for i in range(2)]
    return cluster(
        claims,
        [volume(f"v{i}", capacity=10 + i) for i in range(volumes)],
        users[1],
        user=users[0],
        classes=classes,
    )


def test_a_volume_serves_one_claim() -> None:
    assert len(blamed(volume_binding.RULE, two_users(), {"p0": "n1", "p1": "n1"})) == 1
    assert blamed(volume_binding.RULE, two_users(volumes=2), {"p0": "n1", "p1": "n1"}) == set()
    assert open_nodes(volume_binding.RULE, two_users(), "p1", {"p0": "n1"}) == set()


def test_the_smallest_volume_that_fits_is_chosen_and_larger_claims_are_not_starved() -> None:
    claims = [claim("small", request=1), claim("large", request=10)]
    users = [agent(n, claims=(ClaimUse(n),)) for n in ("small", "large")]
    seen = cluster(claims, [volume("v10"), volume("v5", capacity=5)], users[1], user=users[0])
    chosen = choose_volumes(seen, {"default/small": "n1", "default/large": "n1"})
    assert chosen is not None
    assert {c.claim: c.volume for c in chosen} == {"small": "v5", "large": "v10"}


def test_moving_one_claim_along_makes_room_for_another() -> None:
    claims = [claim("any"), claim("picky", request=10)]
    users = [agent(n, claims=(ClaimUse(n),)) for n in ("any", "picky")]
    seen = cluster(claims, [volume("va", zone="a"), volume("vb", zone=None)], users[1], user=users[0])
    assert blamed(volume_binding.RULE, seen, {"any": "n1", "picky": "n2"}) == set()


def test_a_shared_provisioned_claim_is_made_where_both_can_use_it() -> None:
    shared = claim("c", storage_class="cloud")
    users = [agent(f"p{i}", claims=(ClaimUse("c"),)) for i in range(2)]
    alone = cluster([shared], [], users[1], user=users[0])
    assert blamed(volume_binding.RULE, alone, {"p0": "n1", "p1": "n1"}) == set()
    assert blamed(volume_binding.RULE, alone, {"p0": "n1", "p1": "n2"}) == {"p0", "p1"}
    nodes = [*NODES, node("n4", zone="a")]
    zonal = {n.name: (CsiNodeDriver("csi.x", None, (ZONE,)),) for n in nodes}
    seen = cluster([shared], [], users[1], user=users[0], nodes=nodes, csi_nodes=zonal)
    assert blamed(volume_binding.RULE, seen, {"p0": "n1", "p1": "n4"}) == set()
    assert open_nodes(volume_binding.RULE, seen, "p1", {"p0": "n1"}) == {"n1", "n4"}


def test_the_second_user_of_a_volume_is_held_to_its_zone_labels_as_it_is_bound_by_then() -> None:
    zoned = volume(labels={ZONE: "a"})
    seen = cluster([claim()], [zoned], agent("q", claims=(ClaimUse("c"),)))
    assert open_nodes(volume_binding.RULE, seen, "q") == ALL
    assert open_nodes(volume_binding.RULE, seen, "q", {"p": "n1"}) == {"n1", "n3"}


def test_stated_choices_are_checked() -> None:
    seen = two_users(volumes=2)
    placed = {"default/p0": "n1", "default/p1": "n1"}
    chosen = choose_volumes(seen, placed) or []
    assert list(choice_violations(seen, placed, chosen)) == []
    assert list(choice_violations(seen, placed, chosen[:1]))
    assert list(choice_violations(seen, placed, [chosen[0], chosen[0]]))


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


def test_a_delayed_claim_counts_for_its_provisioner() -> None:
    full = {"n1": (CsiNodeDriver("csi.x", 0),)}
    seen = cluster([claim(storage_class="cloud")], csi_nodes=full)
    assert open_nodes(volume_limits.RULE, seen, "p") == {"n2", "n3"}


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        pytest.param(
            cluster([claim(storage_class="now")]),
            "pod has unbound immediate PersistentVolumeClaims",
            id="immediate",
        ),
        pytest.param(
            cluster([], user=agent("p", claims=(ClaimUse("x"),))),
            'persistentvolumeclaim "x" not found',
            id="missing",
        ),
        pytest.param(
            cluster([claim()]), "node(s) didn't find available persistent volumes to bind", id="no volume"
        ),
    ],
)
def test_messages_are_kube_schedulers(seen: Snapshot, message: str) -> None:
    assert messages(volume_binding.RULE, seen, "p") == {message}


def test_an_empty_selector_on_a_capacity_report_means_every_node() -> None:
    everywhere = (CsiStorageCapacity("cloud", LabelSelector(), 10),)
    seen = cluster(
        [claim(storage_class="cloud")], capacity_checked_drivers=frozenset({"csi.x"}), capacities=everywhere
    )
    assert open_nodes(volume_binding.RULE, seen, "p") == ALL
