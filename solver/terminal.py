"""The process at its terminal: what it writes, a reader that goes away, Ctrl-C while native code works."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from placewright.models.child import LISTENER

GRACE = 0.5
"""Seconds that the main thread has to end by itself, cleaning up as it goes."""


def prepare_streams() -> None:
    """A reader that goes away ends us quietly; what a terminal cannot show is escaped, never a fault."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_bytes(content: bytes) -> None:
    """To standard output as it is: what machines read is UTF-8 whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


@contextmanager
def interruptible(code: int) -> Iterator[None]:
    """Within it, an interrupt that the main thread does not act on soon ends the process with `code`.

    Python raises KeyboardInterrupt only after native code returns, and a solve may take its whole time
    limit. Does nothing where signals do not reach a thread.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    over = threading.Event()
    threading.Thread(target=_listen, args=(reading, over, code), name=LISTENER, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        os.close(writing)


def _listen(reading: int, over: threading.Event, code: int) -> None:
    with open(reading, "rb", buffering=0) as numbers:
        while number := numbers.read(1):
            if number[0] == signal.SIGINT and not over.wait(GRACE):
                wiped = "\r\x1b[2K" if sys.stderr.isatty() else ""
                sys.stderr.write(f"{wiped}error: interrupted\n")
                sys.stderr.flush()
                os._exit(code)
