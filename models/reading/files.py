"""Where bytes come from: named files, directories, standard input, gzip and tar.

Yields `Blob`s one at a time, so that only one file is in memory, and a large one not at once. What is named
on the command line must be usable; what merely lies in a directory or an archive is taken by its ending.
"""

from __future__ import annotations

import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from placewright.models.errors import InputError, UsageError
from placewright.models.reading import limits
from placewright.models.reading.display import printable

STDIN = "-"
ENDINGS = (".json", ".yaml", ".yml")
_GZIP = b"\x1f\x8b"
_TAR_MAGIC = (b"ustar", 257)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
}
_BUNDLE_DIRECTORY = "cluster-resources"
"""A support bundle keeps the cluster's objects here; everything beside it is logs and analyses."""


@dataclass(frozen=True)
class LargeFile:
    """A plain file that is better read block by block than held in memory."""

    name: str
    source: str

    def read(self) -> bytearray:
        """All of it, after all."""
        return _open(self.name)

    def size(self) -> int:
        """Bytes in it now."""
        return os.path.getsize(self.name)

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """Its bytes from `start` on, one block after the other."""
        size = start
        with _opened(self.name, self.source) as stream:
            stream.seek(start)
            while block := stream.read(limits.LARGE_BLOCK):
                size += len(block)
                _bounded(size, self.source)
                yield block

    def tail(self, size: int) -> bytes:
        """The last bytes."""
        with _opened(self.name, self.source) as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - size))
            return stream.read(size)


@dataclass(frozen=True)
class Blob:
    """The unpacked content of one file. `path` is what kind inference reads; `named`: by the user."""

    source: str
    path: PurePosixPath
    content: bytes | bytearray | LargeFile
    named: bool

    @property
    def data(self) -> bytes | bytearray:
        """All of it in memory."""
        return self.content.read() if isinstance(self.content, LargeFile) else self.content

    @property
    def large(self) -> bool:
        """Whether taking it apart at once would need much memory."""
        return isinstance(self.content, LargeFile) or len(self.content) >= limits.LARGE

    def blocks(self, start: int = 0) -> Iterator[bytes]:
        """The content from `start` on, one block after the other."""
        if isinstance(self.content, LargeFile):
            yield from self.content.blocks(start)
            return
        for at in range(start, len(self.content), limits.LARGE_BLOCK):
            yield bytes(self.content[at : at + limits.LARGE_BLOCK])

    def tail(self, size: int) -> bytes:
        """The last bytes of the content."""
        return self.content.tail(size) if isinstance(self.content, LargeFile) else bytes(self.content[-size:])


@dataclass
class Skipped:
    """Files that were passed over, by what they lie in: counted, so that nothing vanishes unseen."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, container: str) -> None:
        self.counts[container] = self.counts.get(container, 0) + 1


def read_blobs(paths: Sequence[str], stdin: BinaryIO | None, skipped: Skipped) -> Iterator[Blob]:
    """The files that `paths` stand for, directories and archives in sorted order."""
    if not paths:
        raise UsageError("no input was given; name a file, a directory, or - for standard input")
    if list(paths).count(STDIN) > 1:
        raise UsageError("standard input (-) is given more than once; it can be read only once")
    for path in paths:
        if path == STDIN:
            if stdin is None:
                raise UsageError("standard input (-) cannot be read here")
            yield from _unpacked(_slurp(stdin, STDIN), STDIN, PurePosixPath(STDIN), skipped)
        elif os.path.isdir(path):
            yield from _directory(path, skipped)
        else:
            yield from _file(path, skipped)


def _file(path: str, skipped: Skipped) -> Iterator[Blob]:
    source = printable(path)
    if _is_large_text(path):
        yield Blob(source, PurePosixPath(path), LargeFile(path, source), named=True)
    else:
        yield from _unpacked(_open(path), source, PurePosixPath(path), skipped)


def _is_large_text(path: str) -> bool:
    """Whether this is a file that need not be in memory at once: not packed, and JSON by its first byte."""
    if not os.path.isfile(path) or os.path.getsize(path) < limits.LARGE:
        return False
    with _opened(path, printable(path)) as stream:
        block = stream.read(tarfile.BLOCKSIZE)
    return block.lstrip()[:1] in (b"{", b"[") and not _is_tar(block)


@contextmanager
def _opened(path: str, source: str) -> Iterator[BinaryIO]:
    if not path:
        raise UsageError("an input's name is empty")
    try:
        with open(path, "rb") as stream:
            yield stream
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"cannot be read: {_cause(error)}", source=source) from None


def _open(path: str) -> bytearray:
    source = printable(path)
    with _opened(path, source) as stream:
        return _slurp(stream, source)


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _slurp(stream: BinaryIO, source: str) -> bytearray:
    """All of a stream, block by block: an endless device must not fill the memory."""
    buffer = bytearray()
    try:
        while block := stream.read(limits.BLOCK):
            if not buffer:
                _recognise(block, source)
            buffer += block
            _bounded(len(buffer), source)
    except OSError as error:
        raise InputError(f"cannot be read: {_cause(error)}", source=source) from None
    return buffer


def _bounded(size: int, source: str) -> None:
    if size > limits.MAX_BYTES:
        raise InputError(f"larger than the {limits.MAX_BYTES // 2**20} MiB that are read", source=source)


def _recognise(block: bytes | bytearray, source: str) -> None:
    """Refuse at the first block what cannot be text, before reading gigabytes of it."""
    for magic, what in _FOREIGN.items():
        if block.startswith(magic):
            raise InputError(f"is {what}; unpack it first (gzip and tar are read as they are)", source=source)
    if block.startswith(_GZIP) or block.startswith(_UTF16) or _is_tar(block):
        return
    if b"\0" in block:
        line = block[: block.index(b"\0")].count(b"\n") + 1
        raise InputError(f"line {line}: binary data (a NUL byte), expected JSON or YAML text", source=source)


def _is_tar(data: bytes | bytearray) -> bool:
    magic, offset = _TAR_MAGIC
    return data[offset : offset + len(magic)] == magic


def _unpacked(
    data: bytes | bytearray, source: str, path: PurePosixPath, skipped: Skipped, *, named: bool = True
) -> Iterator[Blob]:
    """A file's blobs: itself, or what its gzip or tar holds (an archive inside an archive is refused)."""
    if data.startswith(_GZIP):
        data = _gunzip(data, source)
        path = path.with_suffix("") if path.suffix == ".gz" else path
    if _is_tar(data):
        yield from _archive(data, source, skipped)
    else:
        yield Blob(source, path, data, named)


