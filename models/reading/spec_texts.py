"""The texts of specs, taken apart: what replicas share, and between it what is a pod's own.

A pod's own are its node, and the five letters and digits behind the name of its token's volume.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_LONGEST_METADATA = 2**16
_LONGEST_NAME = 300
_SPEC, _GENERATE_NAME, _NODE_NAME = b'"spec":', b'"generateName":', b'"nodeName":'
_BLANKS = (b" ", b"\t", b"\r", b"\n")
_TOKEN = b"kube-api-access-"
_RANDOM = 5
"""Letters and digits after it."""
_TOKENS = re.compile(rb"(?<=kube-api-access-)[a-zA-Z0-9]{5}")


class Match(NamedTuple):
    """Where a Pod's spec begins and ends, what is read of it, and the name of its node as it is written."""

    start: int
    end: int
    spec: bytes
    node: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """A spec's text in parts, with what differs from replica to replica between them."""

    parts: tuple[bytes, ...]
    read: bytes

    def match(self, text: bytes, at: int) -> tuple[int, bytes] | None:
        """Where such a spec that begins at `at` ends, and its node; None where there is none."""
        node = b""
        last = len(self.parts) - 1
        for index, part in enumerate(self.parts):
            if not text.startswith(part, at):
                return None
            at += len(part)
            if index == last:
                break
            if part.endswith(_TOKEN):
                if not text[at : at + _RANDOM].isalnum():
                    return None
                at += _RANDOM
            else:
                closing = text.find(b'"', at, at + _LONGEST_NAME)
                if closing < 0:
                    return None
                node = text[at:closing]
                at = closing
        return at, node


def spec_of(text: bytes, at: int) -> tuple[int, bytes]:
    """Where the spec of an object begins, or -1, and a word for what made it: its replicas have the same."""
    start = text.find(_SPEC, at, at + _LONGEST_METADATA)
    if start < 0:
        return -1, b""
    named = text.find(_GENERATE_NAME, at, start)
    maker = text[named : text.find(b",", named, start)] if named >= 0 else b""
    start += len(_SPEC)
    while text[start : start + 1] in _BLANKS:
        start += 1
    return start, maker


def parts_of(spec: bytes) -> tuple[list[bytes], bytes | None]:
    """A spec's text without what is a pod's own, and the name of the node in it."""
    node = None
    pieces = [spec]
    at = spec.find(_NODE_NAME)
    if at >= 0:
        opening = spec.find(b'"', at + len(_NODE_NAME)) + 1
        closing = spec.find(b'"', opening)
        node = spec[opening:closing]
        pieces = [spec[:opening], spec[closing:]]
    return [part for piece in pieces for part in _TOKENS.split(piece)], node
