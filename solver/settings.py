"""How a round is solved: the knobs of the search, none of which changes what is valid."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """auto picks by size. exact: one model for everything. neighbourhood: improve a part at a time."""

    AUTO = "auto"
    EXACT = "exact"
    NEIGHBOURHOOD = "neighbourhood"


@dataclass(frozen=True)
class Settings:
    """time_limit: wall-clock seconds for the whole solve, model building included.

    workers: 0 means one for each core. deterministic: the same input and seed give the same bytes; work
    is then limited by CP-SAT's deterministic time as well. require_all: an answer that is proven to leave
    agents out is `infeasible`, not `optimal`.
    """

    time_limit: float = 20.0
    workers: int = 0
    seed: int = 0
    deterministic: bool = False
    strategy: Strategy = Strategy.AUTO
    require_all: bool = False

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1
