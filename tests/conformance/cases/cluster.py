"""A random cluster as Kubernetes objects: every rule and its edge cases at once, from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from placewright.tests.conformance.cases import pods
from placewright.tests.conformance.cases.nodes import namespaces, node
from placewright.tests.conformance.cases.storage import World
from placewright.tests.conformance.cases.words import NAMESPACES, Object, chance, obj


@dataclass(frozen=True)
class Size:
    """How much of what: ranges are inclusive."""

    nodes: tuple[int, int] = (6, 14)
    waiting: tuple[int, int] = (14, 26)
    running_per_node: float = 2.0
    large: float = 1.0


SMALL = Size()
"""For verdicts and scores, one agent at a time."""
LARGE = Size(nodes=(20, 100), waiting=(20, 120), running_per_node=1.5, large=2.0)
"""For whole plans."""
CROWDED = Size(nodes=(20, 40), waiting=(40, 120), running_per_node=8.0)
"""For whole plans that evict: there is little room, and much runs that is worth less."""


def cluster(seed: int | str, size: Size = SMALL) -> list[Object]:
    """The objects of a cluster. The same seed gives the same ones."""
    rng = Random(f"conformance-{seed}")
    nodes = rng.randint(*size.nodes)
    world = World(rng, nodes)
    made = [*namespaces(), *(node(rng, i, size.large) for i in range(nodes)), *_services(rng)]
    people = [
        *_waiting(rng, world, nodes, rng.randint(*size.waiting), made),
        *_running(rng, world, nodes, int(nodes * size.running_per_node * rng.random()), made),
    ]
    rng.shuffle(people)
    world.attachments(rng)
    return [*made, *world.objects, *people]


def _waiting(rng: Random, world: World, nodes: int, count: int, made: list[Object]) -> list[Object]:
    found: list[Object] = []
    while len(found) < count:
        template = pods.template(rng, nodes)
        replicas = min(count - len(found), rng.choice((1, 1, 2, 3, 5)))
        owner = _owner(rng, template, f"w{len(found)}", made)
        for i in range(replicas):
            one = pods.pod(template, f"w{len(found)}", owner=owner)
            # Replicas share what they are, not always what they mount.
            if i == 0 or chance(rng, 50):
                pods.with_volumes(rng, one, world)
            pods.waiting(rng, one)
            found.append(one)
    return found


def _running(rng: Random, world: World, nodes: int, count: int, made: list[Object]) -> list[Object]:
    found: list[Object] = []
    while len(found) < count:
        template = pods.template(rng, nodes)
        owner = _owner(rng, template, f"r{len(found)}", made)
        for _ in range(min(count - len(found), rng.choice((1, 2, 4)))):
            one = pods.pod(template, f"r{len(found)}", owner=owner)
            pods.with_volumes(rng, one, world, running=True)
            pods.assigned(rng, one, nodes)
            found.append(one)
    return found


def _owner(rng: Random, template: Object, name: str, made: list[Object]) -> Object | None:
    """A controller for the replicas, whose selector default spreading goes by."""
    if not template["labels"] or not chance(rng, 50):
        return None
    kind, api = rng.choice(
        (("ReplicaSet", "apps/v1"), ("StatefulSet", "apps/v1"), ("ReplicationController", "v1"))
    )
    namespace, labels = template["namespace"], dict(template["labels"])
    selector: Object = labels if kind == "ReplicationController" else {"matchLabels": labels}
    if kind != "ReplicationController" and chance(rng, 20):
        selector = {
            "matchExpressions": [{"key": k, "operator": "In", "values": [v]} for k, v in labels.items()]
        }
    copied = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 3, "selector": selector, "template": copied}
    owner = obj(kind, name, api=api, namespace=namespace, spec=spec)
    if chance(rng, 92):
        made.append(owner)
    return {
        "apiVersion": api,
        "kind": kind,
        "name": name,
        "uid": owner["metadata"]["uid"],
        "controller": chance(rng, 95),
    }


def _services(rng: Random) -> list[Object]:
    """Services, which default spreading goes by as well; one without selector selects nobody."""
    made = []
    for namespace in NAMESPACES:
        for i in range(rng.randint(0, 2)):
            spec: Object = {"ports": [{"port": 80}]}
            if chance(rng, 85):
                spec["selector"] = {"app": rng.choice(("web", "db", "cache"))}
                if chance(rng, 20):
                    spec["selector"]["tier"] = "front"
            made.append(obj("Service", f"s{i}", namespace=namespace, spec=spec))
    return made
