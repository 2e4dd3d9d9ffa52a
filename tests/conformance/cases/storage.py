"""Random storage: classes of both binding modes, volumes bound and free, claims in every state, limits."""

from __future__ import annotations

from random import Random

from placewright.tests.conformance.cases.words import (
    CSI,
    CSI_CAPACITY,
    HOSTNAME,
    IMAGES,
    OLD_ZONE,
    REGION,
    ZONE,
    Object,
    chance,
    obj,
)

GROUP = "storage.k8s.io/v1"
SELECTED = "volume.kubernetes.io/selected-node"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
COMPLETED = "pv.kubernetes.io/bind-completed"
WAITING = ("waiting",) * 8 + ("immediate", "reserved")
EPHEMERAL: Object = {
    "ephemeral": {
        "volumeClaimTemplate": {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "later",
                "resources": {"requests": {"storage": "1Gi"}},
            }
        }
    }
}
MODES = ("ReadWriteOnce", "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")


class World:
    """The storage of one cluster; pods ask it for volumes and it makes the claims."""

    def __init__(self, rng: Random, nodes: int) -> None:
        self.nodes = nodes
        self.objects: list[Object] = [*_classes(rng), *_drivers(rng, nodes)]
        self._volumes = 0
        self._claims: dict[str, list[tuple[str, bool]]] = {}
        self._local_volumes(rng)

    def volumes(self, rng: Random, namespace: str, pod: str, *, running: bool) -> list[Object]:
        """Volumes for one pod: claims, ephemeral ones, legacy disks, or none.

        What runs has its claims bound: kube-scheduler binds those before it binds the pod.
        """
        made: list[Object] = []
        if chance(rng, 25):
            names = [f"v{i}" for i in range(rng.choice((1, 1, 1, 2, 3)))]
            used: set[str] = set()
            for volume in names:
                if chance(rng, 12):
                    self._ephemeral(rng, namespace, f"{pod}-{volume}", pod, running=running)
                    made.append({"name": volume, **EPHEMERAL})
                    continue
                claim = (
                    "missing" if chance(rng, 3) else self._any_claim(rng, namespace, used, running=running)
                )
                # One claim in two volumes asks kube-scheduler for two PersistentVolumes: see the README.
                if claim not in used:
                    used.add(claim)
                    made.append({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        if chance(rng, 16):
            made.append({"name": "disk", **_disk(rng)})
        if chance(rng, 10):
            made.append({"name": "scratch", "emptyDir": {}})
        if chance(rng, 10):
            made.append({"name": "mounted", "image": {"reference": rng.choice(IMAGES)}})
        return made

    def _any_claim(self, rng: Random, namespace: str, used: set[str], *, running: bool) -> str:
        """A claim's name: one that is there, or a new one."""
        known = self._claims.setdefault(namespace, [])
        free = [name for name, settled in known if name not in used and (settled or not running)]
        if free and chance(rng, 45):
            return rng.choice(free)
        name = f"claim{len(known)}"
        settled = running or chance(rng, 40)
        state = rng.choice((*("bound",) * 6, "half", "lost", "leaving") if settled else WAITING)
        known.append((name, settled))
        claim = self._claim(rng, namespace, name, state=state)
        self.objects.append(claim)
        return name

    def _ephemeral(self, rng: Random, namespace: str, name: str, pod: str, *, running: bool) -> None:
        if not running and chance(rng, 12):
            return
        state = "bound" if running else "waiting"
        claim = self._claim(rng, namespace, name, storage_class="later", state=state)
        owner: Object = {"apiVersion": "v1", "kind": "Pod", "name": pod, "controller": True}
        owner["uid"] = f"pod-{namespace}-{pod}" if running or chance(rng, 90) else "another"
        if running or chance(rng, 90):
            claim["metadata"]["ownerReferences"] = [owner]
        self.objects.append(claim)

    def _claim(
        self, rng: Random, namespace: str, name: str, *, state: str, storage_class: str = ""
    ) -> Object:
        classes = ("later", "later", "zoned", "local", "local", "measured", "nowhere")
        storage_class = storage_class or ("now" if state == "immediate" else rng.choice(classes))
        modes = [rng.choice(MODES)]
        spec: Object = {
            "accessModes": modes,
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": rng.choice(("1Gi", "2Gi", "3G"))}},
        }
        claim = obj(
            "PersistentVolumeClaim", name, namespace=namespace, spec=spec, status={"phase": "Pending"}
        )
        if state == "waiting":
            self._waiting(rng, claim)
        elif state == "reserved":
            self._volume(rng, storage_class, modes, claim=claim, bound=False)
        elif state != "immediate":
            self._bind(rng, claim, state)
        return claim

    def _waiting(self, rng: Random, claim: Object) -> None:
        if chance(rng, 8):
            # The old way to name a class, which wins over the new one.
            claim["metadata"]["annotations"] = {OLD_CLASS: claim["spec"]["storageClassName"]}
            claim["spec"]["storageClassName"] = rng.choice(("later", "nowhere"))
        if chance(rng, 10):
            annotations = claim["metadata"].setdefault("annotations", {})
            annotations[SELECTED] = f"n{rng.randrange(self.nodes)}"
        if chance(rng, 10):
            claim["spec"]["selector"] = {"matchLabels": {"tier": rng.choice(("fast", "slow"))}}
        if chance(rng, 5):
            claim["spec"]["volumeMode"] = "Block"
        if chance(rng, 8):
            claim["spec"]["volumeAttributesClassName"] = "gold"

    def _bind(self, rng: Random, claim: Object, state: str) -> None:
        spec, meta = claim["spec"], claim["metadata"]
        name = self._volume(rng, spec["storageClassName"], spec["accessModes"], claim=claim, bound=True)
        spec["volumeName"] = name
        claim["status"]["phase"] = "Lost" if state == "lost" else "Bound"
        if state != "half":
            meta["annotations"] = {COMPLETED: "yes"}
        if state == "leaving":
            meta["deletionTimestamp"] = "2026-01-02T03:04:05Z"
            meta["finalizers"] = ["kubernetes.io/pvc-protection"]
        if chance(rng, 4):
            self.objects = [o for o in self.objects if o["kind"] != "PersistentVolume" or _name(o) != name]

    def _volume(
        self, rng: Random, storage_class: str, modes: list[str], *, claim: Object, bound: bool
    ) -> str:
        """A volume that belongs to a claim, with zones in the old and in the new way."""
        name = f"pv{self._volumes}"
        self._volumes += 1
        labels: dict[str, str] = {}
        if chance(rng, 40):
            labels[rng.choice((ZONE, ZONE, OLD_ZONE))] = rng.choice(("a", "b", "c", "a__b", "b__c"))
        if chance(rng, 10):
            labels[REGION] = rng.choice(("r1", "r2"))
        meta = claim["metadata"]
        reference: Object = {
            "kind": "PersistentVolumeClaim",
            "namespace": meta["namespace"],
            "name": meta["name"],
        }
        if bound or chance(rng, 60):
            reference["uid"] = meta["uid"] if chance(rng, 90) else "another"
        spec: Object = {
            "capacity": {"storage": "3Gi"},
            "accessModes": modes,
            "storageClassName": storage_class,
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": reference,
        }
        if storage_class == "local":
            # Not CSI: what is bound to it counts nowhere, before and after.
            spec["nfs"] = {"server": "10.0.0.8", "path": f"/{name}"}
        else:
            # A handle of its own, or the same disk as another volume.
            driver = CSI_CAPACITY if storage_class == "measured" else CSI
            spec["csi"] = {"driver": driver, "volumeHandle": name if chance(rng, 95) else "shared"}
        if chance(rng, 35):
            spec["nodeAffinity"] = _reach(rng, self.nodes)
        phase = "Bound" if bound else "Available"
        self.objects.append(
            obj("PersistentVolume", name, meta={"labels": labels}, spec=spec, status={"phase": phase})
        )
        return name

    def _local_volumes(self, rng: Random) -> None:
        for i in range(rng.randint(0, self.nodes)):
            spec: Object = {
                # No two alike: kube-scheduler takes the smallest that fits, and of several any.
                "capacity": {"storage": f"{rng.choice((1024, 2048, 5120)) + i}Mi"},
                # The API keeps ReadWriteOncePod to itself.
                "accessModes": rng.choice(
                    (["ReadWriteOnce"], ["ReadWriteOnce", "ReadWriteMany"], ["ReadWriteOncePod"])
                ),
                "storageClassName": "local",
                "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": f"/mnt/disk{i}"},
                "nodeAffinity": _reach(rng, self.nodes, local=True),
            }
            if chance(rng, 8):
                spec["volumeMode"] = "Block"
            if chance(rng, 10):
                spec["volumeAttributesClassName"] = "gold"
            meta: Object = {"labels": {"tier": rng.choice(("fast", "slow"))}}
            if chance(rng, 4):
                meta["deletionTimestamp"] = "2026-01-02T03:04:05Z"
                meta["finalizers"] = ["kubernetes.io/pv-protection"]
            phase = "Available" if chance(rng, 88) else rng.choice(("Released", "Failed", "Pending"))
            self.objects.append(
                obj("PersistentVolume", f"local{i}", meta=meta, spec=spec, status={"phase": phase})
            )

    def attachments(self, rng: Random) -> None:
        """Volumes that are attached to nodes, whether or not a pod there uses them."""
        for volume in [o for o in self.objects if o["kind"] == "PersistentVolume" and "csi" in o["spec"]]:
            if chance(rng, 15):
                node = f"n{rng.randrange(self.nodes)}"
                name = _name(volume)
                self.objects.append(
                    obj(
                        "VolumeAttachment",
                        f"{name}-{node}",
                        api=GROUP,
                        spec={
                            "attacher": volume["spec"]["csi"]["driver"],
                            "nodeName": node,
                            "source": {"persistentVolumeName": name},
                        },
                        status={"attached": chance(rng, 90)},
                    )
                )


def _name(found: Object) -> str:
    return str(found["metadata"]["name"])


def _reach(rng: Random, nodes: int, *, local: bool = False) -> Object:
    """The node affinity of a volume."""
    if local or chance(rng, 40):
        requirement: Object = {"key": HOSTNAME, "operator": "In", "values": [f"n{rng.randrange(nodes)}"]}
    else:
        values = rng.sample(("a", "b", "c"), rng.randint(1, 2))
        requirement = {"key": ZONE, "operator": rng.choice(("In", "In", "NotIn")), "values": values}
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [requirement]}]}}


