"""Wall-clock: when to stop, and where the time went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

WINDOW = 0.25
"""Seconds of processor time after which what was seen before counts no more."""


class Deadline:
    """A moment after which no new work is started."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def minus(self, seconds: float) -> Deadline:
        """The same moment, or one that is earlier by `seconds` where they are positive."""
        return Deadline(self.remaining() - max(0.0, seconds))

    @property
    def passed(self) -> bool:
        return self.remaining() <= 0.0


class WorkDeadline(Deadline):
    """A deadline that does not pass before this process has had `work` seconds of processor time, too.

    On a crowded machine the clock runs while nothing is done: what has to be done at all goes by work.
    """

    def __init__(self, seconds: float, work: float) -> None:
        super().__init__(seconds)
        self._work_end = time.process_time() + work

    def remaining(self) -> float:
        return max(super().remaining(), self._work_end - time.process_time())


class Crowding:
    """How much longer than its work something takes by the clock, of late: others want the processors, too.

    Never less than 1. Work of several threads is counted for what it is.
    """

    def __init__(self) -> None:
        self._older = self._newer = self._now()

    def anew(self) -> None:
        """Forget what has been seen."""
        self._older = self._newer = self._now()

    def factor(self) -> float:
        """Over the last `WINDOW` to two of them, in seconds of processor time, if there has been as much."""
        now = self._now()
        if now[1] - self._newer[1] >= WINDOW:
            self._older, self._newer = self._newer, now
        clock, work = now[0] - self._older[0], now[1] - self._older[1]
        return max(1.0, clock / work) if work > 0.0 else 1.0

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()


class Phases:
    """Seconds by named phase; entering a name again adds to it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def rounded(self) -> dict[str, float]:
        """The same to the microsecond, as plans have it."""
        return {name: round(seconds, 6) for name, seconds in self.seconds.items()}
