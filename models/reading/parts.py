"""A long list read by several processes: each condenses the Pods of one part of the file after another.

Where a part's first item begins is a guess. It is right if the part before it ends just there, and that is
known once that one was read. Whatever is not certain about a part (a wrong guess, a Pod that is odd, text
that is broken, a process that died) is found out by reading that part here, as if there were nobody else: so
what is read, and what is told of what is wrong, is the same as with one process.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from placewright.models.child import Child, cores
from placewright.models.reading import limits
from placewright.models.reading.condense import Shape
from placewright.models.reading.files import LargeFile
from placewright.models.reading.items import Items, ItemText, parsed
from placewright.models.reading.part_reader import Part, Task
from placewright.models.reading.takes import Takes

MOST_PROCESSES = 8
"""One process takes what they read; more of them would wait for it."""
_FIRST = 2**16
"""Bytes that are read before others are asked to."""
_AHEAD = 2
"""Parts for each process that may be read before they are taken."""
_PROGRAM = "from placewright.models.reading.part_reader import main; main()"


def items_in_parts(text: ItemText, of: Items, pods: Takes | None) -> Iterator[Any]:
    """All items from here on, taken by `pods`.

    What follows the last one, a bracket or what should be one, is not taken.
    """
    file = text.blob.content
    text.more = True
    if isinstance(file, LargeFile) and pods is not None and file.size() >= limits.PARTED:
        number = min(cores(), MOST_PROCESSES)
        # The first items show what stands between them.
        yield from text.items(of, text.position + _FIRST)
        if number > 1 and text.more and text.gap is not None:
            with _Readers(Task(file, of, text.gap, pods.fields), number) as readers:
                yield from _as_read(text, of, pods, readers)
    if text.more:
        yield from text.items(of)


def _as_read(text: ItemText, of: Items, pods: Takes, readers: _Readers) -> Iterator[Any]:
    """The items of one part after the other, `text` always where they end."""
    for until, process, part in readers.parts(text.position):
        if text.position >= until:
            continue
        if part is not None and part.start == text.position and process.knows(part, pods):
            for item in part.items:
                yield parsed(item) if isinstance(item, bytes) else pods.adopt(process.shapes[item[0]], item)
            text.jump(part.end)
            text.more = part.more
        else:
            yield from text.items(of, until)
        if not text.more:
            return


class _Process:
    """One process that reads parts."""

    def __init__(self, task: Task) -> None:
        self._start_empty()
        self._child = Child(_PROGRAM)
        self._child.say(task)

    def _start_empty(self) -> None:
        self.shapes: list[Any] = []
        """What the shapes are that it has told, as far as somebody wanted to know; None for an odd one."""
        self._told: list[Shape] = []

    def read(self, start: int, until: int) -> Part | None:
        """A part; None where it found none, or has died."""
        return self._taken(self._child.ask((start, until)))

    def _taken(self, part: Part | None) -> Part | None:
        if part is not None:
            self._told += part.shapes
        return part

    def knows(self, part: Part, pods: Takes) -> bool:
        """Whether all shapes in a part are ones that Pods can have."""
        numbers = {item[0] for item in part.items if isinstance(item, tuple)}
        self.shapes += map(pods.shape, self._told[len(self.shapes) : max(numbers, default=-1) + 1])
        return all(self.shapes[number] is not None for number in numbers)

    def end(self) -> None:
        self._child.end()

    def close(self) -> None:
        self._child.close()


class _Readers:
    """Processes that read the parts of one list."""

    def __init__(self, task: Task, number: int) -> None:
        self._size = task.file.size()
        self._pool = ThreadPoolExecutor(number)
        self._processes: list[_Process] = []
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        with contextlib.suppress(OSError):  # none can be started: all is read here
            for _ in range(number):
                self._processes.append(_Process(task))
        for process in self._processes:
            self._idle.put(process)

    def __enter__(self) -> _Readers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.end()
        self._pool.shutdown(cancel_futures=True)
        for process in self._processes:
            process.close()

    def parts(self, start: int) -> Iterator[tuple[int, _Process, Part | None]]:
        """Where each part ends, who read it, and what it holds: in order, from the byte `start` on."""
        if not self._processes:
            return
        waiting: deque[tuple[int, Future[tuple[_Process, Part | None]]]] = deque()
        for at in range(start, self._size, limits.PART):
            waiting.append((at + limits.PART, self._pool.submit(self._read, at, at + limits.PART)))
            if len(waiting) > _AHEAD * len(self._processes):
                until, future = waiting.popleft()
                yield until, *future.result()
        for until, future in waiting:
            yield until, *future.result()

    def _read(self, start: int, until: int) -> tuple[_Process, Part | None]:
        process = self._idle.get()
        try:
            return process, process.read(start, until)
        finally:
            self._idle.put(process)
