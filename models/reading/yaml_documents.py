"""YAML to plain values, the way Kubernetes reads it: only what JSON can hold.

Built from libyaml's events in one loop: no recursion, so no depth of nesting can exhaust the stack;
no Python objects; dates stay strings; a key twice, an alias to what contains it, and aliases that
multiply (a "YAML bomb") are errors with their line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from placewright.models.errors import InputError
from placewright.models.reading import limits
from placewright.models.reading.display import nearest, printable, shown

_TAG = "tag:yaml.org,2002:"
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAGGED: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}
_STARTS_NUMBER = frozenset("+-.0123456789")
_TEXT_UNIT = 64
"""Characters of a string that count as one value when an alias repeats it."""
_MERGE = object()
"""The key `<<`."""

Mark = Any
"""libyaml's position; `line` and `column` count from 0."""


class _RefusedError(Exception):
    """What is wrong with a document, and where."""

    def __init__(self, message: str, mark: Mark) -> None:
        super().__init__(message)
        self.mark = mark


@dataclass
class _Frame:
    """A collection that is being filled. `size`: values in it, with what its aliases stand for."""

    value: dict[str, Any] | list[Any]
    mark: Mark
    anchor: str | None
    size: int = 1
    key: Any = None
    has_key: bool = False
    merges: list[Any] = field(default_factory=list)


def yaml_documents(data: bytes | bytearray, source: str) -> Iterator[Any]:
    """The documents of a YAML stream as dicts, lists, strings, ints, floats, bools and None.

    Raises InputError with line and column.
    """
    try:
        yield from _Builder(bytes(data)).documents()
    except _RefusedError as refused:
        raise InputError(f"{_position(refused.mark)}: {refused}", source=source) from None
    except yaml.MarkedYAMLError as error:
        problem = printable(str(error.problem or error.context or "not YAML"))
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in problem:  # libyaml reads ahead, and has a bound of its own
            problem = f"nested more than {limits.MAX_DEPTH} levels deep"
        raise InputError(
            f"{_position(mark)}: not valid YAML: {problem}{_hint(problem)}", source=source
        ) from None
    except yaml.reader.ReaderError as error:
        character = f"{error.character:#04x}" if isinstance(error.character, int) else repr(error.character)
        message = f"not valid YAML: {error.reason} ({character} at byte {error.position})"
        raise InputError(message, source=source) from None
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {printable(str(error))}", source=source) from None


def _position(mark: Mark) -> str:
    return "line 1" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _hint(problem: str) -> str:
    return " (indent with spaces, not tabs)" if "cannot start any token" in problem else ""


class _Builder:
    """One pass over the events of a stream."""

    def __init__(self, data: bytes) -> None:
        self._events = yaml.parse(data, Loader=yaml.CSafeLoader)
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliased = 0
        self._root: Any = None

    def documents(self) -> Iterator[Any]:
        for event in self._events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._start(event, {}, "map")
            elif kind is yaml.SequenceStartEvent:
                self._start(event, [], "seq")
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                self._anchors.clear()
                self._aliased = 0
            elif kind is yaml.DocumentEndEvent:
                yield self._root
                self._root = None

    def _scalar(self, event: Any) -> None:
        value = _resolve(event)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and not frame.has_key:
            self._key(frame, event, value)
        else:
            self._put(value, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1 + len(event.value) // _TEXT_UNIT)

    def _key(self, frame: _Frame, event: yaml.ScalarEvent, value: Any) -> None:
        if event.value == "<<" and event.implicit[0]:
            value = _MERGE
        elif not isinstance(value, str):
            raise _RefusedError(f"a key must be a string, found {shown(value)}; quote it", event.start_mark)
        elif value in frame.value:
            raise _RefusedError(f"the key {shown(value)} is given twice", event.start_mark)
        frame.key, frame.has_key = value, True

    def _start(self, event: Any, value: dict[str, Any] | list[Any], tag: str) -> None:
        self._refuse_as_key(event)
        if event.tag not in (None, "!", _TAG + tag):
            raise _RefusedError(f"the tag {_shown_tag(event.tag)} is not supported", event.start_mark)
        if len(self._stack) >= limits.MAX_DEPTH:
            raise _RefusedError(f"nested more than {limits.MAX_DEPTH} levels deep", event.start_mark)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Frame(value, event.start_mark, event.anchor))

    def _refuse_as_key(self, event: Any) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.value, dict) and not frame.has_key:
            raise _RefusedError("a key must be a string, found a collection", event.start_mark)

    def _end(self) -> None:
        frame = self._stack.pop()
        if frame.merges and isinstance(frame.value, dict):
            _merge(frame.value, frame.merges, frame.mark)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.value, frame.size)
        self._put(frame.value, frame.size)

    def _alias(self, event: Any) -> None:
        self._refuse_as_key(event)
        name: str = event.anchor
        if name not in self._anchors:
            if any(frame.anchor == name for frame in self._stack):
                raise _RefusedError(
                    f"the alias *{printable(name)} stands for what contains it", event.start_mark
                )
            raise _RefusedError(
                f"the alias *{printable(name)} has no anchor{nearest(name, self._anchors)}", event.start_mark
            )
        value, size = self._anchors[name]
        self._aliased += size
        if self._aliased > limits.MAX_ALIASED:
            raise _RefusedError(
                f"aliases stand for more than {limits.MAX_ALIASED:,} values", event.start_mark
            )
        self._put(value, size)

    def _put(self, value: Any, size: int) -> None:
        """Hand a finished value to the collection it belongs to."""
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        frame.size += size
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is _MERGE:
            if frame.merges:
                raise _RefusedError('the key "<<" is given twice', frame.mark)
            frame.merges.append(value)
            frame.has_key = False
        else:
            frame.value[frame.key] = value
            frame.has_key = False


