"""Deadlines by the clock and by work done."""

from __future__ import annotations

import time

from placewright.solver.clock import Deadline, WorkDeadline


def _work(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_deadline_passes_by_the_clock() -> None:
    assert Deadline(0.0).passed
    assert not Deadline(60.0).passed


def test_time_without_work_does_not_use_up_what_work_is_promised() -> None:
    deadline = WorkDeadline(0.0, work=0.05)
    time.sleep(0.1)
    assert not deadline.passed
    _work(0.06)
    assert deadline.passed


def test_work_is_not_cut_short_while_there_is_time_on_the_clock() -> None:
    deadline = WorkDeadline(60.0, work=0.0)
    _work(0.01)
    assert not deadline.passed
