"""Priorities under pressure: placewright's answer beside the sequential baseline's, on random clusters.

    python benchmarks/priority.py --clusters 200 --time-limits 1 10

20 nodes that are alike, 100 running and 150 waiting agents of four priorities, whose cpu or memory adds up to
95 to 110 % of what the nodes have. Requests vary; a fifth may only use a quarter of the nodes, a tenth keeps
apart from its own kind. What is compared is what both order by: agents placed of the highest priority, then
agents evicted of the next, then agents placed of it, and so on down; one of 1000 outweighs everything below.

`worse`: worse than the baseline at the first of these that differs; must be 0. `improved`: better.
`certified`: the same, and proven that nothing is better: the baseline was optimal. `open`: the same, not
proven. Beside them how many more agents of each priority are on nodes in the end, in all clusters together.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

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
class Row:
    """One line of the table. Evictions and seconds are sums over the clusters, ours and the baseline's."""

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
            raise SystemExit(f"the answer did not verify: {verdict.violations[0]}")
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

    def __str__(self) -> str:
        counts = " | ".join(str(self.outcomes[name]) for name in ("worse", "improved", "certified", "open"))
        gained = ", ".join(f"{self.gained[priority]:+d}" for priority in PRIORITIES)
        clusters = max(1, self.outcomes.total())
        evictions = "/".join(f"{count / clusters:.1f}" for count in self.evictions)
        seconds = "/".join(f"{passed / clusters:.2f}" for passed in self.seconds)
        mode = "yes" if self.preempt else "no"
        return f"| {mode} | {self.time_limit:g} | {counts} | {gained} | {evictions} | {seconds} |"


def rows(seeds: Iterable[int], limits: Sequence[float], modes: Sequence[bool]) -> Iterator[Row]:
    """A row for each mode and limit; the limits of one mode see the same clusters."""
    clusters = [cluster(seed) for seed in seeds]
    for preempt in modes:
        for limit in limits:
            row = Row(preempt, limit)
            for snapshot in clusters:
                row.add(snapshot)
            yield row


def main() -> int:
    """Print the table; 1 if a single answer was worse than the baseline's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow")
    parser.add_argument("--time-limits", type=float, nargs="+", default=[1.0, 10.0], metavar="SECONDS")
    parser.add_argument("--preempt", choices=("yes", "no", "both"), default="both")
    arguments = parser.parse_args()
    modes = {"yes": [True], "no": [False], "both": [True, False]}[arguments.preempt]
    names = ", ".join(map(str, PRIORITIES))
    print(
        f"| preempt | limit | worse | improved | certified | open | more of {names} "
        "| evictions, ours/baseline | seconds, ours/baseline |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    worse = 0
    seeds = range(arguments.seed, arguments.seed + arguments.clusters)
    for row in rows(seeds, arguments.time_limits, modes):
        print(row, flush=True)
        worse += row.outcomes["worse"]
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