def _merge(target: dict[str, Any], merges: list[Any], mark: Mark) -> None:
    """`<<: *defaults`: what the mapping says itself wins, then the first of a list."""
    given = merges[0] if isinstance(merges[0], list) else merges
    for defaults in given:
        if not isinstance(defaults, dict):
            raise _RefusedError(f'"<<" takes a mapping or a list of mappings, found {shown(defaults)}', mark)
        for key, value in defaults.items():
            target.setdefault(key, value)


def _resolve(event: yaml.ScalarEvent) -> Any:
    """A scalar's value: quoted and `!!str` are strings, a plain one is what it looks like."""
    text: str = event.value
    if event.tag is None or event.tag == "!":
        return _plain(text, event) if event.implicit[0] and event.tag is None else text
    short = event.tag.removeprefix(_TAG)
    if short in ("str", "timestamp"):
        return text
    if short not in _TAGGED:
        raise _RefusedError(f"the tag {_shown_tag(event.tag)} is not supported", event.start_mark)
    value = _plain(text, event)
    if type(value) not in _TAGGED[short]:
        raise _RefusedError(f"{shown(text)} is not what !!{short} says", event.start_mark)
    return value


def _plain(text: str, event: yaml.ScalarEvent) -> Any:
    if text in _NULL:
        return None
    if text[0] in _STARTS_NUMBER:
        return _number(text, event)
    if text in _TRUE:
        return True
    return False if text in _FALSE else text


def _number(text: str, event: yaml.ScalarEvent) -> Any:
    """An int, a float, or the text where it is neither (a date, an address, a version)."""
    if _INTEGER.fullmatch(text) is not None:
        number = _integer(text.replace("_", ""))
        if number is not None:
            # As JSON readers do: what no 64-bit integer holds is a float.
            return number if -(2**63) <= number < 2**64 else _finite(float(number), event)
    if _FLOAT.fullmatch(text) is not None:
        return _finite(float(text), event)
    if _NOT_FINITE.fullmatch(text) is not None:
        raise _RefusedError(
            f"{text} is not a number that JSON can hold; quote it to mean the text", event.start_mark
        )
    return text


def _integer(text: str) -> int | None:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").lower()
    base = {"0b": 2, "0x": 16, "0o": 8}.get(digits[:2])
    if base is not None:
        digits = digits[2:]
    elif len(digits) > 1 and digits.startswith("0"):
        base = 8
    if len(digits) > limits.MAX_DIGITS:
        return None
    try:
        return sign * int(digits, base or 10)
    except ValueError:  # 08 is no octal number: read as a float, as Go's reader does
        return None


def _finite(number: float, event: yaml.ScalarEvent) -> float:
    if number in (float("inf"), float("-inf")):
        raise _RefusedError(f"the number {shown(event.value).strip(chr(34))} is too large", event.start_mark)
    return number


def _shown_tag(tag: str) -> str:
    return printable(tag.replace(_TAG, "!!"))