def _gunzip(data: bytes | bytearray, source: str) -> bytearray:
    """All members of a gzip file."""
    unpacked = bytearray()
    rest = bytes(data)
    try:
        while rest.startswith(_GZIP):
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                block = member.decompress(rest, limits.BLOCK)
                rest = member.unused_data if member.eof else member.unconsumed_tail
                if not block and not member.eof and not rest:
                    raise InputError("truncated: the gzip data ends too early", source=source)
                if block and not unpacked:
                    _recognise(block, source)
                unpacked += block
                _bounded(len(unpacked), source)
    except zlib.error as error:
        raise InputError(f"broken gzip data: {error}", source=source) from None
    return unpacked


def _archive(data: bytes | bytearray, source: str, skipped: Skipped) -> Iterator[Blob]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            members = {member.name: member for member in archive.getmembers()}
            chosen = _chosen([name for name, member in members.items() if member.isreg()])
            for _ in range(len(members) - len(chosen)):
                skipped.add(source)
            for name in chosen:
                if members[name].issparse():  # a few bytes could stand for terabytes
                    raise InputError(f"{printable(name)} is a sparse file", source=source)
                stream = archive.extractfile(members[name])
                content = b"" if stream is None else stream.read()
                if len(content) != members[name].size:
                    raise InputError("truncated: the archive ends too early", source=source)
                yield from _member(content, f"{source}:{printable(name)}", PurePosixPath(name), skipped)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise InputError(f"broken tar archive: {error}", source=source) from None


def _member(data: bytes | bytearray, source: str, path: PurePosixPath, skipped: Skipped) -> Iterator[Blob]:
    """A file that lies in a directory or an archive: an empty one is passed over."""
    if not data or data.isspace():
        skipped.add(source)
    elif _is_tar(data):
        raise InputError("an archive inside an archive is not read; unpack it first", source=source)
    else:
        _recognise(data[: limits.BLOCK], source)
        yield from _unpacked(data, source, path, skipped, named=False)


def _directory(root: str, skipped: Skipped) -> Iterator[Blob]:
    def refuse(error: OSError) -> None:
        raise InputError(f"cannot be read: {_cause(error)}", source=printable(error.filename or root))

    names: list[str] = []
    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            full = os.path.join(folder, name)
            # A pipe or a dangling link in a directory would hang or fail: only regular files.
            if os.path.isfile(full):
                names.append(os.path.relpath(full, root))
    chosen = _chosen(names)
    source = printable(root)
    for _ in range(len(names) - len(chosen)):
        skipped.add(source)
    if not chosen:
        raise InputError("holds no JSON or YAML file", source=source)
    for name in chosen:
        full = os.path.join(root, name)
        if _is_large_text(full):
            yield Blob(printable(full), PurePosixPath(name), LargeFile(full, printable(full)), named=False)
        else:
            yield from _member(_open(full), printable(full), PurePosixPath(name), skipped)


def _chosen(names: Sequence[str]) -> list[str]:
    """The names to read, sorted. In a support bundle only those of the cluster's objects."""
    usable = sorted(name for name in names if _usable(PurePosixPath(name)))
    bundled = [name for name in usable if _BUNDLE_DIRECTORY in PurePosixPath(name).parts[:-1]]
    return bundled or usable


def _usable(path: PurePosixPath) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(ENDINGS) and not name.startswith(".")
