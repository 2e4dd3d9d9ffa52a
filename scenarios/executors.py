"""Who does the work: this process, several of them, or a Ray cluster. Answers keep the order of the jobs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from placewright.models.errors import UsageError

J = TypeVar("J")
D = TypeVar("D")

RAY = "ray"


class Executor(Protocol):
    """Does jobs that do not depend on each other."""

    def map(self, function: Callable[[J], D], jobs: Sequence[J]) -> Iterator[D]:
        """`function` of each job, in the order of the jobs."""
        ...

    @property
    def at_once(self) -> int:
        """How many jobs share this machine's cores."""
        ...


@dataclass(frozen=True)
class Processes:
    """`number` processes on this machine; with one of them it is this one."""

    number: int = 1

    @property
    def at_once(self) -> int:
        return self.number

    def map(self, function: Callable[[J], D], jobs: Sequence[J]) -> Iterator[D]:
        if min(self.number, len(jobs)) <= 1:
            yield from map(function, jobs)
            return
        # Spawned, not forked: the solver has threads, which a fork would leave behind.
        with ProcessPoolExecutor(min(self.number, len(jobs)), mp_context=get_context("spawn")) as pool:
            yield from pool.map(function, jobs)


@dataclass(frozen=True)
class RayCluster:
    """A Ray cluster at `address`; "" is one that is made for the occasion on this machine.

    `cores`: what one job reserves on the node that it runs on. placewright must be installed on every node.
    """

    address: str = ""
    cores: int = 1

    @property
    def at_once(self) -> int:
        return max(1, (os.cpu_count() or 1) // self.cores)

    def map(self, function: Callable[[J], D], jobs: Sequence[J]) -> Iterator[D]:
        ray = _ray()
        own = not ray.is_initialized()
        if own:
            _connect(ray, self.address)
        try:
            remote = ray.remote(num_cpus=self.cores)(function)
            waiting = [remote.remote(job) for job in jobs]
            for reference in waiting:
                yield ray.get(reference)
        finally:
            if own:
                ray.shutdown()


def _ray() -> Any:
    if find_spec(RAY) is None:
        raise UsageError("Ray is not installed: pip install 'placewright[ray]'", field="--executor ray")
    import ray  # noqa: PLC0415 - an optional extra

    return ray


def _connect(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "configure_logging": False}
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            ray.init(include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UsageError(f"no Ray cluster answers: {error}", field=f"--executor ray:{address}") from None


def executor(named: str, processes: int, workers: int) -> Executor:
    """What `--executor` names: `processes`, `ray` or `ray:ADDRESS`. Raises UsageError for anything else."""
    kind, _, address = named.partition(":")
    if kind == RAY:
        _ray()
        return RayCluster(address, max(1, workers))
    if named != "processes":
        raise UsageError(f"expected processes, ray or ray:ADDRESS, found {named!r}", field="--executor")
    return Processes(processes)
