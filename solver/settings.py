"""How a round is solved: the knobs of the search, none of which changes what is valid."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum

from placewright.models.errors import UsageError


class Strategy(StrEnum):
    """auto picks by size. exact: one model for everything. neighbourhood: improve a part at a time."""

    AUTO = "auto"
    EXACT = "exact"
    NEIGHBOURHOOD = "neighbourhood"


@dataclass(frozen=True)
class Settings:
    """time_limit: wall-clock seconds for the whole solve, model building included.

    gap: a level is good enough when it is proven to be within this part of its bound; 0: when it is proven.
    workers: 0 means one for each core. deterministic: the same input and seed give the same bytes; work
    is then limited by CP-SAT's deterministic time as well. require_all: an answer that is proven to leave
    agents out is `infeasible`, not `optimal`. preempt: running agents of lower priority may be evicted.
    """

    time_limit: float = 20.0
    gap: float = 0.0
    workers: int = 0
    seed: int = 0
    deterministic: bool = False
    strategy: Strategy = Strategy.AUTO
    require_all: bool = False
    preempt: bool = False

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1


_SECONDS = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<unit>ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_seconds(text: str, option: str) -> float:
    """`30`, `30s`, `500ms`, `2m` or `1h` in seconds. Raises UsageError, which names `option`."""
    found = _SECONDS.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"expected a time such as 30s or 2m, found {text!r}", field=option)
    return float(found["number"]) * _UNITS[found["unit"] or "s"]


_SHARE = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<percent> ?%)?")


def parse_gap(text: str, option: str) -> float:
    """`1%` or `0.01` as a part of one. Raises UsageError, which names `option`."""
    found = _SHARE.fullmatch(text.strip())
    gap = -1.0 if found is None else float(found["number"]) / (100.0 if found["percent"] else 1.0)
    if not 0.0 <= gap < 1.0:
        raise UsageError(f"expected a gap such as 1% or 0.01, found {text!r}", field=option)
    return gap
