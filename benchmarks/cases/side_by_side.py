"""The same snapshot, the same machine: placewright beside kube-scheduler itself.

`make conformance CLUSTERS=1 PLANS=0` builds it. kube-scheduler runs in-process, with its own queue, cache and
plugins, preemption on, and without an API server or kubelets, which flatters its seconds. Agents have no
controller: an evicted one is gone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.objects import HOSTNAME, REQUIRED, ZONE, Object
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register
from placewright.models.levels import importance, level_values, sense_of
from placewright.models.options import Options
from placewright.models.plan import Binding, Eviction, Plan, Status
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, final_state, verify
from placewright.tests.conformance.compare import snapshot_of
from placewright.tests.conformance.harness import Harness

PRIORITIES = (1000, 100, 0)
CASES = {
    "light": "everything waits, for about 10 % of the cpu there is",
    "roomy": "everything waits, for about 75 % of it",
    "scarce": "everything waits, for about 120 % of it",
    "full": "two thirds run, most of it of low priority; what waits wants 45 %",
}
OURS, THEIRS = "placewright", "kube-scheduler"
LIMIT = 20.0
PATIENCE = "60m"
"""How long kube-scheduler may go on; how far it is then counts. The time limit is for placewright alone."""


def cluster(case: str, nodes: int, seed: int = 1) -> list[Object]:
    """Kubernetes objects; the same arguments give the same ones."""
    rng = Random(f"{case}-{nodes}-{seed}")
    made = [_node(rng, i) for i in range(nodes)]
    there = sum(int(node["status"]["allocatable"]["cpu"]) * 1000 for node in made)
    if case == "full":
        low = list(_agents(rng, int(there * 0.67), "r", (0, 0, 0, 100)))
        running = list(_running(rng, low, made))
        waiting = list(_agents(rng, int(there * 0.45), "w", PRIORITIES))
        return [*made, *running, *waiting]
    share = {"light": 0.1, "roomy": 0.75, "scarce": 1.2}[case]
    return [*made, *_agents(rng, int(there * share), "w", PRIORITIES)]


def _node(rng: Random, i: int) -> Object:
    have = {"cpu": str(rng.choice((8, 16, 32))), "memory": f"{rng.choice((32, 64))}Gi", "pods": "110"}
    labels = {HOSTNAME: f"n{i}", ZONE: "abc"[i % 3], "pool": "pqrs"[i % 4]}
    taints = [{"key": "batch", "effect": "NoSchedule"}] if i % 20 == 0 else []
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"n{i}", "uid": f"n{i}", "labels": labels},
        "spec": {"taints": taints},
        "status": {"allocatable": have, "capacity": have},
    }


def _agents(rng: Random, millis: int, prefix: str, priorities: tuple[int, ...]) -> Iterator[Object]:
    """Replicas of templates, until they ask for this much cpu."""
    t = 0
    while millis > 0:
        app, cpu = f"{prefix}{t}", rng.choice((250, 500, 1000, 2000, 4000))
        memory = rng.choice((256, 512, 1024, 2048, 4096))
        spec: Object = {
            "priority": rng.choice(priorities),
            "containers": [
                {
                    "name": "main",
                    "image": "app",
                    "resources": {"requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}},
                }
            ],
            **_rules(rng, app, f"{prefix}{t // 2}" if t else ""),
        }
        for i in range(rng.randint(4, 40)):
            millis -= cpu
            yield {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{app}-{i}",
                    "namespace": "default",
                    "uid": f"{app}-{i}",
                    "labels": {"app": app},
                },
                "spec": spec,
                "status": {"phase": "Pending"},
            }
        t += 1


def _rules(rng: Random, app: str, leader: str) -> Object:
    """What one template demands of its nodes and neighbours."""
    share, own = rng.random(), {"matchLabels": {"app": app}}
    if share < 0.30:
        constraint = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}
        return {"topologySpreadConstraints": [{**constraint, "labelSelector": own}]}
    if share < 0.45:
        return {
            "affinity": {"podAntiAffinity": {REQUIRED: [{"topologyKey": HOSTNAME, "labelSelector": own}]}}
        }
    if share < 0.55 and leader:
        term = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": leader}}}
        return {"affinity": {"podAffinity": {REQUIRED: [term]}}}
    if share < 0.75:
        return {"nodeSelector": {"pool": rng.choice("pqrs")}}
    return {"tolerations": [{"key": "batch", "operator": "Exists"}]} if share < 0.80 else {}


def _running(rng: Random, agents: list[Object], nodes: list[Object]) -> Iterator[Object]:
    """The agents on nodes with room for them, at random; those that find none are left out."""
    left = {n["metadata"]["name"]: _free(n) for n in nodes}
    names = list(left)
    for agent in agents:
        request = agent["spec"]["containers"][0]["resources"]["requests"]
        cpu, memory = int(request["cpu"][:-1]), int(request["memory"][:-2])
        for name in rng.sample(names, min(20, len(names))):
            if left[name][0] >= cpu and left[name][1] >= memory:
                left[name][0] -= cpu
                left[name][1] -= memory
                status = {"phase": "Running", "startTime": "2026-01-01T00:00:00Z"}
                yield {**agent, "spec": {**agent["spec"], "nodeName": name}, "status": status}
                break


def _free(node: Object) -> list[int]:
    have = node["status"]["allocatable"]
    return [int(have["cpu"]) * 1000, int(have["memory"][:-2]) * 1024]


@dataclass(frozen=True)
class Result:
    """What one of the two made of a snapshot, and how that compares with the other."""

    who: str
    seconds: float
    placed: Counter[int]
    evicted: int
    scores: int
    plan: Plan
    compared: str = ""
    unfinished: bool = False
    phases: Mapping[str, float] = field(default_factory=dict)


def ours(snapshot: Snapshot, limit: float, *, preempt: bool) -> Result:
    """placewright's plan."""
    start = time.perf_counter()
    verdict = place(snapshot, Settings(time_limit=limit, preempt=preempt))
    seconds = time.perf_counter() - start
    if isinstance(verdict, Refused):
        raise RuntimeError(f"the answer did not verify: {verdict.violations[0]}")
    return replace(_result(OURS, seconds, snapshot, verdict.plan), phases=verdict.plan.timing)


