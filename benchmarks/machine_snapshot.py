"""Machine reassignment as a cluster that runs: machines are nodes, processes agents, services workloads.

capacity             allocatable amounts
conflict             anti-affinity of a service to itself on a machine
spread               the service's min domains of the location
dependency           near: somebody of the other service in the neighborhood
transient resources  in use on both nodes, as all move at once
load cost            SoftCapacity, with the safety capacity as soft capacity
balance cost         FreeRatio
process move cost    the agent's own move weight
machine move cost    distance: what leaving a machine, a location and a neighborhood costs
service move cost    what each move of the workload costs of which most agents move
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from placewright.benchmarks.machine_reassignment import Instance, Machine
from placewright.models.agent import Agent, AgentSpec, OwnerReference, Phase
from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Pricing, Surcharges
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.profile import FreeRatio, Profile, Rate
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot

HOSTNAME = "kubernetes.io/hostname"
LOCATION, NEIGHBORHOOD = "example.com/location", "example.com/neighborhood"
SERVICE = "service"
NAMESPACE = "default"
GOALS = Goals((Goal.HEADROOM,))


def snapshot(instance: Instance) -> Snapshot:
    """The cluster with the original assignment, and the weights of load and balance as its profile."""
    profile = Profile(
        name="machine-reassignment",
        soft_capacity={_name(r): Rate(x.weight) for r, x in enumerate(instance.resources) if x.weight},
        free_ratios=tuple(
            FreeRatio(_name(b.first), 1, _name(b.second), b.target, Rate(b.weight))
            for b in instance.balances
            if b.weight
        ),
    )
    nodes = tuple(_node(instance, m, machine) for m, machine in enumerate(instance.machines))
    specs = [_spec(instance, s) for s in range(len(instance.services))]
    agents = tuple(
        Agent(
            namespace=NAMESPACE,
            name=f"p{p}",
            uid=f"p{p}",
            spec=_asking(specs[process.service], process.requires),
            labels={SERVICE: f"s{process.service}"},
            node_name=f"m{m}",
            phase=Phase.RUNNING,
            owner=OwnerReference("ReplicaSet", f"s{process.service}"),
            move_weight=instance.process_weight * process.move_cost,
        )
        for p, (process, m) in enumerate(zip(instance.processes, instance.original, strict=True))
    )
    return Snapshot(nodes=nodes, agents=agents, options=Options(profile=profile))


def options(instance: Instance) -> RebalanceOptions:
    """All move at once; moves cost what the instance says. Raises ValueError where ways are no distances."""
    double = tuple(_name(r) for r, resource in enumerate(instance.resources) if resource.transient)
    surcharges = Surcharges(_distance(instance), instance.service_weight)
    policy = MovePolicy(min_age=0, discipline=Discipline.AT_ONCE, double=double)
    return RebalanceOptions(policy, pricing=Pricing.OWN, surcharges=surcharges)


def assignment(instance: Instance, plan: RebalancePlan) -> tuple[int, ...]:
    """A machine for each process, as the definition writes it."""
    where = list(instance.original)
    for move in plan.all_moves:
        where[int(move.agent[1:])] = int(move.to_node[1:])
    return tuple(where)


def _name(resource: int) -> str:
    return f"example.com/r{resource}"


def _amounts(amounts: Sequence[int]) -> dict[str, int]:
    return {_name(r): amount for r, amount in enumerate(amounts)}


def _node(instance: Instance, index: int, machine: Machine) -> Node:
    return Node(
        name=f"m{index}",
        allocatable={**_amounts(machine.capacity), "pods": len(instance.processes)},
        labels={
            HOSTNAME: f"m{index}",
            LOCATION: f"l{machine.location}",
            NEIGHBORHOOD: f"n{machine.neighborhood}",
        },
        soft_capacity=_amounts(machine.safety),
    )


def _spec(instance: Instance, index: int) -> AgentSpec:
    """What all processes of a service have in common."""
    service = instance.services[index]
    own = AffinityTerm(HOSTNAME, match_labels({SERVICE: f"s{index}"}), frozenset({NAMESPACE}))
    several = sum(process.service == index for process in instance.processes) > 1
    near = (
        AffinityTerm(NEIGHBORHOOD, match_labels({SERVICE: f"s{other}"}), frozenset({NAMESPACE}))
        for other in service.needs
    )
    return AgentSpec(
        anti_affinity=(own,) if several else (),
        min_domains=((LOCATION, service.spread),) if service.spread > 1 else (),
        near=tuple(near),
    )


def _asking(spec: AgentSpec, requires: Sequence[int]) -> AgentSpec:
    """The same with amounts of its own."""
    return AgentSpec(
        requests={name: amount for name, amount in _amounts(requires).items() if amount},
        anti_affinity=spec.anti_affinity,
        min_domains=spec.min_domains,
        near=spec.near,
    )


def _distance(instance: Instance) -> dict[str, int]:
    """What leaving a machine, its location and its neighborhood costs, so that ways cost what they should."""
    machines = instance.machines
    cost: dict[tuple[bool, bool], int] = {}
    for a, b in permutations(range(len(machines)), 2):
        left = _leaves(machines[a], machines[b])
        if cost.setdefault(left, machines[a].move_cost[b]) != machines[a].move_cost[b]:
            raise ValueError("what ways between machines cost does not follow locations and neighborhoods")
    machine = cost.get((False, False), 0)
    location = cost.get((True, False), machine) - machine
    neighborhood = cost.get((True, True), machine + location) - machine - location
    alone = cost.get((False, True), machine + neighborhood)
    if min(machine, location, neighborhood) < 0 or alone != machine + neighborhood:
        raise ValueError("what ways between machines cost does not add up by location and neighborhood")
    weight = instance.machine_weight
    return {HOSTNAME: weight * machine, LOCATION: weight * location, NEIGHBORHOOD: weight * neighborhood}


def _leaves(source: Machine, target: Machine) -> tuple[bool, bool]:
    """Whether a way leaves the location, and whether it leaves the neighborhood."""
    return source.location != target.location, source.neighborhood != target.neighborhood
