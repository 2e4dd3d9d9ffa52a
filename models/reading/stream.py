"""Large JSON taken apart while it is read: lists of objects, and objects one after another.

An item's end is guessed from what stood between the items before it, and the parser says whether the guess
is right: what parses as one object from its first byte on ends where it ends. Where it is not, braces are
counted. So neither the text nor the objects are ever in memory at once, and each byte is looked at once.

Only what is certain is done here. Everything else (YAML, an error and where it is, numbers beyond 64 bits)
is `NotStreamedError`, and for the reader that has the whole text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from placewright.models.errors import InputError
from placewright.models.reading import limits
from placewright.models.reading.condense import Match
from placewright.models.reading.files import Blob
from placewright.models.reading.flatten import flatten_item, is_list, kind_of_file, list_parts

_BLANKS = re.compile(rb"[ \t\r\n]*+")
_NEXT_ITEM = re.compile(rb"[ \t\r\n]*+,?[ \t\r\n]*+\{")
_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
"""Up to the next brace that is not inside a string."""
_ITEMS = re.compile(rb'"items"[ \t\r\n]*+:[ \t\r\n]*+\[')
_HEAD = 2**16
"""Bytes in which a list has to begin, and those after its items."""
_NEAR = 2**16
"""Bytes in which an item's end is looked for before braces are counted."""
_LONGEST_GAP = 200
"""Bytes around the end of an item that may be learnt from."""
_OPEN = b"{"


class NotStreamedError(Exception):
    """This text has to be read as a whole."""


Found = tuple[str, Any]
"""Where an object stands, and the object: a document, or what was taken for a Pod."""


class Takes(Protocol):
    """Who takes Pods by their text. `kind` and `version` are those of an object that does not say its own."""

    def match(self, text: bytes, at: int, kind: str) -> Match | None:
        """Where the spec of the Pod that begins at `at` lies, if that is known already."""

    def take(self, text: bytes, kind: str, version: str, match: Match | None) -> Any:
        """The Pod that a JSON text is, or the document that it is: a dict is one, nothing else.

        Raises orjson.JSONDecodeError.
        """


def stream(blob: Blob, pods: Takes | None = None) -> Iterator[Found]:
    """(where, object) for every object of a large JSON text, as `flatten` gives them for a small one.

    Pods of a list are what `pods` takes them for, if there is one. Raises NotStreamedError, perhaps after
    some objects, for what has to be read as a whole; they are then the first ones of it. A list that other
    documents follow is `source`, those are `source[1]` and so on.
    """
    yield from _Stream(blob, pods).objects()


@dataclass(frozen=True)
class _List:
    """The list that is being taken apart: what its items are called and what they inherit."""

    where: str
    path: str
    kind: str = ""
    version: str = ""
    typed: bool = True
    """Whether that is known yet; if not, each item has to say itself what it is."""

    def item(self, index: int) -> str:
        return f"{self.where} {self.path}[{index}]"


