"""Processes that work for this one: they answer, and where they die nobody waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from placewright.models.child import LISTENER, Child, Fork, can_fork

DOUBLING = (
    "from placewright.models.child import answer_all; import os;"
    "answer_all(lambda first: lambda n: os._exit(1) if n < 0 else first + 2 * n)"
)


@contextmanager
def doubling(kind: str) -> Iterator[Child | Fork]:
    """Answers 1 more than twice of what it is asked, and dies of what is negative."""
    process: Child | Fork
    if kind == "fork":
        process = Fork(lambda n: os._exit(1) if n < 0 else 1 + 2 * n)
    else:
        process = Child(DOUBLING)
        process.say(1)
    try:
        yield process
    finally:
        process.close()


@pytest.mark.parametrize("kind", ["child", "fork"])
def test_one_question_after_the_other_is_answered(kind: str) -> None:
    with doubling(kind) as process:
        assert [process.ask(n) for n in (1, 5, 0)] == [3, 11, 1]


@pytest.mark.parametrize("kind", ["child", "fork"])
def test_one_that_dies_of_a_question_answers_nothing_any_more(kind: str) -> None:
    with doubling(kind) as process:
        assert process.ask(1) == 3
        assert process.ask(-1) is None
        assert process.ask(1) is None
    assert process.ended


def test_processes_end_with_the_one_that_they_work_for() -> None:
    program = f"""if True:
        import os, signal
        from placewright.models.child import Child, Fork
        forks = [Fork(lambda _: os.getpid()) for _ in range(2)]
        child = Child({DOUBLING!r}.replace("1) if n < 0", "1) if n < 0 else os.getpid() if n == 0"))
        child.say(1)
        print(*(process.ask(0) for process in (*forks, child)), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    working = [int(pid) for pid in ended.stdout.split()]
    assert len(working) == 3, ended.stderr
    until = time.monotonic() + 100
    while any(map(_runs, working)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_runs, working))


def _runs(pid: int) -> bool:
    try:
        # Who has ended and is not waited for by anybody is there, too, as a zombie.
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_fork_that_is_busy_is_broken_off() -> None:
    process = Fork(lambda _: None)
    busy = Fork(time.sleep)
    try:
        busy._pipe.send(600)
    finally:
        busy.close()
        process.close()
    assert busy.ended
    assert process.ended


@pytest.mark.skipif(sys.platform != "linux", reason="forks are for Linux")
@pytest.mark.parametrize(("name", "can"), [(LISTENER, True), ("works", False)])
def test_a_process_may_be_copied_beside_a_thread_that_only_waits_for_ctrl_c(name: str, can: bool) -> None:
    over = threading.Event()
    before = can_fork()
    thread = threading.Thread(target=over.wait, name=name)
    thread.start()
    try:
        assert can_fork() is (before and can)
    finally:
        over.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="forks are for Linux")
def test_the_command_line_can_be_copied_while_it_waits_for_ctrl_c() -> None:
    code = (
        "from placewright.models.child import can_fork\n"
        "from placewright.solver.terminal import interruptible\n"
        "with interruptible(2): print(can_fork())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