def _classes(rng: Random) -> list[Object]:
    def of(name: str, provisioner: str, *, later: bool = True, zones: tuple[str, ...] = ()) -> Object:
        extra: Object = {}
        if zones:
            expressions = [{"key": ZONE, "values": list(zones)}]
            extra["allowedTopologies"] = [{"matchLabelExpressions": expressions}]
        mode = "WaitForFirstConsumer" if later else "Immediate"
        return obj("StorageClass", name, api=GROUP, provisioner=provisioner, volumeBindingMode=mode, **extra)

    zones = tuple(rng.sample(("a", "b", "c"), rng.randint(1, 2)))
    return [
        of("later", CSI),
        of("zoned", CSI, zones=zones),
        of("measured", CSI_CAPACITY),
        of("local", "kubernetes.io/no-provisioner"),
        of("now", CSI, later=False),
        # "nowhere" is named by claims and does not exist.
    ]


def _drivers(rng: Random, nodes: int) -> list[Object]:
    made = [
        obj("CSIDriver", CSI, api=GROUP, spec={"storageCapacity": False}),
        obj("CSIDriver", CSI_CAPACITY, api=GROUP, spec={"storageCapacity": True}),
    ]
    for i in range(nodes):
        if chance(rng, 25):
            continue
        drivers: list[Object] = []
        for name in (CSI, CSI_CAPACITY):
            driver: Object = {"name": name, "nodeID": f"n{i}", "topologyKeys": [ZONE]}
            if chance(rng, 70):
                driver["allocatable"] = {"count": rng.choice((0, 1, 2, 2, 8))}
            drivers.append(driver)
        made.append(obj("CSINode", f"n{i}", api=GROUP, spec={"drivers": drivers[: rng.randint(1, 2)]}))
    for i in range(rng.randint(0, 3)):
        report: Object = {"storageClassName": "measured", "capacity": rng.choice(("1Gi", "10Gi"))}
        if chance(rng, 40):
            report["maximumVolumeSize"] = rng.choice(("1Gi", "4Gi"))
        if chance(rng, 90):
            report["nodeTopology"] = (
                {} if chance(rng, 20) else {"matchLabels": {ZONE: rng.choice(("a", "b", "c"))}}
            )
        made.append(obj("CSIStorageCapacity", f"report{i}", api=GROUP, namespace="default", **report))
    return made


def _disk(rng: Random) -> Object:
    """A legacy disk in the pod's own spec; few of them, so that they meet."""
    read_only = chance(rng, 50)
    which = rng.randrange(4)
    if which == 0:
        return {"gcePersistentDisk": {"pdName": rng.choice(("d1", "d2")), "readOnly": read_only}}
    if which == 1:
        return {"awsElasticBlockStore": {"volumeID": rng.choice(("d1", "d2")), "readOnly": read_only}}
    if which == 2:
        iqn = rng.choice(("iqn.2026-01.com.example:a", "iqn.2026-01.com.example:b"))
        return {"iscsi": {"targetPortal": "10.0.0.9", "iqn": iqn, "lun": 0, "readOnly": read_only}}
    monitors = rng.sample(("10.0.0.1", "10.0.0.2", "10.0.0.3"), rng.randint(1, 2))
    disk = {"monitors": monitors, "image": rng.choice(("x", "y")), "readOnly": read_only}
    return {"rbd": {**disk, "pool": "p"} if chance(rng, 50) else disk}
