"""The text of large JSON, object by object, while it is read.

An item's end is guessed from what stood between the items before it, and the parser says whether the guess
is right: what parses as one object from its first byte on ends where it ends. Where it is not, braces are
counted. So neither the text nor the objects are ever in memory at once, and each byte is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from placewright.models.reading import limits
from placewright.models.reading.files import Blob
from placewright.models.reading.spec_texts import Match
from placewright.models.reading.takes import Matches

_BLANKS = re.compile(rb"[ \t\r\n]*+")
_NEXT_ITEM = re.compile(rb"[ \t\r\n]*+,?[ \t\r\n]*+\{")
_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
"""Up to the next brace that is not inside a string."""
_NEAR = 2**16
"""Bytes in which an item's end is looked for before braces are counted."""
_LONGEST_GAP = 200
"""Bytes around the end of an item that may be learnt from."""
OPEN, _COMMA = b"{", b","


class NotStreamedError(Exception):
    """This text has to be read as a whole."""


@dataclass(frozen=True)
class Items:
    """The list whose items are taken: what they are called and what they inherit."""

    where: str
    path: str
    kind: str = ""
    version: str = ""
    typed: bool = True
    """Whether that is known yet; if not, each item has to say itself what it is."""

    def item(self, index: int) -> str:
        return f"{self.where} {self.path}[{index}]"


@dataclass(frozen=True)
class Gap:
    """What stands between two items, from the blanks before the brace that closes one.

    `end`: how much of it belongs to the one; `begin`: where in it the other one's brace is.
    """

    text: bytes
    end: int
    begin: int

    @cached_property
    def between(self) -> bytes:
        """What follows the one up to the other one's brace; nothing where that has no comma."""
        between = self.text[self.end : self.begin + 1]
        return between if _COMMA in between else b""


class ItemText:
    """A text and how far it is taken. `more` says whether another item follows those that were."""

    def __init__(self, blob: Blob, pods: Matches | None) -> None:
        self.blob = blob
        self.pods = pods
        self.gap: Gap | None = None
        self.more = False
        self.jump(0)

    def jump(self, position: int) -> None:
        """Go to a byte of the text."""
        self._blocks = self.blob.blocks(position)
        self._before = position
        self.text = b""
        self.at = 0

    @property
    def position(self) -> int:
        """Of the first byte that is not taken."""
        return self._before + self.at

    def guess(self, position: int) -> bool:
        """Go to what looks like the first item that begins at `position` or after it."""
        if self.gap is None:
            return False
        self.jump(max(0, position - self.gap.begin))
        while True:
            found = self.text.find(self.gap.text)
            if found >= 0:
                self.at = found + self.gap.begin
                return True
            self.at = max(0, len(self.text) - len(self.gap.text))
            if not self.read_on():
                return False

    def items(self, of: Items, until: int | None = None) -> Iterator[Any]:
        """Items from here on: all that are left, or those that begin before `until`, at least one.

        What follows the last one, a bracket or what should be one, is not taken.
        """
        self.more = True
        while self.more:
            yield self.value(of)
            self.more = self._comma()
            if self.more and until is not None and self.position >= until:
                return

    def _comma(self) -> bool:
        """Whether a comma follows; it is taken, and the blanks after it."""
        between = b"" if self.gap is None else self.gap.between
        if between and self.text.startswith(between, self.at):
            self.at += len(between) - 1
            return True
        if self.next() != _COMMA:
            return False
        self.at += 1
        self.next()
        return True

    # The text

    def read_on(self) -> bool:
        """Read another block; what was taken is forgotten."""
        if len(self.text) - self.at > limits.LONGEST_ITEM:
            raise NotStreamedError
        block = next(self._blocks, b"")
        self.text = self.text[self.at :] + block
        self._before += self.at
        self.at = 0
        return bool(block)

    def next(self) -> bytes:
        """The next byte that is not blank, not yet taken; b"" at the end."""
        while True:
            self.at = past_blanks(self.text, self.at)
            if self.at < len(self.text) or not self.read_on():
                return self.text[self.at : self.at + 1]

    def value(self, of: Items | None = None) -> Any:
        """The object that begins here, taken; an item of a list may be a Pod."""
        if not self.text.startswith(OPEN, self.at) and self.next() != OPEN:
            raise NotStreamedError
        if self.gap is not None:
            if len(self.text) - self.at < _NEAR:
                self.read_on()
            match = self.pods.match(self.text, self.at, of.kind) if self.pods and of else None
            after = self.at + match.end if match else self.at
            found = self.text.find(self.gap.text, after, after + _NEAR)
            if found >= 0:
                end = found + self.gap.end
                try:
                    value = self._taken(end, of, match)
                except NotStreamedError:
                    return self._counted(of)
                self.at = end
                return value
        return self._counted(of)

    def _taken(self, end: int, of: Items | None, match: Match | None = None) -> Any:
        if self.pods is None or of is None:
            return parsed(self.text[self.at : end])
        try:
            return self.pods.take(self.text, self.at, end, of.kind, of.version, match)
        except orjson.JSONDecodeError:
            raise NotStreamedError from None

    def _counted(self, of: Items | None) -> Any:
        """The same, its end found by counting braces."""
        end = self.end(self.at)
        value = self._taken(end, of)
        self.at = end
        self._learn()
        return value

    def end(self, at: int, depth: int = 0) -> int:
        """Where the object ends whose brace is next after `at`; `depth` of them are open already."""
        while True:
            found = _BRACE.match(self.text, at)
            if found is None:
                at -= self.at
                if not self.read_on():
                    raise NotStreamedError
                at += self.at
                continue
            at = found.end()
            depth += 1 if found.group(1) == OPEN else -1
            if depth == 0:
                return at
            if depth < 0:
                raise NotStreamedError

    def _learn(self) -> None:
        """Remember what stands between the item that was taken and the next one."""
        self.gap = None
        before = self.text[max(0, self.at - _LONGEST_GAP) : self.at - 1]
        start = self.at - 1 - (len(before) - len(before.rstrip(b" \t\r\n")))
        following = _NEXT_ITEM.match(self.text, self.at)
        if following is None:
            return
        stop = following.end()
        if b"\n" not in self.text[start:stop]:
            # All on one line: much ends like this, but not before the key that items begin with.
            stop = self.text.find(b":", stop, stop + _LONGEST_GAP) + 1
        if stop:
            self.gap = Gap(self.text[start:stop], self.at - start, following.end() - 1 - start)


def past_blanks(text: bytes, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def parsed(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NotStreamedError from None
    if not isinstance(value, dict):
        raise NotStreamedError
    return value
