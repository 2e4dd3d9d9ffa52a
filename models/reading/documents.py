"""The documents in the bytes of one file: JSON (also several values one after another) or YAML."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, NoReturn

import orjson

from placewright.models.errors import InputError
from placewright.models.reading import limits
from placewright.models.reading.display import shown
from placewright.models.reading.yaml_documents import yaml_documents

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_YAML_RETRY = 8 * 2**20
"""Bytes up to which text that starts like JSON, and is none, is tried as YAML (`{a: b}`)."""
_BLANK = " \t\r\n"
_QUOTE = '"'


def parse_documents(data: bytes | bytearray, source: str, path: PurePosixPath) -> list[Any]:
    """All documents of a file, empty ones left out.

    Raises InputError, with the line where it is known, for what is neither JSON nor YAML.
    """
    text = _utf8(data, source)
    first = text[:512].lstrip()[:1]
    if first in (b"{", b"[") and first:
        documents = _json(text, source, path)
    else:
        documents = list(yaml_documents(text, source))
    return [document for document in documents if document is not None]


def _utf8(data: bytes | bytearray, source: str) -> bytes | bytearray:
    """The same text as UTF-8 without byte order mark; Windows' shells write UTF-16."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    for mark, encoding in _UTF16.items():
        if data.startswith(mark):
            try:
                data = data[len(mark) :].decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise InputError(f"not valid UTF-16: {error.reason}", source=source) from None
    nul = data.find(b"\0")
    if nul >= 0:
        message = f"line {_line(data, nul)}: binary data (a NUL byte), expected JSON or YAML text"
        raise InputError(message, source=source)
    if not data.isascii():
        try:
            codecs.utf_8_decode(data, "strict", True)
        except UnicodeDecodeError as error:
            message = f"line {_line(data, error.start)}: not valid UTF-8 (byte {data[error.start]:#04x})"
            raise InputError(message, source=source) from None
    return data


def _line(data: bytes | bytearray, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _json(data: bytes | bytearray, source: str, path: PurePosixPath) -> list[Any]:
    try:
        return [orjson.loads(data)]
    except orjson.JSONDecodeError:
        pass
    # Either broken, or several values one after another; the slower reader tells them apart.
    text = data.decode()
    try:
        return list(_json_values(text))
    except _NotJsonError as error:
        raise InputError(f"not valid JSON: {error}", source=source) from None
    except json.JSONDecodeError as error:
        if path.suffix.lower() != ".json" and len(data) <= _YAML_RETRY:
            return _yaml_or(error, data, source)
        _refuse(error, source)
    except RecursionError:
        raise InputError(f"nested more than {limits.MAX_DEPTH} levels deep", source=source) from None


def _json_values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, parse_int=_integer)
    position = _after_blanks(text, 0)
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        yield value
        position = _after_blanks(text, end)


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in _BLANK:
        position += 1
    return position


class _NotJsonError(Exception):
    """A number that JSON does not have."""


def _no_constant(text: str) -> NoReturn:
    raise _NotJsonError(f"{text} is not a number that JSON can hold")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _NotJsonError(f"the number {shown(text).strip(_QUOTE)} is too large")
    return number


def _integer(text: str) -> int | float:
    if len(text) > limits.MAX_DIGITS:
        return _finite(text)
    number = int(text)
    return number if -(2**63) <= number < 2**64 else _finite(text)


def _yaml_or(error: json.JSONDecodeError, data: bytes | bytearray, source: str) -> list[Any]:
    """The text as YAML; where it is none either, the complaint of the reader that came further."""
    try:
        return list(yaml_documents(data, source))
    except InputError as yaml_error:
        if '"' in error.doc[:512]:
            _refuse(error, source)
        raise yaml_error from None


def _refuse(error: json.JSONDecodeError, source: str) -> NoReturn:
    message = error.msg[:1].lower() + error.msg[1:]
    raise InputError(
        f"line {error.lineno}, column {error.colno}: not valid JSON: {message}", source=source
    ) from None
