"""The shapes of kube-scheduler's own performance tests (`test/integration/scheduler_perf`), one batch each.

Nodes, running agents and agents to place are those of the tests: nodes of 4 cpus and 32 GiB, agents of 100m
and 500Mi. A test fails below a floor of agents per second. The agents to place divided by it is the time that
the floor implies, which the whole command is compared with. The floors are those of the largest size:

    plain             SchedulingBasic            680 a second for 10,000 agents, 810 for 50,000
    affinity          SchedulingPodAffinity      35
    anti-affinity     SchedulingPodAntiAffinity  60
    anti-affinity-ns  SchedulingRequiredPodAntiAffinityWithNSSelector  24, on 6,000 nodes
    mixed             MixedSchedulingBasePod     140
    spread            TopologySpreading          460
    preemption        PreemptionBasic            none: that size is commented out as failing
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random
from typing import BinaryIO

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.objects import (
    CREATED,
    HOSTNAME,
    PREFERRED,
    REQUIRED,
    ZONE,
    Object,
    named,
    node_object,
    write_list,
)
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

LIMIT = 10.0
GAP = ("--gap", "2%")
"""kube-scheduler proves nothing; within 2 % of the best by its own scores is good enough beside it."""
FLOOR_SIZE = 5_000
"""The size that the floors are for."""
BOTH = ["sched-1", "sched-0"]


@dataclass(frozen=True)
class Pods:
    """Agents of one template. `node`: the position of the i-th one's node; None: they are to be placed."""

    count: int
    spec: Object
    color: str = ""
    namespace: str = "default"
    milli: int = 100
    node: Callable[[int], int] | None = None


@dataclass(frozen=True)
class Shape:
    """One test. `floor`: agents per second; `zones` go round the nodes; `extra` are further objects."""

    nodes: int
    pods: Sequence[Pods]
    floor: float | None = None
    zones: Sequence[str] = ()
    extra: Sequence[Object] = ()
    options: Sequence[str] = ()

    @property
    def implied(self) -> float | None:
        """Seconds for the agents to place at the floor's rate."""
        wanted = sum(pods.count for pods in self.pods if pods.node is None)
        return wanted / self.floor if self.floor else None


def objects(shape: Shape, seed: int = 1) -> Iterator[Object]:
    """All objects of a test, agents in shuffled order."""
    yield from shape.extra
    for i in range(shape.nodes):
        labels = {ZONE: shape.zones[i % len(shape.zones)]} if shape.zones else {}
        yield node_object(f"scheduler-perf-{i}", {"cpu": "4", "memory": "32Gi"}, labels)
    number = count()
    agents = [_pod(next(number), pods, i) for pods in shape.pods for i in range(pods.count)]
    Random(seed).shuffle(agents)
    yield from agents


def _pod(number: int, pods: Pods, i: int) -> Object:
    amounts = {"cpu": f"{pods.milli}m", "memory": "500Mi"}
    container = {
        "name": "pause",
        "image": "registry.k8s.io/pause:3.10.1",
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "resources": {"limits": amounts, "requests": amounts},
    }
    spec = {"containers": [container], "schedulerName": "default-scheduler", "priority": 0, **pods.spec}
    node = {} if pods.node is None else {"nodeName": f"scheduler-perf-{pods.node(i)}"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"pod-{number:06d}",
            "generateName": "pod-",
            "namespace": pods.namespace,
            "uid": f"{number:08x}-4b7c-9d3e-2f6a1c5e8b90",
            "creationTimestamp": CREATED,
            "labels": {"color": pods.color} if pods.color else {},
        },
        "spec": {**spec, **node},
        "status": {"phase": "Running", "startTime": CREATED} if node else {"phase": "Pending"},
    }


def _term(color: str, key: str, **where: object) -> Object:
    return {"labelSelector": {"matchLabels": {"color": color}}, "topologyKey": key, **where}


def _required(kind: str, term: Object) -> Object:
    return {"affinity": {kind: {REQUIRED: [term]}}}


def _preferred(kind: str, term: Object) -> Object:
    return {"affinity": {kind: {PREFERRED: [{"weight": 1, "podAffinityTerm": term}]}}}


AFFINITY = _required("podAffinity", _term("blue", ZONE, namespaces=BOTH))
ANTI_AFFINITY = _required("podAntiAffinity", _term("green", HOSTNAME, namespaces=BOTH))


