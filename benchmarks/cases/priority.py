"""Priorities under pressure: placewright's answer beside the sequential baseline's, on random clusters.

20 nodes that are alike, 100 running and 150 waiting agents of four priorities, whose cpu or memory adds up to
95 to 110 % of what the nodes have. Requests vary; a fifth may only use a quarter of the nodes, a tenth keeps
apart from its own kind. What is compared is what both order by: agents placed of the highest priority, then
agents evicted of the next, then agents placed of it, and so on down; one of 1000 outweighs everything below.

`worse`: worse than the baseline at the first of these that differs; must be 0. `improved`: better.
`certified`: the same, and proven that nothing is better: the baseline was optimal. `open`: the same, not
proven. Beside them how many more agents of each priority are on nodes in the end, in all clusters together.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register
from placewright.models.agent import Agent, AgentSpec
from placewright.models.filters import feasible
from placewright.models.levels import level_values
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.plan import Level, Plan
from placewright.models.profile import DEFAULT_STAGES, Profile
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.place import place
from placewright.solver.sequential import schedule
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

HOSTNAME = "kubernetes.io/hostname"
MIB = 2**20
NODES, RUNNING, WAITING = 20, 100, 150
CPU, MEMORY = 16_000, 65_536
"""Of each node: milli-cores, and MiB."""
PRIORITIES = (1000, 100, 10, 0)
KIND_SIZE = 5
LIMITS = (1.0, 10.0)

Held = tuple[int, ...]
"""Agents on nodes for each of PRIORITIES."""


def cluster(seed: int) -> Snapshot:
    """A cluster; the same seed gives the same one."""
    rng = Random(seed)
    nodes = tuple(_node(i) for i in range(NODES))
    tight = rng.uniform(0.95, 1.10)
    cpu_load, memory_load = rng.choice(((tight, 0.7), (0.7, tight)))
    cpu = _amounts(rng, round(cpu_load * CPU * NODES))
    memory = _amounts(rng, round(memory_load * MEMORY * NODES))
    agents = [_agent(rng, i, c, m) for i, (c, m) in enumerate(zip(cpu, memory, strict=True))]
    # Nothing is asked beyond the levels that are compared: a solve ends once they are proven.
    options = Options(profile=Profile(stages=DEFAULT_STAGES[:2]))
    return Snapshot(nodes=nodes, agents=tuple(_assigned(rng, nodes, agents)), options=options)


def _node(i: int) -> Node:
    labels = {HOSTNAME: f"n{i}", "disk": "hdd" if i % 4 else "ssd"}
    return Node(f"n{i}", {"cpu": CPU, "memory": MEMORY * MIB, "pods": 110}, labels)


def _amounts(rng: Random, total: int) -> list[int]:
    """One request for each agent, adding up to about `total`; none is more than a third of a node."""
    shares = [rng.uniform(0.2, 1.8) for _ in range(RUNNING + WAITING)]
    return [round(share * total / sum(shares)) for share in shares]


def _agent(rng: Random, i: int, cpu: int, memory: int) -> Agent:
    kind = match_labels({"kind": str(i // KIND_SIZE)})
    asks, chance = {"cpu": cpu, "memory": memory * MIB}, rng.random()
    spec = AgentSpec(
        requests=asks,
        scoring_requests=asks,
        priority=rng.choice(PRIORITIES),
        node_selector={"disk": "ssd"} if chance < 0.2 else {},
        anti_affinity=(AffinityTerm(HOSTNAME, kind, frozenset({"default"})),) if 0.2 <= chance < 0.3 else (),
    )
    return Agent("default", f"a{i}", spec, labels={"kind": str(i // KIND_SIZE)})


def _assigned(rng: Random, nodes: Sequence[Node], agents: Sequence[Agent]) -> Iterator[Agent]:
    """The agents, a random part of them running on random nodes that were open to them."""
    state = ClusterState(Snapshot(nodes=tuple(nodes), agents=tuple(agents)))
    homes: dict[str, str] = {}
    for agent in rng.sample(agents, RUNNING):
        home = rng.choice(feasible(state, agent))
        state.place(agent, home)
        homes[agent.key] = home.name
    for agent in agents:
        yield replace(agent, node_name=homes.get(agent.key, ""))


def held(state: ClusterState) -> Held:
    """How many agents of each priority are on nodes."""
    counts = Counter(agent.spec.priority for agent, _ in state.assignments())
    return tuple(counts[priority] for priority in PRIORITIES)


def decisive(plan: Plan) -> list[Level]:
    """The levels that count agents, in their order."""
    return [level for level in plan.levels if level.name.startswith(("placed/", "evicted/priority"))]


def rank(state: ClusterState, levels: Iterable[Level]) -> tuple[int, ...]:
    """What a state is worth at each level; larger is better."""
    values = level_values(state)
    return tuple(values[level.name] * (1 if level.sense == "maximize" else -1) for level in levels)


@dataclass
class Tally:
    """How it went on many clusters. Evictions and seconds are sums, ours and the baseline's."""

    preempt: bool
    time_limit: float
    outcomes: Counter[str] = field(default_factory=Counter)
    gained: Counter[int] = field(default_factory=Counter)
    evictions: list[int] = field(default_factory=lambda: [0, 0])
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, snapshot: Snapshot) -> None:
        """Run both on one cluster."""
        start = time.perf_counter()
        baseline = schedule(snapshot, preempt=self.preempt)
        middle = time.perf_counter()
        verdict = place(snapshot, Settings(time_limit=self.time_limit, preempt=self.preempt))
        end = time.perf_counter()
        if isinstance(verdict, Refused):
            raise RuntimeError(f"the answer did not verify: {verdict.violations[0]}")
        levels = decisive(verdict.plan)
        ours, theirs = rank(verdict.state, levels), rank(baseline.state, levels)
        if ours != theirs:
            self.outcomes["improved" if ours > theirs else "worse"] += 1
        else:
            self.outcomes["certified" if all(level.proven for level in levels) else "open"] += 1
        pairs = zip(PRIORITIES, held(verdict.state), held(baseline.state), strict=True)
        for priority, mine, other in pairs:
            self.gained[priority] += mine - other
        for i, count in enumerate((len(verdict.plan.evictions), len(baseline.evicted))):
            self.evictions[i] += count
        for i, passed in enumerate((end - middle, middle - start)):
            self.seconds[i] += passed

    def columns(self) -> dict[str, str | float]:
        """What the table says beside the seconds."""
        clusters = max(1, self.outcomes.total())
        counts = {name: self.outcomes[name] for name in ("worse", "improved", "certified", "open")}
        title = f"more of {', '.join(map(str, PRIORITIES))}"
        return {
            **counts,
            title: ", ".join(f"{self.gained[priority]:+d}" for priority in PRIORITIES),
            "evictions, ours/baseline": "/".join(f"{count / clusters:.1f}" for count in self.evictions),
            "seconds, ours/baseline": "/".join(f"{passed / clusters:.2f}" for passed in self.seconds),
        }


def tally(clusters: int, limit: float, preempt: bool) -> Tally:
    """Both on the clusters of the first so many seeds."""
    found = Tally(preempt, limit)
    for seed in range(clusters):
        found.add(cluster(seed))
    return found


def measure(bench: Bench, clusters: int) -> Iterator[Record]:
    """With and without evictions, at each time limit."""
    limits = LIMITS if bench.time_limit is None else (bench.time_limit,)
    for preempt in (True, False):
        for limit in limits:
            found, peak = isolated(tally, clusters, limit, preempt)
            yield Record(
                case="priority",
                size=clusters,
                variant=f"{'evicting' if preempt else 'no evictions'}, {limit:g} s",
                seconds=sum(found.seconds),
                peak_mib=peak,
                limit=limit,
                extra=found.columns(),
            )


register(
    Case(
        name="priority",
        about="four priorities and too little room, beside one agent after the other",
        sizes=(20,),
        full=(200,),
        measure=measure,
        unit="clusters",
    )
)
