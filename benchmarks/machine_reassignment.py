"""Google's machine reassignment problem (ROADEF/EURO challenge 2012): its files, what assignments cost.

The costs and constraints here are those of the official definition, written down once more and without
anything of placewright, so that they judge its answers from outside. Instances are lists of integers:
resources, machines, services, processes, balance objectives, weights. Assignments hold a machine for each
process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resource:
    """transient: a process that moves has it on both machines for a while. weight: of its load cost."""

    transient: bool
    weight: int


@dataclass(frozen=True)
class Machine:
    """capacity, safety: by resource. move_cost: to each machine."""

    neighborhood: int
    location: int
    capacity: tuple[int, ...]
    safety: tuple[int, ...]
    move_cost: tuple[int, ...]


@dataclass(frozen=True)
class Service:
    """spread: in how many locations it runs at least. needs: services that its processes run near."""

    spread: int
    needs: tuple[int, ...]


@dataclass(frozen=True)
class Process:
    service: int
    requires: tuple[int, ...]
    move_cost: int


@dataclass(frozen=True)
class Balance:
    """For each unit that is free of `first` there are to be `target` units free of `second`."""

    first: int
    second: int
    target: int
    weight: int


@dataclass(frozen=True)
class Instance:
    """One instance with its original assignment, and the weights of the three costs of moves."""

    resources: tuple[Resource, ...]
    machines: tuple[Machine, ...]
    services: tuple[Service, ...]
    processes: tuple[Process, ...]
    balances: tuple[Balance, ...]
    process_weight: int
    service_weight: int
    machine_weight: int
    original: tuple[int, ...]


def read(model: Path, assignment: Path) -> Instance:
    """Raises ValueError where a file holds more or fewer numbers than it says."""
    numbers = _Numbers(model.read_text(encoding="utf-8"))
    resources = tuple(Resource(bool(numbers.one()), numbers.one()) for _ in range(numbers.one()))
    count = numbers.one()
    machines = tuple(
        Machine(
            numbers.one(),
            numbers.one(),
            numbers.many(len(resources)),
            numbers.many(len(resources)),
            numbers.many(count),
        )
        for _ in range(count)
    )
    services = tuple(Service(numbers.one(), numbers.many(numbers.one())) for _ in range(numbers.one()))
    processes = tuple(
        Process(numbers.one(), numbers.many(len(resources)), numbers.one()) for _ in range(numbers.one())
    )
    balances = tuple(Balance(*numbers.many(4)) for _ in range(numbers.one()))
    process, service, machine = numbers.many(3)
    numbers.end()
    original = tuple(map(int, assignment.read_text(encoding="utf-8").split()))
    if len(original) != len(processes):
        raise ValueError(f"{assignment}: {len(original)} processes, {model} has {len(processes)}")
    return Instance(resources, machines, services, processes, balances, process, service, machine, original)


class _Numbers:
    def __init__(self, text: str) -> None:
        self._numbers = tuple(map(int, text.split()))
        self._at = 0

    def many(self, count: int) -> tuple[int, ...]:
        found = self._numbers[self._at : self._at + count]
        if len(found) < count:
            raise ValueError("the file ends too early")
        self._at += count
        return found

    def one(self) -> int:
        return self.many(1)[0]

    def end(self) -> None:
        if self._at != len(self._numbers):
            raise ValueError(f"{len(self._numbers) - self._at} numbers too many")


def violations(instance: Instance, where: Sequence[int]) -> Iterator[str]:
    """Every constraint of the definition that an assignment breaks."""
    yield from _over_capacity(instance, where)
    locations: dict[int, set[int]] = {s: set() for s in range(len(instance.services))}
    near: dict[int, set[int]] = {s: set() for s in range(len(instance.services))}
    on: Counter[tuple[int, int]] = Counter()
    for process, m in zip(instance.processes, where, strict=True):
        locations[process.service].add(instance.machines[m].location)
        near[process.service].add(instance.machines[m].neighborhood)
        on[process.service, m] += 1
    for (service, m), count in on.items():
        if count > 1:
            yield f"conflict: {count} processes of service {service} on machine {m}"
    for s, service_ in enumerate(instance.services):
        if len(locations[s]) < service_.spread:
            yield f"spread: service {s} in {len(locations[s])} locations, not {service_.spread}"
        for other in service_.needs:
            if not near[s] <= near[other]:
                yield f"dependency: service {s} where service {other} is not"


def _over_capacity(instance: Instance, where: Sequence[int]) -> Iterator[str]:
    """Also while processes move: transient resources are then in use on both machines."""
    for r, resource in enumerate(instance.resources):
        used = [0] * len(instance.machines)
        for process, now, before in zip(instance.processes, where, instance.original, strict=True):
            for m in {now, before} if resource.transient else {now}:
                used[m] += process.requires[r]
        for m, machine in enumerate(instance.machines):
            if used[m] > machine.capacity[r]:
                yield f"capacity: {used[m]} of resource {r} on machine {m}, which has {machine.capacity[r]}"


def cost(instance: Instance, where: Sequence[int]) -> int:
    """The total objective cost of an assignment."""
    used = [[0] * len(instance.resources) for _ in instance.machines]
    for process, m in zip(instance.processes, where, strict=True):
        for r, amount in enumerate(process.requires):
            used[m][r] += amount
    total = 0
    for machine, amounts in zip(instance.machines, used, strict=True):
        for r, resource in enumerate(instance.resources):
            total += resource.weight * max(0, amounts[r] - machine.safety[r])
        free = [have - amount for have, amount in zip(machine.capacity, amounts, strict=True)]
        for b in instance.balances:
            total += b.weight * max(0, b.target * free[b.first] - free[b.second])
    return total + _move_cost(instance, where)


def _move_cost(instance: Instance, where: Sequence[int]) -> int:
    """What moving costs: by process, by the service with most moves, and from machine to machine."""
    total = 0
    moved: Counter[int] = Counter()
    for process, now, before in zip(instance.processes, where, instance.original, strict=True):
        if now != before:
            moved[process.service] += 1
            total += instance.process_weight * process.move_cost
            total += instance.machine_weight * instance.machines[before].move_cost[now]
    return total + instance.service_weight * max(moved.values(), default=0)