class _Stream:
    def __init__(self, blob: Blob, pods: Takes | None) -> None:
        self._blob = blob
        self._pods = pods
        self._blocks = blob.blocks()
        self._text = b""
        self._at = 0
        self._gap = b""
        """What stood between the last two items, from the blanks before the brace that closes one."""
        self._gap_end = 0

    def objects(self) -> Iterator[Found]:
        if self._next() == b"[":
            yield from self._array()
            return
        source = self._blob.source
        head = self._list_head()
        alone = head is not None
        if not alone and not self._has_several():
            raise NotStreamedError
        index = 0
        while self._next():
            where = source if alone and index == 0 else f"{source}[{index}]"
            if head is not None:
                yield from self._list(where, head)
            else:
                yield from self._object(where)
            index += 1
            head = self._list_head() if self._next() else None

    def _array(self) -> Iterator[Found]:
        if not self._blob.named:
            # Much JSON is an array; whether this one is of objects only its end tells.
            raise NotStreamedError
        self._at += 1
        yield from self._items(_List(self._blob.source, "", kind_of_file(self._blob.path)))
        if self._next():
            raise NotStreamedError

    def _object(self, where: str) -> Iterator[Found]:
        value = self._value()
        if not self._blob.named and "kind" not in value:
            raise NotStreamedError
        yield from flatten_item(where, value)

    # The text

    def _more(self) -> bool:
        """Read another block; what was dealt with is forgotten."""
        if len(self._text) - self._at > limits.LONGEST_ITEM:
            raise NotStreamedError
        block = next(self._blocks, b"")
        self._text = self._text[self._at :] + block
        self._at = 0
        return bool(block)

    def _next(self) -> bytes:
        """The next byte that is not blank, not yet taken; b"" at the end."""
        while True:
            self._at = _past_blanks(self._text, self._at)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _value(self, of: _List | None = None) -> Any:
        """The object that begins here, taken; an item of a list may be a Pod."""
        if self._next() != _OPEN:
            raise NotStreamedError
        if self._gap:
            match = self._pods.match(self._text, self._at, of.kind) if self._pods and of else None
            after = self._at + match.end if match else self._at
            found = self._text.find(self._gap, after, after + _NEAR)
            if found >= 0:
                end = found + self._gap_end
                with contextlib.suppress(NotStreamedError):
                    value = self._taken(self._text[self._at : end], of, match)
                    self._at = end
                    return value
        return self._counted_value(of)

    def _taken(self, text: bytes, of: _List | None, match: Match | None = None) -> Any:
        if self._pods is None or of is None:
            return _parsed(text)
        try:
            return self._pods.take(text, of.kind, of.version, match)
        except orjson.JSONDecodeError:
            raise NotStreamedError from None

    def _counted_value(self, of: _List | None) -> Any:
        """The same, its end found by counting braces."""
        end = self._end(self._at)
        value = self._taken(self._text[self._at : end], of)
        self._at = end
        self._learn()
        return value

    def _end(self, at: int, depth: int = 0) -> int:
        """Where the object ends whose brace is next after `at`; `depth` of them are open already."""
        while True:
            found = _BRACE.match(self._text, at)
            if found is None:
                at -= self._at
                if not self._more():
                    raise NotStreamedError
                at += self._at
                continue
            at = found.end()
            depth += 1 if found.group(1) == _OPEN else -1
            if depth == 0:
                return at
            if depth < 0:
                raise NotStreamedError

    def _learn(self) -> None:
        """Remember what stands between the item that was taken and the next one."""
        self._gap = b""
        before = self._text[max(0, self._at - _LONGEST_GAP) : self._at - 1]
        start = self._at - 1 - (len(before) - len(before.rstrip(b" \t\r\n")))
        following = _NEXT_ITEM.match(self._text, self._at)
        if following is None:
            return
        gap = self._text[start : following.end()]
        if b"\n" not in gap:
            # All on one line: much ends like this, but not before the key that items begin with.
            stop = self._text.find(b":", following.end(), following.end() + _LONGEST_GAP) + 1
            gap = self._text[start:stop]
        self._gap, self._gap_end = gap, self._at - start

    # Lists

    def _list_head(self) -> bytes | None:
        """Up to the bracket that opens `items`, where the object that begins here has them; not taken."""
        if self._next() != _OPEN:
            raise NotStreamedError
        while len(self._text) - self._at < _HEAD and self._more():
            pass
        for found in _ITEMS.finditer(self._text, self._at, self._at + _HEAD):
            head = self._text[self._at : found.end()]
            with contextlib.suppress(NotStreamedError):
                # What parses like this is open in nothing but the object itself.
                _parsed(head + b"]}")
                return head
        return None

    def _has_several(self) -> bool:
        """Whether another object follows the one that begins here; nothing is taken."""
        length = self._end(self._at) - self._at
        while True:
            at = _past_blanks(self._text, self._at + length)
            if at < len(self._text) or not self._more():
                return self._text[at : at + 1] == _OPEN

    def _list(self, where: str, head: bytes) -> Iterator[Found]:
        self._at += len(head)
        known = _parsed(head + b"]}")
        typed = "kind" in known and "apiVersion" in known
        if not typed:
            # kubectl writes `kind` last. Items that say what they are need not wait for it.
            known = _parsed(head + b"]" + _tail(self._blob))
        if not is_list(known, where):
            raise NotStreamedError
        said = list_parts(known, where)
        yield from self._items(_List(where, said[3], said[1], said[2], typed))
        rest = self._text[self._at : self._end(self._at, depth=1)]
        self._at += len(rest)
        whole = _parsed(head + b"]" + rest)
        if not is_list(whole, where) or whole["items"] or (typed and list_parts(whole, where) != said):
            raise InputError("begins as a list of objects and does not end as one", source=where)

    def _items(self, of: _List) -> Iterator[Found]:
        """Everything up to the bracket that closes a list, which is taken too."""
        index = 0
        if self._next() == b"]":
            self._at += 1
            return
        while True:
            item = self._value(of)
            if not isinstance(item, dict):
                yield of.item(index), item
            elif of.typed or isinstance(item.get("kind"), str):
                yield from flatten_item(of.item(index), item, of.kind, of.version)
            else:
                raise NotStreamedError
            index += 1
            between = self._next()
            self._at += 1
            if between == b"]":
                return
            if between != b",":
                raise NotStreamedError


def _past_blanks(text: bytes, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _tail(blob: Blob) -> bytes:
    """What follows the items of the list that a text ends with."""
    tail = blob.tail(_HEAD)
    bracket = len(tail)
    while (bracket := tail.rfind(b"]", 0, bracket)) >= 0:
        rest = tail[bracket + 1 :]
        try:
            # A whole object behind any key: the bracket closes what is directly in the outermost object.
            orjson.loads(b'{"":0' + rest)
        except orjson.JSONDecodeError:
            continue
        return rest
    raise NotStreamedError


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NotStreamedError from None
    if not isinstance(value, dict):
        raise NotStreamedError
    return value
