"""A process that reads parts of a long list, and sends back what it found in short.

It is started by `parts`, is told its task and then one part after another on its standard input, and ends
with that. It imports nothing heavy: it is there before a part's worth of text is read.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from placewright.models.child import answer_all
from placewright.models.errors import InputError
from placewright.models.reading.condense import Condensed, Condenser, Fields, Shape
from placewright.models.reading.files import Blob, LargeFile
from placewright.models.reading.items import Gap, Items, ItemText, NotStreamedError
from placewright.models.reading.spec_texts import Match


@dataclass(frozen=True)
class Task:
    """What has to be known of a list to read parts of it."""

    file: LargeFile
    of: Items
    gap: Gap
    fields: Fields


class Part(NamedTuple):
    """What was read: items from the byte `start` to `end`, and whether another one begins there.

    An item is condensed or, where it could not be, its text. `shapes`: those that are new.
    """

    start: int
    end: int
    more: bool
    shapes: list[Shape]
    items: list[Condensed | bytes]


class PartReader:
    """Reads parts of one list."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._condenser = Condenser(task.fields)
        self._sent = 0

    def match(self, text: bytes, at: int, kind: str) -> Match | None:
        """Where the spec of the Pod that begins at `at` lies, if that is known already."""
        return self._condenser.match(text, at, kind)

    def take(
        self, text: bytes, at: int, end: int, kind: str, version: str, match: Match | None
    ) -> Condensed | bytes:
        """The Pod that a stretch of JSON text is, condensed, or the text. Raises orjson.JSONDecodeError."""
        found = self._condenser.text(text, at, end, kind, version, match)
        return found if isinstance(found, tuple) else text[at:end]

    def read(self, start: int, until: int) -> Part | None:
        """The items that begin from `start` on and before `until`, as far as one can tell from there.

        None where that is nothing, or not certain.
        """
        file = self._task.file
        text = ItemText(Blob(file.source, PurePosixPath(file.name), file, named=True), self)
        text.gap = self._task.gap
        try:
            if not text.guess(start) or text.position >= until:
                return None
            first = text.position
            items = list(text.items(self._task.of, until))
        except (NotStreamedError, InputError):
            return None
        shapes = self._condenser.shapes[self._sent :]
        self._sent += len(shapes)
        return Part(first, text.position, text.more, shapes, items)


def main() -> None:
    """Read the parts that standard input names until it ends."""
    gc.disable()
    answer_all(_reader)


def _reader(task: Task) -> Callable[[tuple[int, int]], Part | None]:
    reader = PartReader(task)
    return lambda asked: reader.read(*asked)
