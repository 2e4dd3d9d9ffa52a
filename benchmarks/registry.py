"""What can be measured: every module of `cases` registers its own."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch

from placewright.benchmarks import cases
from placewright.benchmarks.bench import Bench
from placewright.benchmarks.record import Record

Measure = Callable[[Bench, int], Iterable[Record]]


@dataclass(frozen=True)
class Case:
    """One benchmark. `sizes` are for `make bench`, `full` for `make bench-full`, counted in `unit`.

    `measure` runs one size and gives a record for each variant of it.
    """

    name: str
    about: str
    sizes: tuple[int, ...]
    full: tuple[int, ...]
    measure: Measure
    unit: str = "nodes"


_CASES: dict[str, Case] = {}


def register(case: Case) -> None:
    """Make a case known. Raises ValueError if its name is taken."""
    if case.name in _CASES:
        raise ValueError(f"two benchmarks are called {case.name}")
    _CASES[case.name] = case


def all_cases() -> tuple[Case, ...]:
    """Every case there is, by name."""
    for module in pkgutil.iter_modules(cases.__path__, f"{cases.__name__}."):
        importlib.import_module(module.name)
    return tuple(_CASES[name] for name in sorted(_CASES))


def chosen(patterns: Iterable[str]) -> tuple[Case, ...]:
    """The cases that one of the shell patterns matches; all without any. Raises ValueError for none."""
    known, wanted = all_cases(), tuple(patterns)
    for pattern in wanted:
        if not any(fnmatch(case.name, pattern) for case in known):
            raise ValueError(
                f"no benchmark is called {pattern}; there are {', '.join(c.name for c in known)}"
            )
    return tuple(c for c in known if not wanted or any(fnmatch(c.name, pattern) for pattern in wanted))
