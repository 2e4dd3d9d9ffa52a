"""Another Python process that works for this one: it is told things, one after the other, and answers each.

A `Child` runs this very program, starts with nothing of what this process holds, and speaks by its standard
input and output. A `Fork` is there at once and shares what this process holds.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from typing import Any


class Child:
    """A process that runs `program`, Python code that calls `answer_all`.

    Raises OSError where it cannot be started.
    """

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            (sys.executable or "", "-P", "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, what: object) -> Any:
        """Tell it something and wait for the answer; None where it has died, perhaps in the middle of it."""
        self.say(what)
        try:
            return pickle.load(self._process.stdout)  # type: ignore[arg-type] # noqa: S301
        except Exception:
            self.end()
            return None

    def say(self, what: object) -> None:
        """Tell it something that has no answer."""
        # One that has died is found out by what it does not answer.
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(pickle.dumps(what, pickle.HIGHEST_PROTOCOL))
                self._process.stdin.flush()

    def end(self) -> None:
        """Break it off, whatever it does."""
        self._process.kill()

    @property
    def ended(self) -> bool:
        """Whether it has come to its end, by itself or broken off, and was let go of."""
        return self._process.returncode is not None

    def close(self) -> None:
        """Break it off and let go of it; nobody may be waiting for an answer any more."""
        self.end()
        with contextlib.suppress(OSError), self._process:  # waits, and closes the pipes
            pass


class Fork:
    """A copy of this process that answers with `answer`. Raises OSError where there can be none.

    Only where it can be (`can_fork`): threads that work are left behind in the middle of anything.
    """

    def __init__(self, answer: Callable[[Any], object]) -> None:
        context = get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_answer_pipe, args=(self._pipe, theirs, answer), daemon=True)
        with warnings.catch_warnings():
            # Threads of numpy's linear algebra are counted; it takes care of forks by itself.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def ask(self, what: object) -> Any:
        """As a `Child` does."""
        try:
            self._pipe.send(what)
            return self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            return None

    def end(self) -> None:
        """Break it off, whatever it does."""
        self._process.kill()

    @property
    def ended(self) -> bool:
        """Whether it has come to its end, by itself or broken off."""
        return not self._process.is_alive()

    def close(self) -> None:
        """Break it off and let go of it; nobody may be waiting for an answer any more."""
        self.end()
        self._process.join()
        self._pipe.close()


LISTENER = "waits for Ctrl-C"
"""The name of a thread that waits and holds nothing meanwhile: a copy of this process does without it."""


def can_fork() -> bool:
    """Whether a copy of this process is a sound one, and allowed."""
    working = [thread for thread in threading.enumerate() if thread.name != LISTENER]
    # Elsewhere forks exist, but system libraries do not bear them.
    return sys.platform == "linux" and len(working) == 1 and not current_process().daemon


def _answer_pipe(others: Connection, pipe: Connection, answer: Callable[[Any], object]) -> None:
    # This is the end of it once nobody else has the other end, which forks have, too.
    others.close()
    # Whoever waits for Ctrl-C waits in the process that this is a copy of.
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(answer(pipe.recv()))


def answer_all(start: Callable[[Any], Callable[[Any], object]]) -> None:
    """For the process itself: `start` takes what it is told first, and gives what answers all that follows.

    Ends when the one that started it closes its input, or is no more.
    """
    # Ctrl-C is for the process that is being waited for.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(EOFError, BrokenPipeError):
        answer = start(pickle.load(source))  # noqa: S301 - from the process that started this one
        while True:
            told = pickle.load(source)  # noqa: S301
            pickle.dump(answer(told), sink, pickle.HIGHEST_PROTOCOL)
            sink.flush()


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