def plain(nodes: int) -> Shape:
    """Twice as many agents as nodes, without any rule."""
    return Shape(nodes, (_init({}, nodes // 5, nodes), Pods(2 * nodes, {})), 680)


def plain_many(nodes: int) -> Shape:
    """Ten times as many agents as nodes, without any rule."""
    return Shape(nodes, (_init({}, nodes, nodes), Pods(10 * nodes, {})), 810)


def affinity(nodes: int) -> Shape:
    """Everybody in one zone with everybody of two namespaces, and there is only one zone."""
    pods = (
        _init(AFFINITY, nodes, nodes, "blue", "sched-0"),
        Pods(nodes, AFFINITY, "blue", "sched-1"),
    )
    return Shape(nodes, pods, 35, zones=("zone1",))


def anti_affinity(nodes: int) -> Shape:
    """Everybody on a host of its own, a fifth of which are taken."""
    pods = (
        _init(ANTI_AFFINITY, nodes // 5, nodes, "green", "sched-0"),
        Pods(2 * nodes // 5, ANTI_AFFINITY, "green", "sched-1"),
    )
    return Shape(nodes, pods, 60)


def anti_affinity_ns(nodes: int) -> Shape:
    """The same with a namespace selector and 100 namespaces: as many hosts are left as agents are pending."""
    hosts = nodes * 6 // 5
    spec = _required(
        "podAntiAffinity", _term("green", HOSTNAME, namespaceSelector={"matchLabels": {"team": "devops"}})
    )
    spaces = 100
    each = nodes * 4 // 5 // spaces
    names = [*(f"init-ns-{i}" for i in range(spaces)), "measure-ns-0"]
    namespaces = tuple(
        {**named("Namespace", name), "metadata": {"name": name, "labels": {"team": "devops"}}}
        for name in names
    )
    taken = tuple(
        Pods(each, spec, "green", name, node=partial(_next, space * each, hosts))
        for space, name in enumerate(names[:-1])
    )
    pods = (*taken, Pods(hosts - spaces * each, spec, "green", names[-1]))
    return Shape(hosts, pods, 24, extra=namespaces)


def mixed(nodes: int) -> Shape:
    """Agents without any rule among running ones of five kinds."""
    init = 2 * nodes // 5
    kinds: tuple[tuple[Object, str], ...] = (
        ({}, ""),
        (AFFINITY, "blue"),
        (ANTI_AFFINITY, "green"),
        (_preferred("podAffinity", _term("red", HOSTNAME, namespaces=BOTH)), "red"),
        (_preferred("podAntiAffinity", _term("yellow", HOSTNAME, namespaces=BOTH)), "yellow"),
    )
    running = tuple(
        _init(spec, init, nodes, color, "sched-0", first=k * init) for k, (spec, color) in enumerate(kinds)
    )
    return Shape(nodes, (*running, Pods(nodes, {})), 140, zones=("zone1",))


def spread(nodes: int) -> Shape:
    """Evenly over three zones, five apart at most."""
    constraint = {
        "maxSkew": 5,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"color": "blue"}},
    }
    pods = (_init({}, nodes, nodes), Pods(nodes, {"topologySpreadConstraints": [constraint]}, "blue"))
    return Shape(nodes, pods, 460, zones=("moon-1", "moon-2", "moon-3"))


def preemption(nodes: int) -> Shape:
    """Four agents on every node, three of which have to go for one of higher priority."""
    low, high = {"terminationGracePeriodSeconds": 0}, {"priority": 10}
    pods = (Pods(4 * nodes, low, milli=900, node=partial(_next, 0, nodes)), Pods(nodes, high, milli=3000))
    return Shape(nodes, pods, options=("--preempt",))


def _init(
    spec: Object, number: int, nodes: int, color: str = "", namespace: str = "default", first: int = 0
) -> Pods:
    """Agents that run already, one after the other round the nodes."""
    return Pods(number, spec, color, namespace, node=partial(_next, first, nodes))


def _next(first: int, nodes: int, i: int) -> int:
    return (first + i) % nodes


SHAPES: dict[str, Callable[[int], Shape]] = {
    "plain": plain,
    "plain-many": plain_many,
    "affinity": affinity,
    "anti-affinity": anti_affinity,
    "anti-affinity-ns": anti_affinity_ns,
    "mixed": mixed,
    "spread": spread,
    "preemption": preemption,
}


def write(shape: Shape, stream: BinaryIO) -> None:
    """The test's objects as one file."""
    write_list(objects(shape), stream)


def measure(name: str, bench: Bench, nodes: int) -> Iterator[Record]:
    """The whole command, beside the time that the floor implies at the size that it is for."""
    shape = SHAPES[name](nodes)
    file = bench.file(f"scheduler-perf-{name}-{nodes}.json", partial(write, shape))
    implied = shape.implied if nodes == FLOOR_SIZE else None
    case = f"scheduler-perf-{name}"
    yield bench.place(case, nodes, [file], (*GAP, *shape.options), limit=LIMIT, implied=implied)


for _name, _shape in SHAPES.items():
    register(
        Case(
            name=f"scheduler-perf-{_name}",
            about=(_shape.__doc__ or "").rstrip("."),
            sizes=(500,),
            full=(FLOOR_SIZE,),
            measure=partial(measure, _name),
        )
    )