def theirs(objects: list[Object], snapshot: Snapshot) -> Result:
    """What kube-scheduler does."""
    with Harness("schedule", "--timeout", PATIENCE) as harness:
        answers = harness.ask(objects)
    victims = [Eviction(namespace=v["namespace"], agent=v["name"]) for v in _all(answers, "victim")]
    plan = Plan(
        status=Status.FEASIBLE,
        bindings=tuple(
            Binding(namespace=made["namespace"], agent=made["name"], node=made["node"])
            for made in _all(answers, "binding")
        ),
        # Those that it bound and sent away again were never there.
        evictions=tuple(victim for victim in victims if victim.key in snapshot.resident_keys),
        sequential=False,
    )
    seconds = max(answers[-1]["seconds"], answers[-1]["settled"])
    made = _result(THEIRS, seconds, snapshot, plan)
    return replace(made, unfinished=answers[-1].get("unfinished", False))


def _all(answers: Iterable[Object], what: str) -> Iterator[Object]:
    return (answer[what] for answer in answers if what in answer)


def _result(who: str, seconds: float, snapshot: Snapshot, plan: Plan) -> Result:
    waiting = {agent.key for agent in snapshot.pending}
    bound = (binding.key for binding in plan.bindings if binding.key in waiting)
    placed = Counter(snapshot.agent_by_key[key].spec.priority for key in bound)
    scores = level_values(final_state(snapshot, plan))["scores"]
    return Result(who, seconds, placed, len(plan.evictions), scores, plan)


def judged(snapshot: Snapshot, results: Sequence[Result], *, preempt: bool) -> list[str]:
    """Of each: the first level at which it is better than the other, and what its end state breaks.

    kube-scheduler keeps its rules while it schedules. Whom it evicts for others later may have been what a
    skew or company rested on, so that its end state is not always one that `verify` accepts. Its levels are
    compared all the same: they flatter it, as it had one thing less to mind.
    """
    evicts = preempt or any(result.plan.evictions for result in results)
    order = importance(snapshot, preempt=evicts)
    values = [level_values(final_state(snapshot, result.plan)) for result in results]
    keys = [tuple(_goodness(name, found[name]) for name in order) for found in values]
    differing = (name for name, *reached in zip(order, *keys, strict=True) if len(set(reached)) > 1)
    decided_by = next(differing, "")
    said = []
    for result, key in zip(results, keys, strict=True):
        parts = ["not finished"] if result.unfinished else []
        parts += [f"better by {decided_by}"] if decided_by and key == max(keys) else []
        verdict = verify(snapshot, result.plan, levels=False)
        if isinstance(verdict, Refused):
            broken = Counter(violation.rule for violation in verdict.violations)
            parts.append("leaves broken: " + ", ".join(f"{rule} {n}" for rule, n in broken.items()))
        said.append("; ".join(parts))
    return said


def _goodness(level: str, value: int) -> int:
    """The larger the better."""
    return value if sense_of(level) == "maximize" else -value


def both(case: str, nodes: int, limit: float) -> tuple[Counter[int], tuple[Result, Result]]:
    """How many agents of each priority wait, and what kube-scheduler and placewright make of it."""
    objects = cluster(case, nodes)
    snapshot = snapshot_of(objects, Options())
    asked = Counter(agent.spec.priority for agent in snapshot.pending)
    preempt = case == "full"
    found = (theirs(objects, snapshot), ours(snapshot, limit, preempt=preempt))
    verdicts = judged(snapshot, found, preempt=preempt)
    first, second = (replace(r, compared=said) for r, said in zip(found, verdicts, strict=True))
    return asked, (first, second)


def measure(case: str, bench: Bench, nodes: int) -> Iterator[Record]:
    """One cluster, both answers."""
    limit = bench.limit(LIMIT)
    (asked, results), peak = isolated(both, case, nodes, limit)
    for result in results:
        mine = result.who == OURS
        yield Record(
            case=f"side-by-side-{case}",
            size=nodes,
            variant=result.who,
            pending=asked.total(),
            placed=result.placed.total(),
            seconds=result.seconds,
            peak_mib=peak if mine else 0.0,
            limit=limit if mine else 0.0,
            phases=result.phases,
            extra={
                **{f"priority {p}": f"{result.placed[p]}/{asked[p]}" for p in PRIORITIES},
                "evicted": result.evicted,
                "scores (least)": str(result.scores),
                "compare": result.compared,
            },
        )


for _case, _about in CASES.items():
    register(
        Case(
            name=f"side-by-side-{_case}",
            about=f"kube-scheduler itself on the same cluster: {_about}",
            sizes=(),
            full=(100, 300, 1_000, 5_000),
            measure=partial(measure, _case),
        )
    )
