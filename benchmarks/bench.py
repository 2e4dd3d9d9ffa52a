"""How a case measures: input files that are written once, and commands in processes of their own."""

from __future__ import annotations

import hashlib
import inspect
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from placewright.benchmarks.record import Record, level_records
from placewright.models.plan_file import read_plan

T = TypeVar("T")
OTHER = "start and emit"
"""What is left of the whole command when its phases are taken off: starting Python, writing the plan."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    work: seconds of processor time. peak_mib: the largest resident set of it or of one of its children.
    """

    seconds: float
    work: float
    peak_mib: float
    code: int
    errors: str


@dataclass(frozen=True)
class Bench:
    """Where files are kept, where public data is, and a time limit for all cases instead of their own."""

    cache: Path
    data: Path
    time_limit: float | None = None
    options: tuple[str, ...] = ()

    def limit(self, own: float) -> float:
        """The time limit of a case whose own is `own`."""
        return own if self.time_limit is None else self.time_limit

    def file(self, name: str, write: Callable[[BinaryIO], None]) -> Path:
        """A file that `write` makes, kept under this name until the code that makes it changes."""
        stem, dot, suffix = name.partition(".")
        path = self.cache / f"{stem}-{_digest(write)}{dot}{suffix}"
        if not path.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            for old in self.cache.glob(f"{stem}-????????{dot}{suffix}"):
                old.unlink()
            partial = path.with_suffix(".partial")
            with partial.open("wb") as stream:
                write(stream)
            partial.replace(path)
        return path

    def place(
        self,
        case: str,
        size: int,
        inputs: Sequence[Path],
        options: Sequence[str] = (),
        *,
        limit: float,
        variant: str = "",
        implied: float | None = None,
        keep: Path | None = None,
    ) -> Record:
        """`placewright place` as a user runs it, from files to a written plan, which is kept in `keep`.

        Raises RuntimeError if no plan comes out.
        """
        seconds = self.limit(limit)
        with tempfile.TemporaryDirectory() as folder:
            out = keep or Path(folder) / "plan.json"
            command = ["place", *map(str, inputs), *options, *self.options]
            ran = placewright(*command, "--time-limit", f"{seconds:g}s", "-o", "json", "--out", str(out))
            if ran.code not in (0, 3) or not out.exists():
                raise RuntimeError(f"{case} {size}: exit code {ran.code}: {ran.errors.strip()[-500:]}")
            plan = read_plan(str(out))
        phases = dict(plan.timing)
        evicted = {eviction.key for eviction in plan.evictions}
        placed = sum(binding.key not in evicted for binding in plan.bindings)
        return Record(
            case=case,
            size=size,
            variant=variant,
            status=plan.status,
            pending=placed + len(plan.unplaced),
            placed=placed,
            seconds=ran.seconds,
            work=ran.work,
            peak_mib=ran.peak_mib,
            limit=seconds,
            implied=implied,
            phases={**phases, OTHER: ran.seconds - sum(phases.values())},
            levels=level_records(plan),
            extra={"evicted": len(evicted)} if evicted else {},
        )


def placewright(*arguments: str) -> Finished:
    """The command line in a process of its own."""
    return run([sys.executable, "-m", "placewright", *arguments])


def run(command: Sequence[str]) -> Finished:
    """Any command, timed; what it prints is dropped, what it complains about kept."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    work = usage.ru_utime + usage.ru_stime
    return Finished(seconds, work, usage.ru_maxrss / 1024, process.returncode, text)


def isolated(function: Callable[..., T], *arguments: object) -> tuple[T, float]:
    """What a function of a module gives in a process of its own, and that process's peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_peak, function, arguments).result()


def _with_peak(function: Callable[..., T], arguments: Sequence[object]) -> tuple[T, float]:
    return function(*arguments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _digest(function: Callable[..., object]) -> str:
    """Of the code that writes a file: the function's module, and what it takes from others of its kind."""
    module = inspect.getmodule(function.func if isinstance(function, partial) else function)
    used = {module, *(inspect.getmodule(value) for value in vars(module).values())}
    sources = sorted(inspect.getsource(m) for m in used if m and m.__name__.startswith(_WRITERS))
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:8]


_WRITERS = ("placewright.benchmarks.cases.", "placewright.benchmarks.objects")
