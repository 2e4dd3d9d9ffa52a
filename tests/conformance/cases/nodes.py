"""Random nodes: labels absent or odd, taints of all effects, amounts in every notation."""

from __future__ import annotations

from random import Random

from placewright.tests.conformance.cases.words import (
    EFFECTS,
    GPU,
    HOSTNAME,
    IMAGES,
    NAMESPACES,
    OLD_REGION,
    OLD_ZONE,
    RACK,
    REGION,
    TAINT_KEYS,
    TAINT_VALUES,
    ZONE,
    Object,
    chance,
    obj,
    some,
)

MI = 2**20


def namespaces() -> list[Object]:
    """Namespaces with the label that the API server gives each."""
    return [
        obj("Namespace", name, meta={"labels": {**labels, "kubernetes.io/metadata.name": name}})
        for name, labels in NAMESPACES.items()
    ]


def node(rng: Random, i: int, large: float = 1.0) -> Object:
    """One node; `large` scales what it can give."""
    cordoned = chance(rng, 6)
    spec: Object = {"taints": _taints(rng, cordoned)}
    if cordoned:
        spec["unschedulable"] = True
    allocatable = _allocatable(rng, large)
    return obj(
        "Node",
        f"n{i}",
        meta={"labels": _labels(rng, i)},
        spec=spec,
        status={
            "capacity": allocatable,
            "allocatable": allocatable,
            "images": _images(rng),
            "conditions": [{"type": "Ready", "status": "True" if chance(rng, 90) else "Unknown"}],
        },
    )


def _labels(rng: Random, i: int) -> dict[str, str]:
    labels: dict[str, str] = {}
    if chance(rng, 97):
        labels[HOSTNAME] = f"n{i}"
    zone = rng.choice(("a", "b", "c"))
    if chance(rng, 88):
        labels[ZONE] = zone
    if chance(rng, 60):
        labels[REGION] = rng.choice(("r1", "r1", "r2"))
    if chance(rng, 8):
        labels[OLD_ZONE] = zone if chance(rng, 70) else "b"
    if chance(rng, 5):
        labels[OLD_REGION] = "r1"
    if chance(rng, 70):
        labels[RACK] = rng.choice(("k1", "k2", "k3", ""))
    if chance(rng, 70):
        labels["disk"] = rng.choice(("ssd", "hdd", ""))
    if chance(rng, 70):
        labels["cores"] = rng.choice(("4", "8", "08", "16", "1.5", "x8", "", "9223372036854775808"))
    return labels


def _taints(rng: Random, cordoned: bool) -> list[Object]:
    taints: dict[tuple[str, str], Object] = {}
    if chance(rng, 30):
        for _ in range(rng.randint(1, 3)):
            # Mostly those that only score: a cluster that nobody tolerates says nothing else.
            effect = rng.choice((*EFFECTS, "PreferNoSchedule", "PreferNoSchedule"))
            taint = {"key": rng.choice(TAINT_KEYS), "effect": effect}
            value = rng.choice(TAINT_VALUES)
            taints[taint["key"], effect] = {**taint, "value": value} if value else taint
    if cordoned and chance(rng, 80):
        key = "node.kubernetes.io/unschedulable"
        taints[key, "NoSchedule"] = {"key": key, "effect": "NoSchedule"}
    return list(taints.values())


def _allocatable(rng: Random, large: float) -> Object:
    milli = int(rng.choice((2000, 3920, 4000, 7910, 8000)) * large)
    memory = int(rng.choice((4096, 7168, 8192, 16384)) * large)
    amounts: Object = {
        "cpu": rng.choice((f"{milli}m", f"{milli / 1000:g}")),
        "memory": rng.choice((f"{memory}Mi", f"{memory * 1024}Ki", str(memory * MI))),
        "pods": str(rng.choice((3, 6, 10, 30, 110))),
    }
    if chance(rng, 2):
        del amounts[rng.choice(("pods", "memory"))]
    if chance(rng, 80):
        amounts["ephemeral-storage"] = rng.choice(("10Gi", "20G", "5e9"))
    if chance(rng, 35):
        amounts[GPU] = str(rng.randint(0, 4))
    if chance(rng, 25):
        amounts["hugepages-2Mi"] = rng.choice(("0", "128Mi", "512Mi"))
    return amounts


def _images(rng: Random) -> list[Object]:
    """Images on the node; the same name has the same size everywhere, as the same content would."""
    images = []
    for name in some(rng, IMAGES, 4):
        names = [name]
        last = name.rsplit("/", 1)[-1]
        if ":" not in last and "@" not in last:
            names = [f"{name}:latest"]
        images.append({"names": names, "sizeBytes": (IMAGES.index(name) * 260 + 15) * MI + 7})
    return images
