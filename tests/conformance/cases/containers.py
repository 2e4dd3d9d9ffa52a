"""Random containers: requests in every notation, init containers, sidecars, ports, pod-level amounts."""

from __future__ import annotations

from random import Random

from placewright.tests.conformance.cases.words import GPU, IMAGES, Object, chance

CPU = ("0", "100m", "250m", "500m", "0.3", "700m", "1", "1500m", "33333u")
MEMORY = ("0", "64Mi", "256Mi", "1Gi", "0.5Gi", "600M", "1e9", "1536Mi", "123456789")


def resources(rng: Random, *, small: bool = False) -> Object:
    """Requests and limits of one container; often one or the other is left out."""
    requests: Object = {}
    limits: Object = {}
    if chance(rng, 75):
        requests["cpu"] = rng.choice(CPU[:5] if small else CPU)
    if chance(rng, 70):
        requests["memory"] = rng.choice(MEMORY[:5] if small else MEMORY)
    if chance(rng, 15):
        requests["ephemeral-storage"] = rng.choice(("1Gi", "500M", "1"))
    if chance(rng, 12):
        # Limited and not requested: the API server copies it.
        limits[rng.choice(("cpu", "memory"))] = "2Gi"
        limits = {("memory"): "2Gi"} if "memory" in limits else {"cpu": "2"}
        requests.pop(next(iter(limits)), None)
    if chance(rng, 10):
        # Extended resources do not overcommit: the limit is the request.
        count = str(rng.randint(0, 2))
        requests[GPU], limits[GPU] = count, count
    if chance(rng, 5):
        size = rng.choice(("64Mi", "128Mi"))
        requests["hugepages-2Mi"], limits["hugepages-2Mi"] = size, size
        requests.setdefault("memory", "64Mi")
    made = {"requests": requests, "limits": limits}
    return {name: amounts for name, amounts in made.items() if amounts}


def ports(rng: Random, taken: set[tuple[int, str, str]], *, host_network: bool) -> list[Object]:
    """Container ports; host ports of one pod differ, as the API demands."""
    made = []
    for _ in range(rng.randint(1, 2)):
        number = rng.choice((80, 443, 8080))
        port: Object = {"containerPort": number}
        if chance(rng, 70) or host_network:
            port["hostPort"] = number
        if chance(rng, 60):
            port["protocol"] = rng.choice(("TCP", "TCP", "UDP", "SCTP"))
        if chance(rng, 50):
            port["hostIP"] = rng.choice(("0.0.0.0", "127.0.0.1", "10.0.0.1", "::"))  # noqa: S104
        taking = (number, port.get("protocol", "TCP"), port.get("hostIP", ""))
        if taking not in taken:
            taken.add(taking)
            made.append(port)
    return made


def containers(rng: Random) -> Object:
    """The container fields of a pod's spec."""
    spec: Object = {}
    host_network = chance(rng, 5)
    with_ports = host_network or chance(rng, 30)
    taken: set[tuple[int, str, str]] = set()
    if host_network:
        spec["hostNetwork"] = True

    def one(name: str, *, small: bool = False) -> Object:
        made: Object = {"name": name, "image": image(rng), "resources": resources(rng, small=small)}
        if with_ports and chance(rng, 80):
            made["ports"] = ports(rng, taken, host_network=host_network)
        return made

    spec["containers"] = [one(f"c{i}") for i in range(rng.choice((1, 1, 1, 2, 3)))]
    if chance(rng, 25):
        inits = []
        for i in range(rng.randint(1, 3)):
            init = one(f"i{i}", small=True)
            if chance(rng, 50):
                init["restartPolicy"] = "Always"
            inits.append(init)
        spec["initContainers"] = inits
    if chance(rng, 8):
        spec["runtimeClassName"] = "sandboxed"
        spec["overhead"] = {"cpu": "150m", "memory": "120Mi"} if chance(rng, 70) else {"memory": "64Mi"}
    if chance(rng, 8):
        spec["resources"] = pod_level(rng)
    return spec


def pod_level(rng: Random) -> Object:
    """Amounts for the whole pod: no less than its containers ask for together."""
    made: Object = {}
    names = rng.choice((("cpu",), ("memory",), ("cpu", "memory")))
    large = {"cpu": rng.choice(("4500m", "5")), "memory": rng.choice(("5Gi", "6Gi"))}
    if chance(rng, 75):
        made["requests"] = {name: large[name] for name in names}
    if not made or chance(rng, 30):
        made["limits"] = {name: {"cpu": "6", "memory": "7Gi"}[name] for name in names}
    if chance(rng, 15):
        # They do not overcommit: the limit is the request.
        for name in ("requests", "limits"):
            made.setdefault(name, {})["hugepages-2Mi"] = "512Mi"
    return made


def image(rng: Random) -> str:
    name = rng.choice((*IMAGES, "registry.example.com/unknown"))
    return f"{name}:latest" if name == "busybox" and chance(rng, 50) else name


def running_status(rng: Random, spec: Object) -> Object:
    """What the kubelet says of an agent's amounts, sometimes in the middle of a resize in place."""
    status: Object = {}
    if not chance(rng, 25 if "initContainers" in spec or "resources" in spec else 15):
        return status
    status["containerStatuses"] = _statuses(rng, spec["containers"])
    if "initContainers" in spec:
        status["initContainerStatuses"] = _statuses(rng, spec["initContainers"])
    if "resources" in spec:
        if chance(rng, 60):
            status["resources"] = {"requests": _some_amounts(rng)}
        if chance(rng, 60):
            status["allocatedResources"] = _some_amounts(rng)
    if chance(rng, 30):
        reason = rng.choice(("Infeasible", "Deferred"))
        status["conditions"] = [{"type": "PodResizePending", "status": "True", "reason": reason}]
    return status


def _statuses(rng: Random, containers: list[Object]) -> list[Object]:
    statuses = []
    for container in containers:
        if chance(rng, 70):
            own: Object = {
                "name": container["name"],
                "image": "",
                "imageID": "",
                "ready": True,
                "restartCount": 0,
            }
            if chance(rng, 80):
                own["resources"] = {"requests": _some_amounts(rng)}
            if chance(rng, 60):
                own["allocatedResources"] = _some_amounts(rng)
            statuses.append(own)
    return statuses


def _some_amounts(rng: Random) -> Object:
    amounts = {"cpu": rng.choice(CPU), "memory": rng.choice(MEMORY)}
    if chance(rng, 20):
        del amounts[rng.choice(("cpu", "memory"))]
    if chance(rng, 10):
        amounts["ephemeral-storage"] = "1Gi"
    return amounts
