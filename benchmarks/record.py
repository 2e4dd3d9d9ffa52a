"""What one run gave, and the file of a whole session's records."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from placewright import __version__
from placewright.models.plan import Plan


@dataclass(frozen=True)
class LevelRecord:
    """One level of the objective; `gap` is a share, 0 when proven."""

    name: str
    sense: str
    value: int
    bound: int
    gap: float


@dataclass(frozen=True)
class Record:
    """One run. `phases` and `seconds` are wall-clock, `seconds` of the whole command; `work` is the seconds
    of processor time that it took; `peak_mib` is the largest resident set of one of its processes. `limit` is
    the time limit it had. `implied`: seconds that somebody else's published figure implies for the same work.
    `extra`: more columns, by title.
    """

    case: str
    size: int
    variant: str = ""
    status: str = ""
    pending: int = 0
    placed: int = 0
    seconds: float = 0.0
    work: float = 0.0
    peak_mib: float = 0.0
    limit: float = 0.0
    implied: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    levels: tuple[LevelRecord, ...] = ()
    extra: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.case, self.variant, self.size)

    @property
    def placed_gap(self) -> float | None:
        """The widest gap of the levels that count placed agents."""
        return max((level.gap for level in self.levels if level.sense == "maximize"), default=None)

    @property
    def last_gap(self) -> float | None:
        """The gap of the last level, the scores as a rule."""
        return self.levels[-1].gap if self.levels and self.levels[-1].sense == "minimize" else None


def level_records(plan: Plan) -> tuple[LevelRecord, ...]:
    """A plan's levels as records."""
    return tuple(LevelRecord(lv.name, lv.sense, lv.value, lv.bound, lv.gap) for lv in plan.levels)


def record_from(values: dict[str, Any]) -> Record:
    """A record as it was written to a file."""
    return Record(**{**values, "levels": tuple(LevelRecord(**level) for level in values["levels"])})


def write_results(path: Path, records: Sequence[Record]) -> None:
    """All records so far, with what they were measured on."""
    document = {"machine": machine(), "records": [asdict(record) for record in records]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> tuple[Record, ...]:
    """The records of a file. Raises ValueError if it is not one of ours."""
    try:
        return tuple(
            record_from(values) for values in json.loads(path.read_text(encoding="utf-8"))["records"]
        )
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a file of results ({error})") from None


def machine() -> dict[str, str | float | int]:
    """Where and with what it was measured. A load at the start means that others were working, too."""
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False)
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "placewright": __version__,
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        **{name: version(name) for name in ("numpy", "ortools")},
    }
