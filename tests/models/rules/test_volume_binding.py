"""Which volumes claims find, case by case (§7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import ClaimUse, OwnerReference
from placewright.models.rules import volume_binding
from placewright.models.rules.volume_binding import choice_violations, choose_volumes
from placewright.models.selector import LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    CsiStorageCapacity,
    StorageClass,
    TopologyRequirement,
)
from placewright.tests.builders import ZONE, agent, node, selector
from placewright.tests.models.rules.volumes import (
    ALL,
    CLOUD,
    LOCAL,
    NODES,
    bound,
    claim,
    cluster,
    volume,
)
from placewright.tests.rule_checks import blamed, messages, open_nodes


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
