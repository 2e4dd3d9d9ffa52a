"""Large JSON taken apart while it is read: lists of objects, and objects one after another.

Only what is certain is done here. Everything else (YAML, an error and where it is, numbers beyond 64 bits)
is `NotStreamedError`, and for the reader that has the whole text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import orjson

from placewright.models.errors import InputError
from placewright.models.reading.files import Blob
from placewright.models.reading.flatten import flatten_item, is_list, kind_of_file, list_parts
from placewright.models.reading.items import OPEN, Items, ItemText, NotStreamedError, parsed, past_blanks
from placewright.models.reading.parts import items_in_parts
from placewright.models.reading.takes import Takes

_ITEMS = re.compile(rb'"items"[ \t\r\n]*+:[ \t\r\n]*+\[')
_HEAD = 2**16
"""Bytes in which a list has to begin, and those after its items."""

Found = tuple[str, Any]
"""Where an object stands, and the object: a document, or what was taken for a Pod."""


def stream(blob: Blob, pods: Takes | None = None) -> Iterator[Found]:
    """(where, object) for every object of a large JSON text, as `flatten` gives them for a small one.

    Pods of a list are what `pods` takes them for, if there is one. Raises NotStreamedError, perhaps after
    some objects, for what has to be read as a whole; they are then the first ones of it. A list that other
    documents follow is `source`, those are `source[1]` and so on.
    """
    yield from _Stream(blob, pods).objects()


class _Stream(ItemText):
    def __init__(self, blob: Blob, pods: Takes | None) -> None:
        super().__init__(blob, pods)
        self._pods = pods

    def objects(self) -> Iterator[Found]:
        if self.next() == b"[":
            yield from self._array()
            return
        source = self.blob.source
        head = self._list_head()
        alone = head is not None
        if not alone and not self._has_several():
            raise NotStreamedError
        index = 0
        while self.next():
            where = source if alone and index == 0 else f"{source}[{index}]"
            if head is not None:
                yield from self._list(where, head)
            else:
                yield from self._object(where)
            index += 1
            head = self._list_head() if self.next() else None

    def _array(self) -> Iterator[Found]:
        if not self.blob.named:
            # Much JSON is an array; whether this one is of objects only its end tells.
            raise NotStreamedError
        self.at += 1
        yield from self._items(Items(self.blob.source, "", kind_of_file(self.blob.path)))
        if self.next():
            raise NotStreamedError

    def _object(self, where: str) -> Iterator[Found]:
        value = self.value()
        if not self.blob.named and "kind" not in value:
            raise NotStreamedError
        yield from flatten_item(where, value)

    # Lists

    def _list_head(self) -> bytes | None:
        """Up to the bracket that opens `items`, where the object that begins here has them; not taken."""
        if self.next() != OPEN:
            raise NotStreamedError
        while len(self.text) - self.at < _HEAD and self.read_on():
            pass
        for found in _ITEMS.finditer(self.text, self.at, self.at + _HEAD):
            head = self.text[self.at : found.end()]
            with contextlib.suppress(NotStreamedError):
                # What parses like this is open in nothing but the object itself.
                parsed(head + b"]}")
                return head
        return None

    def _has_several(self) -> bool:
        """Whether another object follows the one that begins here; nothing is taken."""
        length = self.end(self.at) - self.at
        while True:
            at = past_blanks(self.text, self.at + length)
            if at < len(self.text) or not self.read_on():
                return self.text[at : at + 1] == OPEN

    def _list(self, where: str, head: bytes) -> Iterator[Found]:
        self.at += len(head)
        known = parsed(head + b"]}")
        typed = "kind" in known and "apiVersion" in known
        if not typed:
            # kubectl writes `kind` last. Items that say what they are need not wait for it.
            known = parsed(head + b"]" + _tail(self.blob))
        if not is_list(known, where):
            raise NotStreamedError
        said = list_parts(known, where)
        yield from self._items(Items(where, said[3], said[1], said[2], typed))
        rest = self.text[self.at : self.end(self.at, depth=1)]
        self.at += len(rest)
        whole = parsed(head + b"]" + rest)
        if not is_list(whole, where) or whole["items"] or (typed and list_parts(whole, where) != said):
            raise InputError("begins as a list of objects and does not end as one", source=where)

    def _items(self, of: Items) -> Iterator[Found]:
        """Everything up to the bracket that closes a list, which is taken too."""
        if self.next() != b"]":
            for index, item in enumerate(items_in_parts(self, of, self._pods)):
                if not isinstance(item, dict):
                    yield of.item(index), item
                elif of.typed or isinstance(item.get("kind"), str):
                    yield from flatten_item(of.item(index), item, of.kind, of.version)
                else:
                    raise NotStreamedError
        if self.next() != b"]":
            raise NotStreamedError
        self.at += 1


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
