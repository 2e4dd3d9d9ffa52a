"""Deadlines by the clock and by work done."""

from __future__ import annotations

import time

import pytest

from placewright.solver.clock import Crowding, Deadline, WorkDeadline


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


def test_waiting_for_others_is_seen_and_forgotten() -> None:
    crowding = Crowding()
    time.sleep(0.2)
    _work(0.02)
    assert crowding.factor() > 2.0
    crowding.anew()
    assert crowding.factor() >= 1.0


def test_what_was_long_ago_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, work = [0.0], [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(time, "process_time", lambda: work[0])
    crowding = Crowding()
    found = []
    for seconds, part in ((1.0, 0.1), (1.0, 0.2), (0.3, 0.3), (0.3, 0.3), (0.1, 0.2)):
        clock[0] += seconds
        work[0] += part
        found.append(round(crowding.factor(), 3))
    assert found == [10.0, 6.667, 1.0, 1.0, 1.0]
