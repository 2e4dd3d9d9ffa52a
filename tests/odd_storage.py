"""Random storage for odd clusters: claims that are bound, reserved a node or gone, and volumes that hardly fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from placewright.models.agent import Agent
from placewright.models.selector import match_labels
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
    TopologyRequirement,
    VolumeAttachment,
)
from placewright.tests.builders import HOSTNAME, ZONE, node_affinity, requirement
from placewright.tests.tiny import GI, chance

CSI = "csi.example.com"


def odd_storage(rng: Random, everyone: Sequence[Agent], nodes: int) -> Storage:
    """Storage for the claims of some agents; those of who runs are bound."""
    users = {(a.namespace, use.name) for a in everyone for use in a.spec.claims}
    held = {(a.namespace, use.name) for a in everyone if a.node_name for use in a.spec.claims}
    claims, volumes = [], [_free_volume(rng, i, nodes) for i in range(rng.randint(0, 4))]
    for key in sorted(users):
        if chance(rng, 96):
            claim, volume = _claim(rng, key, bound=key in held or chance(rng, 30), nodes=nodes)
            claims.append(claim)
            volumes += [volume] if volume is not None else []
    zoned = ((TopologyRequirement(ZONE, ("a", "b")),),)
    classes = (
        StorageClass("local", wait_for_first_consumer=True),
        StorageClass("cloud", provisioner=CSI, wait_for_first_consumer=True),
        StorageClass("zoned", provisioner=CSI, wait_for_first_consumer=True, allowed_topologies=zoned),
    )
    drivers = {
        f"n{i}": (CsiNodeDriver(CSI, rng.choice((None, 0, 1, 2)), rng.choice(((ZONE,), (HOSTNAME,), ()))),)
        for i in range(nodes)
        if chance(rng, 50)
    }
    names = [volume.name for volume in volumes]
    attached = [VolumeAttachment("n0", rng.choice(names))] if names and chance(rng, 20) else []
    return Storage(
        claims={claim.key: claim for claim in claims},
        volumes={volume.name: volume for volume in volumes},
        classes={made.name: made for made in classes},
        csi_nodes=drivers,
        attachments=tuple(attached),
    )


def _claim(
    rng: Random, key: tuple[str, str], *, bound: bool, nodes: int
) -> tuple[PersistentVolumeClaim, PersistentVolume | None]:
    claim = PersistentVolumeClaim(
        *key,
        request=GI * rng.randint(1, 2),
        storage_class=rng.choice(("local", "local", "cloud", "zoned")),
        access_modes=frozenset({rng.choice(("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"))}),
        attributes_class=rng.choice(("", "", "gold")),
        admitted=bound or chance(rng, 50),
    )
    if not bound:
        selected = f"n{rng.randrange(nodes)}" if chance(rng, 12) else ""
        wanted = match_labels({"tier": "fast"}) if chance(rng, 12) else None
        return replace(claim, selected_node=selected, selector=wanted), None
    name = f"of-{key[0]}-{key[1]}"
    volume = PersistentVolume(
        name,
        capacity=2 * GI,
        storage_class=claim.storage_class,
        access_modes=claim.access_modes,
        labels=rng.choice(({}, {ZONE: "a"}, {ZONE: "a__b"})),
        claim=key,
        phase="Bound",
        driver=CSI if chance(rng, 60) else "",
        handle=rng.choice((name, "shared")),
        node_affinity=node_affinity([requirement(ZONE, "In", "a", "b")]) if chance(rng, 40) else None,
    )
    return replace(claim, volume_name=name, bound=True, phase="Bound"), volume


def _free_volume(rng: Random, i: int, nodes: int) -> PersistentVolume:
    host = requirement(HOSTNAME, "In", f"n{rng.randrange(nodes)}")
    reach = rng.choice((host, requirement(ZONE, "In", "a"), requirement(ZONE, "NotIn", "a")))
    modes = ("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")
    return PersistentVolume(
        f"pv{i}",
        # No two alike: the smallest that fits is taken.
        capacity=GI * rng.randint(1, 3) + i,
        storage_class=rng.choice(("local", "local", "cloud")),
        access_modes=frozenset(rng.sample(modes, rng.randint(1, 3))),
        labels={"tier": "fast"} if chance(rng, 30) else {},
        node_affinity=node_affinity([reach]) if chance(rng, 80) else None,
        attributes_class=rng.choice(("", "", "gold")),
        driver=rng.choice(("", CSI)),
        handle=f"h{i}",
    )
