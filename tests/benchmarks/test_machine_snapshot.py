"""Machine reassignment as a cluster: the plan's level is the official cost, and on tiny instances the least."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from placewright.benchmarks import machine_snapshot
from placewright.benchmarks.machine_reassignment import (
    Balance,
    Instance,
    Machine,
    Process,
    Resource,
    Service,
    cost,
    violations,
)
from placewright.models.rebalance_plan import RebalancePlan
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import VerifiedRebalance

EXAMPLE = Instance(
    resources=(Resource(True, 100), Resource(False, 10)),
    machines=(
        Machine(0, 0, (30, 400), (16, 80), (0, 1, 4, 4)),
        Machine(0, 0, (10, 240), (8, 160), (1, 0, 4, 4)),
        Machine(1, 1, (15, 100), (12, 80), (4, 4, 0, 2)),
        Machine(1, 2, (10, 100), (8, 80), (4, 4, 2, 0)),
    ),
    services=(Service(2, ()), Service(1, (0,))),
    processes=(Process(0, (12, 10), 1000), Process(0, (10, 20), 100), Process(1, (6, 200), 1)),
    balances=(Balance(0, 1, 20, 10),),
    process_weight=1,
    service_weight=10,
    machine_weight=100,
    original=(0, 3, 0),
)
"""That of the official definition, with ways that follow locations and neighborhoods."""


def solved(instance: Instance) -> RebalancePlan:
    verdict = rebalance(
        machine_snapshot.snapshot(instance),
        machine_snapshot.GOALS,
        machine_snapshot.options(instance),
        Settings(time_limit=20.0, workers=1, deterministic=True),
    )
    assert isinstance(verdict, VerifiedRebalance), verdict.violations
    return verdict.plan


def random_instance(rng: Random) -> Instance:
    """Four machines and five processes, with an original assignment that breaks nothing."""
    place = [(rng.randrange(2), rng.randrange(3)) for _ in range(4)]
    place = [(n, 3 * n + location) for n, location in place]
    original = tuple(rng.randrange(4) for _ in range(5))
    services = [rng.randrange(3) for _ in range(5)]
    for p in range(5):
        # A service runs once on a machine at most.
        if any((services[q], original[q]) == (services[p], original[p]) for q in range(p)):
            services[p] = 3 + p
    requires = [(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(5)]

    def used(m: int, r: int) -> int:
        return sum(amounts[r] for amounts, at in zip(requires, original, strict=True) if at == m)

    def machine(m: int) -> Machine:
        (n, location), capacity = place[m], (used(m, 0) + rng.randint(1, 15), used(m, 1) + rng.randint(1, 15))
        ways = tuple(2 * (place[k][0] != n) + (place[k][1] != location) for k in range(4))
        return Machine(n, location, capacity, (rng.randint(0, 9), rng.randint(0, 9)), ways)

    def homes(s: int, axis: int) -> set[int]:
        return {place[m][axis] for m, service in zip(original, services, strict=True) if service == s}

    def service(s: int) -> Service:
        needs = (t for t in range(8) if homes(s, 0) <= homes(t, 0) and rng.random() < 0.3)
        return Service(rng.randint(0, len(homes(s, 1))), tuple(needs))

    return Instance(
        resources=(Resource(rng.random() < 0.5, rng.randint(0, 9)), Resource(False, rng.randint(1, 9))),
        machines=tuple(machine(m) for m in range(4)),
        services=tuple(service(s) for s in range(8)),
        processes=tuple(
            Process(s, amounts, rng.randint(1, 9)) for s, amounts in zip(services, requires, strict=True)
        ),
        balances=(Balance(0, 1, rng.randint(1, 3), rng.randint(0, 4)),),
        process_weight=rng.randint(0, 2),
        service_weight=rng.randint(0, 5),
        machine_weight=rng.randint(0, 2),
        original=original,
    )


def assert_least(instance: Instance) -> None:
    """The plan keeps the definition, says what it costs, and nothing costs less."""
    plan = solved(instance)
    where = machine_snapshot.assignment(instance, plan)
    assert not list(violations(instance, where))
    assert (plan.levels[0].before, plan.levels[0].value) == (
        cost(instance, instance.original),
        cost(instance, where),
    )
    machines = range(len(instance.machines))
    everything = product(machines, repeat=len(instance.processes))
    assert cost(instance, where) == min(
        cost(instance, other) for other in everything if not any(violations(instance, other))
    )


def test_the_example_of_the_definition_is_solved() -> None:
    assert_least(EXAMPLE)


@pytest.mark.parametrize("seed", range(6))
def test_tiny_instances_cost_as_little_as_they_can(seed: int) -> None:
    assert_least(random_instance(Random(seed)))


def test_ways_that_follow_no_labels_are_refused() -> None:
    first = replace(EXAMPLE.machines[0], move_cost=(0, 1, 4, 7))
    with pytest.raises(ValueError, match="does not follow"):
        machine_snapshot.options(replace(EXAMPLE, machines=(first, *EXAMPLE.machines[1:])))
