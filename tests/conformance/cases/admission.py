"""Random pods that are created, with the limit ranges and quotas of their namespace, all from one seed."""

from __future__ import annotations

from random import Random

from placewright.tests.conformance.cases.words import GPU, Object, chance

CPU = ("0", "100m", "250m", "500m", "1", "1500m", "0.3", "2")
MEMORY = ("0", "64Mi", "1Gi", "0.5Gi", "600M", "2Gi", "1e9")
HARD = (
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
    "pods",
    "count/pods",
    f"requests.{GPU}",
    "hugepages-2Mi",
    "requests.hugepages-2Mi",
    "ephemeral-storage",
    "requests.ephemeral-storage",
    "limits.ephemeral-storage",
)
SCOPES = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity")
HIGH: Object = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "high"},
    "value": 1000,
}


def namespace(seed: int | str) -> list[Object]:
    """The objects of one namespace. Nothing exists yet: none has a uid."""
    rng = Random(f"admission-{seed}")
    made = [HIGH, *(_range(rng, i) for i in range(rng.choice((0, 0, 1, 1, 2))))]
    made += [_quota(rng, i) for i in range(rng.choice((1, 2, 2)))]
    return [*made, *(_pod(rng, i) for i in range(8))]


def _new(kind: str, name: str, spec: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def _amounts(rng: Random, percent: float) -> Object:
    names = {"cpu": CPU, "memory": MEMORY}
    return {name: rng.choice(texts) for name, texts in names.items() if chance(rng, percent)}


def _container(rng: Random, name: str) -> Object:
    requests, limits = _amounts(rng, 50), _amounts(rng, 40)
    if chance(rng, 8):
        requests["ephemeral-storage"] = "1Gi"
    if chance(rng, 10):
        requests[GPU] = limits[GPU] = str(rng.randint(1, 2))
    if chance(rng, 8):
        requests["hugepages-2Mi"] = limits["hugepages-2Mi"] = rng.choice(("64Mi", "128Mi"))
        limits.setdefault("memory", "1Gi")
    given = {"requests": requests, "limits": limits}
    resources = {name: amounts for name, amounts in given.items() if amounts}
    return {"name": name, "image": "x", "resources": resources}


def _pod(rng: Random, i: int) -> Object:
    spec: Object = {"containers": [_container(rng, f"c{n}") for n in range(rng.choice((1, 1, 2)))]}
    if chance(rng, 35):
        spec["initContainers"] = inits = [_container(rng, f"i{n}") for n in range(rng.randint(1, 2))]
        for init in inits:
            if chance(rng, 50):
                init["restartPolicy"] = "Always"
    if chance(rng, 30):
        spec["resources"] = _whole(rng)
    if chance(rng, 15):
        spec["activeDeadlineSeconds"] = rng.choice((1, 5))
    if chance(rng, 20):
        spec["priorityClassName"] = "high"
    if chance(rng, 20):
        term: Object = {"topologyKey": "zone", "labelSelector": {}}
        if chance(rng, 50):
            term["namespaces"] = ["other"]
        spec["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return _new("Pod", f"p{i}", spec)


def _whole(rng: Random) -> Object:
    """What a pod asks for as a whole, whether or not its containers go with it."""
    whole = {name: _amounts(rng, 60) for name in ("requests", "limits") if chance(rng, 60)}
    whole = {name: amounts for name, amounts in whole.items() if amounts}
    if whole and chance(rng, 15):
        for name in ("requests", "limits"):
            whole.setdefault(name, {})["hugepages-2Mi"] = "256Mi"
    return whole


def _range(rng: Random, i: int) -> Object:
    items: list[Object] = []
    for kind in rng.sample(("Container", "Pod"), rng.choice((1, 1, 2))):
        item: Object = {"min": _amounts(rng, 30), "max": _amounts(rng, 30)}
        if kind == "Container":
            item |= {"default": _amounts(rng, 40), "defaultRequest": _amounts(rng, 40)}
        if chance(rng, 15):
            item["maxLimitRequestRatio"] = {"cpu": rng.choice(("1", "2", "1.5"))}
        items.append({"type": kind, **{name: amounts for name, amounts in item.items() if amounts}})
    return _new("LimitRange", f"l{i}", {"limits": items})


def _quota(rng: Random, i: int) -> Object:
    spec: Object = {"hard": dict.fromkeys(rng.sample(HARD, rng.randint(1, 5)), "1")}
    if chance(rng, 40):
        spec["scopes"] = [rng.choice(SCOPES)]
    if chance(rng, 25):
        operator = rng.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        expression: Object = {"scopeName": "PriorityClass", "operator": operator}
        if operator in ("In", "NotIn"):
            expression["values"] = [rng.choice(("high", "low"))]
        spec["scopeSelector"] = {"matchExpressions": [expression]}
    return _new("ResourceQuota", f"q{i}", spec)
